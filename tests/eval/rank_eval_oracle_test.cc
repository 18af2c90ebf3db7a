// Every metric against naive formulas over fully sorted scores, on every split, with ties, masks, empty truth, NaN and -inf; and the
// dot-product form against the form by scores, bit for bit.
#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <set>

#include "souk/base/kernels/dot.h"
#include "souk/base/random.h"
#include "souk/eval/rank_eval.h"

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

using souk::testing::random_log;
using Kind = SplitRule::Kind;

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::string at(const std::string& metric, std::uint32_t cutoff) {
  return metric + "@" + std::to_string(cutoff);
}

// Ranks all items by sorting; tied items share the mean of their places.
std::vector<double> mean_ranks(const std::vector<float>& scores, const std::set<std::uint32_t>& masked, std::vector<std::uint32_t>& order) {
  order.clear();
  for (std::uint32_t item = 0; item < scores.size(); ++item) {
    if (scores[item] > kNever && !masked.contains(item)) order.push_back(item);
  }
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
  std::vector<double> ranks(scores.size(), std::numeric_limits<double>::infinity());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = (static_cast<double>(begin) + 1 + static_cast<double>(end)) / 2;
    begin = end;
  }
  return ranks;
}

struct Values {
  double hr = 0, recall = 0, precision = 0, ndcg = 0, mrr = 0, map = 0;
};

Values naive(const std::vector<double>& ranks, const std::vector<std::uint32_t>& truth, std::uint32_t cutoff) {
  Values values;
  if (truth.empty()) return values;
  double dcg = 0, ideal = 0;
  const auto reachable = static_cast<double>(std::min<std::size_t>(truth.size(), cutoff));
  for (double place = 1; place <= reachable; ++place) ideal += 1 / std::log2(place + 1);
  for (const std::uint32_t item : truth) {
    const double rank = ranks[item];
    if (rank > cutoff) continue;
    values.hr = 1;
    values.recall += 1 / static_cast<double>(truth.size());
    values.precision += 1.0 / cutoff;
    dcg += 1 / std::log2(rank + 1);
    values.mrr = std::max(values.mrr, 1 / rank);
    double among_truth = 0.5;  // the mean place among the truth: those above, half of those tied, itself counted as tied
    for (const std::uint32_t other : truth) among_truth += ranks[other] < rank ? 1 : ranks[other] == rank ? 0.5 : 0;
    values.map += among_truth / rank / reachable;
  }
  values.ndcg = dcg / ideal;
  return values;
}

using Scores = std::function<std::vector<float>(const Case&, std::size_t items)>;

void expect_naive(const Split& split, const Scores& model, const RankEvalOptions& options, const RankResult& result) {
  std::map<std::string, double> sums;
  std::vector<std::vector<std::uint32_t>> lists;
  const std::uint32_t largest = *std::ranges::max_element(options.cutoffs);
  for (std::size_t i = 0; i < split.cases.size(); ++i) {
    const Case& one = split.cases[i];
    const std::vector<float> scores = model(one, split.log.items());
    std::set<std::uint32_t> masked;
    if (options.mask_history) {
      for (const std::uint32_t item : split.log.row(one.shopper).items.first(one.history_events)) masked.insert(item);
    }
    std::vector<std::uint32_t> order;
    const std::vector<double> ranks = mean_ranks(scores, masked, order);
    for (const std::uint32_t cutoff : options.cutoffs) {
      const Values values = naive(ranks, one.truth, cutoff);
      const std::pair<std::string, double> all[] = {{"HR", values.hr},     {"Recall", values.recall}, {"Precision", values.precision},
                                                    {"NDCG", values.ndcg}, {"MRR", values.mrr},       {"MAP", values.map}};
      for (const auto& [name, value] : all) {
        ASSERT_NEAR(result.per_case.at(at(name, cutoff))[i], value, 1e-6) << at(name, cutoff) << " of case " << i;
        sums[at(name, cutoff)] += value;
      }
    }
    order.resize(std::min<std::size_t>(order.size(), largest));
    lists.push_back(std::move(order));
  }
  for (const auto& [name, sum] : sums) ASSERT_NEAR(result.metrics.at(name), sum / static_cast<double>(split.cases.size()), 1e-6) << name;
  if (!options.keep_lists) {
    ASSERT_TRUE(result.lists.empty());
    return;
  }
  ASSERT_EQ(result.lists, lists);
  for (const std::uint32_t cutoff : options.cutoffs) {
    std::vector<double> shown(split.log.items());
    for (const auto& list : lists) {
      for (std::size_t i = 0; i < std::min<std::size_t>(cutoff, list.size()); ++i) ++shown[list[i]];
    }
    double ever = 0, differences = 0, total = 0;
    for (const double a : shown) {
      ever += a > 0 ? 1 : 0;
      total += a;
      for (const double b : shown) differences += std::abs(a - b);
    }
    const auto items = static_cast<double>(shown.size());
    ASSERT_NEAR(result.metrics.at(at("Coverage", cutoff)), ever / items, 1e-9);
    ASSERT_NEAR(result.metrics.at(at("Gini", cutoff)), total == 0 ? 0 : differences / (2 * items * total), 1e-9);
  }
}

