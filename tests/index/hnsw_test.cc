// The graph against the scan of all rows, and its own shape.
#include "souk/index/vectors/hnsw.h"

#include <gtest/gtest.h>
#include <set>

#include "souk/index/vectors/exact_scan.h"

#include "tests/support/vectors.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kGraphRows = 3000, kGraphQueries = 100;
constexpr std::size_t kGraphDimension = 32;

struct BuiltGraph {
  Matrix made;
  std::unique_ptr<Quantizer> quantizer;
  Lines codes;
  Hnsw graph;

  MatrixView rows() const { return testing::first_rows(made, made.rows() - kGraphQueries); }
  MatrixView queries() const { return testing::rows_from(made, made.rows() - kGraphQueries); }
  std::vector<Scored> search(std::span<const float> query, std::size_t k, std::size_t breadth, AllowedRows allowed = {}) const {
    WalkScratch scratch;
    quantizer->prepare(query, scratch.query);
    search_hnsw(graph.view(), {quantizer.get(), codes.data(), rows().rows, allowed}, breadth, scratch);
    std::vector<Scored> found;
    for (std::size_t i = 0; i < scratch.beam.size() && found.size() < k; ++i) {
      if (allowed(scratch.beam[i].row)) found.push_back(scratch.beam[i]);
    }
    return found;
  }
};

BuiltGraph built_graph(Matrix made, const std::string& codes, const HnswConfig& config, unsigned threads = 2, Metric metric = Metric::l2) {
  BuiltGraph result{std::move(made), nullptr, {}, {}};
  result.quantizer = std::move(*fit_quantizer(codes, result.rows(), metric));
  result.codes = encode_all(*result.quantizer, result.rows(), 1);
  result.graph = build_hnsw(*result.quantizer, result.codes.data(), result.rows().rows, config, threads, Progress::none());
  return result;
}

double mean_recall(const BuiltGraph& index, std::size_t breadth, AllowedRows allowed = {}, Metric metric = Metric::l2) {
  const auto expected = exact_top_k(index.queries(), index.rows(), metric, 10, allowed);
  double sum = 0;
  for (std::size_t q = 0; q < kGraphQueries; ++q)
    sum += testing::recall(index.search(index.queries().row(q), 10, breadth, allowed), expected[q]);
  return sum / kGraphQueries;
}

Matrix graph_vectors(std::uint64_t seed) {
  return testing::clustered_vectors(kGraphRows + kGraphQueries, kGraphDimension, 20, seed);
}

TEST(Hnsw, FindsNearlyWhatTheScanFinds) {
  const BuiltGraph floats = built_graph(graph_vectors(1), "F32", {.degree = 12, .breadth = 100});
  EXPECT_GT(mean_recall(floats, 20), 0.9);
  EXPECT_GT(mean_recall(floats, 100), 0.99);
  const BuiltGraph codes = built_graph(graph_vectors(1), "SQ8", {.degree = 12, .breadth = 100});
  EXPECT_GT(mean_recall(codes, 100), 0.95) << "codes alone, without the vectors";
}

TEST(Hnsw, WalksByEveryMetric) {
  EXPECT_GT(mean_recall(built_graph(graph_vectors(2), "F32", {.degree = 12, .breadth = 100}, 1, Metric::dot), 200, {}, Metric::dot), 0.95);
  Matrix units = graph_vectors(2);
  for (std::size_t r = 0; r < units.rows(); ++r) to_unit(units.row(r));
  EXPECT_GT(mean_recall(built_graph(std::move(units), "SQ8", {.degree = 12, .breadth = 100}, 1, Metric::cosine), 100, {}, Metric::cosine),
            0.95);
}

TEST(Hnsw, ABroaderBeamFindsMore) {
  const BuiltGraph index = built_graph(graph_vectors(3), "F32", {.degree = 6, .breadth = 40});
  EXPECT_LT(mean_recall(index, 10), mean_recall(index, 40));
  EXPECT_LT(mean_recall(index, 40), mean_recall(index, 300));
}

TEST(Hnsw, IsTheSameForAnyNumberOfThreads) {
  const BuiltGraph one = built_graph(graph_vectors(4), "SQ8", {.degree = 8, .breadth = 50}, 1);
  for (const unsigned threads : {2U, 5U}) {
    const BuiltGraph more = built_graph(graph_vectors(4), "SQ8", {.degree = 8, .breadth = 50}, threads);
    EXPECT_TRUE(std::ranges::equal(one.graph.base.bytes(), more.graph.base.bytes()));
    EXPECT_EQ(one.graph.upper, more.graph.upper);
    EXPECT_EQ(one.graph.entry, more.graph.entry);
  }
  const BuiltGraph other = built_graph(graph_vectors(4), "SQ8", {.degree = 8, .breadth = 50, .seed = 2}, 1);
  EXPECT_FALSE(std::ranges::equal(one.graph.base.bytes(), other.graph.base.bytes()));
}

