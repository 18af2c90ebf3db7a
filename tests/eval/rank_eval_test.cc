// Metrics against hand-computed values and against a brute force that sorts everything.
#include "souk/eval/rank_eval.h"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <set>

#include "souk/base/random.h"

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

using souk::testing::make_sequences;
using souk::testing::random_log;

RankResult rank_scores(const std::vector<float>& scores, std::vector<std::uint32_t> truth, std::vector<std::uint32_t> cutoffs,
                       std::vector<std::uint32_t> history = {}, bool mask = true) {
  const auto log = make_sequences({history}, static_cast<std::uint32_t>(scores.size()));
  const auto score = [&](const Case&, std::span<const std::uint32_t>, std::span<float> out, unsigned) {
    std::copy(scores.begin(), scores.end(), out.begin());
  };
  return rank_eval(log, {{0, history.size(), std::move(truth)}}, score, {.cutoffs = std::move(cutoffs), .mask_history = mask, .threads = 1},
                   Progress::none());
}

TEST(RankEval, OfOneItemAtRankThree) {
  const RankResult result = rank_scores({0.9F, 0.8F, 0.7F, 0.1F}, {2}, {2, 3});
  EXPECT_EQ(result.metrics.at("HR@2"), 0.0);
  EXPECT_EQ(result.metrics.at("HR@3"), 1.0);
  EXPECT_EQ(result.metrics.at("Recall@3"), 1.0);
  EXPECT_NEAR(result.metrics.at("NDCG@3"), 0.5, 1e-7);  // 1 / log2(4)
  EXPECT_NEAR(result.metrics.at("MRR@3"), 1.0 / 3, 1e-7);
  EXPECT_NEAR(result.metrics.at("MAP@3"), 1.0 / 3, 1e-7);
  EXPECT_EQ(result.per_case.at("HR@3"), std::vector<float>{1.0F});
}

TEST(RankEval, OfSeveralItems) {
  // Truth at ranks 1 and 4 of 6; a third is beyond the cutoff.
  const RankResult result = rank_scores({6, 5, 4, 3, 2, 1}, {0, 3, 5}, {4});
  EXPECT_EQ(result.metrics.at("HR@4"), 1.0);
  EXPECT_NEAR(result.metrics.at("Recall@4"), 2.0 / 3, 1e-7);
  const double ideal = 1 + 1 / std::log2(3.0) + 1 / std::log2(4.0);
  EXPECT_NEAR(result.metrics.at("NDCG@4"), (1 + 1 / std::log2(5.0)) / ideal, 1e-6);
  EXPECT_EQ(result.metrics.at("MRR@4"), 1.0);
  EXPECT_NEAR(result.metrics.at("MAP@4"), (1.0 + 2.0 / 4.0) / 3, 1e-6);
}

TEST(RankEval, TiesGetTheMeanRank) {
  // All of 9 items tie: everybody's rank is 5, whichever row the truth has.
  for (const std::uint32_t truth : {0U, 4U, 8U}) {
    const RankResult result = rank_scores(std::vector<float>(9, 0.5F), {truth}, {4, 5});
    EXPECT_EQ(result.metrics.at("HR@4"), 0.0);
    EXPECT_EQ(result.metrics.at("HR@5"), 1.0);
    EXPECT_NEAR(result.metrics.at("MRR@5"), 0.2, 1e-7);
  }
}

TEST(RankEval, TiedTruthIsNeverBetterThanPerfect) {
  const RankResult result = rank_scores({1, 1, 1, 0, 0}, {0, 1, 2}, {3});
  EXPECT_EQ(result.metrics.at("Recall@3"), 1.0);
  EXPECT_LE(result.metrics.at("NDCG@3"), 1.0);
  EXPECT_NEAR(result.metrics.at("MAP@3"), 1.0, 1e-6);
}

TEST(RankEval, MasksTheHistoryOnlyWhenAsked) {
  const std::vector<float> scores = {9, 8, 7, 1};
  EXPECT_EQ(rank_scores(scores, {2}, {1}, {0, 1}).metrics.at("HR@1"), 1.0);
  EXPECT_EQ(rank_scores(scores, {2}, {1}, {0, 1}, false).metrics.at("HR@1"), 0.0);
  EXPECT_EQ(rank_scores(scores, {0}, {3}, {0, 1}).metrics.at("HR@3"), 0.0);  // bought before: missed
  EXPECT_EQ(rank_scores(scores, {0}, {3}, {0, 1}, false).metrics.at("HR@3"), 1.0);
}

TEST(RankEval, NeverRecommendedIsMissedAndNotANumberIsNeverRecommended) {
  const float never = -std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(rank_scores({1, never, 0}, {1}, {3}).metrics.at("HR@3"), 0.0);
  EXPECT_EQ(rank_scores({1, nan, 0}, {1}, {3}).metrics.at("HR@3"), 0.0);
  EXPECT_EQ(rank_scores({nan, 1, nan}, {1}, {1}).metrics.at("HR@1"), 1.0);
}

