#include "souk/index/vectors/vector_segment.h"

#include <fstream>
#include <gtest/gtest.h>

#include "souk/index/vectors/exact_scan.h"

#include "tests/support/data.h"
#include "tests/support/vectors.h"

namespace souk::index {
namespace {

constexpr std::size_t kSegmentRows = 1500, kSegmentQueries = 40, kSegmentDimension = 24;

VectorSpace text_space(Metric metric = Metric::cosine) {
  return {"text", {0x7F3A, 0x91BC}, kSegmentDimension, metric};
}

VectorBuildConfig vector_config(std::string_view name) {
  return {*parse_index_spec(name, "test"), {.breadth = 60}, 2};
}

class VectorSegmentTest : public ::testing::Test {
 protected:
  MatrixView rows() const { return testing::first_rows(made_, kSegmentRows); }
  MatrixView queries() const { return testing::rows_from(made_, kSegmentRows); }
  VectorSegment build(std::string_view name, Metric metric) const {
    return std::move(*VectorSegment::build(text_space(metric), rows(), {}, vector_config(name), Progress::none()));
  }
  std::vector<std::vector<Scored>> answers(const VectorSegment& segment, const VectorQuery& how) const {
    WalkScratch scratch;
    std::vector<std::vector<Scored>> all(kSegmentQueries);
    for (std::size_t q = 0; q < kSegmentQueries; ++q) {
      EXPECT_TRUE(segment.search(queries().row(q), how, scratch, all[q]));
    }
    return all;
  }
  double recall(const VectorSegment& segment, const VectorQuery& how) const {
    Matrix mine = made_;
    if (segment.space().metric == Metric::cosine) {
      for (std::size_t r = 0; r < mine.rows(); ++r) to_unit(mine.row(r));
    }
    const auto expected = exact_top_k(testing::rows_from(mine, kSegmentRows), testing::first_rows(mine, kSegmentRows),
                                      segment.space().metric, how.k, how.allowed);
    const auto found = answers(segment, how);
    double sum = 0;
    for (std::size_t q = 0; q < kSegmentQueries; ++q) sum += testing::recall(found[q], expected[q]);
    return sum / kSegmentQueries;
  }
  void flip_every_byte(std::string_view name, std::size_t count) const;
  testing::TempDir dir_;
  Matrix made_ = testing::clustered_vectors(kSegmentRows + kSegmentQueries, kSegmentDimension, 15, 1);
};

TEST_F(VectorSegmentTest, FindsWhatTheScanFinds) {
  for (const Metric metric : {Metric::l2, Metric::dot, Metric::cosine}) {
    EXPECT_EQ(recall(build("Flat", metric), {}), 1.0) << name_of(metric);
    EXPECT_EQ(recall(build("SQ8,Refine", metric), {}), 1.0) << name_of(metric);
    EXPECT_GT(recall(build("SQ8", metric), {}), 0.95) << name_of(metric);
    EXPECT_GT(recall(build("RBQ,Refine", metric), {}), 0.99) << name_of(metric);
    EXPECT_GT(recall(build("HNSW16,RBQ,Refine", metric), {.breadth = 200, .refine = 200}), 0.95) << name_of(metric);
    EXPECT_GT(recall(build("RBQ3,Refine", metric), {.refine = 100}), 0.99) << name_of(metric);
    EXPECT_GT(recall(build("HNSW16,RBQ2,Refine", metric), {.breadth = 150}), 0.97) << name_of(metric);
    EXPECT_GT(recall(build("PQ12x4,Refine", metric), {}), 0.97) << name_of(metric);
    EXPECT_GT(recall(build("OPQ12x4,Refine", metric), {}), 0.97) << name_of(metric);
    EXPECT_GT(recall(build("PQ24x4", metric), {}), 0.5) << name_of(metric);
    EXPECT_GT(recall(build("IVF20,PQ24x4", metric), {.cells = 20}), recall(build("PQ24x4", metric), {})) << "residuals are finer";
    EXPECT_GT(recall(build("HNSW16", metric), {.breadth = 150}), 0.97) << name_of(metric);
    EXPECT_GT(recall(build("HNSW16,SQ8,Refine", metric), {.breadth = 150}), 0.97) << name_of(metric);
  }
}

TEST_F(VectorSegmentTest, LooksAtAsManyCellsAsAskedFor) {
  for (const char* name : {"IVF30,Flat", "IVF30,SQ8,Refine", "IVF30,RBQ,Refine", "IVF30,PQ24x4,Refine", "IVF30,OPQ12x4,Refine"}) {
    const VectorSegment segment = build(name, Metric::cosine);
    EXPECT_GT(recall(segment, {.cells = 30}), 0.99) << name;
    EXPECT_GT(recall(segment, {.cells = 12}), 0.9) << name;
    EXPECT_LT(recall(segment, {.cells = 1}), recall(segment, {.cells = 12})) << name;
    std::vector<std::uint64_t> bits((kSegmentRows + 63) / 64, 0x1111'1111'1111'1111U);
    EXPECT_GT(recall(segment, {.cells = 30, .allowed = {bits}}), 0.99) << name;
  }
}

TEST_F(VectorSegmentTest, ScoresAreExactWhereVectorsAreKept) {
  const VectorSegment segment = build("HNSW8,SQ8,Refine", Metric::l2);
  const auto found = answers(segment, {.k = 5});
  for (std::size_t q = 0; q < kSegmentQueries; ++q) {
    ASSERT_EQ(found[q].size(), 5U);
    for (const Scored& next : found[q]) ASSERT_EQ(next.score, exact_score(Metric::l2, queries().row(q), rows().row(next.row)));
    ASSERT_TRUE(std::is_sorted(found[q].begin(), found[q].end(), Better()));
  }
}

TEST_F(VectorSegmentTest, FiltersNarrowAndWide) {
  const VectorSegment segment = build("HNSW16,SQ8,Refine", Metric::cosine);
  for (const std::uint32_t step : {2U, 10U, 100U}) {
    std::vector<std::uint64_t> bits((kSegmentRows + 63) / 64, 0);
    for (std::uint32_t r = 0; r < kSegmentRows; r += step) bits[r / 64] |= std::uint64_t{1} << (r % 64);
    for (const std::size_t breadth : {12U, 100U}) {  // walked, and scanned
      const VectorQuery how{.breadth = breadth, .allowed = {bits}};
      for (const auto& found : answers(segment, how)) {
        for (const Scored& next : found) ASSERT_EQ(next.row % step, 0U);
      }
      if (breadth == 100) {
        EXPECT_GT(recall(segment, how), 0.97) << "one in " << step;
      }
    }
  }
}

TEST_F(VectorSegmentTest, AnswersTheSameFromItsFile) {
  for (const char* name :
       {"Flat", "SQ8", "SQ8,Refine", "RBQ,Refine", "HNSW8", "HNSW8,SQ8", "HNSW8,SQ8,Refine", "HNSW8,RBQ,Refine", "IVF20,Flat", "IVF20,SQ8",
        "IVF20,SQ8,Refine", "IVF20,RBQ,Refine", "HNSW8,RBQ2,Refine", "PQ6x4", "OPQ6x4,Refine", "IVF20,PQ24x4,Refine", "IVF20,OPQ8x4"}) {
    const VectorSegment segment = build(name, Metric::cosine);
    const fs::path path = dir_ / "segment";
    ASSERT_TRUE(segment.write(path));
    for (const bool in_memory : {false, true}) {
      const auto opened = VectorSegment::open(path, text_space(), in_memory);
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ(name_of(opened->spec()), name);
      EXPECT_EQ(opened->space(), segment.space());
      EXPECT_EQ(opened->index_bytes(), segment.index_bytes());
      EXPECT_EQ(opened->vector_bytes(), segment.vector_bytes());
      EXPECT_EQ(opened->report().local_dimension, segment.report().local_dimension);
      EXPECT_EQ(opened->report().order, segment.report().order);
      EXPECT_EQ(answers(*opened, {}), answers(segment, {})) << name;
      ASSERT_TRUE(opened->write(dir_ / "again"));
      EXPECT_EQ(read_file(dir_ / "again").value(), read_file(path).value());
    }
  }
}

TEST_F(VectorSegmentTest, InsertsByLocalDimension) {
  VectorBuildConfig config = vector_config("HNSW16,SQ8,Refine");
  config.graph.order = InsertionOrder::by_dimension;
  const auto segment = VectorSegment::build(text_space(), rows(), {}, config, Progress::none());
  ASSERT_TRUE(segment);
  EXPECT_GT(recall(*segment, {.breadth = 150}), 0.97);
}

TEST_F(VectorSegmentTest, KeepsTheNumbersOfItsOwner) {
  std::vector<std::uint32_t> numbers(kSegmentRows);
  for (std::uint32_t r = 0; r < kSegmentRows; ++r) numbers[r] = 3 * r + 5;
  const auto segment = VectorSegment::build(text_space(), rows(), numbers, vector_config("SQ8"), Progress::none());
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->number(7), 26U);
  numbers[9] = numbers[8];
  const auto twice = VectorSegment::build(text_space(), rows(), numbers, vector_config("SQ8"), Progress::none());
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().what, "vector 9 has number 29, the one before it 29: they must ascend");
  numbers.pop_back();
  EXPECT_FALSE(VectorSegment::build(text_space(), rows(), numbers, vector_config("SQ8"), Progress::none()));
}

TEST_F(VectorSegmentTest, RefusesOtherSpacesAndEncoders) {
  ASSERT_TRUE(build("SQ8", Metric::cosine).write(dir_ / "segment"));
  VectorSpace other = text_space();
  other.encoder.low = 1;
  const auto opened = VectorSegment::open(dir_ / "segment", other);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::invalid);
  EXPECT_EQ(opened.error().found, "space \"text\" of encoder 0000000000007f3a00000000000091bc, 24 numbers by cosine");
  other = text_space();
  other.name = "image";
  EXPECT_FALSE(VectorSegment::open(dir_ / "segment", other));
  EXPECT_TRUE(VectorSegment::open(dir_ / "segment", text_space()));
}

