// Vectors for tests: seeded, in clusters, as those of real things are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/base/matrix.h"
#include "souk/base/random.h"

namespace souk::testing {

// `rows` vectors around `clusters` centres; 1: a single cloud.
inline Matrix clustered_vectors(std::size_t rows, std::size_t dimension, std::size_t clusters, std::uint64_t seed) {
  Random random(seed);
  Matrix centres(clusters, dimension), vectors(rows, dimension);
  for (std::size_t c = 0; c < clusters; ++c) {
    for (float& value : centres.row(c)) value = static_cast<float>(2 * random.normal());
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t cluster = random.below(clusters);
    for (std::size_t i = 0; i < dimension; ++i) {
      vectors.row(r)[i] = centres.row(cluster)[i] + static_cast<float>(random.normal());
    }
  }
  return vectors;
}

// The first rows of a matrix, and the rest: vectors and queries of the same making.
inline MatrixView first_rows(const Matrix& matrix, std::size_t rows) {
  return {matrix.data(), rows, matrix.columns(), matrix.columns()};
}
inline MatrixView rows_from(const Matrix& matrix, std::size_t first) {
  return {matrix.data() + first * matrix.columns(), matrix.rows() - first, matrix.columns(), matrix.columns()};
}

// Which part of `expected` was found, by row.
inline double recall(const std::vector<Scored>& found, const std::vector<Scored>& expected) {
  if (expected.empty()) return 1;
  std::size_t hits = 0;
  for (const Scored& wanted : expected) {
    hits += std::ranges::any_of(found, [&](const Scored& f) { return f.row == wanted.row; }) ? 1 : 0;
  }
  return static_cast<double>(hits) / static_cast<double>(expected.size());
}

}  // namespace souk::testing
