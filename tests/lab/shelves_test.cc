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

HeldOut held(const store::Interactions& log, std::string_view split, std::uint32_t truth_kinds = kPurchases) {
  auto rule = shop_rule(split, log.timed());
  EXPECT_TRUE(rule) << rule.error().message();
  rule->truth_kinds = truth_kinds;
  auto made = hold_out(log, *rule, 1);
  EXPECT_TRUE(made) << made.error().message();
  return made ? std::move(*made) : HeldOut{};
}

TEST(ShelfCases, OfAShopperShelfAreShoppersWithAllTheyBoughtLater) {
  const auto cases = shelf_cases(held(two_baskets(), "time:2d"), Context::shopper);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].base.shopper, 0U);
  EXPECT_EQ(cases[0].base.history_events, 1U);
  EXPECT_THAT(cases[0].base.truth, ElementsAre(1, 3));
  EXPECT_TRUE(cases[0].context.empty());
  EXPECT_EQ(cases[0].at, kStart + 10 * kDay);
}

TEST(ShelfCases, OfAnItemShelfAreItemsOfABasketWithItsOtherItems) {
  const auto cases = shelf_cases(held(two_baskets(), "time:2d"), Context::item);
  ASSERT_EQ(cases.size(), 2U);  // the basket of one line asks nothing
  EXPECT_THAT(cases[0].context, ElementsAre(3));
  EXPECT_THAT(cases[0].base.truth, ElementsAre(1));
  EXPECT_THAT(cases[1].context, ElementsAre(1));
  EXPECT_THAT(cases[1].base.truth, ElementsAre(3));
  EXPECT_EQ(cases[0].base.history_events, 1U);
  EXPECT_EQ(cases[0].at, kStart + 10 * kDay);
}

// Shopper 1 makes the log long; shopper 0 has the given items ten days later.
store::Interactions ten_days_later(const std::vector<Added>& later, std::uint32_t items) {
  std::vector<Added> events = {{.shopper = 1, .item = 0, .time = kStart}};
  for (Added event : later) {
    event.time += kStart + 10 * kDay;
    events.push_back(event);
  }
  return make_log(events, 2, items);
}

TEST(ShelfCases, OfABasketShelfLeaveOneLineOut) {
  std::vector<Added> events;
  for (std::uint32_t item : {4U, 2U, 7U, 2U}) events.push_back({.shopper = 0, .item = item, .order = 9});
  const auto cases = shelf_cases(held(ten_days_later(events, 8), "time:1d"), Context::basket);
  ASSERT_EQ(cases.size(), 3U);  // an item twice in a basket is one line
  EXPECT_THAT(cases[0].base.truth, ElementsAre(4));
  EXPECT_THAT(cases[0].context, ElementsAre(2, 7));
  EXPECT_THAT(cases[2].base.truth, ElementsAre(7));
  EXPECT_THAT(cases[2].context, ElementsAre(4, 2));
}

TEST(ShelfCases, WithoutOrdersGatherASession) {
  std::vector<Added> events;
  for (const Duration after : {Duration{0}, 20 * kMinute, 45 * kMinute, 76 * kMinute}) {
    events.push_back({.shopper = 0, .item = static_cast<std::uint32_t>(events.size()), .time = after});
  }
  const auto cases = shelf_cases(held(ten_days_later(events, 4), "time:1d"), Context::basket);
  ASSERT_EQ(cases.size(), 3U);  // 31 idle minutes end the session: the last event is alone
  EXPECT_THAT(cases[0].context, ElementsAre(1, 2));
}