TEST_F(VectorSegmentTest, RefusesVectorsAndQueriesByName) {
  made_.row(3)[5] = std::numeric_limits<float>::quiet_NaN();
  const auto built = VectorSegment::build(text_space(), rows(), {}, vector_config("SQ8"), Progress::none());
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().where, "space \"text\", vector 3: number 5");
  std::ranges::fill(made_.row(3), 0.0F);
  EXPECT_FALSE(VectorSegment::build(text_space(), rows(), {}, vector_config("SQ8"), Progress::none()));
  const VectorSegment segment = build("SQ8", Metric::l2);

  WalkScratch scratch;
  std::vector<Scored> found{{1, 1}};
  EXPECT_EQ(segment.search(std::vector<float>(3), {}, scratch, found).error().where, "query");
  EXPECT_TRUE(found.empty());
  const std::vector<std::uint64_t> bits(2, ~std::uint64_t{0});
  EXPECT_EQ(segment.search(queries().row(0), {.allowed = {bits}}, scratch, found).error().what, "a filter of 128 bits for 1500 vectors");
}

TEST_F(VectorSegmentTest, OfNoneAndOfOne) {
  WalkScratch scratch;
  std::vector<Scored> found;
  for (const char* name : {"Flat", "SQ8,Refine", "RBQ,Refine", "RBQ4,Refine", "IVF2,SQ8,Refine", "HNSW8", "HNSW8,SQ8,Refine",
                           "PQ6x4,Refine", "IVF2,PQ6x4,Refine", "IVF2,OPQ6x4"}) {
    for (const std::size_t count : {0U, 1U, 2U}) {
      const auto segment = VectorSegment::build(text_space(), testing::first_rows(made_, count), {}, vector_config(name), Progress::none());
      ASSERT_TRUE(segment) << segment.error().message();
      ASSERT_TRUE(segment->write(dir_ / "small"));
      const auto opened = VectorSegment::open(dir_ / "small");
      ASSERT_TRUE(opened) << opened.error().message();
      ASSERT_TRUE(opened->search(queries().row(0), {}, scratch, found));
      EXPECT_EQ(found.size(), count) << name;
      ASSERT_TRUE(opened->search(queries().row(0), {.k = 1'000'000'000'000, .breadth = 1'000'000'000'000}, scratch, found));
      EXPECT_EQ(found.size(), count) << name;
      ASSERT_TRUE(opened->search(queries().row(0), {.k = 0}, scratch, found));
      EXPECT_TRUE(found.empty());
    }
  }
}

