#include "souk/lab/shelves.h"

#include <gmock/gmock.h>

#include "souk/lab/run.h"

#include "tests/support/data.h"
#include "tests/support/logs.h"

namespace souk::lab {
namespace {

using shelf::Context;
using souk::testing::Added;
using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::random_log;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Timestamp kStart = 1'600'000'000'000;
const std::uint32_t kPurchases = eval::kind_bit(store::EventKind::purchase);

store::Interactions two_baskets() {
  const Timestamp cut = kStart + 10 * kDay;
  return make_log({{.shopper = 0, .item = 0, .time = kStart, .order = 1},
                   {.shopper = 0, .item = 3, .time = cut, .order = 2},
                   {.shopper = 0, .item = 1, .time = cut, .order = 2},
                   {.shopper = 0, .item = 2, .time = cut, .kind = store::EventKind::view},
                   {.shopper = 0, .item = 1, .time = cut + kDay, .order = 3},
                   {.shopper = 1, .item = 2, .time = kStart, .order = 1}},
                  2, 4);
}

TEST(ShelfCases, OfAShopperShelfAreShoppersWithAllTheyBoughtLater) {
  const auto cases = shelf_cases(two_baskets(), std::vector<std::uint64_t>{1, 1}, Context::shopper, kPurchases);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].base.shopper, 0U);
  EXPECT_EQ(cases[0].base.history_events, 1U);
  EXPECT_THAT(cases[0].base.truth, ElementsAre(1, 3));
  EXPECT_TRUE(cases[0].context.empty());
}

TEST(ShelfCases, OfAnItemShelfAreItemsOfABasketWithItsOtherItems) {
  const auto cases = shelf_cases(two_baskets(), std::vector<std::uint64_t>{1, 1}, Context::item, kPurchases);
  ASSERT_EQ(cases.size(), 2U);  // the basket of one line asks nothing
  EXPECT_THAT(cases[0].context, ElementsAre(3));
  EXPECT_THAT(cases[0].base.truth, ElementsAre(1));
  EXPECT_THAT(cases[1].context, ElementsAre(1));
  EXPECT_THAT(cases[1].base.truth, ElementsAre(3));
  EXPECT_EQ(cases[0].base.history_events, 1U);
  EXPECT_EQ(cases[0].at, kStart + 10 * kDay);
}

TEST(ShelfCases, OfABasketShelfLeaveOneLineOut) {
  std::vector<Added> events;
  for (std::uint32_t item : {4U, 2U, 7U, 2U}) events.push_back({.shopper = 0, .item = item, .time = kStart, .order = 9});
  const auto cases = shelf_cases(make_log(events, 1, 8), std::vector<std::uint64_t>{0}, Context::basket, kPurchases);
  ASSERT_EQ(cases.size(), 3U);  // an item twice in a basket is one line
  EXPECT_THAT(cases[0].base.truth, ElementsAre(4));
  EXPECT_THAT(cases[0].context, ElementsAre(2, 7));
  EXPECT_THAT(cases[2].base.truth, ElementsAre(7));
  EXPECT_THAT(cases[2].context, ElementsAre(4, 2));
}

TEST(ShelfCases, WithoutOrdersGatherASession) {
  std::vector<Added> events;
  for (const Duration after : {Duration{0}, 20 * kMinute, 45 * kMinute, 76 * kMinute}) {
    events.push_back({.shopper = 0, .item = static_cast<std::uint32_t>(events.size()), .time = kStart + after});
  }
  const auto cases = shelf_cases(make_log(events, 1, 4), std::vector<std::uint64_t>{0}, Context::basket, kPurchases);
  ASSERT_EQ(cases.size(), 3U);  // 31 idle minutes end the session: the last event is alone
  EXPECT_THAT(cases[0].context, ElementsAre(1, 2));
}

TEST(HoldOut, CutsTheTail) {
  const auto log = two_baskets();  // 11 days long
  const auto held = hold_out(log, "time:2d");
  ASSERT_TRUE(held) << held.error().message();
  EXPECT_EQ(held->cut, kStart + 9 * kDay);
  EXPECT_THAT(held->first_held_out, ElementsAre(1, 1));
  EXPECT_EQ(held->train.events(), 2U);
  EXPECT_EQ(hold_out(log, "last-day")->cut, kStart + 10 * kDay);
  EXPECT_EQ(hold_out(log, "time")->cut, kStart + 11 * kDay - 11 * kDay / 10);
}

