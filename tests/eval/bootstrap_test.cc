// Resampling: intervals, differences, and what may be said of them.
#include <cmath>
#include <gmock/gmock.h>

#include "souk/base/random.h"
#include "souk/eval/rank_eval.h"

namespace souk::eval {
namespace {

TEST(Verdict, NeedsTwentyIndependentCases) {
  const std::vector<float> better(20, 1.0F), worse(20, 0.0F);
  const PairedDifference enough = paired_bootstrap(better, worse, 1);
  EXPECT_EQ(enough.clusters, 20U);
  EXPECT_EQ(verdict(enough.delta, enough.p, enough.clusters), "beats");
  EXPECT_EQ(verdict(-enough.delta, enough.p, enough.clusters), "does not beat");
  EXPECT_EQ(verdict(enough.delta, 0.05, enough.clusters), "cannot be told from");
  const std::vector<std::uint32_t> one_shopper(20, 7);
  const PairedDifference few = paired_bootstrap(better, worse, 1, 1000, one_shopper);
  EXPECT_EQ(few.clusters, 1U);
  EXPECT_EQ(verdict(few.delta, few.p, few.clusters), "too few");
}

TEST(Bootstrap, CoversTheMeanAndRepeats) {
  Random random(4);
  std::vector<float> values(4000);
  for (float& value : values) value = random.below(10) == 0 ? 1.0F : 0.0F;
  const Interval interval = bootstrap(values, 1);
  EXPECT_LT(interval.low, 0.1);
  EXPECT_GT(interval.high, 0.1);
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * std::sqrt(0.09 / 4000), 0.004);  // the normal approximation
  const Interval again = bootstrap(values, 1), other = bootstrap(values, 2);
  EXPECT_EQ(again.low, interval.low);
  EXPECT_NE(other.low, interval.low);
  EXPECT_EQ(bootstrap({}, 1).high, 0.0);
}

TEST(Bootstrap, DrawsClustersTogether) {
  // 20 shoppers of 100 equal cases each: as uncertain as 20 cases, not as 2,000.
  std::vector<float> values;
  std::vector<std::uint32_t> clusters;
  for (std::uint32_t shopper = 0; shopper < 20; ++shopper) {
    for (int i = 0; i < 100; ++i) {
      values.push_back(static_cast<float>(shopper % 2));
      clusters.push_back(1000 - shopper);
    }
  }
  const Interval apart = bootstrap(values, 3), together = bootstrap(values, 3, 1000, clusters);
  EXPECT_GT(together.high - together.low, 5 * (apart.high - apart.low));
}

TEST(PairedBootstrap, FindsARealDifferenceAndNoFalseOne) {
  Random random(6);
  std::vector<float> better(3000), worse(3000), noise(3000);
  for (std::size_t i = 0; i < better.size(); ++i) {
    const auto base = static_cast<float>(random.uniform());
    worse[i] = base;
    better[i] = base + 0.02F + 0.1F * static_cast<float>(random.normal());
    noise[i] = base + 0.1F * static_cast<float>(random.normal());
  }
  const PairedDifference real = paired_bootstrap(better, worse, 1);
  EXPECT_NEAR(real.delta, 0.02, 0.008);
  EXPECT_LT(real.p, 0.01);
  EXPECT_GT(real.interval.low, 0.0);
  const PairedDifference reverse = paired_bootstrap(worse, better, 1);
  EXPECT_DOUBLE_EQ(reverse.delta, -real.delta);
  EXPECT_LT(reverse.p, 0.01);
  const PairedDifference same = paired_bootstrap(worse, worse, 1);
  EXPECT_EQ(same.delta, 0.0);
  EXPECT_EQ(same.p, 1.0);
  EXPECT_GT(paired_bootstrap(noise, worse, 1).p, 0.01);
}

}  // namespace
}  // namespace souk::eval
