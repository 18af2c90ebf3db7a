// Splits: hand-made examples of every rule, then every rule against a naive reading of its definition over random logs.
#include "souk/eval/split.h"

#include <gmock/gmock.h>
#include <map>
#include <set>

#include "tests/support/logs.h"

namespace souk::eval {
namespace {

using souk::testing::Added;
using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::random_log;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = SplitRule::Kind;

constexpr std::uint32_t kPurchases = kind_bit(store::EventKind::purchase);

Split split_of(const store::Interactions& log, const SplitRule& rule, std::uint64_t seed = 1, const FixedParts* parts = nullptr) {
  auto split = make_split(log, rule, seed, parts);
  EXPECT_TRUE(split) << split.error().message();
  if (!split) return {};
  const Status status = check_split(*split);
  EXPECT_TRUE(status) << status.error().message();
  return std::move(*split);
}

TEST(LeaveOneOut, AsksForTheLastEventKnowingAllBeforeIt) {
  const auto log = make_sequences({{0, 1, 2, 3}, {4, 5}, {2, 1, 0}}, 6);
  const Split split = split_of(log, {});
  ASSERT_EQ(split.cases.size(), 2U);  // two events are too few
  EXPECT_EQ(split.cases[0].shopper, 0U);
  EXPECT_EQ(split.cases[0].history_events, 3U);
  EXPECT_THAT(split.cases[0].truth, ElementsAre(3));
  EXPECT_EQ(split.cases[1].shopper, 2U);
  EXPECT_THAT(split.cases[1].truth, ElementsAre(0));
}

TEST(LeaveOneOut, TrainsWithoutValidationAndTestOnTheSameRows) {
  const auto log = make_sequences({{0, 1, 2, 3}, {4, 5}, {2, 1, 0}}, 6);
  for (const Part part : {Part::validation, Part::test}) {
    const Split split = split_of(log, {.part = part});
    EXPECT_EQ(split.train.shoppers(), 3U);
    EXPECT_EQ(split.train.items(), 6U);
    EXPECT_EQ(split.train.item_keys().key(5), "i5");
    EXPECT_THAT(split.train.row(0).items, ElementsAre(0, 1));
    EXPECT_THAT(split.train.row(1).items, ElementsAre(4, 5));
    EXPECT_THAT(split.train.row(2).items, ElementsAre(2));
  }
}

TEST(LeaveOneOut, FitsTheValidationEventOnlyForTestAndOnlyWhenAsked) {
  const auto log = make_sequences({{0, 1, 2, 3}}, 4);
  EXPECT_THAT(split_of(log, {.fit_validation = true}).train.row(0).items, ElementsAre(0, 1, 2));
  EXPECT_THAT(split_of(log, {.part = Part::validation, .fit_validation = true}).train.row(0).items, ElementsAre(0, 1));
}

TEST(LeaveOneOut, ValidationNeverSeesTest) {
  const auto log = make_sequences({{0, 1, 2, 3}}, 4);
  const Split split = split_of(log, {.part = Part::validation});
  ASSERT_EQ(split.cases.size(), 1U);
  EXPECT_EQ(split.cases[0].history_events, 2U);
  EXPECT_THAT(split.cases[0].truth, ElementsAre(2));
}

TEST(LeaveOneOut, HoldsOutTheLastEventsOfTheKindsAskedAbout) {
  const auto view = store::EventKind::view;
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 1},
                             {.shopper = 0, .item = 1, .time = 2},
                             {.shopper = 0, .item = 2, .time = 3, .kind = view},
                             {.shopper = 0, .item = 3, .time = 4},
                             {.shopper = 0, .item = 4, .time = 5, .kind = view},
                             {.shopper = 1, .item = 0, .time = 1},
                             {.shopper = 1, .item = 1, .time = 2},
                             {.shopper = 1, .item = 1, .time = 3, .kind = view}},
                            2, 5);
  const Split split = split_of(log, {.truth_kinds = kPurchases});
  ASSERT_EQ(split.cases.size(), 1U) << "shopper 1's validation purchase would have nothing before it";
  EXPECT_THAT(split.cases[0].truth, ElementsAre(3));
  EXPECT_EQ(split.cases[0].history_events, 3U);
  EXPECT_THAT(split.train.row(0).items, ElementsAre(0));
  EXPECT_EQ(split.train.row(1).size(), 3U);
}

