// Ranked lists against graded judgements, held to formulas written the plain way: an item's rank is one more than the items before it.
#include "souk/eval/relevance.h"

#include <cmath>
#include <gtest/gtest.h>
#include <set>

#include "souk/base/random.h"

namespace souk::eval {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

double metric(const Qrels& qrels, const RankedRun& run, const std::string& name, bool missing_as_zero = true) {
  const auto result = judge(qrels, run, {.metrics = {name}, .missing_as_zero = missing_as_zero});
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  return result ? result->metrics.at(name) : NAN;
}

// One query, "q", with the items a, b, c ... shown in this order.
RankedRun shown(const std::string& letters) {
  RankedRun run;
  for (std::size_t i = 0; i < letters.size(); ++i) run["q"].emplace_back(std::string(1, letters[i]), 100.0 - static_cast<double>(i));
  return run;
}

TEST(Relevance, OneQueryByHand) {
  const Qrels qrels = {{"q", {{"a", 3}, {"b", 2}, {"c", 0}, {"d", 1}, {"e", -1}}}};
  const RankedRun run = shown("cbxa");  // d is never shown
  const double discounts[] = {1, std::log2(3), 2, std::log2(5)};
  EXPECT_DOUBLE_EQ(metric(qrels, run, "nDCG@4"), (2 / discounts[1] + 3 / discounts[3]) / (3 + 2 / discounts[1] + 1 / discounts[2]));
  EXPECT_DOUBLE_EQ(metric(qrels, run, "nDCGexp@4"), (3 / discounts[1] + 7 / discounts[3]) / (7 + 3 / discounts[1] + 1 / discounts[2]));
  EXPECT_DOUBLE_EQ(metric(qrels, run, "nDCG@2"), (2 / discounts[1]) / (3 + 2 / discounts[1])) << "the ideal is cut too";
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Recall@4"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Recall(2)@4"), 1);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Recall(3)@3"), 0);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Precision@10"), 0.2) << "over k, however short the list";
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Precision"), 0.5) << "without a cutoff, over the list";
  EXPECT_DOUBLE_EQ(metric(qrels, run, "MAP"), (1.0 / 2 + 2.0 / 4) / 3) << "over all relevant items, also those never shown";
  EXPECT_DOUBLE_EQ(metric(qrels, run, "MAP@2"), (1.0 / 2) / 3);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "MAP(3)"), 1.0 / 4);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "MRR"), 0.5);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "MRR@1"), 0);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "MRR(3)"), 0.25);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Success@1"), 0);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Success@2"), 1);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Judged@3"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metric(qrels, run, "Judged@100"), 0.75) << "of what there is";
}

TEST(Relevance, EqualScoresAreOrderedByItemTheGreaterFirst) {
  const Qrels qrels = {{"q", {{"a", 1}}}};
  const RankedRun tied = {{"q", {{"a", 1}, {"b", 1}, {"c", 1}}}};
  EXPECT_DOUBLE_EQ(metric(qrels, tied, "MRR"), 1.0 / 3);
}

TEST(Relevance, AnItemThatStandsTwiceCountsOnceAndWhatIsNoNumberIsLast) {
  const Qrels qrels = {{"q", {{"a", 1}, {"b", 1}}}};
  EXPECT_DOUBLE_EQ(metric(qrels, {{"q", {{"a", 3}, {"a", 2}, {"b", 1}}}}, "MAP"), 1);
  EXPECT_DOUBLE_EQ(metric(qrels, {{"q", {{"a", NAN}, {"c", 2}, {"b", 1}}}}, "MAP"), (1.0 / 2 + 2.0 / 3) / 2);
}

TEST(Relevance, GradesOfAnySizeHaveAnExponentialGain) {
  EXPECT_DOUBLE_EQ(metric({{"q", {{"a", 100}, {"b", 99}}}}, shown("ba"), "nDCGexp@2"), (0.5 + 1 / std::log2(3)) / (1 + 0.5 / std::log2(3)));
  EXPECT_DOUBLE_EQ(metric({{"q", {{"a", 5000}, {"b", 4999}}}}, shown("ab"), "nDCGexp@2"), 1);
  EXPECT_DOUBLE_EQ(metric({{"q", {{"a", 1e-12}}}}, shown("ba"), "nDCGexp@2"), 1 / std::log2(3));
}

