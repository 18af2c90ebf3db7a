#include "souk/index/vectors/local_dimension.h"

#include <gtest/gtest.h>
#include <numeric>

#include "tests/support/vectors.h"

namespace souk::index {
namespace {

// Points drawn evenly from a cube of m dimensions that lies in 32.
Matrix vectors_of_cube(std::size_t rows, std::size_t m, std::uint64_t seed) {
  Random random(seed);
  Matrix made(rows, 32);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < m; ++i) made.row(r)[i * 32 / m] = static_cast<float>(random.uniform());
  }
  return made;
}

double mean_of_all(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(LocalDimension, IsAboutThatOfTheCube) {
  double before = 0;
  for (const std::size_t m : {1U, 2U, 4U, 8U}) {
    const double found = mean_of_all(local_dimensions(vectors_of_cube(3000, m, m).view(), {.neighbours = 50}, 2));
    EXPECT_NEAR(found, static_cast<double>(m), 0.3 * static_cast<double>(m)) << "the rim of a cube has fewer";
    EXPECT_GT(found, before);
    before = found;
  }
}

TEST(LocalDimension, OfEqualRowsAndOfNone) {
  EXPECT_EQ(local_dimensions(Matrix(5, 3).view(), {}, 1), std::vector<float>(5, 0.0F));
  EXPECT_TRUE(local_dimensions(Matrix(0, 3).view(), {}, 1).empty());
}

TEST(LocalDimension, OfTheWholeIsTheMeanOfSome) {
  const Matrix made = vectors_of_cube(3000, 4, 9);
  EXPECT_NEAR(mean_local_dimension(made.view(), {.neighbours = 50}, 2), mean_of_all(local_dimensions(made.view(), {.neighbours = 50}, 2)),
              0.3);
  EXPECT_EQ(mean_local_dimension(Matrix(5, 3).view(), {}, 1), 0);
  EXPECT_EQ(mean_local_dimension(Matrix(0, 3).view(), {}, 1), 0);
}

TEST(OrderRatio, IsLowWhereRowsAreSorted) {
  Matrix line(500, 2);
  for (std::size_t r = 0; r < 500; ++r) line.row(r)[0] = static_cast<float>(r);
  EXPECT_LT(order_ratio(line.view()), 0.02F);
  EXPECT_NEAR(order_ratio(vectors_of_cube(500, 8, 3).view()), 1, 0.1);
  EXPECT_EQ(order_ratio(Matrix(7, 2).view()), 0);
  EXPECT_EQ(order_ratio(testing::first_rows(line, 1)), 0);
  EXPECT_EQ(order_ratio(Matrix(0, 2).view()), 0);
}

TEST(LocalDimension, OrdersRows) {
  EXPECT_EQ(highest_first({1, 5, 5, 9, 0}), (std::vector<std::uint32_t>{3, 1, 2, 0, 4}));
}

}  // namespace
}  // namespace souk::index
