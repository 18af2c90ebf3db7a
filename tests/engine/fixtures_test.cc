// A shop that an older Souk wrote opens, has all it had, and goes on. What is in it: tests/fixtures/make_shop.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "souk/store/store.h"

#include "tests/engine/fixture.h"
#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class Fixture : public ::testing::TestWithParam<fs::path> {
 protected:
  void SetUp() override {
    directory_ = unpacked(GetParam(), folder_.path());
    shop_ = reopened(directory_);
    ASSERT_NE(shop_, nullptr);
  }
  const store::Store& store() const { return shop_->store(); }
  store::Item item(std::string_view key, std::optional<Timestamp> as_of = {}) const {
    return store().item(store().find_item(key).value().value(), as_of).value();
  }

  const TempDir folder_;
  fs::path directory_;
  std::unique_ptr<engine::Shop> shop_;
};

INSTANTIATE_TEST_SUITE_P(EveryVersion, Fixture, ::testing::ValuesIn(fixtures()), [](const auto& version) {
  std::string name = version.param.filename().string();  // "shop-1.tar.gz"
  name = name.substr(0, name.find('.'));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(Fixture, HasTheRecordsItHad) {
  const store::Counts counts = store().counts();
  EXPECT_EQ(counts.items, 7U);
  EXPECT_EQ(counts.stubs, 1U) << "the cup";
  EXPECT_EQ(counts.shoppers, 10U) << "nine households and a visitor";
  EXPECT_EQ(counts.events, 110U);

  EXPECT_EQ(item("honey").offers.at(0).amount.to_string(), "5.50");
  EXPECT_EQ(item("honey", parse_rfc3339("2024-02-01T00:00:00Z").value()).offers.at(0).amount.to_string(), "5.10")
      << "prices keep their history";
  EXPECT_EQ(store().item(store().find_item("soap").value().value()).error().kind, ErrorKind::not_found);
  EXPECT_EQ(item("kettle-red").text.at("de").title, "Wasserkocher");

  const store::Shopper ann = store().shopper(store().find_shopper("h1").value().value()).value();
  EXPECT_EQ(std::get<std::string>(ann.attributes.at("city").at(0)), "Riga");
  EXPECT_FALSE(store().shopper(store().find_shopper("h2").value().value()).value().train);

  std::vector<store::Event> events;
  ASSERT_TRUE(store().for_each_event([&](store::Event&& next) {
    events.push_back(std::move(next));
    return true;
  }));
  ASSERT_EQ(events.size(), 110U);
  EXPECT_EQ(events[108].id, "v1");
  EXPECT_EQ(events[109].kind_name, "wave");
  EXPECT_EQ(events[109].item, "cup");

  std::vector<std::string> served;
  ASSERT_TRUE(store().for_each_served([&](const store::Served& next) {
    served.push_back(next.shelf);
    return true;
  }));
  EXPECT_THAT(served, UnorderedElementsAre("search", "for-you"));
}

TEST_P(Fixture, HasTheReviewsItHad) {
  std::vector<std::string> reviews;
  ASSERT_TRUE(store().for_each_review([&](store::Review&& next) {
    reviews.push_back(next.id + " of " + next.item + " by " + next.shopper);
    return true;
  }));
  if (GetParam().filename() == "shop-1.tar.gz") {
    EXPECT_THAT(reviews, ElementsAre()) << "that version had none";
  } else {
    EXPECT_THAT(reviews, UnorderedElementsAre("r1 of tea by h1", "r2 of honey by "));
  }
}

TEST_P(Fixture, AnswersAsItDid) {
  EXPECT_EQ(shop_->view()->version, "tables-1");
  EXPECT_EQ(shop_->search(query("kettle")).value().total, 1U) << "two colours of one product";
  engine::ShelfRequest basket = ask("complete-the-basket");
  basket.basket = {"tea"};
  basket.k = 1;
  EXPECT_THAT(keys_of(shop_->shelf(basket).value()), ElementsAre("honey"));
  engine::ShelfRequest for_you = ask("for-you");
  for_you.shopper = "h1";
  for_you.k = 2;
  EXPECT_THAT(keys_of(shop_->shelf(for_you).value()), UnorderedElementsAre("tea", "honey"));
}

TEST_P(Fixture, IsSoundAndGoesOn) {
  const auto findings = shop_->doctor(false, Progress::none()).value();
  for (const engine::Finding& one : findings) EXPECT_TRUE(one.ok) << one.what << ": " << one.detail;
  store::Changes changes;
  changes.events = {event("new", "h1", "milk", store::EventKind::purchase, parse_rfc3339("2024-03-02T00:00:00Z").value()),
                    event("v1", "h1", "kettle-red", store::EventKind::view, parse_rfc3339("2024-03-01T09:00:00Z").value())};
  const auto report = shop_->apply(changes).value();
  EXPECT_EQ(report.accepted, 1U);
  EXPECT_EQ(report.duplicates, 1U);
  EXPECT_TRUE(shop_->train(Progress::none()));
  shop_.reset();
  const auto again = reopened(directory_);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->store().counts().events, 111U);
  EXPECT_EQ(again->view()->version, "tables-2");
}

}  // namespace
}  // namespace souk::testing
