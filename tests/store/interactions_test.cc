#include "souk/store/interactions.h"

#include <fstream>
#include <gmock/gmock.h>
#include <map>

#include "souk/base/random.h"

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

struct Plain {  // one event, spelled out
  std::string item;
  Timestamp time;
  EventKind kind;
  float weight;
  bool operator==(const Plain&) const = default;
};

std::map<std::string, std::vector<Plain>> spelled_out(const Store& shop, const Interactions& interactions) {
  std::map<std::string, std::vector<Plain>> rows;
  for (std::uint32_t r = 0; r < interactions.shoppers(); ++r) {
    auto& plain = rows[shop.shopper_key(interactions.shopper_id(r)).value()];
    const auto row = interactions.row(r);
    for (std::size_t i = 0; i < row.size(); ++i) {
      EXPECT_EQ(shop.item_key(interactions.item_id(row.items[i])).value(), interactions.item_keys().key(row.items[i]));
      plain.push_back(
          {std::string(interactions.item_keys().key(row.items[i])), row.times[i], static_cast<EventKind>(row.kinds[i]), row.weights[i]});
    }
  }
  return rows;
}

class InteractionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    shop_ = Store::create(folder_ / "store").value();
    Random random(4);
    for (int batch = 0; batch < 20; ++batch) {
      Changes changes;
      for (int i = 0; i < 100; ++i) {
        Event event = purchase(std::to_string(batch * 100 + i), "s" + std::to_string(random.below(40)),
                               "i" + std::to_string(random.below(70)), kStart + static_cast<Timestamp>(random.below(50)) * 10 * kDay);
        event.kind = std::array{EventKind::purchase, EventKind::view, EventKind::impression}[random.below(3)];
        event.order = random.below(2) == 0 ? "" : "o" + std::to_string(random.below(5));
        events_.push_back(event);
        changes.events.push_back(std::move(event));
      }
      ASSERT_TRUE(shop_->commit(changes));
    }
  }
  std::map<std::string, std::vector<Plain>> expected(Timestamp until = INT64_MAX) const {
    std::vector<Event> sorted = events_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Event& a, const Event& b) { return a.time < b.time; });
    std::map<std::string, std::vector<Plain>> rows;
    for (const Event& event : sorted) {
      const float weight = default_weights()[static_cast<std::size_t>(event.kind)];
      if (weight != 0 && *event.time <= until) rows[event.shopper].push_back({event.item, *event.time, event.kind, weight});
    }
    return rows;
  }
  Result<Interactions> build(const Snapshot& snapshot, const std::optional<fs::path>& cache = {}, unsigned threads = 2) {
    return build_interactions(*shop_, snapshot, default_weights(), cache, threads);
  }

  TempDir folder_;
  std::unique_ptr<Store> shop_;
  std::vector<Event> events_;
};

TEST_F(InteractionsTest, HoldEachShoppersWeightedEventsByTimeAndArrival) {
  const Interactions interactions = build(shop_->snapshot()).value();
  EXPECT_EQ(spelled_out(*shop_, interactions), expected());
  EXPECT_TRUE(interactions.timed());
  const Timestamp until = kStart + 200 * kDay;
  EXPECT_EQ(spelled_out(*shop_, build(shop_->snapshot(until)).value()), expected(until));
}

TEST_F(InteractionsTest, OfOneSnapshotHaveTheSameBytesWhateverTheThreads) {
  const Snapshot snapshot = shop_->snapshot();
  const Interactions one = build(snapshot, {}, 1).value(), four = build(snapshot, {}, 4).value();
  ASSERT_TRUE(one.write(folder_ / "one"));
  ASSERT_TRUE(four.write(folder_ / "four"));
  EXPECT_EQ(read_file(folder_ / "one").value(), read_file(folder_ / "four").value());
  EXPECT_EQ(one.fingerprint(), four.fingerprint());
  EXPECT_NE(one.fingerprint(), build(shop_->snapshot(kStart + kDay)).value().fingerprint());
}

TEST_F(InteractionsTest, AreTakenFromTheCacheUntilTheShopChanges) {
  const fs::path cache = folder_ / "cache";
  const Interactions built = build({}, cache).value();
  const std::vector<fs::path> files(fs::directory_iterator{cache}, fs::directory_iterator{});
  ASSERT_EQ(files.size(), 1u);
  const auto written = fs::last_write_time(files[0]);
  const Interactions cached = build({}, cache).value();
  EXPECT_EQ(fs::last_write_time(files[0]), written);
  EXPECT_EQ(cached.fingerprint(), built.fingerprint());
  EXPECT_EQ(spelled_out(*shop_, cached), expected());

  events_.push_back(purchase("new", "s1", "i1"));
  ASSERT_TRUE(shop_->commit(events_of({events_.back()})));
  EXPECT_EQ(spelled_out(*shop_, build({}, cache).value()), expected());
}

TEST_F(InteractionsTest, ADamagedCacheIsBuiltAgainAndFilesOfOlderEpochsGo) {
  const fs::path cache = folder_ / "cache";
  const std::string fingerprint = build({}, cache).value().fingerprint();
  const fs::path file = fs::directory_iterator(cache)->path();
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(2000).write("XX", 2);
  EXPECT_EQ(Interactions::open(file).error().kind, ErrorKind::corrupt);
  EXPECT_THAT(Interactions::open(file).error().message(), HasSubstr(file.filename().string()));
  std::ofstream(cache / "interactions-e999-00.souk") << "of another epoch";
  std::ofstream(cache / "other.souk") << "not ours";
  EXPECT_EQ(build({}, cache).value().fingerprint(), fingerprint);
  EXPECT_FALSE(fs::exists(cache / "interactions-e999-00.souk"));
  EXPECT_TRUE(fs::exists(cache / "other.souk"));
  EXPECT_TRUE(Interactions::open(file));
}