TEST(Relevance, QueriesThatCannotBeJudgedAreCountedAndLeftOut) {
  const Qrels qrels = {{"answered", {{"a", 1}}}, {"forgotten", {{"a", 2}}}, {"hopeless", {{"a", 0}}}, {"silent", {{"b", 1}}}};
  const RankedRun run = {{"answered", {{"a", 1}}}, {"hopeless", {{"a", 1}}}, {"nobody judged", {{"a", 1}}}, {"silent", {}}};
  const auto as_zero = judge(qrels, run, {.metrics = {"MRR"}});
  ASSERT_TRUE(as_zero);
  EXPECT_THAT(as_zero->queries, ElementsAre("answered", "forgotten", "silent"));
  EXPECT_THAT(as_zero->per_query.at("MRR"), ElementsAre(1, 0, 0));
  EXPECT_EQ(as_zero->without_relevant, 1U);
  EXPECT_EQ(as_zero->without_list, 1U);
  EXPECT_EQ(as_zero->unjudged_queries, 1U);
  const auto left_out = judge(qrels, run, {.metrics = {"MRR"}, .missing_as_zero = false});
  ASSERT_TRUE(left_out);
  EXPECT_THAT(left_out->queries, ElementsAre("answered", "silent")) << "an empty list is an answer";
  EXPECT_DOUBLE_EQ(left_out->metrics.at("MRR"), 0.5);
}

TEST(Relevance, NothingToJudgeIsZeroAndNoError) {
  const auto result = judge({}, {}, {});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->queries.empty());
  EXPECT_EQ(result->metrics.size(), RelevanceOptions{}.metrics.size());
  EXPECT_EQ(result->metrics.at("MAP"), 0);
  EXPECT_TRUE(result->per_query.at("MAP").empty());
}

TEST(Relevance, SaysWhichMetricCannotBeRead) {
  const auto message = [](const std::string& name) {
    const auto result = judge({}, {}, {.metrics = {name}});
    EXPECT_FALSE(result) << name;
    return result ? std::string() : result.error().message();
  };
  EXPECT_THAT(message("NDCG@10"), HasSubstr("Did you mean 'nDCG'?"));
  EXPECT_THAT(message("Recal@10"), HasSubstr("Did you mean 'Recall'?"));
  EXPECT_THAT(message("nDCG@0"), HasSubstr("a whole number from 1"));
  EXPECT_THAT(message("nDCG@"), HasSubstr("a whole number from 1"));
  EXPECT_THAT(message("nDCG@10x"), HasSubstr("a whole number from 1"));
  EXPECT_THAT(message("nDCG@99999999999999999999"), HasSubstr("a whole number from 1"));
  EXPECT_THAT(message("Recall(x)@10"), HasSubstr("a grade above 0"));
  EXPECT_THAT(message("Recall(2@10"), HasSubstr("a grade above 0"));
  EXPECT_THAT(message("Recall(-1)"), HasSubstr("a grade above 0"));
  EXPECT_THAT(message("Recall()"), HasSubstr("a grade above 0"));
  EXPECT_THAT(message("("), HasSubstr("a grade above 0"));
  EXPECT_THAT(message("nDCG(2)@10"), HasSubstr("nDCG without a grade"));
  EXPECT_THAT(message(""), HasSubstr("one of nDCG"));
}

// The oracle: everything from ranks, which are counted.
class Naive {
 public:
  Naive(const std::map<std::string, double>& grades, const std::vector<std::pair<std::string, double>>& list) : grades_(grades) {
    for (const auto& [item, score] : list) {
      std::size_t rank = 1;
      for (const auto& [other, its] : list) rank += its > score || (its == score && other > item) ? 1 : 0;
      ranks_[item] = rank;
    }
  }
  double ndcg(std::size_t k, bool exponential) const {
    std::multiset<double, std::greater<>> gains;
    double sum = 0, ideal = 0;
    for (const auto& [item, grade] : grades_) {
      if (grade <= 0) continue;
      const double gain = exponential ? std::pow(2, grade) - 1 : grade;
      gains.insert(gain);
      if (ranks_.contains(item) && ranks_.at(item) <= k) sum += gain / std::log2(static_cast<double>(ranks_.at(item)) + 1);
    }
    double place = 2;
    for (const double gain : gains) {
      if (place - 1 <= static_cast<double>(k)) ideal += gain / std::log2(place);
      ++place;
    }
    return sum / ideal;
  }
  double relevant(double level) const {
    double n = 0;
    for (const auto& [item, grade] : grades_) n += grade >= level ? 1 : 0;
    return n;
  }
  double hits(std::size_t k, double level) const {
    double n = 0;
    for (const auto& [item, rank] : ranks_) n += rank <= k && grades_.contains(item) && grades_.at(item) >= level ? 1 : 0;
    return n;
  }
  double judged(std::size_t k) const {
    double n = 0;
    for (const auto& [item, rank] : ranks_) n += rank <= k && grades_.contains(item) ? 1 : 0;
    return n / static_cast<double>(std::min(k, ranks_.size()));
  }
  double average_precision(std::size_t k, double level) const {
    double sum = 0;
    for (std::size_t i = 1; i <= std::min(k, ranks_.size()); ++i) {
      if (hits(i, level) > hits(i - 1, level)) sum += hits(i, level) / static_cast<double>(i);
    }
    return relevant(level) > 0 ? sum / relevant(level) : 0;
  }
  double reciprocal_rank(std::size_t k, double level) const {
    for (std::size_t i = 1; i <= std::min(k, ranks_.size()); ++i) {
      if (hits(i, level) > 0) return 1 / static_cast<double>(i);
    }
    return 0;
  }

