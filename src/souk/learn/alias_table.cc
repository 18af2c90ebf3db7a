#include "souk/learn/alias_table.h"

#include <cassert>
#include <cmath>
#include <fmt/format.h>

namespace souk::learn {

Result<AliasTable> AliasTable::of(std::span<const double> weights) {
  if (weights.empty() || weights.size() >= UINT32_MAX) {
    return fail(ErrorKind::invalid, fmt::format("cannot draw from {} outcomes", weights.size()));
  }
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || !std::isfinite(weights[i])) {
      return fail(ErrorKind::invalid,
                  fmt::format("the weight of outcome {} is {}: it must be a number that is not below 0", i, weights[i]));
    }
    sum += weights[i];
  }
  if (!(sum > 0) || !std::isfinite(sum)) return fail(ErrorKind::invalid, fmt::format("the weights of all outcomes sum up to {}", sum));

  // Slots that hold less than their share are filled up by one that holds more, which may then hold less itself.
  const double scale = static_cast<double>(weights.size()) / sum;
  std::vector<double> share(weights.size());
  std::vector<std::uint32_t> small, large;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    share[i] = weights[i] * scale;
    (share[i] < 1 ? small : large).push_back(i);
  }
  AliasTable table;
  table.slots_.resize(weights.size());
  while (!small.empty() && !large.empty()) {
    const std::uint32_t low = small.back(), high = large.back();
    small.pop_back();
    table.slots_[low] = {static_cast<std::uint32_t>(share[low] * 0x1p32), high};
    share[high] -= 1 - share[low];
    if (share[high] < 1) {
      large.pop_back();
      small.push_back(high);
    }
  }
  // What is left holds its share but for rounding: the slot is its own outcome either way.
  for (const auto& rest : {small, large}) {
    for (const std::uint32_t i : rest) table.slots_[i] = {0, i};
  }
  return table;
}

std::uint32_t AliasTable::draw(Random& random) const {
  assert(!slots_.empty());
  // The high word of a product is the slot, the low word where in it (the bias is below size / 2^64).
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(random()) * slots_.size();
  const auto slot = static_cast<std::uint32_t>(product >> 64);
  const auto place = static_cast<std::uint32_t>(static_cast<std::uint64_t>(product) >> 32);
  return place < slots_[slot].own ? slot : slots_[slot].alias;
}

}  // namespace souk::learn
