#include "souk/learn/alias_table.h"

#include <gmock/gmock.h>

#include "tests/learn/chi_square.h"

namespace souk::learn {
namespace {

std::vector<std::uint64_t> draws(const AliasTable& table, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint64_t> drawn(table.size());
  for (std::size_t i = 0; i < count; ++i) ++drawn[table.draw(random)];
  return drawn;
}

std::vector<double> shares(std::vector<double> weights) {
  double sum = 0;
  for (const double w : weights) sum += w;
  for (double& w : weights) w /= sum;
  return weights;
}

TEST(AliasTable, DrawsEveryKindOfDistribution) {
  Random random(3);
  std::vector<std::vector<double>> kinds{{1}, {0, 1}, {1, 0, 0}, {1, 1, 1, 1}, {1e-9, 1}, {5, 0, 1e-3, 2, 0, 7}};
  std::vector<double> zipf(500), any(37);
  for (std::size_t i = 0; i < zipf.size(); ++i) zipf[i] = 1e6 / static_cast<double>(i + 1);
  for (double& w : any) w = random.uniform();
  kinds.push_back(zipf);
  kinds.push_back(any);
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const auto table = AliasTable::of(kinds[k]);
    ASSERT_TRUE(table);
    EXPECT_LT(chi_square_ratio(draws(*table, 300'000, k), shares(kinds[k])), 1) << k;
  }
}

TEST(AliasTable, TheTestTellsDistributionsApart) {
  std::vector<double> weights(50, 1);
  const auto table = AliasTable::of(weights);
  ASSERT_TRUE(table);
  weights[7] = 1.15;
  EXPECT_GT(chi_square_ratio(draws(*table, 300'000, 1), shares(weights)), 1);
}

TEST(AliasTable, RefusesWhatIsNoDistribution) {
  EXPECT_FALSE(AliasTable::of({}));
  for (const std::vector<double>& weights : {std::vector<double>{0, 0}, {1, -1}, {1, NAN}, {INFINITY}, {1e308, 1e308}}) {
    const auto table = AliasTable::of(weights);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().kind, ErrorKind::invalid);
  }
}

}  // namespace
}  // namespace souk::learn