TEST(RankEval, OfNoCasesIsZero) {
  const auto log = make_sequences({{0}}, 2);
  const auto score = [](const Case&, std::span<const std::uint32_t>, std::span<float>, unsigned) {};
  const RankResult result = rank_eval(log, {}, score, {}, Progress::none());
  EXPECT_EQ(result.metrics.at("NDCG@10"), 0.0);
  EXPECT_EQ(rank_scores({1, 2}, {}, {1}).metrics.at("Recall@1"), 0.0);
}

// Mean ranks by sorting: what rank_eval counts.
double hit_rate_by_force(const store::Interactions& log, const std::vector<Case>& cases, const ScoreCase& score, std::uint32_t cutoff,
                         double* ndcg) {
  double hits = 0;
  *ndcg = 0;
  for (const Case& one : cases) {
    std::vector<float> scores(log.items(), 0.0F);
    const auto history = log.row(one.shopper).items.first(one.history_events);
    score(one, history, scores, 0);
    const std::set<std::uint32_t> masked(history.begin(), history.end());
    bool hit = false;
    double gain = 0, ideal = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(one.truth.size(), cutoff); ++i) ideal += 1 / std::log2(static_cast<double>(i) + 2);
    for (const std::uint32_t item : one.truth) {
      if (masked.contains(item)) continue;
      double above = 0, tied = 0;
      for (std::uint32_t other = 0; other < log.items(); ++other) {
        if (masked.contains(other)) continue;
        above += scores[other] > scores[item] ? 1 : 0;
        tied += scores[other] == scores[item] ? 1 : 0;
      }
      const double rank = above + (tied + 1) / 2;
      if (rank > cutoff) continue;
      hit = true;
      gain += 1 / std::log2(rank + 1);
    }
    hits += hit ? 1 : 0;
    *ndcg += gain / ideal;
  }
  *ndcg /= static_cast<double>(cases.size());
  return hits / static_cast<double>(cases.size());
}

TEST(RankEval, EqualsBruteForceForAnyNumberOfThreads) {
  const auto log = random_log(3, 120, 300, 25);
  const auto split = at_time(log, 1'600'000'000'000 + 4 * kDay, kind_bit(store::EventKind::purchase));
  ASSERT_TRUE(split);
  ASSERT_GT(split->cases.size(), 20U);
  // Few distinct values, so that many tie.
  const auto score = [](const Case& one, std::span<const std::uint32_t>, std::span<float> scores, unsigned) {
    Random random(one.shopper);
    for (float& value : scores) value = static_cast<float>(random.below(40));
  };
  const RankEvalOptions one_thread{.cutoffs = {10, 20}, .mask_history = true, .threads = 1};
  const RankResult result = rank_eval(log, split->cases, score, one_thread, Progress::none());
  for (const std::uint32_t cutoff : {10U, 20U}) {
    double ndcg = 0;
    EXPECT_NEAR(result.metrics.at("HR@" + std::to_string(cutoff)), hit_rate_by_force(log, split->cases, score, cutoff, &ndcg), 1e-9);
    EXPECT_NEAR(result.metrics.at("NDCG@" + std::to_string(cutoff)), ndcg, 1e-6);
  }
  RankEvalOptions more = one_thread;
  more.threads = 5;
  EXPECT_EQ(rank_eval(log, split->cases, score, more, Progress::none()).per_case, result.per_case);
}

TEST(ListEval, CountsWhatStandsInTheList) {
  const std::vector<Case> cases = {{0, 0, {2, 5}}, {1, 0, {1}}};
  const RankResult result = list_eval(cases, {{7, 2, 2, 5}, {}}, {1, 3, 4});
  EXPECT_EQ(result.per_case.at("HR@1"), (std::vector<float>{0, 0}));
  EXPECT_EQ(result.per_case.at("Recall@3"), (std::vector<float>{0.5F, 0}));  // the second 2 is no hit
  EXPECT_EQ(result.per_case.at("Recall@4"), (std::vector<float>{1, 0}));
  EXPECT_NEAR(result.per_case.at("MAP@4")[0], (1.0 / 2 + 2.0 / 4) / 2, 1e-6);
  EXPECT_NEAR(result.metrics.at("HR@4"), 0.5, 1e-9);
}

TEST(ListEval, AgreesWithRankEvalOnTheSameOrder) {
  const auto log = random_log(8, 40, 60, 20);
  const auto split = at_time(log, 1'600'000'000'000 + 3 * kDay, kind_bit(store::EventKind::purchase));
  ASSERT_TRUE(split);
  const auto score = [](const Case& one, std::span<const std::uint32_t>, std::span<float> scores, unsigned) {
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>((i * 7919 + one.shopper * 31) % scores.size());
  };
  const RankResult ranked = rank_eval(log, split->cases, score, {.cutoffs = {10}, .mask_history = false, .threads = 2}, Progress::none());
  std::vector<std::vector<std::uint32_t>> lists;
  for (const Case& one : split->cases) {
    std::vector<float> scores(log.items());
    score(one, {}, scores, 0);
    std::vector<std::uint32_t> list(log.items());
    for (std::uint32_t i = 0; i < list.size(); ++i) list[i] = i;
    std::stable_sort(list.begin(), list.end(), [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
    lists.push_back(std::move(list));
  }
  const RankResult listed = list_eval(split->cases, lists, {10});
  for (const auto& [name, value] : ranked.metrics) EXPECT_NEAR(listed.metrics.at(name), value, 1e-6) << name;
}

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
