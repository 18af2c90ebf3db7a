#include <gmock/gmock.h>

#include "souk/eval/rank_eval.h"

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

using souk::testing::make_sequences;
using ::testing::ElementsAre;

const std::vector<std::uint32_t>* cases_of(const std::vector<Slice>& slices, const std::string& group, const std::string& name) {
  for (const Slice& slice : slices) {
    if (slice.group == group && slice.name == name) return &slice.cases;
  }
  return nullptr;
}

TEST(Slices, ByPopularityOfTheMostPopularTruth) {
  // 12 training events: item 0 has the first six, 1 begins in the second third, 2 and 3 in the last; 4 has none.
  Split split;
  split.train = make_sequences({{0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3}}, 5);
  split.log = make_sequences({std::vector<std::uint32_t>(60, 0)}, 5);
  split.cases = {{0, 0, {0, 4}}, {0, 1, {1}}, {0, 4, {2, 3}}, {0, 5, {3}}, {0, 10, {4}}, {0, 19, {3, 1}}, {0, 20, {}}, {0, 50, {4}}};
  std::ranges::sort(split.cases[5].truth);
  const auto found = slices(split);
  EXPECT_THAT(*cases_of(found, "popularity", "head"), ElementsAre(0));
  EXPECT_THAT(*cases_of(found, "popularity", "middle"), ElementsAre(1, 5));
  EXPECT_THAT(*cases_of(found, "popularity", "tail"), ElementsAre(2, 3));
  EXPECT_THAT(*cases_of(found, "popularity", "cold"), ElementsAre(4, 7));
  EXPECT_THAT(*cases_of(found, "history", "0"), ElementsAre(0));
  EXPECT_THAT(*cases_of(found, "history", "1-4"), ElementsAre(1, 2));
  EXPECT_THAT(*cases_of(found, "history", "5-9"), ElementsAre(3));
  EXPECT_THAT(*cases_of(found, "history", "10-19"), ElementsAre(4, 5));
  EXPECT_THAT(*cases_of(found, "history", "20-49"), ElementsAre(6));
  EXPECT_THAT(*cases_of(found, "history", "50+"), ElementsAre(7));
}

TEST(Slices, EmptyOnesAreLeftOut) {
  Split split;
  split.train = split.log = make_sequences({{0, 0, 0}}, 2);
  split.cases = {{0, 3, {0}}};
  const auto found = slices(split);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "head");
  EXPECT_EQ(found[1].name, "1-4");
}

TEST(Slices, HeadMiddleAndTailHoldAboutAThirdOfTheEventsEach) {
  const auto log = souk::testing::random_log(1, 300, 500, 20);
  Split split;
  split.train = split.log = log;
  for (std::uint32_t item = 0; item < 500; ++item) split.cases.push_back({0, 0, {item}});
  std::vector<std::uint64_t> events(500);
  for (const std::uint32_t item : log.event_items()) ++events[item];
  const auto found = slices(split);
  for (const std::string name : {"head", "middle", "tail"}) {
    double share = 0;
    for (const std::uint32_t item : *cases_of(found, "popularity", name)) share += static_cast<double>(events[item]);
    EXPECT_NEAR(share / static_cast<double>(log.events()), 1.0 / 3, 0.02) << name;
  }
}

TEST(Slices, MeansAreOfTheirCasesAlone) {
  RankResult result;
  result.per_case["HR@10"] = {1, 0, 1, 1};
  EXPECT_EQ(slice_means(result, {"history", "0", {0, 1}}).at("HR@10"), 0.5);
  EXPECT_EQ(slice_means(result, {"history", "0", {2, 3}}).at("HR@10"), 1.0);
  EXPECT_EQ(slice_means(result, {"history", "0", {}}).at("HR@10"), 0.0);
}

}  // namespace
}  // namespace souk::eval
