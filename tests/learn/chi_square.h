// Pearson's chi-square test of draws against the distribution that they should come from.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace souk::learn {

// The statistic by the bound that right draws exceed once in a million times (Wilson and Hilferty 1931): above 1 the draws are of another
// distribution. Outcomes of probability 0 must not be drawn.
inline double chi_square_ratio(std::span<const std::uint64_t> drawn, std::span<const double> probability) {
  double total = 0, statistic = 0, freedom = -1;
  for (const std::uint64_t n : drawn) total += static_cast<double>(n);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const double expected = total * probability[i];
    if (expected == 0) {
      if (drawn[i] > 0) return INFINITY;
      continue;
    }
    const double off = static_cast<double>(drawn[i]) - expected;
    statistic += off * off / expected;
    freedom += 1;
  }
  if (freedom == 0) return 0;  // one outcome, which was drawn
  const double spread = 2 / (9 * freedom);
  const double bound = freedom * std::pow(1 - spread + 4.7534 * std::sqrt(spread), 3);
  return statistic / bound;
}

}  // namespace souk::learn
