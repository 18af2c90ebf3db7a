// Every described data set, as its publishers count it: imported into a shop, and read as a log.
#include <fstream>
#include <gmock/gmock.h>
#include <numeric>

#include "souk/feeds/research.h"

#include "tests/support/data.h"

namespace souk::feeds {
namespace {

struct Counted {
  std::string name;
  std::uint32_t shoppers, items;  // of the log
  std::uint64_t events, validation, test;
  // Items with a record of their own; the other items of events are stubs. Equal rows in two files are one event of a shop.
  std::uint64_t shop_items, shop_events;
};
void PrintTo(const Counted& set, std::ostream* out) {
  *out << set.name;
}

class Sets : public ::testing::TestWithParam<Counted> {
 protected:
  void SetUp() override {
    const auto set = Descriptor::load(souk::testing::data_recipe(GetParam().name));
    ASSERT_TRUE(set) << set.error().message();
    set_ = *set;
    for (const DataFile& file : set_.files) SOUK_NEEDS_DATA(file.path);
  }
  Descriptor set_;
};

TEST_P(Sets, AreReadAsALog) {
  const auto set = read_set(set_, testing::data_dir(), 2, Progress::none());
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ(set->log.shoppers(), GetParam().shoppers);
  EXPECT_EQ(set->log.items(), GetParam().items);
  EXPECT_EQ(set->log.events(), GetParam().events);
  std::uint64_t validation = 0, test = 0;
  for (std::uint32_t row = 0; row < set->first_test.size(); ++row) {
    const bool known_case = set->first_validation[row] == 0;
    if (!known_case) validation += set->first_test[row] - set->first_validation[row];
    test += set->log.row(row).size() - set->first_test[row];
  }
  EXPECT_EQ(validation, GetParam().validation);
  EXPECT_EQ(test, GetParam().test);
}

TEST_P(Sets, AreImportedIntoAShop) {
  const testing::TempDir dir;
  auto store = store::Store::create(dir / "store").value();
  const auto report = import_descriptor(*store, dir / "rejects", set_, testing::data_dir(), 2, Progress::none());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->applied);
  EXPECT_EQ(report->rejected, 0U) << report->to_json();
  const store::Counts counts = store->counts();
  EXPECT_EQ(counts.items, GetParam().shop_items);
  EXPECT_EQ(counts.events, GetParam().shop_events);
}

INSTANTIATE_TEST_SUITE_P(Shared, Sets,
                         ::testing::Values(Counted{"amazon-s3rec-beauty", 22363, 12101, 198502, 0, 0, 12101, 198502},
                                           Counted{"amazon-s3rec-sports", 35598, 18357, 296337, 0, 0, 18357, 296337},
                                           Counted{"beauty-text", 22332, 12086, 198215, 22332, 22332, 12086, 198215},
                                           Counted{"beauty-bert4rec", 40226, 54542, 353962, 0, 0, 0, 353962},
                                           Counted{"amazon-minionerec-office", 9732, 3317, 55710, 0, 4866, 3459, 9727},
                                           Counted{"amazon-minionerec-industrial", 9065, 3541, 52573, 0, 4533, 3686, 9064},
                                           Counted{"amazon-mmrec-baby", 19445, 7050, 160792, 20559, 21682, 0, 160792},
                                           Counted{"amazon-mmrec-sports", 35598, 18357, 296337, 37899, 40029, 0, 296337},
                                           Counted{"gowalla", 29858, 40981, 1027370, 0, 217242, 0, 1027370},
                                           Counted{"diginetica", 247528, 43097, 1212544, 18667, 60858, 0, 906140},
                                           Counted{"retailrocket-mb", 2174, 30113, 99555, 0, 2174, 0, 97381},
                                           Counted{"bundle-recommendation-clothing", 965, 4487, 4653, 0, 0, 4487, 4653},
                                           Counted{"bundle-recommendation-electronic", 888, 3499, 4461, 0, 0, 3499, 4461},
                                           Counted{"bundle-recommendation-food", 879, 3767, 4619, 0, 0, 3767, 4619},
                                           Counted{"lastfm-star", 1801, 7123, 76693, 11891, 11892, 7432, 76693},
                                           Counted{"complete-journey-sample", 2377, 20902, 75000, 0, 0, 92331, 77102},
                                           Counted{"cdnow", 23570, 1, 69659, 0, 0, 0, 69659},
                                           Counted{"groceries", 9835, 169, 43367, 0, 0, 169, 43367},
                                           Counted{"rent-the-runway", 105571, 5850, 192544, 0, 0, 5850, 192544}),
                         [](const auto& set) {
                           std::string name = set.param.name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(SharedSets, HaveDescriptorsThatCanBeRead) {
  for (const auto& entry : fs::directory_iterator(fs::path(SOUK_SOURCE_DIR) / "recipes" / "data")) {
    const auto set = Descriptor::load(entry.path());
    EXPECT_TRUE(set) << set.error().message();
  }
}

}  // namespace
}  // namespace souk::feeds
