#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <string>

#include "souk/base/kernels/dot.h"
#include "souk/base/kernels/top_k.h"
#include "souk/base/random.h"

#include "tests/base/each_target.h"

namespace souk::kernels {
namespace {

Matrix random_matrix(std::size_t rows, std::size_t columns, Random& random) {
  Matrix matrix(rows, columns);
  for (float& value : std::span(matrix.data(), rows * columns)) value = static_cast<float>(random.normal());
  return matrix;
}

// Small whole numbers: every sum is exact and many scores tie.
Matrix whole_matrix(std::size_t rows, std::size_t columns, Random& random) {
  Matrix matrix(rows, columns);
  for (float& value : std::span(matrix.data(), rows * columns)) value = static_cast<float>(random.below(5)) - 2;
  return matrix;
}

double exact_dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

double tolerance(std::size_t columns) {
  return 1e-6 * static_cast<double>(columns + 1) * 4;
}

class Dot : public OnEachTarget {};
class MultiplyTransposed : public OnEachTarget {};
class TopKDot : public OnEachTarget {};

INSTANTIATE_TEST_SUITE_P(Simd, Dot, each_target(), target_name);
INSTANTIATE_TEST_SUITE_P(Simd, MultiplyTransposed, each_target(), target_name);
INSTANTIATE_TEST_SUITE_P(Simd, TopKDot, each_target(), target_name);

TEST_P(Dot, AgreesWithDoubleArithmeticAtEveryLength) {
  Random random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    const Matrix pair = random_matrix(2, size, random);
    ASSERT_NEAR(dot(pair.row(0), pair.row(1)), exact_dot(pair.row(0), pair.row(1)), tolerance(size)) << size;
  }
}

TEST(SimdTarget, IsTheBestThereIs) {
  EXPECT_STREQ(simd_target(), hwy::TargetName(hwy::SupportedAndGeneratedTargets().front()));
}

struct Shape {
  std::size_t queries, rows, columns;
};
const std::vector<Shape> kShapes{{1, 1, 1},    {1, 63, 5},    {6, 64, 64}, {7, 65, 63}, {13, 130, 17}, {5, 1100, 33},
                                 {12, 700, 3}, {4, 513, 128}, {3, 40, 0},  {0, 10, 4},  {10, 0, 4},    {2, 300, 1000}};

TEST_P(MultiplyTransposed, AgreesWithDoubleArithmeticForAllShapes) {
  Random random(2);
  for (const auto& [q_count, r_count, columns] : kShapes) {
    const Matrix queries = random_matrix(q_count, columns, random), rows = random_matrix(r_count, columns, random);
    const std::size_t ldc = r_count + 3;
    std::vector<float> scores(q_count * ldc, 99);
    multiply_transposed(queries.view(), rows.view(), scores.data(), ldc);
    for (std::size_t q = 0; q < q_count; ++q) {
      for (std::size_t r = 0; r < r_count; ++r) {
        ASSERT_NEAR(scores[q * ldc + r], exact_dot(queries.row(q), rows.row(r)), tolerance(columns)) << q << " " << r << " " << columns;
      }
      for (std::size_t r = r_count; r < ldc; ++r) ASSERT_EQ(scores[q * ldc + r], 99) << "what lies between lines is not touched";
    }
  }
}

TEST_P(MultiplyTransposed, TakesViewsWithStrides) {
  Random random(3);
  const Matrix queries = random_matrix(9, 20, random), rows = random_matrix(70, 30, random);
  std::vector<float> scores(9 * 70);
  multiply_transposed({queries.data(), 9, 11, 20}, {rows.data() + 5, 70, 11, 30}, scores.data(), 70);
  for (std::size_t q = 0; q < 9; ++q) {
    for (std::size_t r = 0; r < 70; ++r) {
      ASSERT_NEAR(scores[q * 70 + r], exact_dot(queries.row(q).first(11), rows.row(r).subspan(5, 11)), tolerance(11));
    }
  }
}

TEST_P(MultiplyTransposed, AScoreDoesNotDependOnItsCompany) {
  Random random(4);
  const Matrix queries = random_matrix(8, 77, random), rows = random_matrix(600, 77, random);
  std::vector<float> together(8 * 600);
  multiply_transposed(queries.view(), rows.view(), together.data(), 600);
  for (std::size_t q = 0; q < 8; ++q) {
    for (const std::size_t r : {0UL, 63UL, 64UL, 599UL}) {
      float alone = 0;
      multiply_transposed({queries.row(q).data(), 1, 77, 77}, {rows.row(r).data(), 1, 77, 77}, &alone, 1);
      ASSERT_EQ(alone, together[q * 600 + r]);
    }
  }
}

std::vector<Scored> sorted_top(std::vector<Scored> all, std::size_t k) {
  std::ranges::sort(all, better);
  all.resize(std::min(k, all.size()));
  return all;
}

TEST(TopK, EqualsSortingEverything) {
  Random random(5);
  for (const std::size_t k : {0UL, 1UL, 2UL, 10UL, 100UL, 1000UL}) {
    TopK best(k);
    std::vector<Scored> all;
    for (std::uint32_t i = 0; i < 500; ++i) {
      all.push_back({(i * 7919) % 500, static_cast<float>(random.below(40))});  // rows in no order, scores that tie
      best.offer(all.back().row, all.back().score);
    }
    EXPECT_EQ(best.take(), sorted_top(all, k)) << k;
    best.reset(2);
    EXPECT_EQ(best.size(), 0U);
    best.offer(1, 1);
    EXPECT_EQ(best.threshold(), -std::numeric_limits<float>::infinity());
    best.offer(2, 3);
    best.offer(0, 1);
    EXPECT_EQ(best.threshold(), 1);
    EXPECT_EQ(best.take(), (std::vector<Scored>{{2, 3}, {0, 1}})) << "of equal scores the lower row is better";
  }
}

// The oracle: all scores by multiply_transposed, of which top_k_dot promises the very bits, then a sort.
std::vector<std::vector<Scored>> brute_force(const Matrix& queries, const Matrix& rows, std::size_t k,
                                             std::span<const std::span<const std::uint32_t>> skip) {
  std::vector<float> scores(queries.rows() * rows.rows());
  multiply_transposed(queries.view(), rows.view(), scores.data(), rows.rows());
  std::vector<std::vector<Scored>> results;
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    std::vector<Scored> all;
    for (std::uint32_t r = 0; r < rows.rows(); ++r) {
      const bool skipped = !skip.empty() && std::ranges::find(skip[q], r) != skip[q].end();
      if (!skipped) all.push_back({r, scores[q * rows.rows() + r]});
    }
    results.push_back(sorted_top(std::move(all), k));
  }
  return results;
}

