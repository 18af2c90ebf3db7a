#include "souk/index/gathered_vectors.h"

#include <fmt/format.h>

namespace souk::index {
namespace {

void refuse(RefusedVectors& refused, const Error& error, std::string_view key) {
  if (refused.count++ == 0) refused.first = fmt::format("item \"{}\": {}", key, error.message());
}

}  // namespace

VectorSpace SpaceSettings::space() const {
  return {name, encoder.empty() ? Hash128{} : hash128(encoder), dimension, metric};
}

GatheredVectors::GatheredVectors(const std::vector<VectorSpace>& known) {
  for (const VectorSpace& space : known) spaces_[space.name].is = space;
}

// One that nobody declared is what its first vector says.
Result<GatheredVectors::Space*> GatheredVectors::space_of(std::string_view name, std::span<const float> first) {
  if (const auto found = spaces_.find(name); found != spaces_.end()) return &found->second;
  SOUK_CHECK(store::check_key(name, "space"));
  if (spaces_.size() >= kMostSpaces) {
    return fail(Error{ErrorKind::limit,
                      "too many spaces of vectors",
                      fmt::format("space \"{}\"", name),
                      fmt::format("at most {}", kMostSpaces),
                      "one more",
                      {}});
  }
  VectorSpace space{std::string(name), {}, static_cast<std::uint32_t>(std::min(first.size(), kMaxDimension)), Metric::cosine};
  if (space.dimension == 0) return fail(ErrorKind::invalid, "a vector of no numbers", fmt::format("space \"{}\"", name));
  SOUK_CHECK(check_vector(first, space.dimension, space.metric, fmt::format("space \"{}\"", name)));
  Space& made = spaces_[space.name];
  made.is = std::move(space);
  return &made;
}

void GatheredVectors::put(ItemId id, const store::Item& item) {
  for (const auto& [name, vector] : item.vectors) {
    const auto space = space_of(name, vector);
    if (!space) {
      refuse(homeless_, space.error(), item.key);
      continue;
    }
    const VectorSpace& is = (*space)->is;
    if (const Status good = check_vector(vector, is.dimension, is.metric, fmt::format("space \"{}\"", name)); !good) {
      refuse((*space)->refused, good.error(), item.key);
      continue;
    }
    std::vector<float>& floats = (*space)->floats;
    (*space)->numbers.push_back(index_of(id));
    floats.insert(floats.end(), vector.begin(), vector.end());
    if (is.metric == Metric::cosine) to_unit(std::span(floats).last(is.dimension));
  }
}

}  // namespace souk::index