TEST(LeaveOneOut, KeepsWhatAnEventCarries) {
  const auto log = make_log({{.shopper = 0, .item = 1, .time = 5, .kind = store::EventKind::view, .weight = 0.25F, .order = 3},
                             {.shopper = 0, .item = 0, .time = 6},
                             {.shopper = 0, .item = 1, .time = 7}},
                            1, 2);
  const Split split = split_of(log, {});
  const auto row = split.train.row(0);
  ASSERT_EQ(row.size(), 1U);
  EXPECT_EQ(row.times[0], 5);
  EXPECT_EQ(row.kinds[0], static_cast<std::uint8_t>(store::EventKind::view));
  EXPECT_FLOAT_EQ(row.weights[0], 0.25F);
  EXPECT_NE(row.orders[0], 0U);
  EXPECT_TRUE(split.train.timed());
}

TEST(LeaveOneOut, CountsCasesThatOnlyTheLogsOrderDecides) {
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 1},
                             {.shopper = 0, .item = 1, .time = 2},
                             {.shopper = 0, .item = 2, .time = 2},
                             {.shopper = 1, .item = 0, .time = 1},
                             {.shopper = 1, .item = 1, .time = 2},
                             {.shopper = 1, .item = 2, .time = 3}},
                            2, 3);
  const Split split = split_of(log, {});
  EXPECT_EQ(split.tied, 1U);
  EXPECT_THAT(split.rule, HasSubstr("equal times in the order they came (1 of 2 cases)"));
  EXPECT_THAT(split.cases[0].truth, ElementsAre(2));
}

TEST(ByTime, HoldsOutEverythingFromTheCutOn) {
  const auto view = store::EventKind::view;
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 10},
                             {.shopper = 0, .item = 3, .time = 20},
                             {.shopper = 0, .item = 1, .time = 20},
                             {.shopper = 0, .item = 3, .time = 25},
                             {.shopper = 0, .item = 2, .time = 30, .kind = view},
                             {.shopper = 1, .item = 1, .time = 30},
                             {.shopper = 2, .item = 1, .time = 10},
                             {.shopper = 2, .item = 0, .time = 21, .kind = view}},
                            3, 4);
  const Split split = split_of(log, {.kind = Kind::time, .holdout = 10, .truth_kinds = kPurchases});
  ASSERT_EQ(split.cases.size(), 2U);  // shopper 2 bought nothing after the cut
  EXPECT_EQ(split.cases[0].history_events, 1U);
  EXPECT_THAT(split.cases[0].truth, ElementsAre(1, 3));  // ascending, each once, purchases only
  EXPECT_EQ(split.cases[1].shopper, 1U);
  EXPECT_EQ(split.cases[1].history_events, 0U);
  EXPECT_EQ(split.train.events(), 2U);
  EXPECT_EQ(split.cut, 20);
}

TEST(ByTime, ValidatesOnTheStretchBeforeAndLeavesTestOut) {
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 5},
                             {.shopper = 0, .item = 1, .time = 10},
                             {.shopper = 0, .item = 2, .time = 19},
                             {.shopper = 0, .item = 3, .time = 20},
                             {.shopper = 0, .item = 4, .time = 30}},
                            1, 5);
  const Split split = split_of(log, {.kind = Kind::time, .holdout = 10, .part = Part::validation});
  ASSERT_EQ(split.cases.size(), 1U);
  EXPECT_THAT(split.cases[0].truth, ElementsAre(1, 2));
  EXPECT_THAT(split.train.row(0).items, ElementsAre(0));
}

