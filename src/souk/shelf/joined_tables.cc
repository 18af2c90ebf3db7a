#include <algorithm>
#include <cmath>

#include "souk/shelf/shelf.h"

namespace souk::shelf {
namespace {

std::vector<std::uint32_t> best_first(std::span<const float> scores) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < scores.size(); ++row) {
    if (scores[row] > 0) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) { return better({a, scores[a]}, {b, scores[b]}); });
  return rows;
}

}  // namespace

JoinedTables::JoinedTables(index::Tables tables)
    : tables_(std::move(tables)),
      by_popular_(best_first(tables_.popular.scores())),
      by_recent_(best_first(tables_.recent.scores())),
      by_trending_(best_first(tables_.trending.scores())) {
  std::uint32_t end = 0;  // one above the highest id
  for (const ItemId id : tables_.item_ids) {
    if (id != kNoItem) end = std::max(end, index_of(id) + 1);
  }
  rows_.assign(end, kNoRow);
  popularity_.assign(end, 0);
  const auto scores = tables_.popular.scores();
  const float most = by_popular_.empty() ? 1 : std::log1p(scores[by_popular_.front()]);
  for (std::uint32_t row = 0; row < tables_.item_ids.size(); ++row) {
    const ItemId id = tables_.item_ids[row];
    if (id == kNoItem) continue;
    rows_[index_of(id)] = row;
    if (row < scores.size() && scores[row] > 0) popularity_[index_of(id)] = std::log1p(scores[row]) / most;
  }
}

}  // namespace souk::shelf