ScoreCase as_callback(const Scores& model) {
  return [&model](const Case& one, const History& history, std::span<float> out, unsigned) {
    EXPECT_EQ(history.size(), one.history_events);
    for (const float zero : out) EXPECT_EQ(zero, 0.0F);
    std::ranges::copy(model(one, out.size()), out.begin());
  };
}

// Scores of `levels` different values; some never recommended.
Scores quantised(std::uint64_t levels) {
  return [levels](const Case& one, std::size_t items) {
    Random random(one.shopper * 1000 + one.history_events);
    std::vector<float> scores(items);
    for (float& score : scores) {
      score = static_cast<float>(random.below(levels));
      if (random.below(30) == 0) score = random.below(2) == 0 ? kNever : std::numeric_limits<float>::quiet_NaN();
    }
    return scores;
  };
}

std::vector<Split> splits_of_every_rule(const store::Interactions& log) {
  FixedParts parts;
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    parts.first_validation.push_back(log.row(shopper).size() / 2);
    parts.first_test.push_back(log.row(shopper).size() / 2 + log.row(shopper).size() / 4);
  }
  std::vector<Split> splits;
  for (const Kind kind : {Kind::loo, Kind::time, Kind::last_day, Kind::session, Kind::cold, Kind::random, Kind::fixed}) {
    for (const Part part : {Part::validation, Part::test}) {
      auto split = make_split(log, {.kind = kind, .holdout = 2 * kDay, .cold_events = 5, .share = 0.3, .part = part}, 1, &parts);
      EXPECT_TRUE(split) << split.error().message();
      if (split) splits.push_back(std::move(*split));
    }
  }
  return splits;
}

