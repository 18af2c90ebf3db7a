#include "souk/base/random.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace souk {
namespace {

// Recorded results depend on these: state of splitmix64 from seed 0 (e220a8397b1dcdaf, 6e789e6aa1b965f4, ...), then xoshiro256**.
TEST(Random, IsTheSameEverywhere) {
  Random random(0);
  EXPECT_EQ(random(), 0x99ec5f36cb75f2b4U);
  EXPECT_EQ(random(), 0xbf6e1f784956452aU);
  EXPECT_EQ(random(), 0x1a5f849d4933e6e0U);
}

TEST(Random, RepeatsWithItsSeedAndDiffersWithout) {
  Random a(5), b(5), c(6);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto value = a();
    ASSERT_EQ(value, b());
    differs |= value != c();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, BelowIsUniform) {
  Random random(1);
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations
  EXPECT_EQ(random.below(1), 0U);
  // A bound of 3/4 of the range would favour small numbers if the remainder were not rejected.
  constexpr std::uint64_t kBound = 3ULL << 62;
  int low = 0;
  for (int i = 0; i < 30'000; ++i) {
    const auto value = random.below(kBound);
    ASSERT_LT(value, kBound);
    low += value < kBound / 3 ? 1 : 0;
  }
  EXPECT_NEAR(low, 10'000, 500);
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(2);
  double sum = 0, normal_sum = 0, normal_square = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform(), n = random.normal();
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
    normal_sum += n;
    normal_square += n * n;
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.005);
  EXPECT_NEAR(normal_sum / kCount, 0, 0.02);
  EXPECT_NEAR(normal_square / kCount, 1, 0.03);
}

TEST(Random, SplitGivesAnotherRepeatableStream) {
  Random a(9), b(9);
  Random a2 = a.split(), b2 = b.split();
  EXPECT_EQ(a2(), b2());
  EXPECT_EQ(a(), b());
  EXPECT_NE(a(), a2());
}

TEST(Random, ShuffleIsAnUnbiasedPermutation) {
  Random random(4);
  std::vector<int> first(3);
  for (int i = 0; i < 30'000; ++i) {
    std::vector<int> values{0, 1, 2};
    random.shuffle(std::span(values));
    ++first[static_cast<std::size_t>(values[0])];
    std::ranges::sort(values);
    ASSERT_EQ(values, (std::vector<int>{0, 1, 2}));
  }
  for (const int count : first) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace souk