TEST(ShelfCases, OfColdItemsAskOnlyForThem) {
  // Item 0 was bought before the cut, items 1 and 2 never were.
  const auto log = ten_days_later(
      {{.shopper = 0, .item = 0, .order = 1}, {.shopper = 0, .item = 1, .order = 1}, {.shopper = 0, .item = 2, .order = 1}}, 3);
  const HeldOut cold = held(log, "cold:0:1d");
  const auto people = shelf_cases(cold, Context::shopper);
  ASSERT_EQ(people.size(), 1U);
  EXPECT_THAT(people[0].base.truth, ElementsAre(1, 2));
  const auto items = shelf_cases(cold, Context::item);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_THAT(items[0].context, ElementsAre(0));
  EXPECT_THAT(items[0].base.truth, ElementsAre(1, 2));
  EXPECT_THAT(items[1].base.truth, ElementsAre(2));
  const auto baskets = shelf_cases(cold, Context::basket);
  ASSERT_EQ(baskets.size(), 2U);
  EXPECT_THAT(baskets[0].context, ElementsAre(0, 2));
  EXPECT_THAT(baskets[0].base.truth, ElementsAre(1));
}

// One order of items 5, 1, 2 after an older order of items 5 and 6.
store::Interactions last_order() {
  return make_log({{.shopper = 0, .item = 5, .time = kStart, .order = 1},
                   {.shopper = 0, .item = 6, .time = kStart, .order = 1},
                   {.shopper = 0, .item = 5, .time = kStart + kDay, .order = 2},
                   {.shopper = 0, .item = 1, .time = kStart + kDay, .order = 2},
                   {.shopper = 0, .item = 2, .time = kStart + kDay, .order = 2}},
                  1, 7);
}

TEST(ShelfCases, OfTheLastEventAskWithWhatIsKnownOfItsBasket) {
  const HeldOut loo = held(last_order(), "loo");
  EXPECT_EQ(loo.split.train.events(), 4U) << "nothing is tuned: the event before is learned from";
  const auto people = shelf_cases(loo, Context::shopper);
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people[0].base.history_events, 4U);
  EXPECT_THAT(people[0].base.truth, ElementsAre(2));
  EXPECT_EQ(people[0].at, kStart + kDay);
  const auto baskets = shelf_cases(loo, Context::basket);
  ASSERT_EQ(baskets.size(), 1U);
  EXPECT_THAT(baskets[0].context, ElementsAre(5, 1));
  EXPECT_THAT(baskets[0].base.truth, ElementsAre(2));
  const auto items = shelf_cases(loo, Context::item);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_THAT(items[0].context, ElementsAre(5));
  EXPECT_THAT(items[1].context, ElementsAre(1));
  EXPECT_THAT(items[1].base.truth, ElementsAre(2));
}

TEST(ShelfCases, OfTheLastEventWithoutTimesOrOrdersAskWithTheEventBefore) {
  const HeldOut loo = held(make_sequences({{3, 1, 2}, {0, 4, 4}, {0, 1}}, 5), "");
  EXPECT_EQ(loo.rule.kind, eval::SplitRule::Kind::loo) << "by default, where there are no times";
  const auto items = shelf_cases(loo, Context::item);
  ASSERT_EQ(items.size(), 1U) << "an item again asks nothing; two events are too few to leave one out";
  EXPECT_THAT(items[0].context, ElementsAre(1));
  EXPECT_THAT(items[0].base.truth, ElementsAre(2));
  EXPECT_FALSE(items[0].at.has_value());
}

TEST(ShelfCases, OfAStepAskForTheNextItemOfTheSession) {
  std::vector<Added> events;
  for (const std::uint32_t item : {1U, 2U, 1U, 3U}) {
    events.push_back({.shopper = 0, .item = item, .time = static_cast<Timestamp>(events.size()) * kMinute});
  }
  const HeldOut session = held(ten_days_later(events, 4), "session:1d");
  const auto people = shelf_cases(session, Context::shopper);
  ASSERT_EQ(people.size(), 3U);
  EXPECT_EQ(people[2].base.history_events, 3U);
  EXPECT_THAT(people[2].base.truth, ElementsAre(3));
  const auto items = shelf_cases(session, Context::item);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_THAT(items[1].context, ElementsAre(2));
  EXPECT_THAT(items[1].base.truth, ElementsAre(1));
  const auto baskets = shelf_cases(session, Context::basket);
  ASSERT_EQ(baskets.size(), 2U) << "item 1 is in the session when it comes again";
  EXPECT_THAT(baskets[1].context, ElementsAre(2, 1)) << "in the order in which they came last";
  EXPECT_THAT(baskets[1].base.truth, ElementsAre(3));
}

