// A split that lets models see what they are asked about is refused, whatever its fingerprint says.
#include <gmock/gmock.h>

#include "souk/eval/split.h"

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

using souk::testing::Added;
using souk::testing::make_log;
using souk::testing::random_log;
using ::testing::HasSubstr;
using Kind = SplitRule::Kind;

Split unchecked(const store::Interactions& log, const SplitRule& rule, const FixedParts* parts = nullptr) {
  auto split = make_split(log, rule, 1, parts);
  EXPECT_TRUE(split) << split.error().message();
  return std::move(split).value();
}

std::vector<Added> events_of(const store::Interactions& log) {
  std::vector<Added> events;
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    for (std::size_t i = 0; i < row.size(); ++i) {
      events.push_back({.shopper = shopper,
                        .item = row.items[i],
                        .time = row.times[i],
                        .kind = static_cast<store::EventKind>(row.kinds[i]),
                        .weight = row.weights[i],
                        .order = row.orders[i]});
    }
  }
  return events;
}

// The split with event `event` of a shopper's row in the log among its training events.
Split leak(Split split, std::uint32_t shopper, std::size_t event) {
  std::vector<Added> events = events_of(split.train);
  const auto row = split.log.row(shopper);
  events.push_back({.shopper = shopper,
                    .item = row.items[event],
                    .time = row.times[event],
                    .kind = static_cast<store::EventKind>(row.kinds[event]),
                    .weight = row.weights[event]});
  split.train = make_log(events, split.log.shoppers(), split.log.items(), split.log.timed());
  return split;
}

void expect_refused(const Split& split, const std::string& where, const std::string& what) {
  const Status status = check_split(split);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::invalid);
  EXPECT_EQ(status.error().where, where);
  EXPECT_THAT(status.error().message(), HasSubstr(what));
}

// One shopper's events, a day apart, of different items, and another's who is not asked about by time.
store::Interactions two_shoppers() {
  std::vector<Added> events;
  for (std::uint32_t i = 0; i < 8; ++i) events.push_back({.shopper = 0, .item = i, .time = 100 * kDay + i * kDay});
  for (std::uint32_t i = 0; i < 2; ++i) events.push_back({.shopper = 1, .item = i, .time = 100 * kDay + i * kDay});
  return make_log(events, 2, 8);
}

TEST(CheckSplit, RefusesALeakedEventWithTheOldFingerprintAndWithItsOwn) {
  const auto log = two_shoppers();
  const FixedParts parts{{4, 2}, {6, 2}};
  struct Leak {
    SplitRule rule;
    std::string where;  // the leaked event stands last in the training row
  };
  for (const auto& [rule, where] : {Leak{{.kind = Kind::loo}, "shopper row 0, event 6"},
                                    {{.kind = Kind::loo, .part = Part::validation}, "shopper row 0, event 6"},
                                    {{.kind = Kind::loo, .fit_validation = true}, "shopper row 0, event 7"},
                                    {{.kind = Kind::time, .holdout = 2 * kDay}, "shopper row 0, event 5"},
                                    {{.kind = Kind::last_day}, "shopper row 0, event 7"},
                                    {{.kind = Kind::cold, .holdout = 2 * kDay, .cold_events = 9}, "shopper row 0, event 5"},
                                    {{.kind = Kind::random}, "shopper row 0, event 6"},
                                    {{.kind = Kind::fixed}, "shopper row 0, event 4"}}) {
    Split split = leak(unchecked(log, rule, &parts), 0, 7);
    expect_refused(
        split, where,
        rule.kind == Kind::loo || rule.kind == Kind::random || rule.kind == Kind::fixed ? "not among the events known" : "held-out time");
    split.fingerprint = split_fingerprint(split);
    expect_refused(split, where, "item '");
    split.cut = {};
    split.fingerprint = split_fingerprint(split);
    expect_refused(split, where, "not among the events known before the question");
  }
}

TEST(CheckSplit, RefusesAFutureEventThatLaterCasesOfTheSameShopperKnow) {
  // Sessions after the cut: the first case knows 2 events, the second 4.
  std::vector<Added> events;
  for (const Duration minutes : {-9000, 0, 5, 3000, 3010}) {
    events.push_back({.shopper = 0, .item = static_cast<std::uint32_t>(events.size()), .time = 1000 * kDay + minutes * kMinute});
  }
  const auto log = make_log(events, 1, 5);
  const Split honest = unchecked(log, {.kind = Kind::session, .holdout = 3010 * kMinute});
  ASSERT_EQ(honest.cases.size(), 2U);
  ASSERT_EQ(honest.cases[0].history_events, 2U);
  ASSERT_EQ(honest.cases[1].history_events, 4U);
  EXPECT_TRUE(check_split(honest));
  Split known_to_the_second = leak(honest, 0, 2);
  known_to_the_second.cut = {};
  known_to_the_second.fingerprint = split_fingerprint(known_to_the_second);
  expect_refused(known_to_the_second, "shopper row 0, event 1", "only events among the first 2 of the shopper's");
  Split known_to_both = leak(honest, 0, 1);  // known to every case, and yet of the held-out time
  known_to_both.fingerprint = split_fingerprint(known_to_both);
  expect_refused(known_to_both, "shopper row 0, event 1", "a training event lies in the held-out time");
}

