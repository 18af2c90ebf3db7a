#include "souk/linear/residual_kmeans.h"

#include <gtest/gtest.h>

#include "souk/base/kernels/distance.h"

#include "tests/support/vectors.h"

namespace souk::linear {
namespace {

double left_over(const ResidualCodebook& book, MatrixView rows, const std::vector<std::uint32_t>& codes, std::size_t levels) {
  double sum = 0;
  std::vector<float> decoded(rows.columns);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    book.decode(std::span(codes).subspan(r * book.levels(), levels), decoded);
    sum += kernels::squared_distance(rows.row(r), decoded);
  }
  return sum;
}

TEST(ResidualKMeans, TakesTheNearestCentreOfEachLevel) {
  const Matrix rows = testing::clustered_vectors(400, 9, 12, 1);
  const ResidualCodebook book = residual_kmeans(rows.view(), {.levels = 3, .clusters = 8}, 2);
  ASSERT_EQ(book.levels(), 3U);
  const auto codes = book.encode(rows.view(), 2);
  for (std::size_t r = 0; r < 400; ++r) {
    std::vector<float> left(rows.row(r).begin(), rows.row(r).end());
    for (std::size_t l = 0; l < 3; ++l) {
      const std::uint32_t code = codes[r * 3 + l];
      const float own = kernels::squared_distance(left, book.level(l).row(code));
      for (std::uint32_t k = 0; k < 8; ++k) ASSERT_LE(own, kernels::squared_distance(left, book.level(l).row(k)) + 1e-3F);
      for (std::size_t c = 0; c < 9; ++c) left[c] -= book.level(l).row(code)[c];
    }
  }
}

TEST(ResidualKMeans, EachLevelAddsDetail) {
  const Matrix rows = testing::clustered_vectors(1000, 16, 30, 2);
  const ResidualCodebook book = residual_kmeans(rows.view(), {.levels = 4, .clusters = 16}, 2);
  const auto codes = book.encode(rows.view(), 2);
  double before = left_over(book, rows.view(), codes, 0);
  for (std::size_t levels = 1; levels <= 4; ++levels) {
    const double now = left_over(book, rows.view(), codes, levels);
    EXPECT_LT(now, 0.95 * before) << levels << " levels";
    before = now;
  }
}

// With as wide a beam as there are sums of two centres, the best of them all is found.
TEST(ResidualKMeans, ABeamIsNeverFurtherOff) {
  const Matrix rows = testing::clustered_vectors(200, 6, 5, 3);
  const ResidualCodebook book = residual_kmeans(rows.view(), {.levels = 2, .clusters = 7}, 2);
  const auto plain = book.encode(rows.view(), 2), some = book.encode(rows.view(), 2, 3), all = book.encode(rows.view(), 2, 7);
  std::vector<float> decoded(6);
  const auto distance = [&](const std::vector<std::uint32_t>& codes, std::size_t r) {
    book.decode(std::span(codes).subspan(r * 2, 2), decoded);
    return kernels::squared_distance(rows.row(r), decoded);
  };
  for (std::size_t r = 0; r < 200; ++r) {
    ASSERT_LE(distance(some, r), distance(plain, r));
    float least = distance(plain, r);
    for (std::uint32_t a = 0; a < 7; ++a) {
      for (std::uint32_t b = 0; b < 7; ++b) {
        book.decode(std::vector<std::uint32_t>{a, b}, decoded);
        least = std::min(least, kernels::squared_distance(rows.row(r), decoded));
      }
    }
    ASSERT_NEAR(distance(all, r), least, 1e-4F);
  }
  EXPECT_LT(left_over(book, rows.view(), some, 2), left_over(book, rows.view(), plain, 2));
}

TEST(ResidualKMeans, OfFewAlikeAndNone) {
  const ResidualCodebook none = residual_kmeans(Matrix(0, 4).view(), {.levels = 2}, 1);
  EXPECT_EQ(none.levels(), 2U);
  EXPECT_TRUE(none.encode(Matrix(0, 4).view(), 1).empty());
  Matrix alike(5, 4);
  for (std::size_t r = 0; r < 5; ++r) std::ranges::fill(alike.row(r), 2.0F);
  const ResidualCodebook book = residual_kmeans(alike.view(), {.levels = 3, .clusters = 4}, 2);
  EXPECT_EQ(left_over(book, alike.view(), book.encode(alike.view(), 1), 3), 0);
  EXPECT_EQ(left_over(book, alike.view(), book.encode(alike.view(), 1, 4), 3), 0);
}

TEST(ResidualKMeans, IsTheSameForAnyNumberOfThreads) {
  const Matrix rows = testing::clustered_vectors(800, 8, 9, 4);
  const ResidualCodebook one = residual_kmeans(rows.view(), {.levels = 2, .clusters = 16}, 1);
  const ResidualCodebook three = residual_kmeans(rows.view(), {.levels = 2, .clusters = 16}, 3);
  EXPECT_EQ(one.encode(rows.view(), 1, 2), three.encode(rows.view(), 3, 2));
}

TEST(CodeUse, CountsHowEvenlyCodesAreUsed) {
  EXPECT_DOUBLE_EQ(code_use(std::vector<std::uint32_t>{0, 1, 2, 3}, 4).gini, 0);
  EXPECT_DOUBLE_EQ(code_use(std::vector<std::uint32_t>{0, 1, 2, 3}, 4).used, 1);
  EXPECT_DOUBLE_EQ(code_use(std::vector<std::uint32_t>{2, 2, 2, 2}, 4).gini, 0.75);
  EXPECT_DOUBLE_EQ(code_use(std::vector<std::uint32_t>{2, 2, 2, 2}, 4).used, 0.25);
  // Three and one: (1/2) of the mean difference of all pairs of codes over the mean, 2 (3 + 3 + 1 + 1 + 2) / (2 * 16 * 1).
  EXPECT_DOUBLE_EQ(code_use(std::vector<std::uint32_t>{0, 0, 0, 1}, 4).gini, 0.625);
  EXPECT_EQ(code_use({}, 4).used, 0);
}

}  // namespace
}  // namespace souk::linear