// Whatever the rule, a question gives nothing away: its truth is not in its context, and what is held out is not in training.
TEST(ShelfCases, NeverKnowTheirTruth) {
  const auto log = random_log(5, 80, 40, 24);
  for (const std::string split : {"time", "last-day", "session", "cold:20:5d", "loo", "random", "random:0.3"}) {
    const HeldOut made = held(log, split, eval::kEveryKind);
    for (const Context context : {Context::shopper, Context::item, Context::basket}) {
      const auto cases = shelf_cases(made, context);
      EXPECT_FALSE(cases.empty()) << split;
      for (const ShelfCase& one : cases) {
        EXPECT_FALSE(one.base.truth.empty());
        EXPECT_TRUE(std::is_sorted(one.base.truth.begin(), one.base.truth.end()));
        EXPECT_EQ(one.context.empty(), context == Context::shopper);
        for (const std::uint32_t item : one.context) EXPECT_THAT(one.base.truth, ::testing::Not(::testing::Contains(item))) << split;
        EXPECT_LE(made.split.train.row(one.base.shopper).size(), one.base.history_events) << split;
        const auto row = made.split.log.row(one.base.shopper);
        for (const std::uint32_t item : one.base.truth) {
          EXPECT_THAT(row.items.subspan(one.base.history_events), ::testing::Contains(item)) << split;
        }
      }
    }
  }
}

TEST(HoldOut, LearnsFromWhatIsNotHeldOut) {
  const auto log = two_baskets();  // 11 days long
  EXPECT_EQ(held(log, "time:2d").split.train.events(), 2U);
  EXPECT_EQ(held(log, "last-day").split.train.events(), 5U);
  EXPECT_EQ(held(log, "time").split.train.events(), 2U);
  EXPECT_EQ(held(log, "loo").split.train.events(), 5U) << "the last purchase of shopper 0; shopper 1 has too few";
}