TEST_P(TopKDot, EqualsBruteForceWithTiesAndSkips) {
  Random random(6);
  for (const bool whole : {false, true}) {
    for (const auto& [q_count, r_count, columns] : kShapes) {
      const auto make = whole ? whole_matrix : random_matrix;
      const Matrix queries = make(q_count, columns, random), rows = make(r_count, columns, random);
      std::vector<std::vector<std::uint32_t>> histories(q_count);
      for (std::size_t q = 0; q < q_count; ++q) {
        for (std::uint32_t r = 0; r < r_count; ++r) {
          if (q % 3 != 0 && random.below(q % 3 == 1 ? 10 : 2) == 0) histories[q].push_back(r);
        }
      }
      const std::vector<std::span<const std::uint32_t>> skip(histories.begin(), histories.end());
      for (const std::size_t k : {0UL, 1UL, 10UL, 64UL, 2000UL}) {
        ASSERT_EQ(top_k_dot(queries.view(), rows.view(), k), brute_force(queries, rows, k, {})) << r_count << " " << columns << " " << k;
        ASSERT_EQ(top_k_dot(queries.view(), rows.view(), k, skip), brute_force(queries, rows, k, skip)) << r_count << " " << k;
      }
    }
  }
}

}  // namespace
}  // namespace souk::kernels
