#include <algorithm>
#include <utility>

#include "souk/shelf/shelf.h"

namespace souk::shelf {

void Candidates::add(ItemId item, float score, Reason reason) {
  items.push_back(item);
  scores.push_back(score);
  reasons.push_back({reason});
}

std::uint16_t Candidates::source(std::string_view name) {
  const auto found = std::find(source_names.begin(), source_names.end(), name);
  if (found != source_names.end()) return static_cast<std::uint16_t>(found - source_names.begin());
  source_names.emplace_back(name);
  return static_cast<std::uint16_t>(source_names.size() - 1);
}

void Candidates::keep(std::span<const std::uint32_t> positions) {
  std::vector<ItemId> kept_items;
  std::vector<float> kept_scores;
  std::vector<std::vector<Reason>> kept_reasons;
  kept_items.reserve(positions.size());
  kept_scores.reserve(positions.size());
  kept_reasons.reserve(positions.size());
  for (const std::uint32_t at : positions) {
    kept_items.push_back(items[at]);
    kept_scores.push_back(scores[at]);
    kept_reasons.push_back(std::move(reasons[at]));
  }
  items = std::move(kept_items);
  scores = std::move(kept_scores);
  reasons = std::move(kept_reasons);
}

}  // namespace souk::shelf