TEST(CheckSplit, RefusesFutureEventsOfShoppersWhoAreNotAskedAbout) {
  const auto view = store::EventKind::view;
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 1},
                             {.shopper = 0, .item = 1, .time = 10},
                             {.shopper = 1, .item = 0, .time = 1},
                             {.shopper = 1, .item = 1, .time = 10, .kind = view}},
                            2, 2);
  const SplitRule rule{.kind = Kind::time, .holdout = 5, .truth_kinds = kind_bit(store::EventKind::purchase)};
  Split split = leak(unchecked(log, rule), 1, 1);
  split.fingerprint = split_fingerprint(split);
  expect_refused(split, "shopper row 1, event 1", "held-out time");
}

TEST(CheckSplit, RefusesEveryEventThatIsHeldOut) {
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    const auto log = random_log(seed, 12, 30, 10);
    for (const Kind kind : {Kind::loo, Kind::time, Kind::session, Kind::random}) {
      const Split split = unchecked(log, {.kind = kind, .holdout = 4 * kDay});
      for (const Case& one : split.cases) {
        for (std::size_t event = one.history_events; event < split.log.row(one.shopper).size(); ++event) {
          // An event like one that is known and not trained on tells a model nothing that the case does not know.
          const auto row = split.log.row(one.shopper);
          const auto known = row.items.first(one.history_events);
          if (std::ranges::find(known, row.items[event]) != known.end()) continue;
          Split leaking = leak(split, one.shopper, event);
          leaking.fingerprint = split_fingerprint(leaking);
          ASSERT_FALSE(check_split(leaking)) << "shopper " << one.shopper << " event " << event;
        }
      }
    }
  }
}

TEST(CheckSplit, RefusesToStopTrainingByWhatItTrainsOn) {
  Split split = unchecked(two_shoppers(), {});
  ASSERT_EQ(split.validation.size(), 1U);
  ASSERT_EQ(split.validation[0].history_events, 6U);
  split = leak(std::move(split), 0, 6);  // the validation event: known to the case that is asked about
  split.fingerprint = split_fingerprint(split);
  expect_refused(split, "shopper row 0, event 6", "only events among the first 6 of the shopper's");
}

TEST(CheckSplit, RefusesEventsThatTheLogDoesNotHave) {
  const auto log = two_shoppers();
  Split split = unchecked(log, {});
  std::vector<Added> events = events_of(split.train);
  events.back().weight = 2;
  split.train = make_log(events, 2, 8);
  split.fingerprint = split_fingerprint(split);
  expect_refused(split, "shopper row 1, event 1", "not among the events known");
  split.train = make_log(events, 3, 8);
  split.fingerprint = split_fingerprint(split);
  expect_refused(split, "train", "expected 2 shoppers and 8 items, found 3 shoppers");
}

TEST(CheckSplit, RefusesAFingerprintThatIsNotItsOwn) {
  Split split = unchecked(two_shoppers(), {});
  split.cases[0].truth = {3};
  expect_refused(split, "fingerprint", "not that of its contents");
  split = unchecked(two_shoppers(), {});
  split.rule += ", honestly";
  expect_refused(split, "fingerprint", "not that of its contents");
  split = unchecked(two_shoppers(), {.kind = Kind::time});
  split.cut = *split.cut + kDay;
  expect_refused(split, "fingerprint", "not that of its contents");
}

TEST(CheckSplit, RefusesCasesBeyondTheLog) {
  const Split split = unchecked(two_shoppers(), {});
  const auto with = [&](const Case& one) {
    Split other = split;
    other.cases = {one};
    other.fingerprint = split_fingerprint(other);
    return other;
  };
  expect_refused(with({2, 0, {1}}), "shopper row 2", "expected a row below 2");
  expect_refused(with({0, 9, {1}}), "shopper row 0, event 8", "expected at most 8 known events, found 9");
  expect_refused(with({0, 7, {8}}), "shopper row 0, event 7", "expected an item row below 8, found 8");
  expect_refused(with({0, 7, {3, 3}}), "shopper row 0, event 7", "each once");
}

}  // namespace
}  // namespace souk::eval