TEST(RankEvalOracle, EverySplitMetricTieAndMask) {
  const auto log = random_log(3, 30, 70, 12);
  std::size_t several = 0;
  for (Split& split : splits_of_every_rule(log)) {
    split.cases.front().truth.clear();  // an empty truth among them
    for (const Case& one : split.cases) several += one.truth.size() > 1 ? 1 : 0;
    for (const std::uint64_t levels : {1U, 3U, 25U, 100'000U}) {
      const Scores model = quantised(levels);
      for (const bool mask : {true, false}) {
        for (const bool lists : {true, false}) {
          // One cutoff far beyond the items; small ones cut groups of tied items in two.
          for (const std::vector<std::uint32_t>& cutoffs : {std::vector<std::uint32_t>{1, 2, 5, 10}, {3}, {7, 400}}) {
            const RankEvalOptions options{.cutoffs = cutoffs, .mask_history = mask, .threads = 3, .keep_lists = lists};
            const RankResult result = rank_eval(split, as_callback(model), options, Progress::none());
            ASSERT_NO_FATAL_FAILURE(expect_naive(split, model, options, result)) << split.rule << ", " << levels << " levels";
          }
        }
      }
    }
  }
  EXPECT_GT(several, 100U);
}

// ---- The dot-product form.

Matrix random_matrix(std::size_t rows, std::size_t columns, bool whole, std::uint64_t seed) {
  Random random(seed);
  Matrix matrix(rows, columns);
  for (float& value : std::span(matrix.data(), rows * columns)) {
    value = whole ? static_cast<float>(random.below(3)) - 1 : static_cast<float>(random.normal());
  }
  return matrix;
}

struct Vectors {
  const Split& split;
  Matrix cases, items;

  DotModel dot() const {
    return {items.view(), [this](std::size_t first, std::span<const Case> asked, Matrix& out, unsigned) {
              EXPECT_EQ(asked.data(), split.cases.data() + first);
              EXPECT_EQ(out.rows(), asked.size());
              for (std::size_t i = 0; i < asked.size(); ++i) std::ranges::copy(cases.row(first + i), out.row(i).begin());
            }};
  }
  ScoreCase callback() const {
    return [this](const Case& one, const History&, std::span<float> out, unsigned) {
      const auto which = static_cast<std::size_t>(&one - split.cases.data());
      kernels::multiply_transposed({cases.row(which).data(), 1, cases.columns(), cases.columns()}, items.view(), out.data(), out.size());
    };
  }
};

void expect_same(const RankResult& a, const RankResult& b) {
  EXPECT_EQ(a.metrics, b.metrics);
  EXPECT_EQ(a.per_case, b.per_case);
  EXPECT_EQ(a.lists, b.lists);
}

TEST(RankEvalOracle, DotFormEqualsScoresBitForBit) {
  const auto log = random_log(4, 80, 600, 15);
  for (Split& split : splits_of_every_rule(log)) {
    split.cases.front().truth.clear();
    for (const bool whole : {false, true}) {  // whole numbers tie often
      const Vectors vectors{split, random_matrix(split.cases.size(), 24, whole, 1), random_matrix(log.items(), 24, whole, 2)};
      for (const bool mask : {true, false}) {
        for (const bool lists : {true, false}) {
          for (const std::vector<std::uint32_t>& cutoffs : {std::vector<std::uint32_t>{1, 5, 20}, {1000}}) {
            RankEvalOptions options{.cutoffs = cutoffs, .mask_history = mask, .threads = 1, .keep_lists = lists};
            const RankResult scored = rank_eval(split, vectors.callback(), options, Progress::none());
            expect_same(rank_eval(split, vectors.dot(), options, Progress::none()), scored);
            options.threads = 3;
            expect_same(rank_eval(split, vectors.dot(), options, Progress::none()), scored);
            expect_same(rank_eval(split, vectors.callback(), options, Progress::none()), scored);
          }
        }
      }
    }
  }
}

TEST(RankEvalOracle, DotFormFindsTruthThatIsRankedHigh) {
  // Each case's vector is nearly that of one of its truth items, so that hardly any leaves the product early.
  const auto log = random_log(5, 200, 2000, 10);
  const auto split = make_split(log, {});
  ASSERT_TRUE(split);
  Vectors vectors{*split, random_matrix(split->cases.size(), 32, false, 1), random_matrix(log.items(), 32, false, 2)};
  for (std::size_t i = 0; i < split->cases.size(); ++i) {
    for (std::size_t c = 0; c < 32; ++c)
      vectors.cases.row(i)[c] = 0.2F * vectors.cases.row(i)[c] + vectors.items.row(split->cases[i].truth[0])[c];
  }
  const RankEvalOptions options{.cutoffs = {1, 10}, .mask_history = false, .threads = 2};
  const RankResult result = rank_eval(*split, vectors.dot(), options, Progress::none());
  EXPECT_GT(result.metrics.at("HR@10"), 0.95);
  expect_same(result, rank_eval(*split, vectors.callback(), options, Progress::none()));
}

// ---- Sampled protocols.

TEST(SampledRanking, RanksTruthAmongItemsThatAreNeitherTruthNorKnown) {
  const auto log = random_log(6, 60, 300, 10);
  const auto split = make_split(log, {.kind = Kind::time, .holdout = 3 * kDay});
  ASSERT_TRUE(split);
  const Scores model = quantised(1000);
  for (const auto by : {SampledRanking::By::uniform, SampledRanking::By::popularity}) {
    const RankEvalOptions options{.cutoffs = {5, 400}, .keep_lists = true, .sampled = {.by = by, .negatives = 50, .seed = 3}};
    const RankResult result = rank_eval(*split, as_callback(model), options, Progress::none());
    std::vector<std::uint64_t> events(log.items());
    for (const std::uint32_t item : split->train.event_items()) ++events[item];
    for (std::size_t i = 0; i < split->cases.size(); ++i) {
      const Case& one = split->cases[i];
      const auto history = log.row(one.shopper).items.first(one.history_events);
      const std::set<std::uint32_t> known(history.begin(), history.end()), listed(result.lists[i].begin(), result.lists[i].end());
      ASSERT_EQ(listed.size(), result.lists[i].size());
      std::vector<float> scores = model(one, log.items());
      std::set<std::uint32_t> others;
      std::size_t negatives = 0;
      for (std::uint32_t item = 0; item < log.items(); ++item) {
        const bool truth = std::ranges::binary_search(one.truth, item);
        if (!listed.contains(item)) {
          others.insert(item);
          continue;
        }
        ASSERT_FALSE(known.contains(item));
        if (truth) continue;
        ++negatives;
        ASSERT_TRUE(by == SampledRanking::By::uniform || events[item] > 0);
      }
      ASSERT_LE(negatives, 50U);
      ASSERT_GE(negatives, 40U) << "but for items that are never recommended";
      std::vector<std::uint32_t> order;
      const Values values = naive(mean_ranks(scores, others, order), one.truth, 5);
      ASSERT_NEAR(result.per_case.at("NDCG@5")[i], values.ndcg, 1e-6);
      ASSERT_NEAR(result.per_case.at("HR@5")[i], values.hr, 1e-6);
    }
    RankEvalOptions again = options;
    again.threads = 4;
    expect_same(rank_eval(*split, as_callback(model), again, Progress::none()), result);
    again.sampled.seed = 4;
    EXPECT_NE(rank_eval(*split, as_callback(model), again, Progress::none()).lists, result.lists);
  }
}

TEST(SampledRanking, TakesAllThereAreWhenMoreAreAsked) {
  const auto log = souk::testing::make_sequences({{0, 1, 2, 3}, {0, 0, 4}}, 8);
  const auto split = make_split(log, {});
  ASSERT_TRUE(split);
  const Scores model = [](const Case&, std::size_t items) { return std::vector<float>(items, 1.0F); };
  RankEvalOptions options{.cutoffs = {20}, .keep_lists = true, .sampled = {.by = SampledRanking::By::uniform, .negatives = 100}};
  EXPECT_THAT(rank_eval(*split, as_callback(model), options, Progress::none()).lists,
              ::testing::ElementsAre(std::vector<std::uint32_t>{3, 4, 5, 6, 7}, std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7}));
  options.sampled.by = SampledRanking::By::popularity;  // train: 0, 1 and 0
  EXPECT_THAT(rank_eval(*split, as_callback(model), options, Progress::none()).lists,
              ::testing::ElementsAre(std::vector<std::uint32_t>{3}, std::vector<std::uint32_t>{1, 4}));
}

