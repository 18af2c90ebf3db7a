// Symmetric positive definite systems through OpenBLAS' LAPACK.
#pragma once

#include <cstddef>
#include <span>

#include "souk/base/result.h"

namespace souk::linear {

// Replaces a symmetric positive definite matrix [n, n], row-major, by its inverse: blocked Cholesky factor, then the inverse from it
// (spotrf and spotri), n^3 multiply-adds in all. Only the lower triangle is read and written; what stands above the diagonal is neither.
// ErrorKind::invalid when the matrix is not positive definite in float32, limit when n is beyond LAPACK's integers. Sets OpenBLAS'
// number of threads, which is the process's, for the time of the call.
Status invert_positive(std::span<float> matrix, std::size_t n, unsigned threads);

}  // namespace souk::linear
