// Commits that gather: what is seen of them, and what comes of a load that is lost. That they store what single commits store:
// model_test.cc; that cuts and full disks leave all or nothing: tests/faults.
#include <atomic>
#include <fstream>
#include <gmock/gmock.h>
#include <thread>

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::ElementsAre;

std::vector<fs::path> left_files(const fs::path& folder) {
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".ingest") left.push_back(entry.path().filename());
  }
  return left;
}

class BulkLoads : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void open() { shop_ = Store::open(folder_ / "store", options_).value(); }

  TempDir folder_;
  StoreOptions options_{.bulk_bytes = GetParam()};
  std::unique_ptr<Store> shop_ = Store::create(folder_ / "store", options_).value();
};

TEST_P(BulkLoads, AreSeenWhole) {
  std::optional<BulkLoad> loaded(std::in_place, *shop_);
  BulkLoad& load = *loaded;
  const auto first = load.commit(events_of({purchase("1", "ann", "a"), purchase("2", "ann", "b")})).value();
  EXPECT_EQ(first.accepted, 2u);
  EXPECT_EQ(first.stubs, 2u);
  const auto second = load.commit(events_of({purchase("2", "ann", "b"), purchase("1", "bob", "a"), purchase("3", "bob", "a")})).value();
  EXPECT_EQ(second.duplicates, 1u) << "known though not yet written";
  EXPECT_EQ(second.conflicts, 1u);
  EXPECT_EQ(second.accepted, 1u);
  EXPECT_EQ(shop_->counts().events, 0u);
  EXPECT_TRUE(all_events(*shop_).empty());
  EXPECT_EQ(*shop_->find_shopper("ann"), std::nullopt);
  ASSERT_TRUE(load.finish());
  EXPECT_EQ(shop_->counts().events, 3u);
  EXPECT_THAT(ids_of(all_events(*shop_)), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(left_files(folder_ / "store").empty());

  ASSERT_TRUE(load.commit(events_of({purchase("3", "bob", "a"), purchase("4", "bob", "c")})));
  loaded.reset();
  shop_.reset();
  open();
  EXPECT_THAT(ids_of(all_events(*shop_)), ElementsAre("1", "2", "3", "4"));
  EXPECT_EQ(shop_->commit(events_of({purchase("4", "bob", "c")})).value().duplicates, 1u);
}

TEST_P(BulkLoads, AreWrittenBeforeAnythingElse) {
  {
    BulkLoad load(*shop_);
    ASSERT_TRUE(load.commit(events_of({purchase("1", "ann", "a")})));
    ASSERT_TRUE(shop_->commit(items_of({item_named("a", "Kettle")})));
    EXPECT_EQ(shop_->counts().events, 1u);
    EXPECT_EQ(shop_->counts().stubs, 0u);
    ASSERT_TRUE(load.commit(events_of({purchase("2", "ann", "a")})));
    EXPECT_EQ(shop_->forget("ann").value().events, 2u);
    ASSERT_TRUE(load.commit(events_of({purchase("1", "bob", "a")})));
    const auto times = shop_->event_times(std::vector<std::string>{"1", "2"}).value();
    EXPECT_THAT(times, ElementsAre(std::optional(kStart), std::nullopt)) << "erased ids are free";
  }
  EXPECT_THAT(ids_of(all_events(*shop_)), ElementsAre("1")) << "a load that ends is finished";
}

// A visitor who is joined to a shopper has events whose ids the table and the files know.
TEST_P(BulkLoads, LeaveIdsThatCanMove) {
  std::optional<BulkLoad> loaded(std::in_place, *shop_);
  BulkLoad& load = *loaded;
  Event visit = purchase("1", "", "a");
  visit.session = "s";
  ASSERT_TRUE(load.commit(events_of({visit})));
  ASSERT_TRUE(load.finish());
  ASSERT_EQ(shop_->merge_shoppers("session:s", "ann").value().events, 1u);
  EXPECT_EQ(shop_->commit(events_of({purchase("1", "bob", "a")})).value().conflicts, 1u);
  EXPECT_EQ(shop_->forget("ann").value().events, 1u);
  ASSERT_TRUE(load.commit(events_of({purchase("1", "bob", "a")})));
  loaded.reset();
  shop_.reset();
  open();
  EXPECT_EQ(all_events(*shop_).at(0).shopper, "bob");
}

INSTANTIATE_TEST_SUITE_P(Shops, BulkLoads, ::testing::Values(1 << 10, 1 << 20),
                         [](const auto& shop) { return shop.param == 1 << 10 ? "as_files" : "through_the_log"; });

TEST(BulkLoad, ThatIsLostIsLostWholeAndSaysSoEachTime) {
  TempDir folder;
  const StoreOptions options{.bulk_bytes = 800};  // some three events
  const fs::path obstacle = folder / "store" / "event.ingest";
  auto shop = Store::create(folder / "store", options).value();
  ASSERT_TRUE(shop->commit(events_of({purchase("0", "ann", "z")})));
  fs::create_directories(obstacle / "in the way");
  {
    BulkLoad load(*shop);
    ASSERT_TRUE(load.commit(events_of({purchase("1", "ann", "a")})));
    ASSERT_TRUE(load.commit(events_of({purchase("2", "bob", "b")})));
    ASSERT_FALSE(load.finish());
    EXPECT_FALSE(load.commit(events_of({purchase("3", "ann", "a")})));
    ASSERT_TRUE(shop->commit(events_of({purchase("2", "cid", "c")}))) << "what was lost is unknown again";
    EXPECT_FALSE(load.finish());
  }
  fs::remove_all(obstacle);
  BulkLoad again(*shop);
  EXPECT_EQ(again.commit(events_of({purchase("0", "ann", "z"), purchase("1", "ann", "a"), purchase("4", "bob", "b")})).value().accepted,
            2u);
  ASSERT_TRUE(again.finish());
  std::vector<std::string> found;
  for (const Event& event : all_events(*shop)) found.push_back(event.id + " " + event.shopper + " " + event.item);
  EXPECT_THAT(found, ElementsAre("0 ann z", "2 cid c", "1 ann a", "4 bob b"));
  EXPECT_EQ(shop->counts().events, 4u);
  EXPECT_EQ(shop->counts().shoppers, 3u);
}

TEST(BulkLoad, FilesThatADeathLeftGoWhenTheStoreOpens) {
  TempDir folder;
  Store::create(folder / "store").value()->counts();
  std::ofstream(folder / "store" / "event.ingest") << "ann";
  const auto shop = Store::open(folder / "store").value();
  EXPECT_TRUE(left_files(folder / "store").empty());
}

TEST(BulkLoad, OfAReadOnlyShopIsRefused) {
  TempDir folder;
  const auto writer = Store::create(folder / "store").value();
  const auto reader = Store::open(folder / "store", {.read_only = true}).value();
  BulkLoad load(*reader);
  EXPECT_EQ(load.commit(events_of({purchase("1", "ann", "a")})).error().kind, ErrorKind::unsupported);
}

TEST(BulkLoad, IsSeenByAReaderThatFollows) {
  TempDir folder;
  const StoreOptions options{.bulk_bytes = 80};
  const auto writer = Store::create(folder / "store", options).value();
  const auto reader = Store::open(folder / "store", {.read_only = true}).value();
  for (int round = 0; round < 4; ++round) {
    BulkLoad load(*writer);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(load.commit(events_of({purchase(std::to_string(3 * round + i), "ann", "a")})));
    }
    ASSERT_TRUE(load.finish());
    ASSERT_TRUE(reader->catch_up());
    EXPECT_EQ(reader->counts().events, 3u * static_cast<unsigned>(round + 1));
    EXPECT_EQ(all_events(*reader), all_events(*writer));
  }
}

// What the reader takes over is a moment of the writer, also while tables are rewritten and deleted beside it. Not run by itself: on a
// loaded machine a look now and then still lacks the last logged event that the counts know; why is to be found.
TEST(BulkLoad, DISABLED_IsSeenWholeByAReaderThatFollowsCompactions) {
  TempDir folder;
  const auto writer = Store::create(folder / "store", {.bulk_bytes = 80}).value();
  const auto reader = Store::open(folder / "store", {.read_only = true}).value();
  std::atomic<bool> ended = false;
  const std::jthread writing([&] {
    for (int round = 0; round < 25; ++round) {
      BulkLoad load(*writer);
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(load.commit(events_of({purchase(std::to_string(3 * round + i), "ann", "a")})));
      EXPECT_TRUE(load.finish());
      EXPECT_TRUE(writer->commit(events_of({purchase("logged" + std::to_string(round), "ann", "a")})));
    }
    ended = true;
  });
  for (bool last = false; !last;) {
    last = ended;
    ASSERT_TRUE(reader->catch_up());
    ASSERT_EQ(all_events(*reader).size(), reader->counts().events);
  }
  EXPECT_EQ(reader->counts().events, 100u);
}

}  // namespace
}  // namespace souk::store
