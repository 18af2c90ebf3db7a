// Item neighbourhoods, and the matrix they start from, against the plainest loops over dense matrices.
#include <cmath>
#include <gmock/gmock.h>
#include <map>

#include "souk/index/counts.h"
#include "souk/index/sum_row.h"
#include "souk/index/user_items.h"

#include "tests/support/data.h"
#include "tests/support/logs.h"

namespace souk::index {
namespace {

using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::random_log;
using store::Interactions;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Dense = std::vector<std::vector<double>>;
using Weighting = ItemKnnConfig::Weighting;

// X [shoppers, items] by the rule's words: of the `longest` items chosen last, the largest weight or the sum of weights.
Dense user_items_by_force(const Interactions& log, const UserItemsRule& rule) {
  Dense x(log.shoppers(), std::vector<double>(log.items(), 0));
  for (std::uint32_t u = 0; u < log.shoppers(); ++u) {
    const auto row = log.row(u);
    std::vector<std::uint32_t> seen;
    for (std::size_t i = row.size(); i-- > 0;) {
      if (std::find(seen.begin(), seen.end(), row.items[i]) == seen.end()) seen.push_back(row.items[i]);
    }
    if (rule.longest > 0 && seen.size() > rule.longest) seen.resize(rule.longest);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (std::find(seen.begin(), seen.end(), row.items[i]) == seen.end()) continue;
      double& cell = x[u][row.items[i]];
      cell = rule.sum ? cell + row.weights[i] : std::max<double>(cell, row.weights[i]);
    }
  }
  return x;
}

void weigh_by_force(Dense& x, const ItemKnnConfig& config) {
  const std::size_t items = x.front().size();
  std::vector<double> mass(items, 0);
  double mean = 0;
  for (const auto& row : x) {
    for (std::size_t i = 0; i < items; ++i) mass[i] += row[i];
  }
  for (const double m : mass) mean += m / static_cast<double>(items);
  for (auto& row : x) {
    const auto count = static_cast<double>(std::count_if(row.begin(), row.end(), [](double v) { return v > 0; }));
    const double idf = std::max(0.0, std::log(static_cast<double>(items)) - std::log1p(count));
    for (std::size_t i = 0; i < items; ++i) {
      const double value = row[i];
      if (config.weighting == Weighting::tf_idf) row[i] = std::sqrt(value) * idf;
      if (config.weighting == Weighting::bm25) {
        row[i] = value * (config.k1 + 1.0) / (config.k1 * (1.0 - config.b + config.b * mass[i] / mean) + value) * idf;
      }
    }
  }
}

Dense similarities_by_force(const Interactions& log, const ItemKnnConfig& config) {
  Dense x = user_items_by_force(log, {config.sum != 0, config.longest});
  weigh_by_force(x, config);
  const std::size_t items = log.items();
  Dense result(items, std::vector<double>(items, 0));
  const auto product = [&](std::size_t a, std::size_t b) {
    double sum = 0;
    for (const auto& row : x) sum += row[a] * row[b];
    return sum;
  };
  for (std::size_t a = 0; a < items; ++a) {
    for (std::size_t b = 0; b < items; ++b) {
      const double together = product(a, b);
      if (a == b || together == 0) continue;
      result[a][b] = together / (std::pow(product(a, a), config.alpha) * std::pow(product(b, b), config.beta) + config.shrink);
    }
  }
  return result;
}

TEST(UserItems, HoldEachItemOfAShopperOnceByItsStrongestEvent) {
  const Interactions log = make_log({{.shopper = 0, .item = 3, .time = 1, .weight = 0.2F},
                                     {.shopper = 0, .item = 1, .time = 2, .weight = 1},
                                     {.shopper = 0, .item = 3, .time = 3, .weight = 0.5F},
                                     {.shopper = 0, .item = 2, .time = 4, .weight = 0}},
                                    2, 5);
  const SparseRows once = user_items(log, {});
  EXPECT_EQ(once.rows(), 2U);
  EXPECT_THAT(once.row(0).columns, ElementsAre(1, 3));
  EXPECT_THAT(once.row(0).values, ElementsAre(1.0F, 0.5F));
  EXPECT_THAT(once.row(1).columns, IsEmpty());
  EXPECT_THAT(user_items(log, {.sum = true}).row(0).values, ElementsAre(1.0F, 0.7F));
  EXPECT_THAT(user_items(log, {.longest = 1}).row(0).columns, ElementsAre(3));
}

TEST(UserItems, EqualBruteForceOnRandomLogs) {
  for (const UserItemsRule rule : {UserItemsRule{}, UserItemsRule{.sum = true}, UserItemsRule{.longest = 4}}) {
    const Interactions log = random_log(4, 40, 50, 20);
    const SparseRows x = user_items(log, rule);
    const Dense expected = user_items_by_force(log, rule);
    const SparseRows turned = x.transposed(log.items());
    for (std::uint32_t u = 0; u < log.shoppers(); ++u) {
      std::map<std::uint32_t, float> row;
      for (std::size_t e = 0; e < x.row(u).size(); ++e) row[x.row(u).columns[e]] = x.row(u).values[e];
      for (std::uint32_t i = 0; i < log.items(); ++i) {
        EXPECT_NEAR(row.count(i) == 0 ? 0 : row[i], expected[u][i], 1e-5);
        const auto columns = turned.row(i).columns;
        EXPECT_EQ(std::count(columns.begin(), columns.end(), u), expected[u][i] > 0 ? 1 : 0);
      }
    }
  }
}

TEST(SparseRows, TurnedTwiceAreThemselves) {
  const SparseRows rows({0, 2, 2, 3}, {1, 3, 0}, {1.0F, 2.0F, 3.0F});
  const SparseRows turned = rows.transposed(4);
  EXPECT_EQ(turned.rows(), 4U);
  EXPECT_THAT(turned.row(0).columns, ElementsAre(2));
  EXPECT_THAT(turned.row(2).columns, IsEmpty());
  EXPECT_THAT(turned.row(3).values, ElementsAre(2.0F));
  const SparseRows back = turned.transposed(3);
  for (std::uint32_t r = 0; r < 3; ++r) {
    EXPECT_THAT(back.row(r).columns, ::testing::ElementsAreArray(rows.row(r).columns));
    EXPECT_THAT(back.row(r).values, ::testing::ElementsAreArray(rows.row(r).values));
  }
  EXPECT_EQ(SparseRows({0}, {}, {}).transposed(2).rows(), 2U);
}

TEST(SumRow, RemembersWhatWasTouchedAndForgetsItAll) {
  SumRow<float> row(4);
  row.add(2, 1);
  row.add(0, 0);  // nothing
  row.add(2, 0.5F);
  row.add(3, 2);
  EXPECT_THAT(row.touched(), ElementsAre(2, 3));
  EXPECT_EQ(row.sum(2), 1.5F);
  EXPECT_EQ(row.sum(0), 0.0F);
  row.clear();
  EXPECT_THAT(row.touched(), IsEmpty());
  for (const std::uint32_t column : {3U, 2U, 1U, 0U}) row.add(column, 1);  // every column fits
  EXPECT_THAT(row.touched(), ElementsAre(3, 2, 1, 0));
  EXPECT_EQ(row.sum(2), 1.0F);
}

TEST(ItemKnn, EqualsBruteForceForEveryWeighting) {
  const std::vector<ItemKnnConfig> configs = {
      {.keep = 0},
      {.weighting = Weighting::tf_idf, .keep = 0, .sum = 1},
      {.weighting = Weighting::bm25, .k1 = 1.2F, .b = 0.75F, .alpha = 0, .beta = 0, .keep = 0, .sum = 1},
      {.weighting = Weighting::bm25, .k1 = 100, .b = 0.1F, .alpha = 0.7F, .beta = 0.3F, .shrink = 5, .keep = 0, .longest = 10},
      {.alpha = 1, .beta = 0, .shrink = 20, .keep = 0},
  };
  for (std::size_t c = 0; c < configs.size(); ++c) {
    const Interactions log = random_log(10 + c, 50, 70, 15);
    const ItemKnn table = ItemKnn::fit(log, configs[c], 3, Progress::none());
    const Dense expected = similarities_by_force(log, configs[c]);
    ASSERT_EQ(table.items(), log.items());
    for (std::uint32_t a = 0; a < log.items(); ++a) {
      const auto row = table.neighbours(a);
      std::size_t positive = 0;
      for (const double value : expected[a]) positive += value > 0 ? 1 : 0;
      EXPECT_EQ(row.size(), positive) << "config " << c << ", item " << a;
      for (std::size_t e = 0; e < row.size(); ++e) {
        EXPECT_NEAR(row.values[e], expected[a][row.columns[e]], 1e-5 * (1 + expected[a][row.columns[e]])) << "config " << c;
        if (e > 0) {
          EXPECT_TRUE(better({row.columns[e - 1], row.values[e - 1]}, {row.columns[e], row.values[e]}));
        }
      }
    }
  }
}

TEST(ItemKnn, OfTheSameShoppersAreAsAlikeAsCanBe) {
  const ItemKnn table = ItemKnn::fit(make_sequences({{0, 1}, {1, 0}, {2}}, 4), {}, 1, Progress::none());
  ASSERT_EQ(table.neighbours(0).size(), 1U);
  EXPECT_FLOAT_EQ(table.neighbours(0).values[0], 1.0F);
  EXPECT_THAT(table.neighbours(2).columns, IsEmpty());
  EXPECT_THAT(table.neighbours(3).columns, IsEmpty());   // never chosen
  EXPECT_THAT(table.neighbours(99).columns, IsEmpty());  // no such row
}

TEST(ItemKnn, KeepsTheBestNeighbours) {
  const Interactions log = random_log(7, 80, 60, 20);
  const ItemKnn all = ItemKnn::fit(log, {.keep = 0}, 2, Progress::none());
  const ItemKnn few = ItemKnn::fit(log, {.keep = 3}, 2, Progress::none());
  for (std::uint32_t a = 0; a < log.items(); ++a) {
    const auto whole = all.neighbours(a), cut = few.neighbours(a);
    ASSERT_EQ(cut.size(), std::min<std::size_t>(3, whole.size()));
    EXPECT_TRUE(std::equal(cut.columns.begin(), cut.columns.end(), whole.columns.begin()));
    EXPECT_THAT(whole.columns, ::testing::Not(::testing::Contains(a)));
  }
}

TEST(ItemKnn, IsTheSameForAnyNumberOfThreads) {
  const Interactions log = random_log(5, 200, 300, 30);
  const ItemKnn one = ItemKnn::fit(log, {}, 1, Progress::none());
  for (const unsigned threads : {2U, 7U}) {
    const ItemKnn more = ItemKnn::fit(log, {}, threads, Progress::none());
    for (std::uint32_t a = 0; a < log.items(); ++a) {
      EXPECT_THAT(more.neighbours(a).columns, ::testing::ElementsAreArray(one.neighbours(a).columns));
      EXPECT_THAT(more.neighbours(a).values, ::testing::ElementsAreArray(one.neighbours(a).values));
    }
  }
}

TEST(ItemKnn, OfNothingIsEmpty) {
  for (const Weighting weighting : {Weighting::none, Weighting::tf_idf, Weighting::bm25}) {
    EXPECT_EQ(ItemKnn::fit(make_sequences({}, 0), {.weighting = weighting}, 2, Progress::none()).items(), 0U);
    const ItemKnn silent = ItemKnn::fit(make_sequences({{}, {}}, 3), {.weighting = weighting}, 2, Progress::none());
    EXPECT_EQ(silent.items(), 3U);
    EXPECT_THAT(silent.neighbours(0).columns, IsEmpty());
    // One item: a shopper of all items there are says nothing.
    EXPECT_THAT(ItemKnn::fit(make_sequences({{0, 0}}, 1), {.weighting = weighting}, 1, Progress::none()).neighbours(0).columns, IsEmpty());
  }
}

TEST(ItemKnn, WithColumnsThatNameNoItemOrAnotherConfigIsRefused) {
  const testing::TempDir folder;
  for (const bool config : {true, false}) {
    SectionWriter writer("TEST", 1);
    const SparseRows rows({0, 1}, {config ? 0U : 5U}, {1.0F});
    rows.add_to(writer, "itemknn");
    writer.add_owned("itemknn.cfg", std::string(config ? 7 : sizeof(ItemKnnConfig), '\0'));
    ASSERT_TRUE(writer.write(folder / "rows.souk"));
    const auto file = SectionFile::open(folder / "rows.souk", "TEST", 1, 1);
    ASSERT_TRUE(file);
    const auto table = ItemKnn::read(*file);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().kind, ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace souk::index