TEST(HoldOut, RefusesWhatCannotBeHeldOut) {
  EXPECT_THAT(shop_rule("yesterday", true).error().message(), HasSubstr("time:14d"));
  EXPECT_FALSE(shop_rule("time:soon", true));
  EXPECT_FALSE(shop_rule("time:0d", true));
  EXPECT_THAT(shop_rule("fixed", true).error().message(), HasSubstr("a shop has no fixed split"));
  const auto log = two_baskets();
  EXPECT_THAT(hold_out(log, *shop_rule("time:400d", true), 1).error().message(), HasSubstr("2020-09-13"));
  const auto untimed = hold_out(make_sequences({{0, 1}}, 2), *shop_rule("time:1d", true), 1);
  EXPECT_EQ(untimed.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(untimed.error().message(), HasSubstr("loo (each shopper's last event)"));
  EXPECT_FALSE(hold_out(make_log({}, 0, 0), *shop_rule("time", true), 1));
}

ShelfUnderTest knows_the_answer(const HeldOut& held_out, bool knows = true) {
  return {"oracle", Context::shopper, &held_out, true,
          [knows](const ShelfCase& which, std::size_t k) -> Result<std::vector<std::uint32_t>> {
            if (!knows) return std::vector<std::uint32_t>{};
            auto list = which.base.truth;
            if (list.size() > k) list.resize(k);
            return list;
          }};
}

TEST(EvaluateShelves, SaysPlainlyWhichFloorsAShelfBeats) {
  const auto log = random_log(2, 150, 60, 30);
  const HeldOut held_out = held(log, "time:9d");  // long enough for many shoppers to be asked about
  const std::vector<ShelfUnderTest> shelves = {knows_the_answer(held_out), knows_the_answer(held_out, false)};
  const auto report = evaluate_shelves(log, shelves, {.threads = 2}, Progress::none());
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
  const HeldOut held_out = held(log, "time:9d");
  auto report = evaluate_shelves(log, std::vector{knows_the_answer(held_out)}, {.threads = 2}, Progress::none());
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
  report->metric = "NDCG";
  EXPECT_THAT(report->to_markdown(), HasSubstr("| HR |")) << "of a metric without a cutoff, as nobody writes it";
}

TEST(EvaluateShelves, SaysForWhomAShelfWorks) {
  const auto log = random_log(2, 150, 60, 30);
  const HeldOut held_out = held(log, "time:9d");
  const auto report = evaluate_shelves(log, std::vector{knows_the_answer(held_out)}, {}, Progress::none());
  ASSERT_TRUE(report);
  const ShelfReport& shelf = report->shelves[0];
  std::map<std::string, std::uint64_t> cases;
  for (const SliceReport& slice : shelf.slices) {
    cases[slice.group] += slice.cases;
    EXPECT_NEAR(slice.metrics.at("NDCG@10"), 1.0, 1e-6) << slice.group << " " << slice.name;
    EXPECT_EQ(slice.floors.size(), shelf.floors.size());
  }
  EXPECT_EQ(cases.at("history"), shelf.cases);
  EXPECT_EQ(cases.at("popularity"), shelf.cases);
  EXPECT_THAT(report->to_json(), HasSubstr(R"("slices":[{"group":)"));
}

TEST(EvaluateShelves, TimesWholeAnswersWhenThereAreSome) {
  const auto log = random_log(2, 150, 60, 30);
  const HeldOut held_out = held(log, "time:9d");
  auto shelf = knows_the_answer(held_out);
  std::size_t asked = 0;
  shelf.answer = [&](const ShelfCase&, std::size_t k) {
    ++asked;
    EXPECT_EQ(k, 10U) << "the first cutoff";
    return Status();
  };
  const auto report = evaluate_shelves(log, std::vector{shelf}, {.threads = 2}, Progress::none());
  ASSERT_TRUE(report);
  EXPECT_EQ(asked, report->shelves[0].cases);
}

TEST(EvaluateShelves, SamplesManyCasesBySeed) {
  const auto log = random_log(2, 200, 60, 30);
  const HeldOut held_out = held(log, "time:9d");
  const std::vector<ShelfUnderTest> shelves = {knows_the_answer(held_out)};
  const EvaluateOptions options{.max_cases = 5, .seed = 7, .threads = 2};
  const auto one = evaluate_shelves(log, shelves, options, Progress::none());
  const auto again = evaluate_shelves(log, shelves, options, Progress::none());
  ASSERT_TRUE(one && again);
  EXPECT_EQ(one->shelves[0].cases, 5U);
  EXPECT_GT(one->shelves[0].possible_cases, 5U);
  EXPECT_EQ(one->shelves[0].floors, again->shelves[0].floors);
  for (const ShelfVersus& versus : one->shelves[0].versus) EXPECT_EQ(versus.verdict, "too few") << "five cases prove nothing";
}

TEST(EvaluateShelves, WithoutCasesSaysSo) {
  const auto log = two_baskets();
  const HeldOut held_out = held(log, "time:2d");
  auto shelf = knows_the_answer(held_out);
  shelf.context = Context::basket;
  const HeldOut loo = held(make_sequences({{0, 1, 2}}, 3), "random:0.3");
  shelf.held_out = &loo;
  const auto report = evaluate_shelves(log, std::vector{shelf}, {}, Progress::none());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->shelves[0].cases, 0U);
  EXPECT_THAT(report->to_text(), HasSubstr("nothing was held out"));
}

TEST(EvaluateShelves, SaysOfOneCaseThatItTellsNothing) {
  const auto log = two_baskets();
  const HeldOut held_out = held(log, "time:2d");
  const auto report = evaluate_shelves(log, std::vector{knows_the_answer(held_out)}, {}, Progress::none());
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
  const HeldOut held_out = held(log, "time:2d");
  auto shelf = knows_the_answer(held_out);
  shelf.ask = [](const ShelfCase&, std::size_t) -> Result<std::vector<std::uint32_t>> { return fail(ErrorKind::corrupt, "broken"); };
  const auto report = evaluate_shelves(log, std::vector{shelf}, {}, Progress::none());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(evaluate_shelves(log, {}, {.cutoffs = {}}, Progress::none()));
}

}  // namespace
}  // namespace souk::lab
