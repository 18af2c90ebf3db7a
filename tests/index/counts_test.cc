// Count tables against brute force, on logs small enough to count by hand or by the plainest loop.
#include "souk/index/counts.h"

#include <cmath>
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "tests/support/data.h"
#include "tests/support/logs.h"

namespace souk::index {
namespace {

using souk::testing::Added;
using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::random_log;
using store::Interactions;

std::map<std::uint32_t, float> as_map(SparseRows::Row row) {
  std::map<std::uint32_t, float> result;
  for (std::size_t i = 0; i < row.size(); ++i) result[row.columns[i]] = row.values[i];
  return result;
}

void expect_best_first(SparseRows::Row row) {
  for (std::size_t i = 1; i < row.size(); ++i) {
    EXPECT_TRUE(better({row.columns[i - 1], row.values[i - 1]}, {row.columns[i], row.values[i]}));
  }
}

bool same_rows(const auto& a, const auto& b) {
  if (a.items() != b.items()) return false;
  for (std::uint32_t i = 0; i < a.items(); ++i) {
    const auto x = a.neighbours(i), y = b.neighbours(i);
    if (!std::equal(x.columns.begin(), x.columns.end(), y.columns.begin(), y.columns.end())) return false;
    if (!std::equal(x.values.begin(), x.values.end(), y.values.begin(), y.values.end())) return false;
  }
  return true;
}

using PairWeights = std::map<std::pair<std::uint32_t, std::uint32_t>, double>;

PairWeights co_visits_by_force(const Interactions& log, const CoVisitConfig& config) {
  PairWeights w;
  std::vector<double> n(log.items(), 0);
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    const auto row = log.row(s);
    const auto weight = [&](std::size_t i) { return config.weighted == 0 ? 1.0 : static_cast<double>(row.weights[i]); };
    for (std::size_t i = 0; i < row.size(); ++i) {
      n[row.items[i]] += weight(i);
      for (std::size_t j = i + 1; j < row.size() && j - i <= config.window; ++j) {
        if (row.items[i] == row.items[j]) continue;
        const double pair = std::pow(static_cast<double>(j - i), -config.distance) * weight(i) * weight(j);
        w[{row.items[i], row.items[j]}] += pair;
        if (config.backward > 0) w[{row.items[j], row.items[i]}] += config.backward * pair;
      }
    }
  }
  for (std::uint32_t item = 0; item < log.items(); ++item) {
    if (config.self > 0 && n[item] > 0) w[{item, item}] = config.self * n[item];
  }
  for (auto& [pair, weight] : w) weight /= std::pow(n[pair.first], config.alpha) * std::pow(n[pair.second], config.beta);
  return w;
}

TEST(CoVisit, WeighsPairsByDistanceAndNormalisesByBothItems) {
  // n: 0 -> 2, 1 -> 2, 2 -> 1; w(0,1) = 1 + 1 (second sequence) = 2; w(0,2) = 1/2; w(1,2) = 1.
  const Interactions log = make_sequences({{0, 1, 2}, {1, 0}}, 4);
  const CoVisit table = CoVisit::fit(log, {.window = 8, .alpha = 0.5F, .beta = 0.3F}, 1, Progress::none());
  const auto of_zero = as_map(table.neighbours(0));
  ASSERT_EQ(of_zero.size(), 2U);
  EXPECT_FLOAT_EQ(of_zero.at(1), static_cast<float>(2.0 / (std::pow(2, 0.5) * std::pow(2, 0.3))));
  EXPECT_FLOAT_EQ(of_zero.at(2), static_cast<float>(0.5 / std::pow(2, 0.5)));
  EXPECT_EQ(table.neighbours(3).size(), 0U);   // never seen
  EXPECT_EQ(table.neighbours(99).size(), 0U);  // no such row
}

TEST(CoVisit, NeverPairsAnItemWithItselfNorAcrossShoppersNorBeyondTheWindow) {
  const Interactions log = make_sequences({{0, 0, 0}, {1, 2, 3, 4}}, 5);
  const CoVisit table = CoVisit::fit(log, {.window = 2}, 2, Progress::none());
  EXPECT_EQ(table.neighbours(0).size(), 0U);
  const auto of_one = as_map(table.neighbours(1));
  EXPECT_EQ(of_one.count(2), 1U);
  EXPECT_EQ(of_one.count(3), 1U);
  EXPECT_EQ(of_one.count(4), 0U);
}

TEST(CoVisit, EqualsBruteForceOnRandomLogs) {
  const std::vector<CoVisitConfig> configs = {
      {.window = 5, .alpha = 0.5F, .beta = 0.3F},
      {.window = 3, .alpha = 0.7F, .beta = 0, .distance = 0.5F, .backward = 0, .self = 0.25F},
      {.window = 9, .distance = 2, .backward = 0.5F, .self = 1, .weighted = 1},
  };
  for (const std::uint64_t seed : {0, 1, 2}) {
    const Interactions log = random_log(seed, 60, 150, 20);
    const CoVisitConfig& config = configs[seed];
    const CoVisit table = CoVisit::fit(log, config, 3, Progress::none());
    const PairWeights expected = co_visits_by_force(log, config);
    std::size_t entries = 0;
    for (std::uint32_t a = 0; a < log.items(); ++a) {
      const auto row = table.neighbours(a);
      expect_best_first(row);
      for (std::size_t i = 0; i < row.size(); ++i) {
        ASSERT_EQ(expected.count({a, row.columns[i]}), 1U) << "seed " << seed;
        EXPECT_NEAR(row.values[i], expected.at({a, row.columns[i]}), 1e-5);
      }
      entries += row.size();
    }
    EXPECT_EQ(entries, expected.size()) << "seed " << seed;
  }
}

TEST(CoVisit, KeepsTheBestNeighbours) {
  const Interactions log = random_log(7, 80, 100, 20);
  const CoVisit all = CoVisit::fit(log, {}, 2, Progress::none());
  const CoVisit few = CoVisit::fit(log, {.keep = 3}, 2, Progress::none());
  for (std::uint32_t a = 0; a < log.items(); ++a) {
    const auto whole = all.neighbours(a), cut = few.neighbours(a);
    ASSERT_EQ(cut.size(), std::min<std::size_t>(3, whole.size()));
    EXPECT_TRUE(std::equal(cut.columns.begin(), cut.columns.end(), whole.columns.begin()));
  }
}

TEST(CoVisit, ScoresAHistoryByRecency) {
  const Interactions log = random_log(11, 50, 60, 20);
  const CoVisitConfig config{.window = 8, .history = 3, .alpha = 0.4F, .beta = 0.2F, .decay = 1.5F};
  const CoVisit table = CoVisit::fit(log, config, 2, Progress::none());
  const PairWeights w = co_visits_by_force(log, config);
  const std::vector<std::uint32_t> history = {9, 1, 2, 5, 2};  // newest last; only 2, 5, 2 count
  std::vector<float> scores(log.items(), 1.0F);                // scores are added to what is there
  table.score(history, scores);
  for (std::uint32_t b = 0; b < log.items(); ++b) {
    double expected = 1.0;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto found = w.find({history[history.size() - 1 - i], b});
      if (found != w.end()) expected += found->second * std::pow(static_cast<double>(i + 1), -1.5);
    }
    EXPECT_NEAR(scores[b], expected, 1e-5);
  }
}

