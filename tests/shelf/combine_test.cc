// Candidates, and how a plan joins them.
#include "souk/shelf/combine.h"

#include <gmock/gmock.h>
#include <map>

#include "souk/base/random.h"

namespace souk::shelf {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::SizeIs;

Candidates from(std::string_view source, const std::vector<std::pair<std::uint32_t, float>>& entries) {
  Candidates candidates;
  const std::uint16_t number = candidates.source(source);
  for (const auto& [id, score] : entries) candidates.add(ItemId{id}, score, {number, score, kNoItem});
  return candidates;
}

TEST(Candidates, NumberTheirSourcesOnce) {
  Candidates candidates;
  EXPECT_EQ(candidates.source("a"), 0);
  EXPECT_EQ(candidates.source("b"), 1);
  EXPECT_EQ(candidates.source("a"), 0);
  EXPECT_THAT(candidates.source_names, ElementsAre("a", "b"));
}

TEST(Candidates, KeepReordersAndCutsAllArraysAlike) {
  Candidates candidates = from("a", {{1, 3}, {2, 2}, {3, 1}});
  candidates.keep(std::vector<std::uint32_t>{2, 0});
  EXPECT_THAT(candidates.items, ElementsAre(ItemId{3}, ItemId{1}));
  EXPECT_THAT(candidates.scores, ElementsAre(1, 3));
  ASSERT_THAT(candidates.reasons, SizeIs(2));
  EXPECT_EQ(candidates.reasons[0].at(0).score, 1);
}

TEST(Blend, SumsWeightedSharesOfTheBestScore) {
  const std::vector<float> weights = {1.0F, 0.5F};
  const Candidates blended = blend({from("a", {{1, 10}, {2, 5}}), from("b", {{2, 0.2F}, {3, 0.1F}})}, weights);
  // 1: 10/10; 2: 5/10 + 0.5 * 0.2/0.2; 3: 0.5 * 0.1/0.2. Equal sums keep the order of appearance.
  EXPECT_THAT(blended.items, ElementsAre(ItemId{1}, ItemId{2}, ItemId{3}));
  EXPECT_THAT(blended.scores, ElementsAre(FloatEq(1), FloatEq(1), FloatEq(0.25F)));
}

TEST(Blend, KeepsEveryReasonInItsOwnScale) {
  const std::vector<float> weights = {1, 1};
  const Candidates blended = blend({from("a", {{7, 10}}), from("b", {{7, 0.2F}})}, weights);
  ASSERT_THAT(blended.reasons, SizeIs(1));
  ASSERT_THAT(blended.reasons[0], SizeIs(2));
  EXPECT_EQ(blended.source_names[blended.reasons[0][1].source], "b");
  EXPECT_FLOAT_EQ(blended.reasons[0][1].score, 0.2F);
}

TEST(Blend, OfScoresThatAreAllZeroKeepsTheOrder) {
  const std::vector<float> weights = {1};
  EXPECT_THAT(blend({from("a", {{5, 0}, {4, 0}, {9, 0}})}, weights).items, ElementsAre(ItemId{5}, ItemId{4}, ItemId{9}));
}

TEST(Blend, OfNothingIsEmpty) {
  EXPECT_EQ(blend({Candidates{}, Candidates{}}, std::vector<float>{1, 1}).size(), 0U);
}

TEST(Blend, EqualsBruteForceOnRandomInputs) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    std::vector<Candidates> inputs;
    std::vector<float> weights;
    std::map<std::uint32_t, double> sums;
    for (int i = 0; i < 3; ++i) {
      std::vector<std::pair<std::uint32_t, float>> entries;
      std::vector<std::uint32_t> ids(20);
      for (std::uint32_t id = 0; id < ids.size(); ++id) ids[id] = id;
      random.shuffle(std::span(ids));
      float score = 100;
      for (std::uint64_t n = random.below(10); n > 0; --n) entries.emplace_back(ids[n], score -= static_cast<float>(random.uniform()));
      weights.push_back(static_cast<float>(0.1 + random.uniform()));
      for (const auto& [id, value] : entries) sums[id] += double{weights.back()} * value / entries.front().second;
      inputs.push_back(from("source " + std::to_string(i), entries));
    }
    const Candidates blended = blend(std::move(inputs), weights);
    ASSERT_EQ(blended.size(), sums.size());
    for (std::size_t at = 0; at < blended.size(); ++at) {
      EXPECT_NEAR(blended.scores[at], sums.at(index_of(blended.items[at])), 1e-5);
      if (at > 0) {
        EXPECT_GE(blended.scores[at - 1], blended.scores[at]);
      }
    }
  }
}

TEST(Fuse, AddsReciprocalRanks) {
  const std::vector<float> weights = {1, 2};
  const Candidates fused = fuse({from("a", {{1, 900}, {2, 1}}), from("b", {{2, 0.1F}})}, weights);
  EXPECT_THAT(fused.items, ElementsAre(ItemId{2}, ItemId{1}));
  EXPECT_THAT(fused.scores, ElementsAre(FloatEq(1.0F / 62 + 2.0F / 61), FloatEq(1.0F / 61)));
}

TEST(Fill, CompletesWithoutRepeatingAndStaysBestFirst) {
  Candidates main = from("a", {{1, 4}, {2, 2}});
  fill(main, from("b", {{2, 100}, {3, 100}, {4, 50}, {5, 25}}), 4);
  EXPECT_THAT(main.items, ElementsAre(ItemId{1}, ItemId{2}, ItemId{3}, ItemId{4}));
  EXPECT_THAT(main.scores, ElementsAre(4, 2, FloatEq(2), FloatEq(1)));
  EXPECT_FLOAT_EQ(main.reasons[2].at(0).score, 100);
  EXPECT_EQ(main.source_names[main.reasons[2].at(0).source], "b");
}

TEST(Fill, LeavesAFullShelfAlone) {
  Candidates main = from("a", {{1, 4}, {2, 2}});
  fill(main, from("b", {{3, 1}}), 2);
  EXPECT_THAT(main.items, ElementsAre(ItemId{1}, ItemId{2}));
}

TEST(Fill, OfAnEmptyShelfIsTheFillerItself) {
  Candidates main;
  fill(main, from("b", {{3, 7}, {4, 5}}), 10);
  EXPECT_THAT(main.items, ElementsAre(ItemId{3}, ItemId{4}));
  EXPECT_THAT(main.scores, ElementsAre(7, 5));
}

}  // namespace
}  // namespace souk::shelf
