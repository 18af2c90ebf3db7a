#include "souk/index/vectors/local_dimension.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "souk/base/random.h"
#include "souk/index/vectors/exact_scan.h"

namespace souk::index {

std::vector<float> local_dimensions(MatrixView rows, const LocalDimensionConfig& config, unsigned threads) {
  std::vector<std::uint32_t> drawn(rows.rows);
  std::iota(drawn.begin(), drawn.end(), 0U);
  Random random(config.seed);
  random.shuffle(std::span(drawn));
  drawn.resize(std::min<std::size_t>(drawn.size(), config.sample));
  Matrix sample(drawn.size(), rows.columns);
  for (std::size_t i = 0; i < drawn.size(); ++i) std::ranges::copy(rows.row(drawn[i]), sample.row(i).begin());

  std::vector<float> dimensions(rows.rows, 0.0F);
  const auto nearest = exact_top_k(rows, sample.view(), Metric::l2, config.neighbours + std::size_t{1}, {}, threads);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    double logs = 0;
    std::size_t count = 0;
    const double furthest = nearest[r].empty() ? 0 : -static_cast<double>(nearest[r].back().score);
    for (const Scored& next : nearest[r]) {
      if (next.score < 0) logs += std::log(-static_cast<double>(next.score) / furthest) / 2, ++count;  // 0: the row itself, or its double
    }
    if (logs < 0) dimensions[r] = static_cast<float>(-static_cast<double>(count) / logs);
  }
  return dimensions;
}

std::vector<std::uint32_t> highest_first(const std::vector<float>& values) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, std::greater(), [&](std::uint32_t row) { return values[row]; });
  return order;
}

}  // namespace souk::index