TEST(CoVisit, IsTheSameForAnyNumberOfThreads) {
  const Interactions log = random_log(5, 200, 400, 30);
  const CoVisit one = CoVisit::fit(log, {}, 1, Progress::none());
  EXPECT_TRUE(same_rows(one, CoVisit::fit(log, {}, 2, Progress::none())));
  EXPECT_TRUE(same_rows(one, CoVisit::fit(log, {}, 7, Progress::none())));
}

TEST(CoVisit, OfAnEmptyLogKnowsNothing) {
  const CoVisit table = CoVisit::fit(make_sequences({}, 0), {}, 2, Progress::none());
  EXPECT_EQ(table.items(), 0U);
  std::vector<float> scores;
  table.score({}, scores);
}

TEST(Popular, SumsWeights) {
  const Interactions log =
      make_log({{.shopper = 0, .item = 0}, {.shopper = 1, .item = 0, .weight = 0.5F}, {.shopper = 1, .item = 2}}, 2, 3);
  EXPECT_THAT(Popular::fit(log, {}).scores(), ::testing::ElementsAre(1.5F, 0.0F, 1.0F));
}

TEST(Popular, HalvesAnEventsWeightWithEachHalfLife) {
  const Timestamp last = 1'600'000'000'000;
  const Interactions log = make_log({{.shopper = 0, .item = 0, .time = last},
                                     {.shopper = 0, .item = 1, .time = last - 7 * kDay},
                                     {.shopper = 1, .item = 2, .time = last - 14 * kDay}},
                                    2, 3);
  EXPECT_THAT(Popular::fit(log, {.half_life = 7 * kDay}).scores(), ::testing::ElementsAre(1.0F, 0.5F, 0.25F));
}

