#include "souk/linear/cholesky.h"

#include <cassert>
#include <cblas.h>
#include <fmt/format.h>
#include <limits>
#include <string>

#include "souk/linear/blas_threads.h"

// LAPACK of OpenBLAS; column-major, by reference.
extern "C" {
void spotrf_(const char* uplo, const blasint* n, float* a, const blasint* lda, blasint* info);
void spotri_(const char* uplo, const blasint* n, float* a, const blasint* lda, blasint* info);
}

namespace souk::linear {

Status invert_positive(std::span<float> matrix, std::size_t n, unsigned threads) {
  assert(matrix.size() == n * n);
  if (n == 0) return {};
  if (n > static_cast<std::size_t>(std::numeric_limits<blasint>::max())) {
    return fail(ErrorKind::limit, "the matrix is too large to be inverted", fmt::format("{} rows", n));
  }
  const BlasThreads guard(threads);
  const auto order = static_cast<blasint>(n);
  const char upper = 'U';  // of a column-major matrix: the lower triangle of a row-major one
  blasint info = 0;
  spotrf_(&upper, &order, matrix.data(), &order, &info);
  if (info == 0) spotri_(&upper, &order, matrix.data(), &order, &info);
  if (info != 0) {
    return fail(ErrorKind::invalid, "the matrix is not positive definite in single precision", fmt::format("row {} of {}", info, n));
  }
  return {};
}

}  // namespace souk::linear
