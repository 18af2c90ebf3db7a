#include "souk/linear/kmeans.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "souk/base/kernels/dot.h"
#include "souk/base/random.h"
#include "souk/base/threads.h"

namespace souk::linear {
namespace {

constexpr std::size_t kAssignedAtOnce = 256;  // rows of a blocked product

Matrix gathered(MatrixView rows, std::span<const std::uint32_t> which) {
  Matrix some(which.size(), rows.columns);
  for (std::size_t i = 0; i < which.size(); ++i) std::ranges::copy(rows.row(which[i]), some.row(i).begin());
  return some;
}

// Moves each centre to the mean of its rows.
void move_centres(MatrixView rows, const Nearest& nearest, Matrix& centres) {
  std::vector<double> sums(centres.rows() * centres.columns(), 0.0);
  std::vector<std::uint32_t> counts(centres.rows(), 0);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    double* sum = sums.data() + nearest.centre[r] * centres.columns();
    const std::span<const float> row = rows.row(r);
    for (std::size_t c = 0; c < row.size(); ++c) sum[c] += row[c];
    ++counts[nearest.centre[r]];
  }
  std::vector<std::uint32_t> furthest;  // rows, the furthest from its centre last; made when first needed
  for (std::size_t k = 0; k < centres.rows(); ++k) {
    if (counts[k] == 0) {
      if (furthest.empty()) {
        furthest.resize(rows.rows);
        std::iota(furthest.begin(), furthest.end(), 0U);
        std::ranges::stable_sort(furthest, {}, [&](std::uint32_t r) { return nearest.distance[r]; });
      }
      std::ranges::copy(rows.row(furthest.back()), centres.row(k).begin());
      furthest.pop_back();
      continue;
    }
    const double* sum = sums.data() + k * centres.columns();
    for (std::size_t c = 0; c < centres.columns(); ++c) centres.row(k)[c] = static_cast<float>(sum[c] / counts[k]);
  }
}

}  // namespace

Nearest nearest_centres(MatrixView rows, MatrixView centres, unsigned threads) {
  assert(centres.rows > 0 && rows.columns == centres.columns);
  Nearest nearest{std::vector<std::uint32_t>(rows.rows), std::vector<float>(rows.rows)};
  std::vector<float> squares(centres.rows);
  for (std::size_t k = 0; k < centres.rows; ++k) squares[k] = kernels::dot(centres.row(k), centres.row(k));
  std::vector<std::vector<float>> products(std::max(threads, 1U));
  parallel_for(rows.rows, kAssignedAtOnce, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    std::vector<float>& scores = products[thread];
    scores.resize(kAssignedAtOnce * centres.rows);
    const MatrixView some{rows.data + begin * rows.stride, end - begin, rows.columns, rows.stride};
    kernels::multiply_transposed(some, centres, scores.data(), centres.rows);
    for (std::size_t r = begin; r < end; ++r) {
      const float* row = scores.data() + (r - begin) * centres.rows;
      std::size_t best = 0;
      float least = squares[0] - 2 * row[0];
      for (std::size_t k = 1; k < centres.rows; ++k) {
        const float distance = squares[k] - 2 * row[k];
        if (distance < least) least = distance, best = k;
      }
      nearest.centre[r] = static_cast<std::uint32_t>(best);
      nearest.distance[r] = std::max(least + kernels::dot(rows.row(r), rows.row(r)), 0.0F);
    }
  });
  return nearest;
}

Matrix kmeans(MatrixView rows, const KMeansConfig& config, unsigned threads) {
  const std::size_t clusters = std::min<std::size_t>(config.clusters, rows.rows);
  if (clusters == 0) return Matrix(0, rows.columns);
  Random random(config.seed);
  std::vector<std::uint32_t> order(rows.rows);
  std::iota(order.begin(), order.end(), 0U);
  random.shuffle(std::span(order));
  order.resize(std::min(order.size(), std::max<std::size_t>(clusters, clusters * config.rows_per_cluster)));
  const Matrix sample = gathered(rows, order);
  Matrix centres = gathered(rows, std::span(order).first(clusters));
  improve_centres(sample.view(), centres, config.iterations, threads);
  return centres;
}

void improve_centres(MatrixView rows, Matrix& centres, std::uint32_t iterations, unsigned threads) {
  for (std::uint32_t i = 0; i < iterations; ++i) move_centres(rows, nearest_centres(rows, centres.view(), threads), centres);
}

}  // namespace souk::linear