 private:
  const std::map<std::string, double>& grades_;
  std::map<std::string, std::size_t> ranks_;
};

TEST(Relevance, EqualsThePlainFormulasOnRandomListsWithTies) {
  Random random(4);
  constexpr double kLeast = 1e-300;  // any grade above 0
  for (int round = 0; round < 300; ++round) {
    Qrels qrels;
    RankedRun run;
    auto& grades = qrels["q"];
    auto& list = run["q"];
    const std::size_t items = 1 + random.below(30);
    for (std::size_t i = 0; i < items; ++i) {
      const std::string item = "item" + std::to_string(i);
      if (random.below(3) > 0) grades[item] = static_cast<double>(random.below(6)) - 1 + (random.below(5) == 0 ? 0.5 : 0);
      if (random.below(4) > 0) list.emplace_back(item, static_cast<double>(random.below(1 + items / 2)));
    }
    grades["relevant"] = 1 + static_cast<double>(random.below(3));
    if (list.empty()) list.emplace_back("item", 1);
    const std::size_t k = 1 + random.below(20);
    const std::string at = "@" + std::to_string(k);
    const Naive naive(grades, list);
    const auto expect = [&](const std::string& name, double value) { EXPECT_NEAR(metric(qrels, run, name), value, 1e-12) << name; };
    expect("nDCG" + at, naive.ndcg(k, false));
    expect("nDCGexp" + at, naive.ndcg(k, true));
    expect("nDCG", naive.ndcg(1000, false));
    expect("Judged" + at, naive.judged(k));
    for (const auto& [prefix, level] : {std::pair<std::string, double>{"", kLeast}, {"(2)", 2.0}}) {
      const double relevant = naive.relevant(level), hits = naive.hits(k, level);
      expect("Recall" + prefix + at, relevant > 0 ? hits / relevant : 0);
      expect("Precision" + prefix + at, hits / static_cast<double>(k));
      expect("Success" + prefix + at, hits > 0 ? 1 : 0);
      expect("MAP" + prefix, naive.average_precision(1000, level));
      expect("MAP" + prefix + at, naive.average_precision(k, level));
      expect("MRR" + prefix, naive.reciprocal_rank(1000, level));
      expect("MRR" + prefix + at, naive.reciprocal_rank(k, level));
    }
  }
}

TEST(Relevance, MeansAreOverQueriesAndMissingOnesAreZeros) {
  Random random(5);
  for (int round = 0; round < 50; ++round) {
    Qrels qrels;
    RankedRun run;
    for (std::size_t q = 0; q < 12; ++q) {
      const std::string query = "query " + std::to_string(q);
      for (std::size_t i = 0; i < 8; ++i) {
        const std::string item = std::to_string(i);
        if (random.below(2) > 0) qrels[query][item] = static_cast<double>(random.below(3));
        if (random.below(4) > 0 && q % 4 > 0) run[query].emplace_back(item, static_cast<double>(random.below(4)));
      }
    }
    for (const bool missing_as_zero : {true, false}) {
      double sum = 0, counted = 0;
      for (const auto& [query, grades] : qrels) {
        const bool relevant = std::ranges::any_of(grades, [](const auto& judged) { return judged.second > 0; });
        const bool missing = !run.contains(query);
        if (!relevant || (missing && !missing_as_zero)) continue;
        ++counted;
        if (!missing) sum += Naive(grades, run.at(query)).ndcg(5, false);
      }
      EXPECT_NEAR(metric(qrels, run, "nDCG@5", missing_as_zero), counted > 0 ? sum / counted : 0, 1e-12);
    }
  }
}

}  // namespace
}  // namespace souk::eval