TEST(Hnsw, ListsHoldDifferentRowsOfTheirLevel) {
  const BuiltGraph index = built_graph(graph_vectors(5), "F32", {.degree = 5, .breadth = 40});
  const HnswView graph = index.graph.view();
  std::size_t upper = 0;
  for (std::uint32_t row = 0; row < kGraphRows; ++row) {
    ASSERT_LE(graph.levels(row), graph.levels(graph.entry));
    upper += graph.levels(row);
    for (std::size_t level = 0; level <= graph.levels(row); ++level) {
      const auto list = graph.list(row, level);
      ASSERT_EQ(list.size(), level == 0 ? 10U : 5U);
      std::set<std::uint32_t> neighbours;
      bool ended = false;
      for (const std::uint32_t next : list) {
        ended = ended || next == kNoRow;
        if (ended) {
          ASSERT_EQ(next, kNoRow) << "nothing after the end";
          continue;
        }
        ASSERT_LT(next, kGraphRows);
        ASSERT_NE(next, row);
        ASSERT_GE(graph.levels(next), level);
        ASSERT_TRUE(neighbours.insert(next).second);
      }
    }
  }
  EXPECT_NEAR(static_cast<double>(upper), kGraphRows / 4.0, kGraphRows / 16.0) << "a row in 5 has a level more, of these one in 5 ...";
}

TEST(Hnsw, FindsAllowedRowsWhateverTheQueryIs) {
  const BuiltGraph index = built_graph(graph_vectors(6), "F32", {.degree = 16, .breadth = 100});
  Random random(7);
  for (const std::uint64_t one_in : {2U, 10U}) {
    std::vector<std::uint64_t> bits((kGraphRows + 63) / 64, 0);
    for (std::uint32_t r = 0; r < kGraphRows; ++r) bits[r / 64] |= std::uint64_t{random.below(one_in) == 0 ? 1U : 0U} << (r % 64);
    EXPECT_GT(mean_recall(index, 100, {bits}), 0.95) << "one in " << one_in;
  }
  std::vector<std::uint64_t> most((kGraphRows + 63) / 64, ~std::uint64_t{0});  // deleted: the best of each query
  for (const auto& best : exact_top_k(index.queries(), index.rows(), Metric::l2, 3)) {
    for (const Scored& gone : best) most[gone.row / 64] &= ~(std::uint64_t{1} << (gone.row % 64));
  }
  EXPECT_GT(mean_recall(index, 100, {most}), 0.98);
}

TEST(Hnsw, SortedRowsAreFoundToo) {  // a feed sorted by category
  Matrix made = graph_vectors(8);
  std::vector<std::vector<float>> rows;
  for (std::size_t r = 0; r < kGraphRows; ++r) rows.emplace_back(made.row(r).begin(), made.row(r).end());
  std::ranges::sort(rows);
  for (std::size_t r = 0; r < kGraphRows; ++r) std::ranges::copy(rows[r], made.row(r).begin());
  EXPECT_GT(mean_recall(built_graph(std::move(made), "F32", {.degree = 12, .breadth = 100}), 100), 0.99);
}

TEST(Hnsw, TakesRowsInTheOrderGiven) {
  std::vector<std::uint32_t> backwards(kGraphRows);
  for (std::uint32_t r = 0; r < kGraphRows; ++r) backwards[r] = kGraphRows - 1 - r;
  const BuiltGraph index = built_graph(graph_vectors(10), "F32", {.degree = 12, .breadth = 100, .sequence = backwards});
  EXPECT_GT(mean_recall(index, 100), 0.99);
  const BuiltGraph as_is = built_graph(graph_vectors(10), "F32", {.degree = 12, .breadth = 100, .order = InsertionOrder::as_is});
  EXPECT_FALSE(std::ranges::equal(index.graph.base.bytes(), as_is.graph.base.bytes()));
}

TEST(Hnsw, OfNoneOfOneAndOfEqualRows) {
  Matrix made = testing::clustered_vectors(kGraphQueries, kGraphDimension, 1, 9);
  const BuiltGraph none = built_graph(made, "F32", {});
  EXPECT_TRUE(none.search(made.row(0), 10, 10).empty());
  const BuiltGraph one = built_graph(testing::clustered_vectors(kGraphQueries + 1, kGraphDimension, 1, 9), "SQ8", {});
  EXPECT_EQ(one.search(made.row(0), 10, 10).front().row, 0U);
  Matrix equal(500 + kGraphQueries, kGraphDimension);
  for (std::size_t r = 0; r < equal.rows(); ++r) std::ranges::fill(equal.row(r), 1.0F);
  const BuiltGraph same = built_graph(std::move(equal), "F32", {.degree = 4, .breadth = 20});
  EXPECT_EQ(same.search(same.queries().row(0), 10, 20).size(), 10U);
}

}  // namespace
}  // namespace souk::index
