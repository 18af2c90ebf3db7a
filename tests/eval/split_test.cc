#include "souk/eval/split.h"

#include <gmock/gmock.h>

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

using souk::testing::make_log;
using souk::testing::make_sequences;
using ::testing::ElementsAre;

TEST(LeaveOneOut, AsksForTheLastEventKnowingAllBeforeIt) {
  const auto log = make_sequences({{0, 1, 2, 3}, {4, 5}, {2, 1, 0}}, 6);
  const auto split = leave_one_out(log, Part::test);
  ASSERT_TRUE(split) << split.error().message();
  ASSERT_EQ(split->cases.size(), 2U);  // two events are too few
  EXPECT_EQ(split->cases[0].shopper, 0U);
  EXPECT_EQ(split->cases[0].history_events, 3U);
  EXPECT_THAT(split->cases[0].truth, ElementsAre(3));
  EXPECT_EQ(split->cases[1].shopper, 2U);
  EXPECT_THAT(split->cases[1].truth, ElementsAre(0));
}

TEST(LeaveOneOut, TrainsWithoutValidationAndTestOnTheSameRows) {
  const auto log = make_sequences({{0, 1, 2, 3}, {4, 5}, {2, 1, 0}}, 6);
  for (const Part part : {Part::validation, Part::test}) {
    const auto split = leave_one_out(log, part);
    ASSERT_TRUE(split);
    EXPECT_EQ(split->train.shoppers(), 3U);
    EXPECT_EQ(split->train.items(), 6U);
    EXPECT_EQ(split->train.item_keys().key(5), "i5");
    EXPECT_THAT(split->train.row(0).items, ElementsAre(0, 1));
    EXPECT_THAT(split->train.row(1).items, ElementsAre(4, 5));
    EXPECT_THAT(split->train.row(2).items, ElementsAre(2));
  }
}

TEST(LeaveOneOut, ValidationNeverSeesTest) {
  const auto log = make_sequences({{0, 1, 2, 3}}, 4);
  const auto split = leave_one_out(log, Part::validation);
  ASSERT_TRUE(split);
  ASSERT_EQ(split->cases.size(), 1U);
  EXPECT_EQ(split->cases[0].history_events, 2U);
  EXPECT_THAT(split->cases[0].truth, ElementsAre(2));
}

TEST(LeaveOneOut, KeepsWhatAnEventCarries) {
  const auto log = make_log({{.shopper = 0, .item = 1, .time = 5, .kind = store::EventKind::view, .weight = 0.25F, .order = 3},
                             {.shopper = 0, .item = 0, .time = 6},
                             {.shopper = 0, .item = 1, .time = 7}},
                            1, 2);
  const auto split = leave_one_out(log, Part::test);
  ASSERT_TRUE(split);
  const auto row = split->train.row(0);
  ASSERT_EQ(row.size(), 1U);
  EXPECT_EQ(row.times[0], 5);
  EXPECT_EQ(row.kinds[0], static_cast<std::uint8_t>(store::EventKind::view));
  EXPECT_FLOAT_EQ(row.weights[0], 0.25F);
  EXPECT_NE(row.orders[0], 0U);
  EXPECT_TRUE(split->train.timed());
}

TEST(AtTime, HoldsOutEverythingFromTheCutOn) {
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 10},
                             {.shopper = 0, .item = 3, .time = 20},
                             {.shopper = 0, .item = 1, .time = 20},
                             {.shopper = 0, .item = 3, .time = 25},
                             {.shopper = 0, .item = 2, .time = 30, .kind = store::EventKind::view},
                             {.shopper = 1, .item = 1, .time = 30},
                             {.shopper = 2, .item = 1, .time = 10},
                             {.shopper = 2, .item = 0, .time = 21, .kind = store::EventKind::view}},
                            3, 4);
  const auto split = at_time(log, 20, kind_bit(store::EventKind::purchase));
  ASSERT_TRUE(split) << split.error().message();
  ASSERT_EQ(split->cases.size(), 2U);  // shopper 2 bought nothing after the cut
  EXPECT_EQ(split->cases[0].history_events, 1U);
  EXPECT_THAT(split->cases[0].truth, ElementsAre(1, 3));  // ascending, each once, purchases only
  EXPECT_EQ(split->cases[1].shopper, 1U);
  EXPECT_EQ(split->cases[1].history_events, 0U);
  EXPECT_EQ(split->train.events(), 2U);
}

TEST(AtTime, RefusesAnUntimedLog) {
  const auto split = at_time(make_sequences({{0, 1, 2}}, 3), 5, kind_bit(store::EventKind::purchase));
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().kind, ErrorKind::unsupported);
}

TEST(Split, FingerprintTellsSplitsApart) {
  const auto log = make_sequences({{0, 1, 2, 3}, {3, 2, 1}}, 4);
  const auto other = make_sequences({{0, 1, 3, 2}, {3, 2, 1}}, 4);
  const auto one = leave_one_out(log, Part::test), again = leave_one_out(log, Part::test);
  ASSERT_TRUE(one && again);
  EXPECT_EQ(one->fingerprint, again->fingerprint);
  EXPECT_NE(one->fingerprint, leave_one_out(log, Part::validation)->fingerprint);
  EXPECT_NE(one->fingerprint, leave_one_out(other, Part::test)->fingerprint);
}

}  // namespace
}  // namespace souk::eval