TEST_F(InteractionsTest, NoCutFileIsOpened) {
  const Interactions built = build({}).value();
  ASSERT_TRUE(built.write(folder_ / "file"));
  const std::string bytes = read_file(folder_ / "file").value();
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    std::ofstream(folder_ / "cut", std::ios::binary) << bytes.substr(0, size);
    EXPECT_FALSE(Interactions::open(folder_ / "cut")) << size;
  }
}

TEST_F(InteractionsTest, LeaveOutWhoDoesNotConsentToTraining) {
  Shopper shy;
  shy.key = "s3";
  shy.train = false;
  Changes changes;
  changes.shoppers = {shy};
  ASSERT_TRUE(shop_->commit(changes));
  auto rows = expected();
  rows.erase("s3");
  EXPECT_EQ(spelled_out(*shop_, build({}).value()), rows);
}

TEST(InteractionsBuilder, NumbersBasketsAndKeepsTheOrderOfEqualTimes) {
  InteractionsBuilder builder;
  builder.add({1, 0, 50, EventKind::view, 1, 0});
  builder.add({0, 2, 30, EventKind::purchase, 1, 777});
  builder.add({0, 1, 20, EventKind::purchase, 1, 555});
  builder.add({0, 0, 30, EventKind::purchase, 1, 777});
  builder.add({1, 2, 10, EventKind::purchase, 0.5f, 777});
  const Interactions built = std::move(builder).build({}, {}, {}, true).value();
  EXPECT_EQ(built.shoppers(), 2u);
  EXPECT_EQ(built.items(), 3u);
  EXPECT_THAT(built.row(0).items, ElementsAre(1, 2, 0));
  EXPECT_THAT(built.row(0).orders, ElementsAre(1, 2, 2));
  EXPECT_THAT(built.row(1).items, ElementsAre(2, 0));
  EXPECT_THAT(built.row(1).orders, ElementsAre(3, 0)) << "another shopper's 777 is another basket";
  EXPECT_EQ(built.item_keys().key(2), "2");
  EXPECT_EQ(built.item_id(0), kNoItem);
  EXPECT_EQ(built.shopper_id(1), ShopperId{1});
}

TEST(InteractionsBuilder, UntimedEventsKeepTheOrderOfAdding) {
  InteractionsBuilder builder;
  for (const std::uint32_t item : {3u, 1u, 2u}) builder.add({0, item, static_cast<Timestamp>(item), EventKind::purchase, 1, 0});
  const Interactions built = std::move(builder).build({}, {}, {}, false).value();
  EXPECT_THAT(built.row(0).items, ElementsAre(3, 1, 2));
  EXPECT_FALSE(built.timed());
}

Interactions::Span span_of(const std::vector<Timestamp>& times) {
  InteractionsBuilder builder;
  for (const Timestamp time : times) builder.add({0, 0, time, EventKind::purchase, 1, 0});
  return std::move(builder).build({}, {}, {}, true).value().span();
}
TEST(Span, LeavesOutTheFewThatALongSilencePartsFromAllOthers) {
  constexpr Timestamp kBegin = 1'500'000'000'000;
  std::vector<Timestamp> times;
  for (int i = 0; i < 3000; ++i) times.push_back(kBegin + i * kDay / 10);
  const Timestamp end = times.back();
  EXPECT_EQ(span_of(times).last, end);
  times.push_back(end + 27 * kDay);  // a quiet month is no stray
  EXPECT_EQ(span_of(times).last, end + 27 * kDay);
  times.push_back(end + 4000 * kDay);
  times.push_back(kBegin - 4000 * kDay);
  EXPECT_EQ(span_of(times).last, end + 27 * kDay);
  EXPECT_EQ(span_of(times).first, kBegin);
  for (int i = 0; i < 3; ++i) times.push_back(end + (4001 + i) * kDay);  // more than one in a thousand: the shop goes on
  EXPECT_EQ(span_of(times).last, end + 4003 * kDay);
  EXPECT_EQ(span_of({5, 900 * kDay}).last, 900 * kDay) << "two events are no thousand";
}
TEST(InteractionsBuilder, RefusesRowsThatHaveNoName) {
  InteractionsBuilder builder;
  builder.add({0, 5, 1, EventKind::purchase, 1, 0});
  const auto built = std::move(builder).build({"a", "b"}, {}, {}, true);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().kind, ErrorKind::invalid);
}

TEST(InteractionsBuilder, BuildsNothingFromNothing) {
  const Interactions built = InteractionsBuilder().build({}, {}, {}, true).value();
  EXPECT_EQ(built.shoppers(), 0u);
  EXPECT_EQ(built.events(), 0u);
  TempDir folder;
  ASSERT_TRUE(built.write(folder / "empty"));
  EXPECT_EQ(Interactions::open(folder / "empty").value().shoppers(), 0u);
}

}  // namespace
}  // namespace souk::store
