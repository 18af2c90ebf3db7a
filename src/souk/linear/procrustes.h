// Rotations that bring one set of vectors onto another.
#pragma once

#include "souk/base/matrix.h"
#include "souk/base/result.h"

namespace souk::linear {

// The orthogonal R [columns, columns] for which the sum of |R a_i - b_i|^2 over the rows of both matrices is least: V U^T, where
// sum a_i b_i^T = U S V^T (Schönemann, "A generalized solution of the orthogonal Procrustes problem", 1966). Where the rows leave a
// direction open, any that fits is taken. Equal sizes; rows and columns below 2^31. ErrorKind::limit when LAPACK finds no factors. One
// thread of OpenBLAS, so that equal input gives equal bits.
Result<Matrix> procrustes(MatrixView a, MatrixView b);

}  // namespace souk::linear