TEST(HoldOut, RefusesWhatCannotBeHeldOut) {
  const auto log = two_baskets();
  EXPECT_THAT(hold_out(log, "random").error().message(), HasSubstr("time:14d"));
  EXPECT_FALSE(hold_out(log, "time:soon"));
  EXPECT_THAT(hold_out(log, "time:400d").error().message(), HasSubstr("2020-09-13"));
  const auto untimed = hold_out(make_sequences({{0, 1}}, 2), "time:1d");
  EXPECT_EQ(untimed.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(untimed.error().message(), HasSubstr("by time only: time, time:14d or last-day"));
  EXPECT_FALSE(held_out_tail("time:0d"));
  EXPECT_FALSE(hold_out(make_log({}, 0, 0), "time"));
}

ShelfUnderTest knows_the_answer(bool knows) {
  return {"oracle", Context::shopper, kPurchases, true,
          [knows](const ShelfCase& which, std::size_t k) -> Result<std::vector<std::uint32_t>> {
            if (!knows) return std::vector<std::uint32_t>{};
            auto list = which.base.truth;
            if (list.size() > k) list.resize(k);
            return list;
          }};
}

TEST(EvaluateShelves, SaysPlainlyWhichFloorsAShelfBeats) {
  const auto log = random_log(2, 150, 60, 30);
  const auto held = hold_out(log, "time:9d");  // long enough for many shoppers to be asked about
  ASSERT_TRUE(held);
  const std::vector<ShelfUnderTest> shelves = {knows_the_answer(true), knows_the_answer(false)};
  const auto report = evaluate_shelves(log, *held, shelves, {.threads = 2}, Progress::none());
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_EQ(report->shelves.size(), 2U);
  const ShelfReport& oracle = report->shelves[0];
  EXPECT_NEAR(oracle.metrics.at("NDCG@10"), 1.0, 1e-6);
  ASSERT_EQ(oracle.versus.size(), 3U);
  EXPECT_EQ(oracle.versus[0].floor, "popularity");
  EXPECT_EQ(oracle.versus[1].floor, "buy-again");
  EXPECT_EQ(oracle.versus[2].floor, "co-visitation");
  for (const ShelfVersus& one : oracle.versus) EXPECT_EQ(one.verdict, "beats");
  EXPECT_EQ(report->shelves[1].versus[0].verdict, "does not beat");
  EXPECT_THAT(report->to_text(), HasSubstr("oracle does not beat popularity"));
  EXPECT_THAT(report->to_json(), HasSubstr(R"("verdict":"beats")"));
  EXPECT_THAT(report->to_markdown(), HasSubstr("| floor: buy-again |"));
}

TEST(ShopReport, ComesBackFromTheLedger) {
  const auto log = random_log(2, 150, 60, 30);
  const auto held = hold_out(log, "time");
  ASSERT_TRUE(held);
  auto report = evaluate_shelves(log, *held, std::vector{knows_the_answer(true)}, {.threads = 2}, Progress::none());
  ASSERT_TRUE(report);
  report->shop = "My shop/2";
  const souk::testing::TempDir folder;
  const auto file = record_report(*report, folder.path());
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(*file, folder.path() / "shops" / "My-shop-2.json");
  const auto back = ShopReport::from_json(read_file(*file).value(), "test");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->to_json(), report->to_json());
  EXPECT_THAT(render_results(folder.path()).value(), HasSubstr("## The shop My shop/2"));
  EXPECT_THAT(ShopReport::from_json("{}", "bad.json").error().message(), HasSubstr("bad.json"));
}

TEST(EvaluateShelves, SamplesManyCasesBySeed) {
  const auto log = random_log(2, 200, 60, 30);
  const auto held = hold_out(log, "time");
  ASSERT_TRUE(held);
  const std::vector<ShelfUnderTest> shelves = {knows_the_answer(true)};
  const EvaluateOptions options{.max_cases = 5, .seed = 7, .threads = 2};
  const auto one = evaluate_shelves(log, *held, shelves, options, Progress::none());
  const auto again = evaluate_shelves(log, *held, shelves, options, Progress::none());
  ASSERT_TRUE(one && again);
  EXPECT_EQ(one->shelves[0].cases, 5U);
  EXPECT_GT(one->shelves[0].possible_cases, 5U);
  EXPECT_EQ(one->shelves[0].floors, again->shelves[0].floors);
  for (const ShelfVersus& versus : one->shelves[0].versus) EXPECT_EQ(versus.verdict, "too few") << "five cases prove nothing";
}

TEST(EvaluateShelves, WithoutCasesSaysSo) {
  const auto log = two_baskets();
  const auto held = hold_out(log, "time:2d");
  ASSERT_TRUE(held);
  auto shelf = knows_the_answer(true);
  shelf.truth_kinds = eval::kind_bit(store::EventKind::rating);
  const auto report = evaluate_shelves(log, *held, std::vector{shelf}, {}, Progress::none());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->shelves[0].cases, 0U);
  EXPECT_THAT(report->to_text(), HasSubstr("nothing was held out"));
}

TEST(EvaluateShelves, SaysOfOneCaseThatItTellsNothing) {
  const auto log = two_baskets();
  const auto held = hold_out(log, "time:2d");
  ASSERT_TRUE(held);
  const auto report = evaluate_shelves(log, *held, std::vector{knows_the_answer(true)}, {}, Progress::none());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->shelves[0].cases, 1U);
  for (const std::string& text : {report->to_text(), report->to_markdown()}) {
    EXPECT_THAT(text, HasSubstr("oracle and popularity: too few cases to tell (1 shopper)"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("beat")));
  }
  EXPECT_THAT(report->to_json(), HasSubstr(R"("verdict":"too few")"));
}

TEST(EvaluateShelves, StopsAtAShelfThatFails) {
  const auto log = two_baskets();
  const auto held = hold_out(log, "time:2d");
  ASSERT_TRUE(held);
  auto shelf = knows_the_answer(true);
  shelf.ask = [](const ShelfCase&, std::size_t) -> Result<std::vector<std::uint32_t>> { return fail(ErrorKind::corrupt, "broken"); };
  const auto report = evaluate_shelves(log, *held, std::vector{shelf}, {}, Progress::none());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(evaluate_shelves(log, *held, {}, {.cutoffs = {}}, Progress::none()));
}

}  // namespace
}  // namespace souk::lab
