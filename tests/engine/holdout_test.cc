#include "souk/engine/holdout.h"

#include <gmock/gmock.h>

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

std::unique_ptr<engine::Holdout> held_out_at(const engine::Shop& shop, Timestamp cut) {
  return shop.hold_out(shop.interactions(cut - 1).value(), cut, Progress::none()).value();
}

// The oracle: a shop that never saw what came after the cut.
TEST(Holdout, AnswersAsAShopThatNeverSawWhatCameAfter) {
  const TempDir dir;
  const Timestamp cut = kMonday + 6 * 7 * kDay;
  const auto whole = grocery(dir / "whole");
  const auto young = empty_shop(dir / "young");
  store::Changes changes;
  changes.items = grocery_items();
  for (store::Event& event : grocery_events(60)) {
    if (*event.time < cut) changes.events.push_back(std::move(event));
  }
  apply(*young, changes);
  ASSERT_TRUE(young->train(Progress::none()));

  const store::Interactions train = whole->interactions(cut - 1).value();
  EXPECT_EQ(train.events(), changes.events.size());
  const auto held = whole->hold_out(train, cut, Progress::none());
  ASSERT_TRUE(held) << held.error().message();
  for (const std::string shelf : {"for-you", "also-bought", "complete-the-basket", "trending", "similar"}) {
    for (int household = 0; household < 12; ++household) {
      auto request = ask(shelf);
      request.shopper = fmt::format("h{}", household);
      request.items = {household % 2 == 0 ? "milk" : "tea"};
      request.basket = {"pasta"};
      const auto then = (*held)->shelf(request);
      ASSERT_TRUE(then) << then.error().message();
      request.now = cut;
      EXPECT_EQ(keys_of(*then), keys_of(young->shelf(request).value())) << shelf << " of household " << household;

      const auto ranked = (*held)->rank(request);
      ASSERT_TRUE(ranked) << ranked.error().message();
      std::vector<std::string> keys;
      for (const ItemId id : *ranked) keys.push_back(whole->store().item_key(id).value());
      EXPECT_EQ(keys, keys_of(*then));
    }
  }
}

TEST(Holdout, LeavesTheShopAsItIs) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto before = shop->view();
  {
    const auto held = held_out_at(*shop, kMonday + 14 * kDay);
    ASSERT_TRUE(held->search(query("milk")));
    ASSERT_TRUE(held->shelf(ask("trending")));
  }
  EXPECT_EQ(shop->view(), before);
  EXPECT_EQ(shop->store().get_meta("active.tables")->value().substr(0, 2), "1 ");
}

TEST(Holdout, KnowsNobodyBeforeTheFirstEvent) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto held = held_out_at(*shop, kMonday);
  auto request = ask("for-you");
  request.shopper = "h1";
  const auto answer = held->shelf(request);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_TRUE(answer->cold_start);
  EXPECT_EQ(held->view().tables, nullptr);
}

// A split that is not by time leaves events out that the store has: what is known of the shopper comes with the request.
TEST(Holdout, TakesThePastOfTheRequestForTheStores) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto held = shop->hold_out(shop->interactions().value(), kMonday + 56 * kDay, Progress::none()).value();
  const ItemId towel = shop->store().find_item("towel").value().value();
  auto request = ask("for-you");
  request.shopper = "h1";
  request.k = 1;
  request.past = std::vector<shelf::Past>{{towel, store::EventKind::purchase, kMonday}};
  EXPECT_THAT(keys_of(held->shelf(request).value()), ::testing::ElementsAre("towel")) << "the only thing that was bought before";
  request.past->clear();
  EXPECT_TRUE(held->shelf(request).value().cold_start);
  request.past = std::vector<shelf::Past>{{towel, store::EventKind::impression, kMonday}};
  EXPECT_TRUE(held->shelf(request).value().cold_start) << "what was only shown says nothing";
}

TEST(Holdout, LearnsFromAnyPartOfTheLog) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const store::Interactions log = shop->interactions().value();
  const std::uint32_t tea = log.item_keys().find("tea").value();
  store::InteractionsBuilder builder;  // every event but those of tea
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row.items[i] != tea) builder.add({.shopper = shopper, .item = row.items[i], .time = row.times[i], .order = row.orders[i]});
    }
  }
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  std::vector<ShopperId> people;
  for (std::uint32_t row = 0; row < log.items(); ++row) {
    keys.emplace_back(log.item_keys().key(row));
    ids.push_back(log.item_id(row));
  }
  for (std::uint32_t row = 0; row < log.shoppers(); ++row) people.push_back(log.shopper_id(row));
  const auto train = std::move(builder).build(std::move(keys), std::move(ids), std::move(people), true).value();
  const auto held = shop->hold_out(train, kMonday + 56 * kDay, Progress::none()).value();
  auto request = ask("also-bought");
  request.items = {"honey"};
  request.k = 1;
  EXPECT_THAT(keys_of(shop->shelf(request).value()), ::testing::ElementsAre("tea"));
  EXPECT_THAT(keys_of(held->shelf(request).value()), ::testing::Not(::testing::Contains("tea")));
}

}  // namespace
}  // namespace souk::testing
