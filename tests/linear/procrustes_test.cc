#include "souk/linear/procrustes.h"

#include <cmath>
#include <gtest/gtest.h>

#include "souk/base/kernels/distance.h"
#include "souk/base/kernels/dot.h"

#include "tests/support/vectors.h"

namespace souk::linear {
namespace {

Matrix turned_by(const Matrix& rotation, MatrixView rows) {
  Matrix turned(rows.rows, rows.columns);
  kernels::multiply_transposed(rows, rotation.view(), turned.data(), rows.columns);
  return turned;
}

double distance(MatrixView a, MatrixView b) {
  double sum = 0;
  for (std::size_t r = 0; r < a.rows; ++r) sum += kernels::squared_distance(a.row(r), b.row(r));
  return sum;
}

Matrix some_rotation(std::size_t columns, std::uint64_t seed) {  // Gram-Schmidt
  Matrix made = testing::clustered_vectors(columns, columns, 1, seed);
  for (std::size_t r = 0; r < columns; ++r) {
    for (std::size_t before = 0; before < r; ++before) {
      const float along = kernels::dot(made.row(r), made.row(before));
      for (std::size_t c = 0; c < columns; ++c) made.row(r)[c] -= along * made.row(before)[c];
    }
    const float length = std::sqrt(kernels::dot(made.row(r), made.row(r)));
    for (float& value : made.row(r)) value /= length;
  }
  return made;
}

TEST(Procrustes, FindsTheRotationThatWasThere) {
  const Matrix rows = testing::clustered_vectors(200, 12, 4, 1), rotation = some_rotation(12, 2);
  const Matrix turned = turned_by(rotation, rows.view());
  const auto found = procrustes(rows.view(), turned.view());
  ASSERT_TRUE(found);
  for (std::size_t r = 0; r < 12; ++r) {
    for (std::size_t c = 0; c < 12; ++c) ASSERT_NEAR(found->row(r)[c], rotation.row(r)[c], 1e-4);
  }
}

TEST(Procrustes, NoOtherRotationIsNearer) {
  const Matrix rows = testing::clustered_vectors(50, 7, 4, 3), targets = testing::clustered_vectors(50, 7, 4, 4);
  const auto found = procrustes(rows.view(), targets.view());
  ASSERT_TRUE(found);
  const double least = distance(turned_by(*found, rows.view()).view(), targets.view());
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    ASSERT_GT(distance(turned_by(some_rotation(7, seed), rows.view()).view(), targets.view()), least);
  }
}

TEST(Procrustes, OfNothingIsStillARotation) {
  const auto found = procrustes(Matrix(0, 5).view(), Matrix(0, 5).view());
  ASSERT_TRUE(found);
  for (std::size_t r = 0; r < 5; ++r) {
    for (std::size_t c = 0; c < 5; ++c) ASSERT_NEAR(kernels::dot(found->row(r), found->row(c)), r == c ? 1 : 0, 1e-6);
  }
}

}  // namespace
}  // namespace souk::linear
