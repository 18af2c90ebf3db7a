#include "souk/linear/procrustes.h"

#include <cassert>
#include <cblas.h>
#include <fmt/format.h>
#include <vector>

#include "souk/linear/blas_threads.h"

// LAPACK of OpenBLAS; column-major, by reference.
extern "C" {
void sgesdd_(const char* jobz, const blasint* m, const blasint* n, float* a, const blasint* lda, float* s, float* u, const blasint* ldu,
             float* vt, const blasint* ldvt, float* work, const blasint* lwork, blasint* iwork, blasint* info);
}

namespace souk::linear {

Result<Matrix> procrustes(MatrixView a, MatrixView b) {
  assert(a.rows == b.rows && a.columns == b.columns);
  const BlasThreads guard(1);
  const std::size_t columns = a.columns;
  const auto n = static_cast<blasint>(columns), rows = static_cast<blasint>(a.rows);
  Matrix product(columns, columns), u(columns, columns), vt(columns, columns), rotation(columns, columns);
  if (columns == 0) return rotation;
  // Row-major sum b_i a_i^T is sum a_i b_i^T to LAPACK.
  if (a.rows > 0) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, n, rows, 1, b.data, static_cast<blasint>(b.stride), a.data,
                static_cast<blasint>(a.stride), 0, product.data(), n);
  }
  std::vector<float> singular(columns);
  std::vector<blasint> integers(8 * columns);
  const char all = 'A';
  float wanted = 0;
  blasint room = -1, info = 0;
  sgesdd_(&all, &n, &n, product.data(), &n, singular.data(), u.data(), &n, vt.data(), &n, &wanted, &room, integers.data(), &info);
  room = static_cast<blasint>(wanted) + 1;
  std::vector<float> work(static_cast<std::size_t>(room));
  sgesdd_(&all, &n, &n, product.data(), &n, singular.data(), u.data(), &n, vt.data(), &n, work.data(), &room, integers.data(), &info);
  if (info != 0) return fail(ErrorKind::limit, "no singular values found for the product of two sets of vectors", fmt::format("{}", info));
  // V U^T, row-major, of factors that are column-major: their row-major readings are U^T and V.
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, vt.data(), n, u.data(), n, 0, rotation.data(), n);
  return rotation;
}

}  // namespace souk::linear
