// The best rows by looking at all of them: what every index here is held against, and the right answer for few rows.
#pragma once

#include <cstddef>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/base/matrix.h"
#include "souk/index/vectors/metric.h"

namespace souk::index {

// For each query the k rows of the highest exact_score(), best first, of equal scores the lower row; fewer when fewer are allowed.
// Both matrices checked by check_vector, and of unit vectors for cosine. One query at a time reads all rows; many are multiplied block by
// block, and what the product leaves undecided by its rounding is scored again one by one, so that batches change no answer.
std::vector<std::vector<Scored>> exact_top_k(MatrixView queries, MatrixView rows, Metric metric, std::size_t k, AllowedRows allowed = {},
                                             unsigned threads = 1);

}  // namespace souk::index
