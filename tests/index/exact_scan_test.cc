// The scan of all rows against scoring and sorting them one by one.
#include "souk/index/vectors/exact_scan.h"

#include <gtest/gtest.h>

#include "tests/support/vectors.h"

namespace souk::index {
namespace {

using testing::clustered_vectors;

std::vector<Scored> sorted_scores(std::span<const float> query, MatrixView rows, Metric metric, std::size_t k, AllowedRows allowed) {
  std::vector<Scored> all;
  for (std::uint32_t r = 0; r < rows.rows; ++r) {
    if (allowed(r)) all.push_back({r, exact_score(metric, query, rows.row(r))});
  }
  std::sort(all.begin(), all.end(), Better());
  if (all.size() > k) all.resize(k);
  return all;
}

void expect_sorted_scores(MatrixView queries, MatrixView rows, std::size_t k, AllowedRows allowed = {}) {
  for (const Metric metric : {Metric::l2, Metric::dot, Metric::cosine}) {
    for (const unsigned threads : {1U, 3U}) {
      const auto found = exact_top_k(queries, rows, metric, k, allowed, threads);
      ASSERT_EQ(found.size(), queries.rows);
      for (std::size_t q = 0; q < queries.rows; ++q) {
        ASSERT_EQ(found[q], sorted_scores(queries.row(q), rows, metric, k, allowed)) << name_of(metric) << ", query " << q;
      }
    }
  }
}

TEST(ExactScan, IsSortingAllScores) {
  const Matrix made = clustered_vectors(2500, 37, 12, 1);
  expect_sorted_scores(testing::rows_from(made, 2200), testing::first_rows(made, 2200), 10);
  expect_sorted_scores(testing::rows_from(made, 2498), testing::first_rows(made, 2200), 100);  // few queries
}

TEST(ExactScan, DecidesTiesByRowAmongDuplicates) {
  Matrix made = clustered_vectors(600, 24, 5, 2);
  for (std::size_t r = 100; r < 500; ++r) std::ranges::copy(made.row(r % 7), made.row(r).begin());
  expect_sorted_scores(testing::rows_from(made, 480), testing::first_rows(made, 480), 15);
}

TEST(ExactScan, DecidesWhereTheProductRoundsAway) {  // far from the origin the product keeps few digits of a distance
  Matrix made = clustered_vectors(1200, 16, 3, 3);
  for (std::size_t r = 0; r < made.rows(); ++r) {
    for (float& value : made.row(r)) value = 3000 + value * 0.01F;
  }
  expect_sorted_scores(testing::rows_from(made, 1180), testing::first_rows(made, 1180), 10);
}

TEST(ExactScan, LooksAtAllowedRowsOnly) {
  const Matrix made = clustered_vectors(1000, 20, 4, 4);
  std::vector<std::uint64_t> bits(16, 0);
  for (std::uint32_t r = 0; r < 950; r += 7) bits[r / 64] |= std::uint64_t{1} << (r % 64);
  expect_sorted_scores(testing::rows_from(made, 950), testing::first_rows(made, 950), 10, {bits});
  const std::vector<std::uint64_t> none(16, 0);
  expect_sorted_scores(testing::rows_from(made, 950), testing::first_rows(made, 950), 10, {none});
}

TEST(ExactScan, OfNothingIsNothing) {
  const Matrix made = clustered_vectors(10, 4, 1, 5);
  EXPECT_TRUE(exact_top_k(made.view(), Matrix(0, 4).view(), Metric::l2, 3).front().empty());
  EXPECT_TRUE(exact_top_k(made.view(), made.view(), Metric::l2, 0).front().empty());
  EXPECT_TRUE(exact_top_k(Matrix(0, 4).view(), made.view(), Metric::l2, 3).empty());
  EXPECT_EQ(exact_top_k(made.view(), made.view(), Metric::l2, 99).back().size(), 10U);
}

}  // namespace
}  // namespace souk::index
