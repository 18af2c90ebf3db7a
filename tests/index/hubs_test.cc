// Hubs counted, and normalised similarities against the formula over whole matrices.
#include "souk/index/vectors/hubs.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

#include "souk/index/vectors/exact_scan.h"

#include "tests/support/vectors.h"

namespace souk::index {
namespace {

TEST(Hubs, AreCountedByTheirOccurrences) {
  const std::vector<std::vector<Scored>> lists{{{0, 1}, {2, 0.5F}}, {{2, 1}}, {}, {{2, 1}, {1, 0}}};
  const auto counts = occurrences(lists, 4);
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{1, 1, 3, 0}));
  // Mean 1.25, squares 0.0625 + 0.0625 + 3.0625 + 1.5625, cubes -0.015625 twice, 5.359375 and -1.953125.
  EXPECT_NEAR(hub_skewness(counts), (3.375 / 4) / std::pow(4.75 / 4, 1.5), 1e-12);
  EXPECT_EQ(hub_skewness(std::vector<std::uint32_t>(5, 3)), 0);
  EXPECT_EQ(hub_skewness({}), 0);
  EXPECT_EQ(largest_hubs(counts, 2), (std::vector<Scored>{{2, 3}, {0, 1}}));
  EXPECT_EQ(largest_hubs(counts, 9).size(), 4U);
}

// The paper's product over whole matrices of similarities.
double dense_score(MatrixView rows, MatrixView queries, std::span<const std::uint32_t> gallery, Metric metric, const HubConfig& config,
                   std::span<const float> query, std::uint32_t row) {
  double by_queries = 0, by_gallery = 0;
  for (std::size_t u = 0; u < queries.rows; ++u)
    by_queries += std::exp(config.query_scale * exact_score(metric, queries.row(u), rows.row(row)));
  for (const std::uint32_t v : gallery) {
    if (v != row) by_gallery += std::exp(config.gallery_scale * exact_score(metric, rows.row(v), rows.row(row)));
  }
  const double s = exact_score(metric, query, rows.row(row));
  const double others = static_cast<double>(gallery.size()) - (std::ranges::find(gallery, row) != gallery.end() ? 1 : 0);
  return std::exp(config.query_scale * s) / (by_queries / static_cast<double>(queries.rows)) * std::exp(config.gallery_scale * s) /
         (by_gallery / others);
}

TEST(Normalised, IsTheFormulaOverWholeMatrices) {
  for (const Metric metric : {Metric::cosine, Metric::dot, Metric::l2}) {
    Matrix made = testing::clustered_vectors(700, 16, 5, 1);
    for (std::size_t r = 0; r < made.rows(); ++r) to_unit(made.row(r));  // so that a double holds what is raised to e
    const MatrixView rows = testing::first_rows(made, 300), queries = testing::rows_from(made, 300);
    std::vector<std::uint32_t> gallery;
    for (std::uint32_t r = 0; r < 300; r += 2) gallery.push_back(r);
    const HubConfig config{.query_scale = 7, .gallery_scale = 3, .activation = 0};
    const Normalised normalised = Normalised::fit(rows, queries, gallery, metric, config, 2);
    EXPECT_TRUE(normalised.notes().empty());
    for (std::size_t q = 0; q < 5; ++q) {
      for (std::uint32_t row = 0; row < 300; ++row) {
        const double expected = std::log(dense_score(rows, queries, gallery, metric, config, queries.row(q), row)) / 10;
        ASSERT_NEAR(exact_score(metric, queries.row(q), rows.row(row)) - normalised.offset(row), expected, 1e-5) << name_of(metric);
      }
    }
  }
}

// Items of one kind and queries of another, whose vectors are the items' with something added that all queries share and much noise: some
// items are near all queries, as between pictures and texts.
struct TwoKinds {
  Matrix items, queries, bank;