TEST(LastDay, BeginsAtMidnightUtc) {
  const Timestamp noon = 1'600'000'000'000 / kDay * kDay + 12 * kHour;
  const auto log = make_log({{.shopper = 0, .item = 0, .time = noon - 2 * kDay},
                             {.shopper = 0, .item = 1, .time = noon - 12 * kHour - 1},
                             {.shopper = 0, .item = 2, .time = noon - 12 * kHour},
                             {.shopper = 0, .item = 3, .time = noon}},
                            1, 4);
  const Split test = split_of(log, {.kind = Kind::last_day}),
              validation = split_of(log, {.kind = Kind::last_day, .part = Part::validation});
  EXPECT_THAT(test.cases.at(0).truth, ElementsAre(2, 3));
  EXPECT_THAT(validation.cases.at(0).truth, ElementsAre(1));
  EXPECT_THAT(validation.train.row(0).items, ElementsAre(0));
}

TEST(BySession, AsksForEachNextItemOfTheSessionsBegunAfterTheMoment) {
  const Timestamp start = 1000 * kDay;
  std::vector<Added> events{{.shopper = 0, .item = 0, .time = start - 5 * kDay}};
  const auto add = [&](std::uint32_t item, Duration after, std::uint64_t order = 0) {
    events.push_back({.shopper = 0, .item = item, .time = start + after, .order = order});
  };
  add(1, -10 * kMinute);  // this session began before the moment: known later, never asked about
  add(2, 10 * kMinute);
  add(3, kDay);  // begins
  add(4, kDay + 30 * kMinute);
  add(5, kDay + 30 * kMinute, 7);  // still the same session
  add(6, kDay + 31 * kMinute, 8);  // another order: begins
  add(7, kDay + 90 * kMinute, 8);  // the same order, however long it took
  add(8, kDay + 3 * kHour);        // begins, and ends
  add(9, 2 * kDay);
  const auto log = make_log(events, 1, 10);
  const Split split = split_of(log, {.kind = Kind::session, .holdout = 2 * kDay});
  std::vector<std::pair<std::uint64_t, std::uint32_t>> asked;
  for (const Case& one : split.cases) asked.emplace_back(one.history_events, one.truth.at(0));
  EXPECT_THAT(asked, ElementsAre(std::pair(4, 4), std::pair(5, 5), std::pair(7, 7)));
  EXPECT_EQ(split.tied, 1U);
  EXPECT_THAT(split.train.row(0).items, ElementsAre(0, 1));
}

TEST(Cold, AsksOnlyAboutItemsWithFewTrainingEvents) {
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 1},
                             {.shopper = 1, .item = 0, .time = 1},
                             {.shopper = 1, .item = 1, .time = 1},
                             {.shopper = 0, .item = 0, .time = 10},
                             {.shopper = 0, .item = 1, .time = 10},
                             {.shopper = 0, .item = 2, .time = 10},
                             {.shopper = 1, .item = 0, .time = 10}},
                            2, 3);
  const Split none = split_of(log, {.kind = Kind::cold, .holdout = 5}),
              one = split_of(log, {.kind = Kind::cold, .holdout = 5, .cold_events = 1});
  ASSERT_EQ(none.cases.size(), 1U);
  EXPECT_THAT(none.cases[0].truth, ElementsAre(2));
  ASSERT_EQ(one.cases.size(), 1U);
  EXPECT_THAT(one.cases[0].truth, ElementsAre(1, 2));
}

TEST(Fixed, TakesThePartsAsTheyCame) {
  const auto log = make_sequences({{0, 1, 2, 3, 4}, {5, 6, 0}, {}}, 7);
  const FixedParts parts{{2, 3, 0}, {3, 3, 0}};
  const Split test = split_of(log, {.kind = Kind::fixed}, 1, &parts);
  ASSERT_EQ(test.cases.size(), 1U);
  EXPECT_EQ(test.cases[0].history_events, 3U);
  EXPECT_THAT(test.cases[0].truth, ElementsAre(3, 4));
  EXPECT_THAT(test.train.row(0).items, ElementsAre(0, 1));
  EXPECT_THAT(split_of(log, {.kind = Kind::fixed, .fit_validation = true}, 1, &parts).train.row(0).items, ElementsAre(0, 1, 2));
  const Split validation = split_of(log, {.kind = Kind::fixed, .part = Part::validation}, 1, &parts);
  EXPECT_THAT(validation.cases.at(0).truth, ElementsAre(2));
  EXPECT_EQ(validation.cases.at(0).history_events, 2U);
}

