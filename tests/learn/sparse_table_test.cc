#include "souk/learn/sparse_table.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>

#include "tests/support/data.h"

namespace souk::learn {
namespace {

using Rule = SparseTableConfig::Rule;
constexpr Rule kRules[] = {Rule::sgd, Rule::adagrad, Rule::adam};

SparseTable table_of(Rule rule, std::uint32_t rows = 7, std::uint32_t dim = 5, std::uint64_t seed = 1) {
  Random random(seed);
  return SparseTable::make({.rule = rule, .deviation = 0.5F}, rows, dim, random).value();
}

Matrix gradients(std::size_t rows, std::size_t dim, Random& random) {
  Matrix result(rows, dim);
  for (std::size_t i = 0; i < rows * dim; ++i) result.data()[i] = static_cast<float>(random.normal());
  return result;
}

std::vector<float> all(const SparseTable& table) {
  const MatrixView values = table.values();
  return {values.data, values.data + values.rows * values.columns};
}

// Some steps of some rows, drawn by a seed.
void train(SparseTable& table, std::uint64_t seed, int steps = 10, unsigned threads = 1) {
  Random random(seed);
  for (int s = 0; s < steps; ++s) {
    std::vector<std::uint32_t> rows(1 + random.below(3 * table.rows()));
    for (std::uint32_t& row : rows) row = static_cast<std::uint32_t>(random.below(table.rows()));
    table.step(rows, gradients(rows.size(), table.dim(), random).view(), 0.05F, threads);
  }
}

TEST(SparseTable, GathersRowsInTheOrderAsked) {
  const SparseTable table = table_of(Rule::sgd);
  std::vector<float> out(4 * 5);
  table.gather(std::vector<std::uint32_t>{6, 0, 6, 3}, out.data());
  const auto values = all(table);
  for (std::size_t c = 0; c < 5; ++c) {
    EXPECT_EQ(out[c], values[6 * 5 + c]);
    EXPECT_EQ(out[5 + c], values[c]);
    EXPECT_EQ(out[10 + c], values[6 * 5 + c]);
    EXPECT_EQ(out[15 + c], values[3 * 5 + c]);
  }
}

TEST(SparseTable, LeavesUntouchedRowsAsTheyAre) {
  for (const Rule rule : kRules) {
    SparseTable table = table_of(rule);
    train(table, 1);
    const auto before = all(table);
    Random random(9);
    table.step(std::vector<std::uint32_t>{2, 4, 2}, gradients(3, 5, random).view(), 0.1F);
    const auto after = all(table);
    for (std::size_t r = 0; r < 7; ++r) {
      const bool same = std::equal(after.begin() + r * 5, after.begin() + (r + 1) * 5, before.begin() + r * 5);
      EXPECT_EQ(same, r != 2 && r != 4) << r;
    }
  }
}

TEST(SparseTable, SumsTheGradientsOfARowBeforeItsStep) {
  for (const Rule rule : kRules) {
    SparseTable one = table_of(rule), two = table_of(rule);
    Matrix parts(3, 5), sum(1, 5);
    for (std::size_t c = 0; c < 5; ++c) {
      parts.row(0)[c] = 1, parts.row(1)[c] = 2, parts.row(2)[c] = static_cast<float>(c);
      sum.row(0)[c] = 3 + static_cast<float>(c);
    }
    one.step(std::vector<std::uint32_t>{3, 3, 3}, parts.view(), 0.1F);
    two.step(std::vector<std::uint32_t>{3}, sum.view(), 0.1F);
    EXPECT_EQ(all(one), all(two));
  }
}

TEST(SparseTable, TheFirstStepOfAdamIsTheRateWhereverItComes) {
  SparseTable table = table_of(Rule::adam);
  Matrix gradient(1, 5);
  for (std::size_t c = 0; c < 5; ++c) gradient.row(0)[c] = c % 2 == 0 ? 3e-3F : -20;
  for (int s = 0; s < 1000; ++s) table.step(std::vector<std::uint32_t>{1}, gradient.view(), 0.01F);
  const auto before = all(table);
  table.step(std::vector<std::uint32_t>{2}, gradient.view(), 0.01F);
  for (std::size_t c = 0; c < 5; ++c) EXPECT_NEAR(all(table)[10 + c] - before[10 + c], c % 2 == 0 ? -0.01 : 0.01, 1e-6);
}

TEST(SparseTable, IsTheSameForAnyNumberOfThreads) {
  for (const Rule rule : kRules) {
    SparseTable one = table_of(rule, 2000, 9), three = table_of(rule, 2000, 9);
    train(one, 4, 5, 1);
    train(three, 4, 5, 3);
    EXPECT_EQ(all(one), all(three));
  }
}

TEST(SparseTable, GoesOnAfterASaveAsIfItHadNotStopped) {
  const souk::testing::TempDir dir;
  for (const Rule rule : kRules) {
    SparseTable table = table_of(rule);
    train(table, 5);
    ASSERT_TRUE(table.save(dir / "table"));
    auto loaded = SparseTable::load(dir / "table");
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ(all(*loaded), all(table));
    train(table, 6);
    train(*loaded, 6);
    EXPECT_EQ(all(*loaded), all(table));
    EXPECT_EQ(loaded->config().rule, rule);
  }
}

TEST(SparseTable, MapsTheValuesOfASave) {
  const souk::testing::TempDir dir;
  const SparseTable table = table_of(Rule::adagrad);
  ASSERT_TRUE(table.save(dir / "table"));
  const auto mapped = MappedTable::open(dir / "table");
  ASSERT_TRUE(mapped) << mapped.error().message();
  const MatrixView view = mapped->values();
  EXPECT_EQ(std::vector<float>(view.data, view.data + view.rows * view.columns), all(table));
  EXPECT_EQ(view.columns, 5U);
}

TEST(SparseTable, SaysWhatItTakesBeforeItIsMade) {
  EXPECT_EQ(SparseTable::bytes({.rule = Rule::sgd}, 10, 4), 160U);
  EXPECT_EQ(SparseTable::bytes({.rule = Rule::adagrad}, 10, 4), 320U);
  EXPECT_EQ(SparseTable::bytes({.rule = Rule::adam}, 10, 4), 520U);
}

TEST(SparseTable, RefusesShapesAndRatesThatMakeNoSense) {
  Random random(1);
  EXPECT_FALSE(SparseTable::make({}, 0, 4, random));
  EXPECT_FALSE(SparseTable::make({}, 4, 0, random));
  EXPECT_FALSE(SparseTable::make({}, 1UL << 32, 4, random));
  EXPECT_FALSE(SparseTable::make({.beta1 = 1}, 4, 4, random));
  EXPECT_FALSE(SparseTable::make({.beta2 = NAN}, 4, 4, random));
}

// The first error that a reader of all of a file meets.
Status read_all(const fs::path& path) {
  SOUK_TRY(const auto table, SparseTable::load(path));
  SOUK_TRY(const auto mapped, MappedTable::open(path));
  return mapped.values().rows == table.rows() ? Status() : fail(ErrorKind::internal, "they differ");
}

TEST(SparseTableFile, FindsEveryFlippedBitAndEveryCut) {
  const souk::testing::TempDir dir;
  SparseTable table = table_of(Rule::adam, 3, 2);
  train(table, 1);
  ASSERT_TRUE(table.save(dir / "table"));
  const std::string bytes = read_file(dir / "table").value();
  const auto refused = [&](std::string_view damaged) {
    std::ofstream(dir / "damaged", std::ios::binary) << damaged;
    const Status status = read_all(dir / "damaged");
    return !status && status.error().kind == ErrorKind::corrupt && status.error().where == (dir / "damaged").string();
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    EXPECT_TRUE(refused(damaged)) << at;
    EXPECT_TRUE(refused(std::string_view(bytes).substr(0, at))) << at;
  }
}

TEST(SparseTableFile, RefusesAHeadThatDoesNotFitItsSections) {
  const souk::testing::TempDir dir;
  struct Head {
    std::uint64_t rows = 3;
    std::uint32_t dim = 2, rule = 0;
    float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F, deviation = 0.02F;
  };
  const std::vector<float> values(6);
  const auto written = [&](const Head& head) {
    SectionWriter writer("STAB", 1);
    writer.add("head", std::span(&head, 1));
    writer.add("value", values);
    EXPECT_TRUE(writer.write(dir / "table"));
    return read_all(dir / "table");
  };
  EXPECT_TRUE(written({}));
  for (const Head& head :
       {Head{.rows = 2}, Head{.rows = 0}, Head{.rows = 6UL << 32}, Head{.dim = 0}, Head{.dim = 3}, Head{.rule = 1}, Head{.rule = 3},
        Head{.beta1 = 1}, Head{.beta2 = -1}, Head{.epsilon = NAN}, Head{.deviation = -1}, Head{.rows = 0x80000000, .dim = 0x80000000}}) {
    const Status status = written(head);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace souk::learn
