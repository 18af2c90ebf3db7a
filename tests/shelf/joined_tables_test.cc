// Count tables joined to a shop's ids.
#include <cmath>
#include <gmock/gmock.h>

#include "tests/support/fake_shop.h"

namespace souk::shelf {
namespace {

using souk::testing::fit_tables;
using souk::testing::make_sequences;
using ::testing::ElementsAre;

TEST(JoinedTables, TranslateRowsAndIdsBothWays) {
  const JoinedTables joined(fit_tables(make_sequences({{0, 1, 2}}, 3), {ItemId{8}, ItemId{2}, ItemId{5}}));
  EXPECT_EQ(joined.item(0), ItemId{8});
  EXPECT_EQ(joined.row(ItemId{2}), 1U);
  EXPECT_EQ(joined.row(ItemId{5}), 2U);
  EXPECT_EQ(joined.row(ItemId{3}), JoinedTables::kNoRow);
  EXPECT_EQ(joined.row(ItemId{1000}), JoinedTables::kNoRow);
  EXPECT_EQ(joined.row(kNoItem), JoinedTables::kNoRow);
}

TEST(JoinedTables, ScalePopularityByTheLogarithmOfTheMostPopular) {
  const JoinedTables joined(fit_tables(make_sequences({{0, 0, 0, 2}}, 3), {ItemId{4}, ItemId{1}, ItemId{2}}));
  EXPECT_FLOAT_EQ(joined.popularity(ItemId{4}), 1.0F);
  EXPECT_FLOAT_EQ(joined.popularity(ItemId{2}), std::log1p(1.0F) / std::log1p(3.0F));
  EXPECT_EQ(joined.popularity(ItemId{1}), 0);    // no event
  EXPECT_EQ(joined.popularity(ItemId{3}), 0);    // of no row
  EXPECT_EQ(joined.popularity(ItemId{999}), 0);  // newer than the tables
  EXPECT_EQ(joined.popularity().size(), 5U);
}

TEST(JoinedTables, OrderRowsBestFirstWithoutTheUnchosen) {
  const JoinedTables joined(fit_tables(make_sequences({{3, 3, 1, 2}}, 5)));
  EXPECT_THAT(joined.by_popular(), ElementsAre(3, 1, 2));
}

TEST(JoinedTables, OfNoEventsAreEmpty) {
  const JoinedTables joined{index::Tables()};
  EXPECT_TRUE(joined.by_popular().empty());
  EXPECT_TRUE(joined.popularity().empty());
  EXPECT_EQ(joined.row(ItemId{0}), JoinedTables::kNoRow);
}

TEST(JoinedTables, LeaveOutRowsThatAreNoItemsOfTheShop) {
  const JoinedTables joined(fit_tables(make_sequences({{0, 1}}, 2), {kNoItem, ItemId{1}}));
  EXPECT_EQ(joined.row(kNoItem), JoinedTables::kNoRow);
  EXPECT_EQ(joined.row(ItemId{1}), 1U);
  EXPECT_EQ(joined.popularity().size(), 2U);
}

}  // namespace
}  // namespace souk::shelf
