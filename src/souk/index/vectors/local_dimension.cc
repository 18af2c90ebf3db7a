#include "souk/index/vectors/local_dimension.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "souk/base/kernels/distance.h"
#include "souk/base/random.h"
#include "souk/index/vectors/exact_scan.h"

namespace souk::index {

namespace {

// At most `most` rows, drawn at random, in a matrix of their own.
Matrix drawn_sample(MatrixView rows, std::size_t most, Random& random) {
  std::vector<std::uint32_t> drawn(rows.rows);
  std::iota(drawn.begin(), drawn.end(), 0U);
  random.shuffle(std::span(drawn));
  drawn.resize(std::min(drawn.size(), most));
  Matrix sample(drawn.size(), rows.columns);
  for (std::size_t i = 0; i < drawn.size(); ++i) std::ranges::copy(rows.row(drawn[i]), sample.row(i).begin());
  return sample;
}

std::vector<float> dimensions_among(MatrixView rows, const Matrix& sample, const LocalDimensionConfig& config, unsigned threads) {
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

}  // namespace

std::vector<float> local_dimensions(MatrixView rows, const LocalDimensionConfig& config, unsigned threads) {
  Random random(config.seed);
  return dimensions_among(rows, drawn_sample(rows, config.sample, random), config, threads);
}

float mean_local_dimension(MatrixView rows, const LocalDimensionConfig& config, unsigned threads) {
  Random random(config.seed);
  const Matrix sample = drawn_sample(rows, config.sample, random), measured = drawn_sample(rows, kMeasured, random);
  double sum = 0;
  std::size_t known = 0;
  for (const float dimension : dimensions_among(measured.view(), sample, config, threads)) sum += dimension, known += dimension > 0 ? 1 : 0;
  return known == 0 ? 0 : static_cast<float>(sum / static_cast<double>(known));
}

float order_ratio(MatrixView rows) {
  if (rows.rows < 2) return 0;
  Random random(1);
  double next = 0, any = 0;
  for (std::size_t i = 0; i < kMeasured; ++i) {
    const std::size_t row = random.below(rows.rows - 1), other = random.below(rows.rows - 1);
    next += std::sqrt(double{kernels::squared_distance(rows.row(row), rows.row(row + 1))});
    any += std::sqrt(double{kernels::squared_distance(rows.row(row), rows.row(other < row ? other : other + 1))});
  }
  return any > 0 ? static_cast<float>(next / any) : 0;
}

std::vector<std::uint32_t> highest_first(const std::vector<float>& values) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, std::greater(), [&](std::uint32_t row) { return values[row]; });
  return order;
}

}  // namespace souk::index
