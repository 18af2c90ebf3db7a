#include "souk/index/vector_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <roaring/roaring.hh>

namespace souk::index {
namespace {

// The rows of a view that are live and whose items are allowed. Both lists ascend: each next item is looked for in steps that double, from
// where the last one was, so that a filter costs by the shorter of the two.
void allowed_rows(const VectorView& view, const Roaring& allowed, Bits& rows) {
  const std::span<const std::uint32_t> items = view.segment->numbers();
  rows.assign((items.size() + 63) / 64, 0);
  std::size_t at = 0;
  auto next = allowed.begin();
  const auto end = allowed.end();
  while (next != end && at < items.size()) {
    const std::uint32_t wanted = *next;
    std::size_t step = 1;
    while (at + step < items.size() && items[at + step] < wanted) step *= 2;
    const auto from = items.begin() + static_cast<std::ptrdiff_t>(at + step / 2);
    const auto to = items.begin() + static_cast<std::ptrdiff_t>(std::min(at + step + 1, items.size()));
    at = static_cast<std::size_t>(std::lower_bound(from, to, wanted) - items.begin());
    if (at == items.size()) return;
    if (items[at] == wanted) {
      if (view.is_live(static_cast<std::uint32_t>(at))) set_bit(rows, static_cast<std::uint32_t>(at));
      ++next;
    } else {
      next.equalorlarger(items[at]);
    }
  }
}

}  // namespace

Result<std::vector<Hit>> VectorMoment::search(const SpaceQuery& query) const {
  const auto found = spaces_.find(query.space);
  if (found == spaces_.end()) {
    return fail(Error{ErrorKind::not_found, "no such space of vectors", fmt::format("space \"{}\"", query.space), {}, {}, {}});
  }
  const SpaceViews& space = found->second;
  SOUK_CHECK(check_vector(query.vector, space.is.dimension, space.is.metric, fmt::format("query of space \"{}\"", query.space)));
  std::size_t vectors = 0;
  for (const VectorView& view : space.views) vectors += view.live_rows;
  SearchRooms::Lease room = rooms_->lease();
  TopK best(std::min(query.k, vectors));
  VectorQuery how{.k = query.k, .breadth = query.breadth, .cells = query.cells, .refine = query.refine};
  for (const VectorView& view : space.views) {
    if (view.live_rows == 0) continue;
    how.allowed = {};
    if (query.allowed != nullptr) {
      allowed_rows(view, *query.allowed, room->rows);
      how.allowed = {room->rows};
    } else if (view.live != nullptr) {
      how.allowed = {*view.live};
    }
    SOUK_CHECK(view.segment->search(query.vector, how, room->walk, room->found));
    for (const Scored& next : room->found) best.offer(view.segment->number(next.row), next.score);
  }
  std::vector<Hit> hits;
  for (const Scored& next : best.take()) hits.push_back({ItemId{next.row}, next.score});
  return hits;
}

std::optional<std::span<const float>> VectorMoment::vector(std::string_view space, ItemId item) const {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) return std::nullopt;
  for (const VectorView& view : found->second.views) {
    if (const auto row = view.find(index_of(item))) return view.segment->vectors().row(*row);
  }
  return std::nullopt;
}

const VectorSpace* VectorMoment::space(std::string_view name) const {
  const auto found = spaces_.find(name);
  return found == spaces_.end() ? nullptr : &found->second.is;
}

std::vector<SpaceState> VectorMoment::spaces() const {
  std::vector<SpaceState> states;
  for (const auto& [name, space] : spaces_) {
    SpaceState state{.space = space.is, .declared = space.declared, .refused = space.refused};
    std::uint32_t largest = 0;
    for (const VectorView& view : space.views) {
      state.vectors += view.live_rows;
      state.hidden += view.segment->rows() - view.live_rows;
      state.index_bytes += view.segment->index_bytes();
      state.vector_bytes += view.segment->vector_bytes();
      if (view.file.empty()) continue;
      ++state.files;
      if (view.segment->rows() < largest) continue;
      largest = view.segment->rows();
      state.index = name_of(view.segment->spec());
    }
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace souk::index
