#include "souk/linear/cholesky.h"

#include <cmath>
#include <gmock/gmock.h>
#include <vector>

#include "souk/base/random.h"

namespace souk::linear {
namespace {

// A'A + I of a random A [2n, n]: positive definite.
std::vector<float> random_positive(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> a(2 * n * n);
  for (double& value : a) value = random.uniform() - 0.5;
  std::vector<float> result(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = i == j ? 1 : 0;
      for (std::size_t k = 0; k < 2 * n; ++k) sum += a[k * n + i] * a[k * n + j];
      result[i * n + j] = static_cast<float>(sum);
    }
  }
  return result;
}

TEST(InvertPositive, GivesWhatTimesTheMatrixIsOne) {
  for (const std::size_t n : {1UL, 2UL, 7UL, 130UL}) {
    const std::vector<float> matrix = random_positive(n, n);
    std::vector<float> inverse = matrix;
    ASSERT_TRUE(invert_positive(inverse, n, 2));
    const auto at = [&](std::size_t i, std::size_t j) { return static_cast<double>(inverse[std::max(i, j) * n + std::min(i, j)]); };
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) sum += at(i, k) * static_cast<double>(matrix[k * n + j]);
        EXPECT_NEAR(sum, i == j ? 1 : 0, 2e-4) << n;
      }
    }
  }
}

TEST(InvertPositive, ReadsAndWritesTheLowerTriangleAlone) {
  std::vector<float> matrix = {4, -99, 2, 3};
  ASSERT_TRUE(invert_positive(matrix, 2, 1));
  EXPECT_FLOAT_EQ(matrix[0], 3.0F / 8);
  EXPECT_FLOAT_EQ(matrix[2], -2.0F / 8);
  EXPECT_FLOAT_EQ(matrix[3], 4.0F / 8);
  EXPECT_EQ(matrix[1], -99.0F);
}

TEST(InvertPositive, RefusesAMatrixThatIsNotPositive) {
  std::vector<float> matrix = {1, 0, 2, 1};
  const auto status = invert_positive(matrix, 2, 1);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::invalid);
  std::vector<float> nothing;
  EXPECT_TRUE(invert_positive(nothing, 0, 1));
}

}  // namespace
}  // namespace souk::linear
