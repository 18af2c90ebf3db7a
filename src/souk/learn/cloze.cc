#include "souk/learn/cloze.h"

#include <cassert>

namespace souk::learn {

Cloze hide(const ClozeConfig& config, std::span<const std::uint32_t> items, std::span<const std::uint32_t> begin, Random& random) {
  assert(!begin.empty() && begin.back() == items.size());
  Cloze cloze;
  cloze.input.assign(items.begin(), items.end());
  const auto hide_one = [&](std::uint32_t place) {
    cloze.input[place] = config.mask;
    cloze.places.push_back(place);
    cloze.items.push_back(items[place]);
  };
  for (std::size_t s = 0; s + 1 < begin.size(); ++s) {
    const std::uint32_t first = begin[s], end = begin[s + 1];
    if (first == end) continue;
    if (random.uniform() < config.last_only) {
      hide_one(end - 1);
      continue;
    }
    const std::size_t before = cloze.places.size();
    for (std::uint32_t place = first; place < end; ++place) {
      if (random.uniform() < config.proportion) hide_one(place);
    }
    if (cloze.places.size() == before) hide_one(first + static_cast<std::uint32_t>(random.below(end - first)));
  }
  return cloze;
}

}  // namespace souk::learn
