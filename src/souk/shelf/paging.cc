#include "souk/shelf/paging.h"

#include <algorithm>

namespace souk::shelf {

std::vector<std::uint32_t> page_of(std::span<const ItemId> items, std::span<const ItemId> after, std::size_t offset, std::size_t k) {
  const auto was_shown = [&](std::size_t at) { return std::find(after.begin(), after.end(), items[at]) != after.end(); };
  std::vector<std::size_t> known;
  for (std::size_t at = 0; !after.empty() && at < items.size(); ++at) {
    if (was_shown(at)) known.push_back(at);
  }
  std::vector<std::uint32_t> places;
  for (std::size_t at = known.empty() ? offset : known[(known.size() - 1) / 2] + 1; at < items.size() && places.size() < k; ++at) {
    if (!was_shown(at)) places.push_back(static_cast<std::uint32_t>(at));
  }
  return places;
}

}  // namespace souk::shelf
