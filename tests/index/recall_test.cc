// Recall against the scan, the effort that reaches one, and what makes it hard to reach.
#include "souk/index/vectors/recall.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "souk/index/vectors/exact_scan.h"

#include "tests/support/vectors.h"

namespace souk::index {
namespace {

constexpr std::size_t kProbeRows = 1200, kProbeQueries = 60;

VectorSegment segment_of(std::string_view index, MatrixView rows, Metric metric = Metric::l2,
                         InsertionOrder order = InsertionOrder::random) {
  return std::move(*VectorSegment::build({"text", {}, static_cast<std::uint32_t>(rows.columns), metric}, rows, {},
                                         {*parse_index_spec(index, "test"), {.breadth = 40, .order = order}, 2}, Progress::none()));
}

TEST(Recall, IsThatOfComparingWithTheScan) {
  const Matrix made = testing::clustered_vectors(kProbeRows + kProbeQueries, 24, 15, 1);
  const MatrixView rows = testing::first_rows(made, kProbeRows), queries = testing::rows_from(made, kProbeRows);
  const VectorSegment segment = segment_of("HNSW4,SQ8,Refine", rows);
  const auto truth = exact_top_k(queries, rows, Metric::l2, 10);
  for (const std::size_t breadth : {10U, 20U, 100U}) {
    WalkScratch scratch;
    std::vector<Scored> found;
    double sum = 0;
    for (std::size_t q = 0; q < kProbeQueries; ++q) {
      ASSERT_TRUE(segment.search(queries.row(q), {.breadth = breadth}, scratch, found));
      sum += testing::recall(found, truth[q]);
    }
    const auto probed = probe_recall(segment, queries, {.breadth = breadth}, 2);
    ASSERT_TRUE(probed) << probed.error().message();
    EXPECT_NEAR(*probed, sum / kProbeQueries, 1e-12);
  }
  EXPECT_EQ(*probe_recall(segment_of("Flat", rows, Metric::cosine), queries, {}, 2), 1);
  EXPECT_EQ(*probe_recall(segment, testing::first_rows(made, 0), {}, 1), 1);
}

TEST(Recall, NeedsVectorsToCompareWith) {
  const Matrix made = testing::clustered_vectors(50, 8, 2, 2);
  for (const char* index : {"SQ8", "HNSW4,SQ8", "IVF4,Flat"}) {
    const auto probed = probe_recall(segment_of(index, made.view()), made.view(), {}, 1);
    ASSERT_FALSE(probed) << index;
    EXPECT_EQ(probed.error().kind, ErrorKind::unsupported);
  }
  const Matrix other = testing::clustered_vectors(5, 9, 2, 2);
  EXPECT_EQ(probe_recall(segment_of("Flat", made.view()), other.view(), {}, 1).error().where, "query 0");
}

TEST(Recall, OfRowsThatAreAlikeCountsAny) {
  Matrix alike(40, 4);
  for (std::size_t r = 0; r < 40; ++r) std::ranges::fill(alike.row(r), r < 30 ? 1.0F : 2.0F);
  EXPECT_EQ(*probe_recall(segment_of("HNSW4", alike.view()), alike.view(), {.k = 5}, 1), 1);
}

// A quarter of the memory of the vectors, and at most a hundredth of the recall lost once the best few are compared by their vectors.
TEST(Recall, IsKeptByAnIndexOfAQuarterOfTheMemory) {
  struct Case {
    const char* index;
    std::size_t dimension;
    VectorQuery how;
  };
  for (const Case& each : {Case{"IVF20,PQ48x4,Refine", 96, {.cells = 20}}, Case{"PQ48x4,Refine", 96, {}},
                           Case{"HNSW16,RBQ,Refine", 384, {.breadth = 200}}, Case{"HNSW16,RBQ2,Refine", 384, {.breadth = 100}}}) {
    const Matrix made = testing::clustered_vectors(kProbeRows + kProbeQueries, each.dimension, 20, 8);
    const MatrixView rows = testing::first_rows(made, kProbeRows), queries = testing::rows_from(made, kProbeRows);
    const VectorSegment segment = segment_of(each.index, rows, Metric::cosine);
    EXPECT_LE(segment.index_bytes() * 4, kProbeRows * each.dimension * sizeof(float)) << each.index;
    EXPECT_GE(*probe_recall(segment, queries, each.how, 2), 0.99) << each.index;
  }
}

TEST(TuneEffort, FindsTheLeastThatReachesTheRecall) {
  const Matrix made = testing::clustered_vectors(kProbeRows + 2 * kProbeQueries, 24, 15, 3);
  const MatrixView rows = testing::first_rows(made, kProbeRows);
  const MatrixView queries{made.data() + kProbeRows * 24, kProbeQueries, 24, 24},
      held_out = testing::rows_from(made, kProbeRows + kProbeQueries);
  for (const char* index : {"HNSW4,SQ8,Refine", "IVF40,SQ8,Refine"}) {
    const VectorSegment segment = segment_of(index, rows);
    std::size_t before = 0;
    for (const double target : {0.5, 0.9, 0.98}) {
      const auto tuned = tune_effort(segment, queries, 10, target, 2);
      ASSERT_TRUE(tuned && tuned->reached) << index;
      const auto with = [&](std::size_t effort, MatrixView some) {
        return *probe_recall(segment, some, {.breadth = effort, .cells = effort}, 2);
      };
      EXPECT_GE(with(tuned->effort, queries), target);
      EXPECT_EQ(with(tuned->effort, queries), tuned->recall);
      EXPECT_GE(with(tuned->effort, held_out), target - 0.05) << index;
      if (tuned->effort > 10) {
        EXPECT_LT(with(tuned->effort - 1, queries), target + 0.01) << "little less is not enough, but for noise";
      }
      EXPECT_GE(tuned->effort, before);
      before = tuned->effort;
    }
  }
  const auto scanned = tune_effort(segment_of("SQ8,Refine", rows), queries, 10, 0.9, 1);
  EXPECT_EQ(scanned->effort, 0U);
  EXPECT_TRUE(scanned->reached);
  EXPECT_FALSE(tune_effort(segment_of("HNSW4,SQ8,Refine", rows), queries, 10, 1.1, 1)->reached);
}

// Of Elliott and Clark: with the same graph and effort, recall falls with the dimension that the rows really have.
TEST(Recall, FallsWithTheIntrinsicDimension) {
  double recall_before = 2, dimension_before = 0;
  for (const std::size_t inner : {4U, 16U, 64U}) {
    Random random(inner);
    const Matrix axes = testing::clustered_vectors(inner, 96, 1, 5);
    Matrix made(2200, 96);
    for (std::size_t r = 0; r < made.rows(); ++r) {
      for (std::size_t m = 0; m < inner; ++m) {
        const auto along = static_cast<float>(random.normal());
        for (std::size_t i = 0; i < 96; ++i) made.row(r)[i] += along * axes.row(m)[i];
      }
    }
    const VectorSegment segment = segment_of("HNSW6", testing::first_rows(made, 2000));
    const double recall = *probe_recall(segment, testing::rows_from(made, 2000), {.breadth = 20}, 2);
    EXPECT_LT(recall, recall_before) << inner;
    EXPECT_GT(segment.report().local_dimension, dimension_before) << inner;
    recall_before = recall;
    dimension_before = segment.report().local_dimension;
  }
}

TEST(VectorReport, TellsOrderAndWarnsOfSortedRows) {
  Matrix sorted(900, 16);
  const Matrix made = testing::clustered_vectors(900, 16, 1, 6);
  for (std::size_t r = 0; r < 900; ++r) {
    for (std::size_t i = 0; i < 16; ++i) sorted.row(r)[i] = made.row(r)[i] + 6 * static_cast<float>((r / 90 * 7 + i) % 10);
  }
  const VectorReport as_is = segment_of("HNSW6", sorted.view(), Metric::l2, InsertionOrder::as_is).report();
  EXPECT_EQ(as_is.order, "as they are");
  EXPECT_LT(as_is.order_ratio, 0.5F);
  EXPECT_NE(as_is.warning.find("they are sorted"), std::string::npos);
  const VectorReport random = segment_of("HNSW6", sorted.view()).report();
  EXPECT_EQ(random.order, "random");
  EXPECT_TRUE(random.warning.empty());
  const VectorReport mixed = segment_of("HNSW6", made.view(), Metric::l2, InsertionOrder::as_is).report();
  EXPECT_NEAR(mixed.order_ratio, 1, 0.1);
  EXPECT_TRUE(mixed.warning.empty());
  EXPECT_EQ(segment_of("SQ8,Refine", made.view()).report().order, "");
  EXPECT_EQ(segment_of("HNSW6", made.view(), Metric::l2, InsertionOrder::by_dimension).report().order, "highest local dimension first");
}

}  // namespace
}  // namespace souk::index