TEST(Popular, OfAnUntimedLogDoesNotDecay) {
  const Interactions log = make_sequences({{0, 1}, {1}}, 2);
  EXPECT_THAT(Popular::fit(log, {.half_life = kDay}).scores(), ::testing::ElementsAre(1.0F, 2.0F));
}

TEST(Trending, RisesByTheRateOfTheWindowAgainstTheRateBefore) {
  const Timestamp last = 1'600'000'000'000;
  std::vector<Added> events;
  const auto add = [&](std::uint32_t item, double days_ago, int count) {
    for (int i = 0; i < count; ++i) {
      events.push_back({.shopper = 0, .item = item, .time = last - static_cast<Timestamp>(days_ago * static_cast<double>(kDay))});
    }
  };
  add(0, 0, 10), add(0, 20, 10);  // rises
  add(1, 1, 5), add(1, 30, 40);   // steady: 5 a week then and now
  add(2, 40, 30);                 // gone
  add(3, 6.9, 3);                 // new
  add(4, 64, 1);                  // the log is old enough for the whole past
  const Interactions log = make_log(events, 1, 5);
  const auto scores = Trending::fit(log, {.window = 7 * kDay, .past = 56 * kDay});
  const auto by_hand = [](double recent, double before) {
    return static_cast<float>(recent * std::log((recent + 5.0) / (before / 8.0 + 5.0)));
  };
  EXPECT_NEAR(scores.scores()[0], by_hand(10, 10), 1e-4);
  EXPECT_NEAR(scores.scores()[1], std::max(0.0F, by_hand(5, 40)), 1e-4);
  EXPECT_EQ(scores.scores()[2], 0.0F);
  EXPECT_NEAR(scores.scores()[3], by_hand(3, 0), 1e-4);
  EXPECT_EQ(scores.scores()[4], 0.0F);
}

TEST(Trending, OfAYoungLogFollowsWhatIsBoughtMost) {
  const Timestamp last = 1'600'000'000'000;
  const Interactions log = make_log({{.shopper = 0, .item = 0, .time = last},
                                     {.shopper = 0, .item = 1, .time = last - kDay},
                                     {.shopper = 1, .item = 1, .time = last - kDay}},
                                    2, 3);
  const auto scores = Trending::fit(log, {});
  EXPECT_GT(scores.scores()[1], scores.scores()[0]);
  EXPECT_GT(scores.scores()[0], 0.0F);
  EXPECT_EQ(scores.scores()[2], 0.0F);
}

TEST(Trending, PutsWhatSellsAndRisesAboveWhatRoseFromNothing) {
  const Timestamp last = 1'600'000'000'000;
  std::vector<Added> events;
  for (int i = 0; i < 100; ++i) events.push_back({.shopper = 0, .item = 0, .time = last});
  for (int i = 0; i < 400; ++i) events.push_back({.shopper = 0, .item = 0, .time = last - 30 * kDay});  // 50 a week before
  for (int i = 0; i < 8; ++i) events.push_back({.shopper = 0, .item = 1, .time = last});
  events.push_back({.shopper = 0, .item = 2, .time = last - 63 * kDay});
  const auto scores = Trending::fit(make_log(events, 1, 3), {});
  EXPECT_GT(scores.scores()[0], scores.scores()[1]);
  EXPECT_GT(scores.scores()[1], 0.0F);
}