TEST(SampledRanking, DrawsCommonItemsMoreOften) {
  std::vector<std::vector<std::uint32_t>> sequences(2000, {0, 5, 6});  // asked about 6, knowing 0 and 5
  for (std::size_t i = 0; i < sequences.size(); ++i) sequences[i][0] = i % 10 < 1 ? 1 : i % 10 < 4 ? 2 : 3;
  const auto log = souk::testing::make_sequences(sequences, 7);
  auto split = make_split(log, {});
  ASSERT_TRUE(split);
  const Scores model = [](const Case&, std::size_t items) { return std::vector<float>(items, 1.0F); };
  const RankEvalOptions options{
      .cutoffs = {20}, .mask_history = false, .keep_lists = true, .sampled = {.by = SampledRanking::By::popularity, .negatives = 1}};
  std::map<std::uint32_t, int> drawn;
  for (const auto& list : rank_eval(*split, as_callback(model), options, Progress::none()).lists) {
    for (const std::uint32_t item : list) ++drawn[item];
  }
  EXPECT_EQ(drawn[6], 2000);
  EXPECT_NEAR(drawn[1], 200, 60);
  EXPECT_NEAR(drawn[2], 600, 90);
  EXPECT_NEAR(drawn[3], 1200, 100);
}

TEST(SampledRanking, OfDotModelsEqualsThatOfTheirScores) {
  const auto log = random_log(7, 50, 200, 10);
  const auto split = make_split(log, {});
  ASSERT_TRUE(split);
  const Vectors vectors{*split, random_matrix(split->cases.size(), 16, false, 1), random_matrix(log.items(), 16, false, 2)};
  const RankEvalOptions options{.cutoffs = {10}, .threads = 2, .sampled = {.by = SampledRanking::By::uniform, .negatives = 30}};
  expect_same(rank_eval(*split, vectors.dot(), options, Progress::none()),
              rank_eval(*split, vectors.callback(), options, Progress::none()));
}

}  // namespace
}  // namespace souk::eval