TEST(Fixed, NeitherTrainsOnNorAsksWhatIsKnownOfAQuestionAlone) {
  const auto log = make_sequences({{0, 1, 2, 3}, {4, 5, 6}}, 7);  // the second: a session cut before its last item
  const FixedParts parts{{3, 0}, {4, 2}};
  for (const bool fit_validation : {false, true}) {
    const Split test = split_of(log, {.kind = Kind::fixed, .fit_validation = fit_validation}, 1, &parts);
    ASSERT_EQ(test.cases.size(), 1U);
    EXPECT_EQ(test.cases[0].history_events, 2U);
    EXPECT_THAT(test.cases[0].truth, ElementsAre(6));
    EXPECT_EQ(test.train.row(1).size(), 0U);
    EXPECT_EQ(test.train.row(0).size(), fit_validation ? 4U : 3U);
  }
  const Split validation = split_of(log, {.kind = Kind::fixed, .part = Part::validation}, 1, &parts);
  ASSERT_EQ(validation.cases.size(), 1U);
  EXPECT_EQ(validation.cases[0].shopper, 0U);
}

TEST(RandomRule, PutsRowsInTheOrderTrainingValidationTest) {
  const auto log = random_log(5, 60, 40, 8);
  const SplitRule rule{.kind = Kind::random, .share = 0.2};
  const Split test = split_of(log, rule, 7);
  SplitRule other = rule;
  other.part = Part::validation;
  const Split validation = split_of(log, other, 7);
  EXPECT_EQ(test.log.fingerprint(), validation.log.fingerprint()) << "both parts are of one division";
  EXPECT_NE(test.log.fingerprint(), split_of(log, rule, 8).log.fingerprint());
  EXPECT_FALSE(test.log.timed());
  const auto in_log_order = [&](std::uint32_t shopper, std::span<const std::uint32_t> part) {
    const auto whole = log.row(shopper).items;
    auto at = whole.begin();
    for (const std::uint32_t item : part) {
      at = std::find(at, whole.end(), item);
      if (at == whole.end()) return false;
      ++at;
    }
    return true;
  };
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const std::size_t size = log.row(shopper).size();
    const std::size_t held =
        size < 3 ? 0 : std::clamp<std::size_t>(static_cast<std::size_t>(0.2 * static_cast<double>(size) + 0.5), 1, (size - 1) / 2);
    const auto row = test.log.row(shopper).items;
    std::vector<std::uint32_t> before(log.row(shopper).items.begin(), log.row(shopper).items.end()), after(row.begin(), row.end());
    EXPECT_TRUE(std::ranges::is_permutation(before, after));
    EXPECT_EQ(test.train.row(shopper).size(), size - 2 * held);
    EXPECT_TRUE(in_log_order(shopper, row.first(size - 2 * held)));
    EXPECT_TRUE(in_log_order(shopper, row.subspan(size - 2 * held, held)));
    EXPECT_TRUE(in_log_order(shopper, row.last(held)));
  }
  for (const Case& one : test.cases) {
    const auto row = test.log.row(one.shopper).items.subspan(one.history_events);
    const std::set<std::uint32_t> distinct(row.begin(), row.end());
    EXPECT_EQ(one.truth, std::vector<std::uint32_t>(distinct.begin(), distinct.end()));
  }
}

TEST(RandomRule, HoldsOutEachEventAboutEquallyOften) {
  const auto log = make_sequences({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}, 10);
  std::map<std::uint32_t, int> test, validation;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Split split = split_of(log, {.kind = Kind::random}, seed);
    ++test[split.cases.at(0).truth.at(0)];
    ++validation[split.log.row(0).items[8]];
  }
  for (std::uint32_t item = 0; item < 10; ++item) {
    EXPECT_NEAR(test[item], 50, 30) << item;  // more than four deviations
    EXPECT_NEAR(validation[item], 50, 30) << item;
  }
}

