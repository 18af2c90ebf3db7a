// Reviews, and the format that has them beside the one that has none.
#include <gmock/gmock.h>
#include <rocksdb/write_batch.h>

#include "souk/store/counters.h"
#include "souk/store/database.h"

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Review full_review(const std::string& id, const std::string& item, const std::string& shopper, Timestamp time = kStart) {
  Review review;
  review.id = id;
  review.item = item;
  review.shopper = shopper;
  review.rating = Decimal{45, 1};
  review.title = "Good";
  review.text = "Boils \"fast\"\nand quietly";
  review.language = "en";
  review.time = time;
  review.helpful = 12;
  review.images = {"a.jpg"};
  review.verified = true;
  review.attributes = {{"size", {std::string("L")}}};
  return review;
}

Changes reviews_of(std::vector<Review> reviews) {
  Changes changes;
  changes.reviews = std::move(reviews);
  return changes;
}

std::vector<std::string> ids_by(const std::function<Status(const std::function<bool(Review&&)>&)>& each) {
  std::vector<std::string> ids;
  EXPECT_TRUE(each([&](Review&& review) {
    ids.push_back(review.id);
    return true;
  }));
  return ids;
}

TEST(Reviews, AreReadBackAsTheyWerePut) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  Review anonymous;
  anonymous.id = "b";
  anonymous.item = "kettle";
  anonymous.rating = Decimal{1, 0};
  const std::vector<Review> put = {full_review("a", "kettle", "ann"), anonymous};
  const CommitReport report = shop->commit(reviews_of(put)).value();
  EXPECT_EQ(report.changed, 2u);
  EXPECT_EQ(report.stubs, 1u) << "an unknown item is made a stub, as by an event";
  for (int opening = 0; opening < 2; ++opening) {
    std::vector<Review> read;
    ASSERT_TRUE(shop->for_each_review([&](Review&& review) {
      read.push_back(std::move(review));
      return true;
    }));
    EXPECT_EQ(read, put);
    EXPECT_EQ(shop->counts().reviews, 2u);
    shop.reset();
    shop = Store::open(folder / "store").value();
  }
}

TEST(Reviews, AreFoundByItemInOrderOfTimeAndByShopper) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->commit(reviews_of({full_review("late", "kettle", "ann", kStart + 2), full_review("early", "kettle", "bob", kStart),
                                       full_review("other", "mug", "ann", kStart + 1)})));
  const ItemId kettle = *shop->find_item("kettle").value();
  const ShopperId ann = *shop->find_shopper("ann").value();
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review_of(kettle, fn); }), ElementsAre("early", "late"));
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review_by(ann, fn); }), ::testing::UnorderedElementsAre("late", "other"));
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review(fn); }), ElementsAre("early", "late", "other"));
}

TEST(Reviews, ReplaceTheOneOfTheirId) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  const Review first = full_review("a", "kettle", "ann");
  Review second = first;
  second.item = "mug";
  second.shopper = "bob";
  second.time = kStart + 5;
  ASSERT_TRUE(shop->commit(reviews_of({first})));
  EXPECT_EQ(shop->commit(reviews_of({first}))->unchanged, 1u);
  const Seq seq = shop->counts().seq;
  const CommitReport report = shop->commit(reviews_of({second, second, first, second})).value();
  EXPECT_EQ(report.changed, 3u);
  EXPECT_EQ(report.unchanged, 1u);
  EXPECT_EQ(report.seq, seq + 1);
  EXPECT_EQ(shop->counts().reviews, 1u);
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review_of(*shop->find_item("kettle").value(), fn); }), IsEmpty());
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review_of(*shop->find_item("mug").value(), fn); }), ElementsAre("a"));
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review_by(*shop->find_shopper("ann").value(), fn); }), IsEmpty());
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review_by(*shop->find_shopper("bob").value(), fn); }), ElementsAre("a"));
}

TEST(Reviews, ThatCannotBeKeptAreRefusedByName) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  const auto refused = [&](Review review) {
    return shop->commit(reviews_of({full_review("x", "i", "s"), std::move(review)})).error().where;
  };
  EXPECT_EQ(refused(full_review("", "i", "s")), "reviews[1].id");
  EXPECT_EQ(refused(full_review("y", "", "s")), "reviews[1].item");
  EXPECT_EQ(refused(full_review("y", "i", "session:s")), "reviews[1].shopper");
  EXPECT_EQ(shop->counts().reviews, 0u);
}

// A store of format 1, as the first release made it.
void make_format_1(const fs::path& directory) {
  auto shop = Store::create(directory).value();
  ASSERT_TRUE(shop->commit(events_of({purchase("1", "ann", "kettle")})));
  shop.reset();
  const auto database = Database::open(directory, Database::Mode::write, {}).value();
  ASSERT_TRUE(database->db().DropColumnFamily(database->family(Family::review)).ok());
  rocksdb::WriteBatch batch;
  batch.Put(database->family(Family::meta), slice(kVersionName), "1");
  ASSERT_TRUE(database->write(batch));
}

TEST(Formats, TheFirstOpensAsItIsAndHasNoReviews) {
  TempDir folder;
  make_format_1(folder / "store");
  auto shop = Store::open(folder / "store").value();
  EXPECT_EQ(shop->version(), 1u);
  EXPECT_EQ(shop->commit(events_of({purchase("1", "ann", "kettle"), purchase("2", "ann", "mug")}))->accepted, 1u);
  EXPECT_THAT(ids_by([&](const auto& fn) { return shop->for_each_review(fn); }), IsEmpty());
  const auto refused = shop->commit(reviews_of({full_review("a", "kettle", "ann")}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::version);
  EXPECT_THAT(refused.error().hint, ::testing::HasSubstr("souk upgrade"));
  EXPECT_TRUE(shop->compact());
  EXPECT_EQ(shop->forget("ann")->events, 2u);
  shop.reset();
  EXPECT_EQ(Store::open(folder / "store").value()->version(), 1u);
}

TEST(Formats, UpgradingKeepsEverythingAndAddsReviews) {
  TempDir folder;
  make_format_1(folder / "store");
  auto shop = Store::open(folder / "store").value();
  ASSERT_TRUE(shop->upgrade());
  EXPECT_TRUE(shop->upgrade()) << "again, there is nothing to do";
  for (int opening = 0; opening < 2; ++opening) {
    EXPECT_EQ(shop->version(), kStoreVersion);
    EXPECT_EQ(all_events(*shop).size(), 1u);
    ASSERT_TRUE(shop->commit(reviews_of({full_review("a", "kettle", "ann")})));
    EXPECT_EQ(shop->counts().reviews, 1u);
    shop.reset();
    shop = Store::open(folder / "store").value();
  }
}

}  // namespace
}  // namespace souk::store