// Filters that keep nearly all, many and hardly any rows take three ways through codes in blocks, with one result.
TEST_F(VectorSegmentTest, FiltersCodesInBlocks) {
  for (const char* name : {"PQ24x4,Refine", "IVF10,PQ24x4,Refine"}) {
    const VectorSegment segment = build(name, Metric::l2);
    for (const std::uint32_t step : {2U, 7U, 10U, 100U}) {
      std::vector<std::uint64_t> bits((kSegmentRows + 63) / 64, 0);
      for (std::uint32_t r = 0; r < kSegmentRows; r += step) bits[r / 64] |= std::uint64_t{1} << (r % 64);
      for (const std::size_t breadth : {1U, 100U}) {
        const VectorQuery how{.breadth = breadth, .cells = 10, .allowed = {bits}};
        for (const auto& found : answers(segment, how)) {
          for (const Scored& next : found) ASSERT_EQ(next.row % step, 0U);
        }
        EXPECT_GT(recall(segment, how), 0.98) << name << ", one in " << step;
      }
    }
  }
}

// Two stages: codes in memory, and never more vectors read from the file than asked for.
TEST_F(VectorSegmentTest, ReadsABoundedNumberOfVectors) {
  for (const char* name : {"IVF20,PQ24x4,Refine", "RBQ,Refine", "IVF20,RBQ,Refine", "HNSW8,RBQ2,Refine", "SQ8,Refine"}) {
    ASSERT_TRUE(build(name, Metric::cosine).write(dir_ / "segment"));
    const auto opened = VectorSegment::open(dir_ / "segment", true);
    ASSERT_TRUE(opened);
    WalkScratch scratch;
    std::vector<Scored> found;
    for (const std::size_t most : {10U, 25U, 60U}) {
      for (std::size_t q = 0; q < kSegmentQueries; ++q) {
        scratch.vectors_read = 0;
        ASSERT_TRUE(opened->search(queries().row(q), {.cells = 20, .refine = most}, scratch, found));
        ASSERT_EQ(found.size(), 10U);
        ASSERT_LE(scratch.vectors_read, most) << name;
        ASSERT_GE(scratch.vectors_read, 10U) << name;
      }
    }
    EXPECT_GT(recall(*opened, {.cells = 20, .refine = 200}), 0.97) << name;
  }
}

