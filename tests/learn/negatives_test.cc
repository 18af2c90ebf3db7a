#include "souk/learn/negatives.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>
#include <set>

#include "tests/learn/chi_square.h"

namespace souk::learn {
namespace {

using Scope = NegativesConfig::Scope;

constexpr std::uint32_t kItems = 60;

std::vector<std::uint32_t> counts() {
  std::vector<std::uint32_t> result(kItems);
  for (std::uint32_t i = 0; i < kItems; ++i) result[i] = i == 5 ? 0 : 1 + 1000 / (i + 1);
  return result;
}

// Positives and sessions of a batch, drawn by frequency.
struct Batch {
  std::vector<std::uint32_t> positives, begin{0};
  Batch(std::uint32_t sessions, Random& random) {
    const auto n = counts();
    const auto table = AliasTable::of(std::vector<double>(n.begin(), n.end())).value();
    for (std::uint32_t s = 0; s < sessions; ++s) {
      for (std::uint64_t i = 1 + random.below(6); i > 0; --i) positives.push_back(table.draw(random));
      begin.push_back(static_cast<std::uint32_t>(positives.size()));
    }
  }
};

std::vector<double> by_power(double power) {
  std::vector<double> q;
  for (const std::uint32_t n : counts()) q.push_back(n == 0 ? 0 : std::pow(n, power));
  const double sum = std::accumulate(q.begin(), q.end(), 0.0);
  for (double& p : q) p /= sum;
  return q;
}

// How often each item is drawn by a number of draws for batches of 20 sessions.
std::vector<std::uint64_t> drawn(const NegativesConfig& config, std::uint64_t seed, int batches = 300) {
  const auto sampler = NegativeSampler::make(config, counts());
  EXPECT_TRUE(sampler) << sampler.error().message();
  Random random(seed);
  Negatives negatives;
  std::vector<std::uint64_t> result(kItems);
  for (int b = 0; b < batches; ++b) {
    const Batch batch(20, random);
    sampler->draw(batch.positives, batch.begin, random, negatives);
    EXPECT_EQ(negatives.items.size(), negatives.log_q.size());
    for (std::size_t i = 0; i < negatives.items.size(); ++i) {
      ++result[negatives.items[i]];
      EXPECT_EQ(negatives.log_q[i], sampler->log_q(negatives.items[i]));
    }
  }
  return result;
}

TEST(Negatives, AreUniform) {
  EXPECT_LT(chi_square_ratio(drawn({.uniform = 500, .avoid_own = false}, 1), std::vector<double>(kItems, 1.0 / kItems)), 1);
}

TEST(Negatives, FollowPopularityToAnyPower) {
  for (const double power : {0.0, 0.5, 0.75, 1.0, 1.5}) {
    const NegativesConfig config{.uniform = 0, .popular = 500, .popularity = power, .avoid_own = false};
    EXPECT_LT(chi_square_ratio(drawn(config, 2), by_power(power)), 1) << power;
  }
  EXPECT_GT(chi_square_ratio(drawn({.uniform = 0, .popular = 500, .popularity = 0.75, .avoid_own = false}, 2), by_power(0.8)), 1);
}

TEST(Negatives, OfABatchFollowItsPositives) {
  // One batch, whose own distribution is known exactly.
  Random random(3);
  const Batch batch(40, random);
  const auto sampler = NegativeSampler::make({.uniform = 0, .in_batch = 100'000}, counts()).value();
  Negatives negatives;
  sampler.draw(batch.positives, batch.begin, random, negatives);
  std::vector<double> share(kItems);
  for (const std::uint32_t item : batch.positives) share[item] += 1.0 / static_cast<double>(batch.positives.size());
  std::vector<std::uint64_t> got(kItems);
  for (const std::uint32_t item : negatives.items) ++got[item];
  EXPECT_LT(chi_square_ratio(got, share), 1);
}

TEST(Negatives, OfASessionComeFromOtherSessionsAndAvoidItsOwn) {
  Random random(4);
  const Batch batch(10, random);
  for (const Scope scope : {Scope::session, Scope::position}) {
    const auto sampler = NegativeSampler::make({.scope = scope, .uniform = 3, .popular = 2, .in_batch = 40}, counts()).value();
    Negatives negatives;
    sampler.draw(batch.positives, batch.begin, random, negatives);
    ASSERT_EQ(negatives.each, 45U);
    const std::size_t groups = scope == Scope::session ? 10 : batch.positives.size();
    ASSERT_EQ(negatives.items.size(), groups * 45);
    std::size_t group = 0;
    for (std::size_t s = 0; s < 10; ++s) {
      const std::set<std::uint32_t> own(batch.positives.begin() + batch.begin[s], batch.positives.begin() + batch.begin[s + 1]);
      std::set<std::uint32_t> others(batch.positives.begin(), batch.positives.begin() + batch.begin[s]);
      others.insert(batch.positives.begin() + batch.begin[s + 1], batch.positives.end());
      for (std::size_t i = 0; i < (scope == Scope::session ? 1 : batch.begin[s + 1] - batch.begin[s]); ++i, ++group) {
        for (std::size_t j = 0; j < 45; ++j) {
          const std::uint32_t item = negatives.items[group * 45 + j];
          EXPECT_FALSE(own.contains(item));
          EXPECT_TRUE(j < 5 || others.contains(item));
        }
      }
    }
  }
}

TEST(Negatives, OfABatchAvoidItsPositivesUnlessDrawnFromThem) {
  Random random(5);
  const Batch batch(5, random);
  const std::set<std::uint32_t> own(batch.positives.begin(), batch.positives.end());
  const auto sampler = NegativeSampler::make({.uniform = 300, .popular = 300, .in_batch = 50}, counts()).value();
  Negatives negatives;
  sampler.draw(batch.positives, batch.begin, random, negatives);
  for (std::size_t i = 0; i < 650; ++i) EXPECT_EQ(own.contains(negatives.items[i]), i >= 600) << i;
}

TEST(Negatives, OfAllPositivesAreThePositives) {
  Random random(6);
  const Batch batch(7, random);
  const auto sampler = NegativeSampler::make({.uniform = 0, .in_batch = NegativesConfig::kAll}, counts()).value();
  Negatives negatives;
  sampler.draw(batch.positives, batch.begin, random, negatives);
  EXPECT_EQ(negatives.items, batch.positives);
  const auto q = by_power(1);
  for (std::uint32_t i = 0; i < kItems; ++i) {
    if (i == 5) continue;
    EXPECT_NEAR(sampler.log_q(i), std::log(q[i]), 1e-5);
  }
  EXPECT_TRUE(std::isfinite(sampler.log_q(5)));
}

TEST(Negatives, OfAMixtureHaveItsProbabilities) {
  const NegativesConfig config{.uniform = 100, .popular = 60, .popularity = 0.5, .in_batch = 40, .avoid_own = false};
  const auto popular = by_power(0.5), frequent = by_power(1);
  std::vector<double> q(kItems);
  const auto sampler = NegativeSampler::make(config, counts()).value();
  for (std::uint32_t i = 0; i < kItems; ++i) {
    q[i] = 0.5 / kItems + 0.3 * popular[i] + 0.2 * frequent[i];
    EXPECT_NEAR(sampler.log_q(i), std::log(q[i]), 1e-5);
  }
  // Draws from a batch are not independent: the test of the mixture takes batches of one session, whose negatives follow the counts.
  Random random(7);
  std::vector<std::uint64_t> got(kItems);
  Negatives negatives;
  for (int i = 0; i < 1500; ++i) {
    sampler.draw({}, std::vector<std::uint32_t>{0}, random, negatives);
    for (const std::uint32_t item : negatives.items) ++got[item];
  }
  EXPECT_LT(chi_square_ratio(got, q), 1);
}

TEST(Negatives, AreTheSameForTheSameSeed) {
  const NegativesConfig config{.scope = Scope::session, .uniform = 5, .popular = 5, .in_batch = 5};
  EXPECT_EQ(drawn(config, 8, 20), drawn(config, 8, 20));
  EXPECT_NE(drawn(config, 8, 20), drawn(config, 9, 20));
}

TEST(Negatives, KeepAnItemThatCannotBeAvoided) {
  const auto sampler = NegativeSampler::make({.scope = Scope::session, .uniform = 4}, std::vector<std::uint32_t>{1, 1}).value();
  Random random(1);
  Negatives negatives;
  sampler.draw(std::vector<std::uint32_t>{0, 1}, std::vector<std::uint32_t>{0, 2}, random, negatives);
  EXPECT_EQ(negatives.items.size(), 4U);
}

TEST(Negatives, RefuseWhatMakesNoSense) {
  const auto refused = [](const NegativesConfig& config, const std::vector<std::uint32_t>& n) {
    const auto sampler = NegativeSampler::make(config, n);
    return !sampler && sampler.error().kind == ErrorKind::invalid;
  };
  EXPECT_TRUE(refused({}, {}));
  EXPECT_TRUE(refused({}, {3}));
  EXPECT_TRUE(refused({.uniform = 0}, {3, 4}));
  EXPECT_TRUE(refused({.popular = 1}, {0, 0}));
  EXPECT_TRUE(refused({.popularity = NAN}, {1, 2}));
  EXPECT_TRUE(refused({.scope = Scope::session, .in_batch = NegativesConfig::kAll}, {1, 2}));
}

}  // namespace
}  // namespace souk::learn
