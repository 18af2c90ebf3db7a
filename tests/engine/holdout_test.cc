#include "souk/engine/holdout.h"

#include <gtest/gtest.h>

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

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

  const auto held = whole->hold_out(cut, Progress::none());
  ASSERT_TRUE(held) << held.error().message();
  EXPECT_EQ((*held)->train().events(), changes.events.size());
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
    const auto held = shop->hold_out(kMonday + 14 * kDay, Progress::none()).value();
    ASSERT_TRUE(held->search(query("milk")));
    ASSERT_TRUE(held->shelf(ask("trending")));
  }
  EXPECT_EQ(shop->view(), before);
  EXPECT_EQ(shop->store().get_meta("active.tables")->substr(0, 2), "1 ");
}

TEST(Holdout, KnowsNobodyBeforeTheFirstEvent) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto held = shop->hold_out(kMonday, Progress::none()).value();
  auto request = ask("for-you");
  request.shopper = "h1";
  const auto answer = held->shelf(request);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_TRUE(answer->cold_start);
  EXPECT_EQ(held->train().events(), 0U);
}

}  // namespace
}  // namespace souk::testing