// ---- Every rule as its definition reads, one event at a time.

struct Expected {
  std::vector<std::vector<std::uint32_t>> train;  // items by shopper
  std::vector<Case> cases;
};

struct Moments {
  Timestamp begin = 0, end = 0;  // asked about: begin <= time < end
};
Moments moments(const store::Interactions& log, const SplitRule& rule) {
  Timestamp first = std::numeric_limits<Timestamp>::max(), last = std::numeric_limits<Timestamp>::min();
  for (const Timestamp time : log.event_times()) first = std::min(first, time), last = std::max(last, time);
  Timestamp begin = last - (rule.holdout > 0 ? rule.holdout : (last - first) / 10);
  Duration length = last - begin;
  if (rule.kind == Kind::last_day) {
    begin = last / kDay * kDay;
    length = kDay;
  }
  return rule.part == Part::test ? Moments{begin, last + 1} : Moments{begin - length, begin};
}

Expected expected_of(const store::Interactions& log, const SplitRule& rule) {
  Expected expected;
  expected.train.resize(log.shoppers());
  const Moments asked = rule.kind == Kind::loo ? Moments{} : moments(log, rule);
  const auto within = [&](Timestamp time) { return time >= asked.begin && time < asked.end; };
  std::map<std::uint32_t, std::uint32_t> trained;
  for (const Timestamp& time : log.event_times()) {
    if (rule.kind != Kind::loo && time < asked.begin)
      ++trained[log.event_items()[static_cast<std::size_t>(&time - log.event_times().data())]];
  }
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    const auto truth_kind = [&](std::size_t i) { return (rule.truth_kinds & (1U << row.kinds[i])) != 0; };
    if (rule.kind == Kind::loo) {
      std::vector<std::size_t> places;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (truth_kind(i)) places.push_back(i);
      }
      const bool asks = places.size() >= 2 && places[places.size() - 2] >= 1;
      const std::size_t validation = asks ? places[places.size() - 2] : row.size(), test = asks ? places.back() : row.size();
      const std::size_t trains = rule.fit_validation && rule.part == Part::test ? test : validation;
      for (std::size_t i = 0; i < trains; ++i) expected.train[shopper].push_back(row.items[i]);
      const std::size_t place = rule.part == Part::test ? test : validation;
      if (asks) expected.cases.push_back({shopper, place, {row.items[place]}});
      continue;
    }
    std::set<std::uint32_t> truth;
    std::uint64_t known = 0;
    Timestamp session_begin = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row.times[i] < asked.begin) {
        expected.train[shopper].push_back(row.items[i]);
        ++known;
      }
      const bool two_orders = i > 0 && row.orders[i] != 0 && row.orders[i - 1] != 0;
      const bool goes_on = i > 0 && (two_orders ? row.orders[i] == row.orders[i - 1] : row.times[i] - row.times[i - 1] <= 30 * kMinute);
      if (!goes_on) session_begin = row.times[i];
      if (!within(row.times[i]) || !truth_kind(i)) continue;
      if (rule.kind == Kind::session) {
        if (goes_on && within(session_begin)) expected.cases.push_back({shopper, i, {row.items[i]}});
      } else if (rule.kind != Kind::cold || trained[row.items[i]] <= rule.cold_events) {
        truth.insert(row.items[i]);
      }
    }
    if (!truth.empty()) expected.cases.push_back({shopper, known, {truth.begin(), truth.end()}});
  }
  return expected;
}

