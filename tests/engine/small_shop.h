// A small grocery, made up: products in four categories, households that buy bread with milk, honey with tea, and pasta with sauce.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "souk/base/random.h"
#include "souk/engine/shop.h"

#include "tests/support/data.h"

namespace souk::testing {

inline constexpr Timestamp kMonday = 1'700'000'000'000;  // when the first basket was bought

inline store::Item item(std::string key, std::string title, std::string category, std::string price, std::string brand = "Acme") {
  store::Item made;
  made.key = std::move(key);
  made.title = std::move(title);
  made.brand = std::move(brand);
  made.category = {std::move(category)};
  store::Offer offer;
  offer.amount = Decimal::parse(price).value();
  offer.currency = "EUR";
  made.offers = {offer};
  return made;
}

inline store::Event event(std::string id, std::string shopper, std::string item_key, store::EventKind kind, Timestamp time,
                          std::string order = {}) {
  store::Event made;
  made.id = std::move(id);
  made.shopper = std::move(shopper);
  made.item = std::move(item_key);
  made.kind = kind;
  made.time = time;
  made.order = std::move(order);
  return made;
}

inline std::vector<store::Item> grocery_items() {
  return {item("milk", "Whole milk, 1 gal", "Food > Dairy", "2.99"),
          item("milk-skim", "Skim milk, 1 gal", "Food > Dairy", "2.79"),
          item("butter", "Salted butter", "Food > Dairy", "3.49", "Meadow"),
          item("bread", "White bread", "Food > Bakery", "1.99"),
          item("rolls", "Dinner rolls", "Food > Bakery", "2.49"),
          item("tea", "Black tea, 50 bags", "Food > Drinks", "4.20", "Leaf"),
          item("honey", "Clover honey", "Food > Pantry", "5.10", "Meadow"),
          item("pasta", "Spaghetti", "Food > Pantry", "1.20"),
          item("sauce", "Tomato sauce", "Food > Pantry", "1.80"),
          item("soap", "Hand soap", "Home > Bath", "2.00", "Leaf"),
          item("towel", "Bath towel", "Home > Bath", "8.00", "Leaf")};
}

// `households` households, each with eight weekly baskets; household n likes pair n % 3 most.
inline std::vector<store::Event> grocery_events(int households) {
  const std::vector<std::vector<std::string>> pairs = {{"milk", "bread"}, {"tea", "honey"}, {"pasta", "sauce"}};
  const std::vector<std::string> rest = {"butter", "rolls", "soap", "milk-skim"};
  std::vector<store::Event> events;
  Random random(7);
  for (int week = 0; week < 8; ++week) {
    for (int household = 0; household < households; ++household) {
      const std::string order = fmt::format("o{}-{}", week, household);
      const Timestamp time = kMonday + week * 7 * kDay + household * kMinute;
      const auto add = [&](const std::string& key) {
        events.push_back(event(order + ":" + key, fmt::format("h{}", household), key, store::EventKind::purchase, time, order));
      };
      const std::size_t liked = random.uniform() < 0.8 ? static_cast<std::size_t>(household) % 3 : random.below(3);
      for (const std::string& key : pairs[liked]) add(key);
      if (random.uniform() < 0.5) add(rest[random.below(rest.size())]);
    }
  }
  return events;
}

inline std::unique_ptr<engine::Shop> empty_shop(const fs::path& directory) {
  auto shop = engine::Shop::init(directory, {"Grocery", "en", "EUR"});
  EXPECT_TRUE(shop) << (shop ? "" : shop.error().message());
  return shop ? std::move(*shop) : nullptr;
}

inline std::unique_ptr<engine::Shop> reopened(const fs::path& directory) {
  auto shop = engine::Shop::open(directory, {});
  EXPECT_TRUE(shop) << (shop ? "" : shop.error().message());
  return shop ? std::move(*shop) : nullptr;
}

inline void apply(engine::Shop& shop, const store::Changes& changes) {
  const auto report = shop.apply(changes);
  ASSERT_TRUE(report) << report.error().message();
}

// The grocery with 60 households, trained.
inline std::unique_ptr<engine::Shop> grocery(const fs::path& directory) {
  auto shop = empty_shop(directory);
  store::Changes changes;
  changes.items = grocery_items();
  changes.events = grocery_events(60);
  apply(*shop, changes);
  const auto trained = shop->train(Progress::none());
  EXPECT_TRUE(trained) << (trained ? "" : trained.error().message());
  return shop;
}

inline engine::ShelfRequest ask(std::string shelf) {
  engine::ShelfRequest request;
  request.shelf = std::move(shelf);
  return request;
}

inline engine::SearchRequest query(std::string text) {
  engine::SearchRequest request;
  request.shelf = "search";
  request.query = std::move(text);
  return request;
}

inline std::vector<std::string> keys_of(const engine::ShelfAnswer& answer) {
  std::vector<std::string> keys;
  for (const engine::AnswerItem& shown : answer.items) keys.push_back(shown.key);
  return keys;
}

}  // namespace souk::testing
