// Random commits against a model in plain maps, with the store opened again now and then.
#include <gmock/gmock.h>
#include <map>
#include <optional>
#include <ostream>

#include "souk/base/random.h"

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;

struct Model {
  struct Version {
    Timestamp time = 0;
    std::optional<Item> item;  // none: removed
  };
  std::map<std::string, std::vector<Version>> items;  // stubs have no version
  std::vector<std::string> item_order;
  std::map<std::string, Event> events;
  std::vector<std::string> arrivals;
  std::map<std::string, Shopper> shoppers;

  void mention(const std::string& key) {
    if (items.try_emplace(key).second) item_order.push_back(key);
  }
  void put(const Item& item, CommitReport& report) {
    ++report.accepted;
    mention(item.key);
    auto& versions = items[item.key];
    const bool known = !versions.empty();
    if (known && (*item.updated < versions.back().time || versions.back().item == item)) {
      ++report.unchanged;
      return;
    }
    versions.push_back({*item.updated, item});
    ++report.changed;
  }
  void add(const Event& event, CommitReport& report) {
    const auto [known, added] = events.try_emplace(event.id, event);
    if (!added) {
      ++(known->second == event ? report.duplicates : report.conflicts);
      return;
    }
    ++report.accepted;
    if (!items.contains(event.item)) ++report.stubs;
    mention(event.item);
    arrivals.push_back(event.id);
    Shopper shopper;
    shopper.key = event.shopper;
    shoppers.try_emplace(event.shopper, shopper);
  }
};

struct Way {
  const char* name;
  bool timed;
  std::uint64_t bulk_bytes = 0;  // 0: no bulk load
};
void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}
class RandomCommits : public ::testing::TestWithParam<Way> {};

Item random_item(Random& random) {
  Item item = item_named("i" + std::to_string(random.below(40)), "title " + std::to_string(random.below(4)));
  item.updated = kStart + static_cast<Timestamp>(random.below(6)) * kDay;
  if (random.below(3) == 0) item.attributes["n"] = {static_cast<double>(random.below(2))};
  return item;
}

Event random_event(Random& random, bool timed) {
  Event event =
      purchase("e" + std::to_string(random.below(400)), "s" + std::to_string(random.below(9)), "i" + std::to_string(random.below(60)));
  event.position = static_cast<std::uint32_t>(random.below(2));
  event.time = kStart + static_cast<Timestamp>(random.below(5)) * 80 * kDay;
  if (!timed) event.time.reset();
  return event;
}

void expect_same(const Store& shop, const Model& model) {
  std::vector<Event> events;
  for (const std::string& id : model.arrivals) events.push_back(model.events.at(id));
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.time < b.time; });
  ASSERT_EQ(all_events(shop), events);

  std::vector<Item> items;
  for (const std::string& key : model.item_order) {
    const auto& versions = model.items.at(key);
    if (versions.empty()) items.push_back(item_named(key, ""));
    if (!versions.empty() && versions.back().item) items.push_back(*versions.back().item);
    for (int day = -1; day < 7; ++day) {
      const Timestamp as_of = kStart + day * kDay;
      const Item* expected = versions.empty() ? nullptr : versions.front().item ? &*versions.front().item : nullptr;
      for (const auto& version : versions) {
        if (version.time <= as_of) expected = version.item ? &*version.item : nullptr;
      }
      const auto found = shop.item(shop.find_item(key).value().value(), as_of);
      if (versions.empty()) {
        ASSERT_EQ(found.value(), item_named(key, ""));
      } else {
        ASSERT_EQ(found.value(), *expected) << key << " as of day " << day;
      }
    }
  }
  ASSERT_EQ(all_items(shop), items);
  const Counts counts = shop.counts();
  ASSERT_EQ(counts.events, events.size());
  ASSERT_EQ(counts.items + counts.stubs, items.size());
  ASSERT_EQ(counts.item_ids, model.item_order.size());
  ASSERT_EQ(counts.shoppers, model.shoppers.size());
}

TEST_P(RandomCommits, AgreeWithTheModel) {
  const auto [name, timed, bulk_bytes] = GetParam();
  TempDir folder;
  StoreOptions options;
  if (bulk_bytes != 0) options.bulk_bytes = bulk_bytes;
  auto shop = Store::create(folder / "store", options).value();
  std::optional<BulkLoad> load;
  Model model;
  Random random(timed ? 21 : 22);
  for (int round = 0; round < 150; ++round) {
    Changes changes;
    const bool loads = bulk_bytes != 0 && random.below(4) != 0;
    const bool events_alone = loads && random.below(4) != 0;
    for (std::uint64_t i = events_alone ? 0 : random.below(4); i > 0; --i) changes.items.push_back(random_item(random));
    for (std::uint64_t i = random.below(12); i > 0; --i) changes.events.push_back(random_event(random, timed));
    CommitReport expected;
    for (const Item& item : changes.items) model.put(item, expected);
    if (!events_alone && random.below(8) == 0) {
      changes.removed_items = {"i" + std::to_string(random.below(40))};
      auto known = model.items.find(changes.removed_items[0]);
      // A removal holds from now on, after which no older `updated` comes back.
      if (known != model.items.end() && !known->second.empty() && known->second.back().item) {
        known->second.push_back({INT64_MAX, std::nullopt});
        ++expected.removed;
      }
    }
    for (const Event& event : changes.events) model.add(event, expected);
    if (loads && !load) load.emplace(*shop);
    const auto committed = loads ? load->commit(changes) : shop->commit(changes);
    ASSERT_TRUE(committed) << committed.error().message();
    const CommitReport& report = *committed;
    ASSERT_EQ(report.accepted, expected.accepted);
    ASSERT_EQ(report.changed, expected.changed);
    ASSERT_EQ(report.unchanged, expected.unchanged);
    ASSERT_EQ(report.duplicates, expected.duplicates);
    ASSERT_EQ(report.conflicts, expected.conflicts);
    ASSERT_EQ(report.removed, expected.removed);
    ASSERT_EQ(report.stubs, expected.stubs);
    if (load && random.below(12) == 0) {
      ASSERT_TRUE(load->finish());
    }
    if (random.below(12) == 0) {
      load.reset();
      shop.reset();
      shop = Store::open(folder / "store", options).value();
    }
    if (random.below(20) == 0) {
      ASSERT_TRUE(shop->flush());
    }
    if (random.below(50) == 0) {
      ASSERT_TRUE(shop->compact());
    }
    if (round % 10 != 0) continue;
    if (load) {
      ASSERT_TRUE(load->finish());
    }
    expect_same(*shop, model);
  }
  load.reset();
  expect_same(*shop, model);
}

INSTANTIATE_TEST_SUITE_P(Shops, RandomCommits,
                         ::testing::Values(Way{"timed", true}, Way{"untimed", false}, Way{"bulk_as_files", true, 1},
                                           Way{"bulk_as_some_files", true, 4000}, Way{"bulk_through_the_log", true, 1 << 20},
                                           Way{"bulk_untimed", false, 2000}),
                         [](const auto& shop) { return shop.param.name; });

}  // namespace
}  // namespace souk::store