TEST(EveryRule, EqualsItsDefinitionOnRandomLogs) {
  std::size_t cases = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    // Means of 2 give shoppers without events and with too few; baskets share their time.
    const auto log = random_log(seed, 40, 15, seed % 2 == 0 ? 2 : 12);
    for (const Kind kind : {Kind::loo, Kind::time, Kind::last_day, Kind::session, Kind::cold}) {
      for (const Part part : {Part::validation, Part::test}) {
        for (const Duration holdout : {Duration{0}, kDay, 3 * kDay}) {
          for (const std::uint32_t kinds : {kEveryKind, kPurchases}) {
            const SplitRule rule{.kind = kind,
                                 .holdout = holdout,
                                 .cold_events = static_cast<std::uint32_t>(seed % 4),
                                 .part = part,
                                 .fit_validation = seed % 3 == 0,
                                 .truth_kinds = kinds};
            const Expected expected = expected_of(log, rule);
            std::size_t trained = 0;
            for (const auto& row : expected.train) trained += row.size();
            const auto split = make_split(log, rule);
            ASSERT_EQ(split.has_value(), trained > 0 && !expected.cases.empty()) << rule.text();
            if (!split) continue;
            ASSERT_TRUE(check_split(*split)) << check_split(*split).error().message();
            ASSERT_EQ(split->cases.size(), expected.cases.size()) << rule.text() << " seed " << seed;
            std::uint64_t tied = 0;
            for (std::size_t i = 0; i < expected.cases.size(); ++i) {
              const Case &made = split->cases[i], &wanted = expected.cases[i];
              ASSERT_EQ(made.shopper, wanted.shopper);
              ASSERT_EQ(made.history_events, wanted.history_events);
              ASSERT_EQ(made.truth, wanted.truth);
              const auto row = log.row(made.shopper);
              if ((kind == Kind::loo || kind == Kind::session) && row.times[made.history_events] == row.times[made.history_events - 1])
                ++tied;
            }
            ASSERT_EQ(split->tied, tied);
            for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
              const auto row = split->train.row(shopper).items;
              ASSERT_EQ(std::vector<std::uint32_t>(row.begin(), row.end()), expected.train[shopper]);
            }
            cases += expected.cases.size();
          }
        }
      }
    }
  }
  EXPECT_GT(cases, 5000U);
}

// ---- What training may be stopped by.

TEST(Validation, IsTheValidationPartsWhereTrainingLeavesItOut) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto log = random_log(seed, 40, 15, seed % 2 == 0 ? 3 : 12);
    FixedParts parts;
    for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
      const std::uint64_t size = log.row(shopper).size();
      parts.first_validation.push_back(size / 2), parts.first_test.push_back(size - size / 4);
    }
    for (const Kind kind : {Kind::loo, Kind::random, Kind::fixed}) {
      const Split test = split_of(log, {.kind = kind}, seed, &parts);
      const Split validation = split_of(log, {.kind = kind, .part = Part::validation}, seed, &parts);
      ASSERT_EQ(test.train.fingerprint(), validation.train.fingerprint());
      ASSERT_EQ(test.validation.size(), validation.cases.size());
      for (std::size_t i = 0; i < test.validation.size(); ++i) {
        EXPECT_EQ(test.validation[i].shopper, validation.cases[i].shopper);
        EXPECT_EQ(test.validation[i].history_events, validation.cases[i].history_events);
        EXPECT_EQ(test.validation[i].truth, validation.cases[i].truth);
      }
      EXPECT_TRUE(validation.validation.empty());
      EXPECT_TRUE(split_of(log, {.kind = kind, .fit_validation = true}, seed, &parts).validation.empty());
    }
    for (const Kind kind : {Kind::time, Kind::last_day, Kind::session, Kind::cold}) {
      const auto split = make_split(log, {.kind = kind, .cold_events = 20});
      EXPECT_TRUE(!split || split->validation.empty());  // these train on it
    }
  }
}

// ---- What is refused, and what fingerprints tell apart.

