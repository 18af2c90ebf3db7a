// Shelves of a real shop, under every split.
#include <fstream>
#include <gmock/gmock.h>

#include "souk/lab/shop_evaluation.h"

#include "tests/engine/small_shop.h"

namespace souk::lab {
namespace {

using souk::testing::empty_shop;
using souk::testing::event;
using souk::testing::grocery;
using souk::testing::grocery_events;
using souk::testing::grocery_items;
using souk::testing::TempDir;
using ::testing::HasSubstr;

const ShelfReport& of(const ShopReport& report, const std::string& name) {
  for (const ShelfReport& shelf : report.shelves) {
    if (shelf.name == name) return shelf;
  }
  ADD_FAILURE() << "no shelf " << name;
  return report.shelves.front();
}

Result<ShopReport> judged(const engine::Shop& shop, std::string split) {
  return evaluate_shop(shop, {.split = std::move(split), .cutoffs = {3}, .threads = 2}, Progress::none());
}

TEST(EvaluateShop, JudgesEveryShelfUnderEverySplit) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  for (const std::string split : {"", "time", "time:8d", "last-day", "session", "cold:200", "loo", "random", "random:0.2"}) {
    const auto report = judged(*shop, split);
    ASSERT_TRUE(report) << split << ": " << report.error().message();
    EXPECT_EQ(report->rule, split.empty() ? "time" : split);
    EXPECT_EQ(report->shelves.size(), shop->shelves().size() - 1) << "search answers queries";
    for (const std::string shelf : {"for-you", "also-bought", "complete-the-basket"}) {
      EXPECT_GT(of(*report, shelf).cases, 0U) << shelf << " under " << split;
      EXPECT_FALSE(of(*report, shelf).judged_on.empty());
    }
    EXPECT_GT(report->train_events, 0U);
    EXPECT_LT(report->train_events, report->events);
    if (split.starts_with("cold")) continue;
    EXPECT_GT(of(*report, "also-bought").metrics.at("HR@3"), 0.4) << split << ": honey goes with tea";
  }
}

TEST(EvaluateShop, KnowsOfAShopperWhatTheCaseKnows) {
  // Everyone buys their own item twice, and then another that nobody else ever buys: only a leak could tell which.
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  store::Changes changes;
  for (int s = 0; s < 30; ++s) {
    const std::string shopper = fmt::format("s{}", s);
    for (int i = 0; i < 3; ++i) {
      const std::string key = fmt::format("{}-{}", i < 2 ? "old" : "last", s);
      changes.events.push_back(event(fmt::format("{}-{}", s, i), shopper, key, store::EventKind::purchase,
                                     souk::testing::kMonday + i * 30 * kDay + s * kMinute, fmt::format("o{}-{}", s, i)));
    }
  }
  for (const store::Event& one : changes.events) {
    if (std::none_of(changes.items.begin(), changes.items.end(), [&](const store::Item& known) { return known.key == one.item; })) {
      changes.items.push_back(souk::testing::item(one.item, "Thing " + one.item, "Things", "1.00"));
    }
  }
  souk::testing::apply(*shop, changes);
  EXPECT_THAT(judged(*shop, "session:20d").error().message(), HasSubstr("nothing is held out")) << "visits of one item";
  for (const std::string split : {"time:20d", "loo"}) {
    const auto report = judged(*shop, split);
    ASSERT_TRUE(report) << split << ": " << report.error().message();
    const ShelfReport& shelf = of(*report, "for-you");
    EXPECT_EQ(shelf.cases, 30U);
    EXPECT_LT(shelf.metrics.at("HR@3"), 0.2) << split << ": the future leaked";
  }
}

TEST(EvaluateShop, WithoutTimesLeavesOneOut) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  store::Changes changes;
  changes.items = grocery_items();
  changes.events = grocery_events(60);
  for (store::Event& one : changes.events) one.time.reset();
  souk::testing::apply(*shop, changes);
  const auto report = judged(*shop, "");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rule, "loo");
  EXPECT_GT(of(*report, "for-you").cases, 0U);
  EXPECT_GT(of(*report, "complete-the-basket").cases, 0U) << "orders need no times";
  ASSERT_TRUE(judged(*shop, "random"));
  const auto by_time = judged(*shop, "time");
  ASSERT_FALSE(by_time);
  EXPECT_THAT(by_time.error().message(), HasSubstr("loo (each shopper's last event)"));
}

TEST(EvaluateShop, JudgesEachShelfByItsOwnTruth) {
  const TempDir dir;
  {
    const auto shop = grocery(dir / "shop");
    store::Changes changes;  // views after everything else
    for (int s = 0; s < 40; ++s) {
      changes.events.push_back(
          event(fmt::format("view-{}", s), fmt::format("h{}", s), "towel", store::EventKind::view, souk::testing::kMonday + 60 * kDay));
    }
    souk::testing::apply(*shop, changes);
  }
  std::ofstream(dir / "shop" / "shop.toml", std::ios::app)
      << "\n[shelves.looked-at]\ncontext = \"shopper\"\nretrieve = [\"popular\"]\ntruth = \"view\"\n";
  const auto shop = souk::testing::reopened(dir / "shop");
  const auto report = judged(*shop, "time:7d");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(of(*report, "looked-at").truth, "view");
  EXPECT_EQ(of(*report, "looked-at").cases, 40U);
  EXPECT_THAT(of(*report, "for-you").note, HasSubstr("purchase")) << "nobody bought anything in the last week";
  EXPECT_EQ(advice_on(of(*report, "for-you")), Advice::none);
}

TEST(EvaluateShop, JudgesByWhatTheShopHasWhereNobodyBuys) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  store::Changes changes;
  changes.items = grocery_items();
  changes.events = grocery_events(60);
  for (store::Event& one : changes.events) one.kind = store::EventKind::rating;
  changes.events.push_back(event("a look", "s0", changes.items.front().key, store::EventKind::view, souk::testing::kMonday));
  souk::testing::apply(*shop, changes);
  const auto report = judged(*shop, "loo");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(of(*report, "for-you").truth, "rating");
  EXPECT_GT(of(*report, "for-you").cases, 0U);
}

TEST(EvaluateShop, OfAnUnknownOrEmptyThingSaysSo) {
  const TempDir dir;
  const auto empty = empty_shop(dir / "empty");
  EXPECT_THAT(judged(*empty, "time").error().message(), HasSubstr("no events"));
  const auto shop = grocery(dir / "shop");
  EXPECT_THAT(judged(*shop, "fixed").error().message(), HasSubstr("no fixed split"));
  const auto named = evaluate_shop(*shop, {.shelves = {"search"}}, Progress::none());
  ASSERT_TRUE(named);
  EXPECT_THAT(named->shelves.at(0).note, HasSubstr("judgements"));
  EXPECT_FALSE(evaluate_shop(*shop, {.shelves = {"nothing"}}, Progress::none()));
}

}  // namespace
}  // namespace souk::lab