  explicit TwoKinds(std::uint64_t seed) : items(400, 24), queries(400, 24), bank(400, 24) {
    Random random(seed);
    for (std::size_t r = 0; r < 400; ++r) {
      for (std::size_t i = 0; i < 24; ++i) {
        items.row(r)[i] = static_cast<float>(random.normal());
        const float shared = i < 3 ? 1.5F : 0.0F;
        queries.row(r)[i] = items.row(r)[i] + shared + static_cast<float>(0.8 * random.normal());
        bank.row(r)[i] = items.row(r)[i] + shared + static_cast<float>(0.8 * random.normal());
      }
      to_unit(items.row(r)), to_unit(queries.row(r)), to_unit(bank.row(r));
    }
  }
};

TEST(Normalised, HubsFallAndTheRightItemRises) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const TwoKinds kinds(seed);
    std::vector<std::uint32_t> gallery(200);
    std::iota(gallery.begin(), gallery.end(), 0U);
    const Normalised both = Normalised::fit(kinds.items.view(), kinds.bank.view(), gallery, Metric::cosine, {.query_scale = 10}, 2);
    auto lists = exact_top_k(kinds.queries.view(), kinds.items.view(), Metric::cosine, 100, {}, 2);
    std::vector<std::vector<Scored>> raw = lists;
    std::size_t raw_hits = 0, hits = 0;
    for (std::uint32_t q = 0; q < 400; ++q) {
      raw[q].resize(10);
      both.apply(lists[q], 10);
      ASSERT_EQ(lists[q].size(), 10U);
      ASSERT_TRUE(std::is_sorted(lists[q].begin(), lists[q].end(), Better()));
      raw_hits += raw[q].front().row == q ? 1 : 0;
      hits += lists[q].front().row == q ? 1 : 0;
    }
    EXPECT_LT(hub_skewness(occurrences(lists, 400)), 0.7 * hub_skewness(occurrences(raw, 400))) << "seed " << seed;
    EXPECT_GT(hits, raw_hits) << "seed " << seed;
  }
}

TEST(Normalised, LeavesQueriesAloneWhoseBestRowIsNoHub) {
  const TwoKinds kinds(9);
  const MatrixView few = testing::first_rows(kinds.bank, 20);
  const Normalised dynamic = Normalised::fit(kinds.items.view(), few, {}, Metric::cosine, {.query_scale = 10, .gallery_scale = 0}, 2);
  std::vector<bool> hub(400, false);
  for (const auto& list : exact_top_k(few, kinds.items.view(), Metric::cosine, 1)) hub[list.front().row] = true;
  std::size_t left = 0;
  for (const auto& list : exact_top_k(kinds.queries.view(), kinds.items.view(), Metric::cosine, 50)) {
    EXPECT_EQ(dynamic.acts_on(list.front().row), hub[list.front().row]);
    std::vector<Scored> found = list;
    dynamic.apply(found, 10);
    if (hub[list.front().row]) continue;
    ++left;
    ASSERT_TRUE(std::equal(found.begin(), found.end(), list.begin()));
  }
  EXPECT_GT(left, 0U);
}

TEST(Normalised, SaysWhichBankIsEmpty) {
  const TwoKinds kinds(2);
  const Normalised none = Normalised::fit(kinds.items.view(), Matrix(0, 24).view(), {}, Metric::cosine, {}, 1);
  ASSERT_EQ(none.notes().size(), 2U);
  EXPECT_EQ(none.notes().front(), "hub bank \"queries\" is empty: using raw similarity");
  std::vector<Scored> found{{3, 0.5F}, {1, 0.25F}}, nothing;
  none.apply(found, 10);
  EXPECT_EQ(found, (std::vector<Scored>{{3, 0.5F}, {1, 0.25F}}));
  none.apply(nothing, 10);
  EXPECT_TRUE(nothing.empty());
  const std::vector<std::uint32_t> itself{0};
  const Normalised alone = Normalised::fit(testing::first_rows(kinds.items, 1), kinds.bank.view(), itself, Metric::cosine, {}, 1);
  EXPECT_TRUE(std::isfinite(alone.offset(0))) << "a bank of the row alone says nothing of it";
}

}  // namespace
}  // namespace souk::index