TEST(MakeSplit, RefusesAnUntimedLogWithARuleByTime) {
  const auto log = make_sequences({{0, 1, 2}}, 3);
  for (const Kind kind : {Kind::time, Kind::last_day, Kind::session, Kind::cold}) {
    const auto split = make_split(log, {.kind = kind});
    ASSERT_FALSE(split);
    EXPECT_EQ(split.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(split.error().message(), HasSubstr("the events carry no times"));
  }
}

TEST(MakeSplit, RefusesWhenNothingIsHeldOutOrNothingIsLeft) {
  EXPECT_THAT(make_split(make_sequences({{0, 1}}, 2), {}).error().message(), HasSubstr("nothing is held out"));
  EXPECT_THAT(make_split(make_sequences({{}}, 2), {}).error().message(), HasSubstr("there are no events to split"));
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 10}, {.shopper = 0, .item = 1, .time = 12}}, 1, 2);
  EXPECT_THAT(make_split(log, {.kind = Kind::time, .holdout = 5}).error().message(), HasSubstr("nothing is left to train on"));
  const FixedParts no_validation{{2}, {2}};
  const auto sequence = make_sequences({{0, 1, 2}}, 3);
  EXPECT_THAT(make_split(sequence, {.kind = Kind::fixed, .part = Part::validation}, 1, &no_validation).error().message(),
              HasSubstr("the data may have no validation part"));
}

TEST(MakeSplit, RefusesPartsThatDoNotFit) {
  const auto log = make_sequences({{0, 1, 2}}, 3);
  EXPECT_THAT(make_split(log, {.kind = Kind::fixed}).error().message(), HasSubstr("the data did not come split"));
  const FixedParts others{{1, 1}, {2, 2}}, backwards{{2}, {1}}, beyond{{1}, {4}};
  EXPECT_THAT(make_split(log, {.kind = Kind::fixed}, 1, &others).error().message(), HasSubstr("expected 1 shoppers"));
  for (const FixedParts& parts : {backwards, beyond}) {
    EXPECT_THAT(make_split(log, {.kind = Kind::fixed}, 1, &parts).error().message(), HasSubstr("shopper row 0"));
  }
  EXPECT_THAT(make_split(log, {.kind = Kind::random, .share = 0.5}).error().message(), HasSubstr("below 0.5"));
}

TEST(Fingerprint, TellsSplitsApart) {
  const auto log = make_sequences({{0, 1, 2, 3}, {3, 2, 1}}, 4), other = make_sequences({{0, 1, 3, 2}, {3, 2, 1}}, 4);
  const std::string print = split_of(log, {}).fingerprint;
  EXPECT_EQ(split_of(log, {}).fingerprint, print);
  EXPECT_NE(split_of(log, {.part = Part::validation}).fingerprint, print);
  EXPECT_NE(split_of(log, {.fit_validation = true}).fingerprint, print);
  EXPECT_NE(split_of(other, {}).fingerprint, print);
}

TEST(Rules, AreReadAndWritten) {
  for (const std::string text : {"loo", "time", "time:14d", "time:36h", "last-day", "session", "session:7d", "cold", "cold:5", "cold:5:14d",
                                 "cold:0:2d", "random", "random:0.2", "fixed"}) {
    const auto rule = SplitRule::parse(text);
    ASSERT_TRUE(rule) << text;
    EXPECT_EQ(rule->text(), text);
  }
  EXPECT_EQ(SplitRule::parse("time:24h")->text(), "time:1d");
  EXPECT_EQ(SplitRule::parse("time:90s")->holdout, 90 * kSecond);
  EXPECT_EQ(SplitRule::parse("cold:5:14d")->cold_events, 5U);
  EXPECT_EQ(SplitRule::parse("random:0.25")->share, 0.25);
  EXPECT_EQ(*SplitRule::parse("random:0.1"), *SplitRule::parse("random"));
}

TEST(Rules, UnknownOnesSayWhatThereIs) {
  for (const std::string text : {"", "leave", "loo:1", "time:", "time:14", "time:0d", "time:1d:2d", "last-day:1d", "session:x", "cold:x",
                                 "cold:14d", "cold:1:", "random:", "random:x", "random:0", "random:0.5", "random:nan", "fixed:1", "LOO"}) {
    const auto rule = SplitRule::parse(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().kind, ErrorKind::invalid);
    EXPECT_EQ(rule.error().found, text);
    EXPECT_THAT(rule.error().expected, ::testing::AnyOf(HasSubstr("loo, time, time:14d"), HasSubstr("a share above 0")));
  }
}

}  // namespace
}  // namespace souk::eval
