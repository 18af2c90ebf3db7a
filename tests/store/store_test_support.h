// Records for the store's tests.
#pragma once

#include <string>
#include <vector>

#include "souk/store/store.h"

#include "tests/support/data.h"

namespace souk::store::testing {

using ::souk::testing::TempDir;

inline constexpr Timestamp kStart = 1'483'271'606'000;  // 2017-01-01T11:53:26Z

inline Event purchase(const std::string& id, const std::string& shopper, const std::string& item, Timestamp time = kStart) {
  Event event;
  event.id = id;
  event.shopper = shopper;
  event.item = item;
  event.kind = EventKind::purchase;
  event.time = time;
  return event;
}

inline Item item_named(const std::string& key, const std::string& title) {
  Item item;
  item.key = key;
  item.title = title;
  return item;
}

inline Changes events_of(std::vector<Event> events) {
  Changes changes;
  changes.events = std::move(events);
  return changes;
}

inline Changes items_of(std::vector<Item> items) {
  Changes changes;
  changes.items = std::move(items);
  return changes;
}

inline std::vector<Event> all_events(const Store& shop) {
  std::vector<Event> events;
  EXPECT_TRUE(shop.for_each_event([&](Event&& event) {
    events.push_back(std::move(event));
    return true;
  }));
  return events;
}

inline std::vector<Item> all_items(const Store& shop) {
  std::vector<Item> items;
  EXPECT_TRUE(shop.for_each_item([&](ItemId, Item&& item) {
    items.push_back(std::move(item));
    return true;
  }));
  return items;
}

inline std::vector<std::string> ids_of(const std::vector<Event>& events) {
  std::vector<std::string> ids;
  for (const Event& event : events) ids.push_back(event.id);
  return ids;
}

// An event and an item with every field set.
inline Event full_event() {
  Event event = purchase("order:1", "ann", "kettle");
  event.session = "s-1";
  event.value = Decimal{1250, 2};
  event.quantity = Decimal{3, 0};
  event.currency = "EUR";
  event.order = "31198570044";
  event.query = "kettle 1.7 l";
  event.shelf = "for-you";
  event.request = "r-9";
  event.position = 4;
  event.attributes = {{"store", {std::string("330"), std::string("ü")}}, {"discount", {0.5}}, {"coupon", {true, false}}};
  event.received = kStart + 1500;
  return event;
}

inline Item full_item() {
  Item item = item_named("kettle", "Kettle");
  item.description = "Boils water";
  item.brand = "Hot";
  item.category = {"Home > Kitchen > Kettles", "Gifts"};
  item.attributes = {{"colour", {std::string("red"), std::string("blue")}}, {"capacity_l", {1.7}}, {"cordless", {true}}};
  item.group = "kettles";
  item.gtin = "4006381333931";
  item.mpn = "K-1";
  item.condition = "new";
  item.text = {{"de", {"Wasserkocher", "Kocht Wasser"}}};
  item.released = kStart - 5;
  Offer offer;
  offer.market = "eu";
  offer.amount = Decimal{2990, 2};
  offer.currency = "EUR";
  offer.was = Decimal{3990, 2};
  offer.availability = Availability::preorder;
  offer.from = kStart;
  offer.until = kStart + kDay;
  item.offers = {offer};
  item.images = {"a.jpg", "b.jpg"};
  item.url = "https://example.org/kettle";
  item.language = "en";
  item.vectors = {{"image", {0.25f, -1.0f}}};
  item.updated = kStart;
  return item;
}

}  // namespace souk::store::testing
