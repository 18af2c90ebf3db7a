// How many dimensions vectors have around each of them: the higher, the harder its neighbours are to tell apart, and the more a graph needs
// to find them.
#pragma once

#include <cstdint>
#include <vector>

#include "souk/base/matrix.h"

namespace souk::index {

struct LocalDimensionConfig {
  std::uint32_t neighbours = 100;
  std::uint32_t sample = 2000;  // rows, drawn at random, among which neighbours are looked for
  std::uint64_t seed = 1;
};

// The local intrinsic dimension of each row by maximum likelihood: with r_1 <= ... <= r_k the distances to its nearest sampled rows,
// -(1/k sum ln(r_i / r_k))^-1 (Amsaleg et al., "Estimating Local Intrinsic Dimensionality", KDD 2015, equation 8). Distances are
// Euclidean for every metric; rows for cosine are unit vectors. 0 where fewer than two different distances are known.
std::vector<float> local_dimensions(MatrixView rows, const LocalDimensionConfig& config, unsigned threads);

// The mean of the same over at most kMeasured rows drawn at random, those left out of which nothing is known: a number for the whole set.
inline constexpr std::size_t kMeasured = 500;
float mean_local_dimension(MatrixView rows, const LocalDimensionConfig& config, unsigned threads);

// How near each other rows stand that follow each other: the mean distance of a row and the next over the mean distance of two rows drawn
// at random, over at most kMeasured of each. About 1 where rows come in any order, clearly less where they are sorted, as by category. 0
// where there are fewer than two different rows.
float order_ratio(MatrixView rows);

// Row numbers, the highest value first; of equal ones the lower row.
std::vector<std::uint32_t> highest_first(const std::vector<float>& values);

}  // namespace souk::index
