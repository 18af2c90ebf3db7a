// Metrics against hand-computed values; rank_eval_oracle_test.cc has the brute force.
#include "souk/eval/rank_eval.h"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <numeric>

#include "souk/base/random.h"

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

using souk::testing::make_sequences;
using souk::testing::random_log;

// Cases on a log that is trained on whole.
Split cases_on(store::Interactions log, std::vector<Case> cases) {
  Split split;
  split.log = log;
  split.train = std::move(log);
  split.cases = std::move(cases);
  return split;
}

Split split_by_time(const store::Interactions& log, Duration holdout) {
  auto split = make_split(log, {.kind = SplitRule::Kind::time, .holdout = holdout, .truth_kinds = kind_bit(store::EventKind::purchase)});
  EXPECT_TRUE(split) << split.error().message();
  return std::move(split).value();
}

RankResult rank_scores(const std::vector<float>& scores, std::vector<std::uint32_t> truth, std::vector<std::uint32_t> cutoffs,
                       std::vector<std::uint32_t> history = {}, bool mask = true) {
  const auto log = make_sequences({history}, static_cast<std::uint32_t>(scores.size()));
  const auto score = [&](const Case&, const History&, std::span<float> out, unsigned) { std::ranges::copy(scores, out.begin()); };
  return rank_eval(cases_on(log, {{0, history.size(), std::move(truth)}}), score, {.cutoffs = std::move(cutoffs), .mask_history = mask},
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
  const auto score = [](const Case&, const History&, std::span<float>, unsigned) {};
  const RankResult result = rank_eval(cases_on(make_sequences({{0}}, 2), {}), score, {}, Progress::none());
  EXPECT_EQ(result.metrics.at("NDCG@10"), 0.0);
  EXPECT_EQ(rank_scores({1, 2}, {}, {1}).metrics.at("Recall@1"), 0.0);
}

TEST(RankEval, PrecisionIsTheShareOfThePlacesThatHit) {
  const RankResult result = rank_scores({6, 5, 4, 3, 2, 1}, {0, 3}, {1, 4, 10});
  EXPECT_EQ(result.metrics.at("Precision@1"), 1.0);
  EXPECT_EQ(result.metrics.at("Precision@4"), 0.5);
  EXPECT_NEAR(result.metrics.at("Precision@10"), 0.2, 1e-7);
}

TEST(RankEval, KeepsListsAndSaysHowWidelyItShows) {
  const auto log = make_sequences({{0}, {1}, {}}, 5);
  const Split split = cases_on(log, {{0, 1, {1}}, {1, 1, {2}}, {2, 0, {4}}});
  const auto score = [](const Case& one, const History&, std::span<float> out, unsigned) {
    const std::vector<float> same{3, 3, 2, 1, -std::numeric_limits<float>::infinity()};
    std::ranges::copy(same, out.begin());
    if (one.shopper == 2) std::ranges::fill(out, std::numeric_limits<float>::quiet_NaN());
  };
  const RankResult result = rank_eval(split, score, {.cutoffs = {1, 3}, .keep_lists = true}, Progress::none());
  EXPECT_THAT(result.lists, ::testing::ElementsAre(std::vector<std::uint32_t>{1, 2, 3}, std::vector<std::uint32_t>{0, 2, 3},
                                                   std::vector<std::uint32_t>{}));
  EXPECT_EQ(result.metrics.at("Coverage@1"), 2.0 / 5);
  EXPECT_EQ(result.metrics.at("Coverage@3"), 4.0 / 5);
  EXPECT_NEAR(result.metrics.at("Gini@1"), (2.0 * 4 - 6 + 2.0 * 5 - 6) / (5 * 2), 1e-12);  // counts 0 0 0 1 1
  EXPECT_FALSE(result.per_case.contains("Gini@1"));
}

TEST(RankEval, GiniOfOneItemAloneAndOfAllAlike) {
  const auto log = make_sequences({{}, {}, {}, {}}, 4);
  const Split split = cases_on(log, {{0, 0, {0}}, {1, 0, {0}}, {2, 0, {0}}, {3, 0, {0}}});
  const RankEvalOptions options{.cutoffs = {1}, .keep_lists = true};
  const auto alone = [](const Case&, const History&, std::span<float> out, unsigned) { out[2] = 1; };
  const auto alike = [](const Case& one, const History&, std::span<float> out, unsigned) { out[one.shopper] = 1; };
  EXPECT_NEAR(rank_eval(split, alone, options, Progress::none()).metrics.at("Gini@1"), 0.75, 1e-12);
  EXPECT_NEAR(rank_eval(split, alike, options, Progress::none()).metrics.at("Gini@1"), 0.0, 1e-12);
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
  const Split split = split_by_time(log, 4 * kDay);
  const auto score = [](const Case& one, const History&, std::span<float> scores, unsigned) {
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>((i * 7919 + one.shopper * 31) % scores.size());
  };
  const RankResult ranked = rank_eval(split, score, {.cutoffs = {10}, .mask_history = false, .threads = 2}, Progress::none());
  std::vector<std::vector<std::uint32_t>> lists;
  for (const Case& one : split.cases) {
    std::vector<float> scores(log.items());
    score(one, {}, scores, 0);
    std::vector<std::uint32_t> list(log.items());
    for (std::uint32_t i = 0; i < list.size(); ++i) list[i] = i;
    std::stable_sort(list.begin(), list.end(), [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
    lists.push_back(std::move(list));
  }
  const RankResult listed = list_eval(split.cases, lists, {10});
  for (const auto& [name, value] : ranked.metrics) EXPECT_NEAR(listed.metrics.at(name), value, 1e-6) << name;
}

TEST(MetricName, IsAMetricAndACutoff) {
  for (const std::string name : {"HR", "Recall", "Precision", "NDCG", "MRR", "MAP", "Coverage", "Gini"}) {
    const auto metric = MetricName::parse(name + "@10", "metrics.primary");
    ASSERT_TRUE(metric) << name;
    EXPECT_EQ(metric->name, name);
    EXPECT_EQ(metric->cutoff, 10U);
  }
  EXPECT_EQ(MetricName::parse("HR@10000", "")->cutoff, 10'000U);
}

TEST(MetricName, OthersAreRefused) {
  for (const std::string text :
       {"", "NDCG", "NDCG@", "NDCG@0", "NDCG@10001", "NDCG@x", "NDCG@10x", "NDCG@-1", "ndcg@10", "AUC@10", "@10", "NDCG@ 10"}) {
    const auto metric = MetricName::parse(text, "recipe.toml:3: metrics.primary");
    ASSERT_FALSE(metric) << text;
    EXPECT_EQ(metric.error().kind, ErrorKind::invalid);
    EXPECT_EQ(metric.error().where, "recipe.toml:3: metrics.primary");
    EXPECT_EQ(metric.error().found, text);
    EXPECT_THAT(metric.error().expected, ::testing::HasSubstr("NDCG@10"));
  }
}

}  // namespace
}  // namespace souk::eval
