#include "souk/linear/kmeans.h"

#include <gtest/gtest.h>
#include <limits>

#include "souk/base/kernels/distance.h"

#include "tests/support/vectors.h"

namespace souk::linear {
namespace {

double total(const Nearest& nearest) {
  double sum = 0;
  for (const float distance : nearest.distance) sum += distance;
  return sum;
}

TEST(NearestCentres, AreThoseOfComparingAll) {
  const Matrix made = testing::clustered_vectors(700, 13, 9, 1);
  const MatrixView centres = testing::first_rows(made, 37), rows = testing::rows_from(made, 20);
  const Nearest nearest = nearest_centres(rows, centres, 2);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    std::uint32_t best = 0;
    for (std::uint32_t k = 1; k < centres.rows; ++k) {
      if (kernels::squared_distance(rows.row(r), centres.row(k)) < kernels::squared_distance(rows.row(r), centres.row(best))) best = k;
    }
    ASSERT_EQ(nearest.centre[r], best) << r;
    ASSERT_NEAR(nearest.distance[r], kernels::squared_distance(rows.row(r), centres.row(best)), 1e-3);
  }
}

TEST(KMeans, EndsWhereCentresAreTheMeansOfTheirRows) {
  const Matrix rows = testing::clustered_vectors(300, 4, 6, 2);
  const Matrix centres = kmeans(rows.view(), {.clusters = 6, .iterations = 200}, 2);
  const Nearest nearest = nearest_centres(rows.view(), centres.view(), 1);
  for (std::uint32_t k = 0; k < centres.rows(); ++k) {
    std::vector<double> sum(4, 0.0);
    const auto count = static_cast<double>(std::ranges::count(nearest.centre, k));
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      for (std::size_t c = 0; nearest.centre[r] == k && c < 4; ++c) sum[c] += rows.row(r)[c];
    }
    for (std::size_t c = 0; c < 4; ++c) ASSERT_NEAR(centres.row(k)[c], sum[c] / count, 1e-4);
  }
}

TEST(KMeans, EachIterationBringsRowsNearer) {
  const Matrix rows = testing::clustered_vectors(1000, 8, 20, 4);
  double before = std::numeric_limits<double>::infinity();
  for (const std::uint32_t iterations : {0U, 1U, 3U, 10U}) {
    const Matrix centres = kmeans(rows.view(), {.clusters = 30, .iterations = iterations}, 1);
    const double now = total(nearest_centres(rows.view(), centres.view(), 1));
    EXPECT_LT(now, before);
    before = now;
  }
}

TEST(KMeans, IsTheSameForAnyNumberOfThreads) {
  const Matrix rows = testing::clustered_vectors(2000, 8, 20, 5);
  const Matrix one = kmeans(rows.view(), {.clusters = 16}, 1), three = kmeans(rows.view(), {.clusters = 16}, 3);
  EXPECT_TRUE(std::equal(one.data(), one.data() + 16 * 8, three.data()));
}

TEST(KMeans, BeginsAnewWhereACentreLosesItsRows) {
  Matrix rows(50, 1);  // 40 equal rows: most of the first centres coincide
  for (std::size_t r = 40; r < 50; ++r) rows.row(r)[0] = static_cast<float>(10 * r);
  const Matrix centres = kmeans(rows.view(), {.clusters = 11, .iterations = 15}, 1);
  EXPECT_EQ(total(nearest_centres(rows.view(), centres.view(), 1)), 0);
}

TEST(KMeans, OfFewRows) {
  EXPECT_EQ(kmeans(Matrix(0, 3).view(), {}, 1).rows(), 0U);
  const Matrix rows = testing::clustered_vectors(3, 3, 1, 6);
  EXPECT_EQ(kmeans(rows.view(), {.clusters = 8}, 1).rows(), 3U);
}

}  // namespace
}  // namespace souk::linear