TEST(Repeat, IsThePurchasesABuyerSmoothedTowardsTheMean) {
  using store::EventKind;
  const Interactions log = make_log({{.shopper = 0, .item = 0, .kind = EventKind::purchase},
                                     {.shopper = 0, .item = 0, .kind = EventKind::purchase},
                                     {.shopper = 0, .item = 1, .kind = EventKind::purchase},
                                     {.shopper = 1, .item = 0, .kind = EventKind::purchase},
                                     {.shopper = 1, .item = 0, .kind = EventKind::purchase},
                                     {.shopper = 1, .item = 1, .kind = EventKind::view}},
                                    2, 3);
  const float mean = 5.0F / 3.0F;
  EXPECT_THAT(Repeat::fit(log, {.smoothing = 0}).scores(), ::testing::ElementsAre(2.0F, 1.0F, ::testing::FloatEq(mean)));
  EXPECT_THAT(Repeat::fit(log, {.smoothing = 1}).scores(),
              ::testing::ElementsAre(::testing::FloatEq((4 + mean) / 3), ::testing::FloatEq((1 + mean) / 2), ::testing::FloatEq(mean)));
}

TEST(Repeat, IsOneWhereNothingIsBought) {
  const Interactions log = make_log({{.shopper = 0, .item = 0, .kind = store::EventKind::view}}, 1, 1);
  EXPECT_THAT(Repeat::fit(log, {}).scores(), ::testing::ElementsAre(1.0F));
}

TEST(Trending, AndTheRecentlyPopularOutliveAFirstClickOnAnOldDataSet) {
  const Timestamp last = 1'600'000'000'000;
  std::vector<Added> events;
  for (int i = 0; i < 1200; ++i) events.push_back({.shopper = 0, .item = 0, .time = last - i % 60 * kDay});
  for (int i = 0; i < 50; ++i) events.push_back({.shopper = 0, .item = 1, .time = last - i % 3 * kDay});
  const auto trending = Trending::fit(make_log(events, 1, 3), {});
  const auto recent = Popular::fit(make_log(events, 1, 3), {.half_life = 28 * kDay});
  events.push_back({.shopper = 0, .item = 2, .time = last + 3000 * kDay});
  EXPECT_FLOAT_EQ(Trending::fit(make_log(events, 1, 3), {}).scores()[1], trending.scores()[1]);
  EXPECT_FLOAT_EQ(Popular::fit(make_log(events, 1, 3), {.half_life = 28 * kDay}).scores()[0], recent.scores()[0]);
  EXPECT_GT(trending.scores()[1], 0.0F);
}
TEST(Trending, OfAnUntimedLogIsNothing) {
  EXPECT_THAT(Trending::fit(make_sequences({{0, 1}}, 2), {}).scores(), ::testing::Each(0.0F));
}

// The set of distinct items of each order, cut to its first lines, by the plainest loop.
std::vector<std::vector<std::uint32_t>> orders_by_force(const Interactions& log, std::size_t max_basket) {
  std::vector<std::vector<std::uint32_t>> orders;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> of_shopper;
    const auto row = log.row(s);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row.orders[i] == 0) continue;
      auto& lines = of_shopper[row.orders[i]];
      if (std::find(lines.begin(), lines.end(), row.items[i]) == lines.end() && lines.size() < max_basket) lines.push_back(row.items[i]);
    }
    for (auto& [number, lines] : of_shopper) orders.push_back(lines);
  }
  return orders;
}

TEST(Basket, EqualsBruteForceOnRandomLogs) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Interactions log = random_log(seed, 150, 40, 20);
    const BasketConfig config{.alpha = 0.5F, .beta = 0.4F, .shrink = 2, .keep = 1000, .max_basket = 3};
    const Basket table = Basket::fit(log, config, 3, Progress::none());
    const auto orders = orders_by_force(log, config.max_basket);
    std::vector<double> n(log.items(), 0);
    std::map<std::pair<std::uint32_t, std::uint32_t>, double> together;
    for (const auto& order : orders) {
      for (const std::uint32_t a : order) {
        n[a] += 1;
        for (const std::uint32_t b : order) {
          if (a != b) together[{a, b}] += 1;
        }
      }
    }
    std::size_t positive = 0, entries = 0;
    for (const auto& [pair, count] : together) {
      const auto [a, b] = pair;
      const double lift = count - n[a] * n[b] / static_cast<double>(orders.size());
      if (lift <= 0) continue;
      ++positive;
      const auto row = as_map(table.neighbours(a));
      ASSERT_EQ(row.count(b), 1U) << "seed " << seed;
      EXPECT_NEAR(row.at(b), lift / (std::pow(n[a], config.alpha) * std::pow(n[b], config.beta) + config.shrink), 1e-5);
    }
    for (std::uint32_t a = 0; a < log.items(); ++a) {
      expect_best_first(table.neighbours(a));
      entries += table.neighbours(a).size();
    }
    EXPECT_EQ(entries, positive) << "seed " << seed;
    EXPECT_GT(positive, 20U);
  }
}

