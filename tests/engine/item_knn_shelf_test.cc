// A shelf of item neighbours, declared in shop.toml.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "souk/base/file.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

std::unique_ptr<engine::Shop> grocery_with_neighbours(const fs::path& folder) {
  grocery(folder);
  const std::string settings = read_file(folder / "shop.toml").value();
  EXPECT_TRUE(write_file(folder / "shop.toml", settings + R"(
[shelves.alike]
context = "shopper"
retrieve = ["item-knn"]
repeats = "mask"
[shelves.alike.settings.item-knn]
history = 10
decay = 1
)"));
  return reopened(folder);
}

void look_at(engine::Shop& shop, const std::string& shopper, const std::string& key, int minute) {
  store::Changes changes;
  changes.events = {event(shopper + key, shopper, key, store::EventKind::view, kMonday + 100 * kDay + minute * kMinute)};
  apply(shop, changes);
}

TEST(ItemKnnShelf, ChangesWithEveryClickWithoutTraining) {
  const TempDir dir;
  const auto shop = grocery_with_neighbours(dir / "shop");
  auto request = ask("alike");
  request.shopper = "guest";
  look_at(*shop, "guest", "tea", 0);
  const auto first = shop->shelf(request);
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_THAT(first->items, Not(IsEmpty()));
  EXPECT_EQ(first->items[0].key, "honey");
  EXPECT_EQ(first->items[0].why.at(0).detail, "Chosen by shoppers who also chose Black tea, 50 bags");

  look_at(*shop, "guest", "pasta", 1);
  const auto second = shop->shelf(request);
  ASSERT_TRUE(second) << second.error().message();
  ASSERT_THAT(second->items, Not(IsEmpty()));
  EXPECT_EQ(second->items[0].key, "sauce");
  EXPECT_EQ(second->version, first->version);
}

}  // namespace
}  // namespace souk::testing