TEST_F(VectorSegmentTest, RefusesMorePartsThanNumbers) {
  const auto built = VectorSegment::build(text_space(), rows(), {}, vector_config("IVF20,PQ25x4,Refine"), Progress::none());
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().what, "more parts than a vector has numbers");
  EXPECT_EQ(built.error().found, "25");
}

// Whatever bit is flipped: the segment is refused with the file's name (all of it is read when it is opened), or nothing was there.
TEST_F(VectorSegmentTest, FindsEveryFlippedBit) {
  flip_every_byte("HNSW2,SQ8,Refine", 30);
  flip_every_byte("IVF2,PQ2x4", 3);
}

void VectorSegmentTest::flip_every_byte(std::string_view name, std::size_t count) const {
  const auto segment = VectorSegment::build(text_space(), testing::first_rows(made_, count), {}, vector_config(name), Progress::none());
  ASSERT_TRUE(segment->write(dir_ / "segment"));
  const std::string bytes = read_file(dir_ / "segment").value();
  const auto whole = answers(*VectorSegment::open(dir_ / "segment"), {});
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    std::ofstream(dir_ / "damaged", std::ios::binary) << damaged;
    const auto opened = VectorSegment::open(dir_ / "damaged");
    if (opened) {  // between two sections: nothing but verify() reads there
      ASSERT_EQ(bytes[at], 0);
      ASSERT_EQ(answers(*opened, {}), whole) << "byte " << at;
      continue;
    }
    ASSERT_EQ(opened.error().where, (dir_ / "damaged").string()) << "byte " << at << ": " << opened.error().message();
  }
}

TEST(IndexSpec, ReadsWhatItWrites) {
  for (const char* name : {"Flat", "SQ8", "SQ8,Refine", "RBQ", "RBQ,Refine", "IVF1,Flat", "IVF1024,SQ8,Refine", "HNSW32", "HNSW32,SQ8",
                           "HNSW32,RBQ,Refine", "HNSW2,SQ8,Refine", "RBQ4,Refine", "PQ48x4", "OPQ48x4,Refine", "IVF4096,PQ48x4,Refine"}) {
    const auto spec = parse_index_spec(name, "test");
    ASSERT_TRUE(spec) << name;
    EXPECT_EQ(name_of(*spec), name);
  }
  EXPECT_EQ(name_of(*parse_index_spec("HNSW32,Flat", "test")), "HNSW32");
  for (const char* name : {"",
                           "HNSW",
                           "HNSW1",
                           "HNSW257",
                           "HNSW32x",
                           "HNSW99999999999",
                           "hnsw32",
                           "Flat,SQ8",
                           "Flat,Refine",
                           "HNSW32,Refine",
                           "HNSW32,SQ8,",
                           ",",
                           "SQ8,Refine,Refine",
                           "IVF10",
                           "IVF0,Flat",
                           "HNSW32,IVF10,Flat",
                           "HNSW32,PQ48x4,Refine",
                           "PQ48",
                           "PQ0x4",
                           "PQ300x4",
                           "RBQ5"}) {
    const auto spec = parse_index_spec(name, "shop.toml: spaces.text.index");
    ASSERT_FALSE(spec) << name;
    EXPECT_EQ(spec.error().where, "shop.toml: spaces.text.index");
  }
}

TEST(IndexSpec, SuitsTheSize) {
  EXPECT_EQ(name_of(choose_index_spec(1000, 384).spec), "SQ8,Refine");
  const ChosenSpec many = choose_index_spec(1'000'000, 384);
  EXPECT_EQ(name_of(many.spec), "HNSW16,SQ8,Refine");
  EXPECT_NE(many.reason.find("1000000"), std::string::npos);
}

}  // namespace
}  // namespace souk::index