TEST(Basket, CountsAnItemOnceAnOrderAndKeepsShoppersApart) {
  // Order number 1 of shopper 0 and of shopper 1 are two orders; item 0 twice in one order counts once; order 0 is no order.
  const Interactions log = make_log({{.shopper = 0, .item = 0, .order = 1},
                                     {.shopper = 0, .item = 0, .order = 1},
                                     {.shopper = 0, .item = 1, .order = 1},
                                     {.shopper = 1, .item = 2, .order = 1},
                                     {.shopper = 1, .item = 3, .order = 0},
                                     {.shopper = 1, .item = 1, .order = 0}},
                                    2, 4);
  const Basket table = Basket::fit(log, {.alpha = 0.5F, .beta = 0.5F, .shrink = 1}, 2, Progress::none());
  const auto of_zero = as_map(table.neighbours(0));
  ASSERT_EQ(of_zero.size(), 1U);
  EXPECT_FLOAT_EQ(of_zero.at(1), (1.0F - 0.5F) / 2.0F);  // two orders: expected 1 * 1 / 2
  EXPECT_EQ(table.neighbours(2).size(), 0U);
  EXPECT_EQ(table.neighbours(3).size(), 0U);
}

TEST(Basket, IsTheSameForAnyNumberOfThreads) {
  const Interactions log = random_log(9, 300, 200, 30);
  EXPECT_TRUE(same_rows(Basket::fit(log, {.keep = 5}, 1, Progress::none()), Basket::fit(log, {.keep = 5}, 5, Progress::none())));
}

TEST(BuyAgain, SumsOccurrencesByTheirPlaceFromTheEnd) {
  std::vector<Scored> scores = {{99, 1.0F}};  // what was there is replaced
  buy_again(std::vector<std::uint32_t>{4, 7, 4, 9}, {.scale = 2}, scores);
  std::map<std::uint32_t, float> by_item;
  for (const Scored& one : scores) EXPECT_TRUE(by_item.emplace(one.row, one.score).second) << "one entry an item";
  ASSERT_EQ(by_item.size(), 3U);
  EXPECT_FLOAT_EQ(by_item[9], 1.0F);
  EXPECT_FLOAT_EQ(by_item[7], 1.0F / 2.0F);
  EXPECT_FLOAT_EQ(by_item[4], 1.0F / 1.5F + 1.0F / 2.5F);
  buy_again({}, {}, scores);
  EXPECT_TRUE(scores.empty());
}

Tables small_tables() {
  const Interactions log = random_log(21, 60, 80, 15);
  Tables tables;
  std::vector<std::string> keys;
  for (std::uint32_t i = 0; i < log.items(); ++i) {
    tables.item_ids.push_back(log.item_id(i));
    keys.emplace_back(log.item_keys().key(i));
  }
  tables.item_keys = RowMap::of(keys);
  tables.popular = Popular::fit(log, {});
  tables.recent = Popular::fit(log, {.half_life = 28 * kDay});
  tables.trending = Trending::fit(log, {});
  tables.repeat = Repeat::fit(log, {});
  tables.co_visit = CoVisit::fit(log, {.window = 4, .history = 6, .alpha = 0.7F, .beta = 0.1F, .keep = 20}, 2, Progress::none());
  tables.basket = Basket::fit(log, {}, 2, Progress::none());
  tables.item_knn = ItemKnn::fit(log, {.weighting = ItemKnnConfig::Weighting::bm25, .k1 = 2, .keep = 10}, 2, Progress::none());
  tables.facts = R"({"log":")" + log.fingerprint() + "\"}";
  return tables;
}

TEST(Tables, ComeBackFromTheirFileAsTheyWere) {
  const testing::TempDir folder;
  const Tables before = small_tables();
  ASSERT_TRUE(before.write(folder / "tables.souk"));
  const auto after = Tables::open(folder / "tables.souk");
  ASSERT_TRUE(after) << after.error().message();
  EXPECT_EQ(after->item_ids, before.item_ids);
  EXPECT_EQ(after->item_keys.find("i17"), 17U);
  EXPECT_THAT(after->popular.scores(), ::testing::ElementsAreArray(before.popular.scores()));
  EXPECT_THAT(after->recent.scores(), ::testing::ElementsAreArray(before.recent.scores()));
  EXPECT_THAT(after->trending.scores(), ::testing::ElementsAreArray(before.trending.scores()));
  EXPECT_THAT(after->repeat.scores(), ::testing::ElementsAreArray(before.repeat.scores()));
  EXPECT_TRUE(same_rows(after->co_visit, before.co_visit));
  EXPECT_TRUE(same_rows(after->basket, before.basket));
  EXPECT_TRUE(same_rows(after->item_knn, before.item_knn));
  EXPECT_FLOAT_EQ(after->item_knn.config().k1, 2.0F);
  EXPECT_EQ(after->co_visit.config().history, 6U);
  EXPECT_FLOAT_EQ(after->co_visit.config().alpha, 0.7F);
  EXPECT_EQ(after->facts, before.facts);
}

TEST(Tables, ThatWereDamagedAnywhereAreRefused) {
  const testing::TempDir folder;
  ASSERT_TRUE(small_tables().write(folder / "tables.souk"));
  const auto whole = read_file(folder / "tables.souk");
  ASSERT_TRUE(whole);
  std::size_t noticed = 0, harmless = 0;
  for (std::size_t at = 0; at < whole->size(); at += 211) {
    std::string damaged = *whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    ASSERT_TRUE(write_file(folder / "damaged.souk", damaged));
    const auto opened = Tables::open(folder / "damaged.souk");
    if (opened) {
      ++harmless;  // a byte of the gap between sections
      EXPECT_EQ((*whole)[at], '\0');
    } else {
      ++noticed;
      EXPECT_NE(opened.error().message().find("damaged.souk"), std::string::npos);
    }
  }
  EXPECT_GT(noticed, 20 * harmless);
  for (const std::size_t length : {std::size_t{0}, std::size_t{10}, whole->size() / 2, whole->size() - 1}) {
    ASSERT_TRUE(write_file(folder / "cut.souk", whole->substr(0, length)));
    EXPECT_FALSE(Tables::open(folder / "cut.souk")) << length;
  }
}

TEST(Tables, OfAnotherVersionAreRefusedAsSuch) {
  const testing::TempDir folder;
  for (const std::uint32_t version : {2U, 4U}) {
    ASSERT_TRUE(SectionWriter("TABL", version).write(folder / "tables.souk"));
    const auto opened = Tables::open(folder / "tables.souk");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::version);
    EXPECT_NE(opened.error().message().find("tables.souk"), std::string::npos);
  }
}

TEST(Tables, OfDifferentSizesAreRefused) {
  const testing::TempDir folder;
  Tables tables = small_tables();
  tables.item_ids.pop_back();
  ASSERT_TRUE(tables.write(folder / "tables.souk"));
  const auto opened = Tables::open(folder / "tables.souk");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
}

TEST(Tables, WithColumnsThatNameNoItemAreRefused) {
  const testing::TempDir folder;
  SectionWriter writer("TEST", 1);
  const SparseRows rows({0, 1}, {5}, {1.0F});
  rows.add_to(writer, "basket");
  ASSERT_TRUE(writer.write(folder / "rows.souk"));
  const auto file = SectionFile::open(folder / "rows.souk", "TEST", 1, 1);
  ASSERT_TRUE(file);
  EXPECT_TRUE(SparseRows::read(*file, "basket"));
  const auto basket = Basket::read(*file);
  ASSERT_FALSE(basket);
  EXPECT_EQ(basket.error().kind, ErrorKind::corrupt);
}

TEST(SparseRows, WithOffsetsThatDoNotFitAreRefused) {
  const testing::TempDir folder;
  SectionWriter writer("TEST", 1);
  const std::vector<std::uint64_t> offsets = {0, 3, 2};
  const std::vector<std::uint32_t> columns = {1, 0};
  const std::vector<float> values = {1.0F, 2.0F};
  writer.add("x.off", offsets);
  writer.add("x.col", columns);
  writer.add("x.val", values);
  ASSERT_TRUE(writer.write(folder / "rows.souk"));
  const auto file = SectionFile::open(folder / "rows.souk", "TEST", 1, 1);
  ASSERT_TRUE(file);
  const auto rows = SparseRows::read(*file, "x");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace souk::index
