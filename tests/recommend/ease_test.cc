// EASE against its closed form in double precision: the inverse by Gauss-Jordan elimination.
#include <cmath>
#include <gmock/gmock.h>
#include <limits>

#include "souk/index/user_items.h"

#include "tests/recommend/model_support.h"

namespace souk::recommend {
namespace {

using souk::testing::Dense;
using souk::testing::expect_linear;
using souk::testing::fit_model;
using souk::testing::make_sequences;
using souk::testing::plain_values;
using souk::testing::random_log;
using souk::testing::scores_of;
using ::testing::HasSubstr;

Dense inverse_by_force(Dense a) {
  const std::size_t n = a.size();
  Dense inverse(n, std::vector<double>(n, 0));
  for (std::size_t i = 0; i < n; ++i) inverse[i][i] = 1;
  for (std::size_t p = 0; p < n; ++p) {
    const double pivot = a[p][p];
    for (std::size_t c = 0; c < n; ++c) {
      a[p][c] /= pivot;
      inverse[p][c] /= pivot;
    }
    for (std::size_t r = 0; r < n; ++r) {
      const double factor = a[r][p];
      if (r == p || factor == 0) continue;
      for (std::size_t c = 0; c < n; ++c) {
        a[r][c] -= factor * a[p][c];
        inverse[r][c] -= factor * inverse[p][c];
      }
    }
  }
  return inverse;
}

Dense weights_by_force(const store::Interactions& log, double lambda, bool binary, bool sum) {
  const std::size_t n = log.items();
  Dense gram(n, std::vector<double>(n, 0));
  for (std::size_t i = 0; i < n; ++i) gram[i][i] = lambda;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    const auto x = plain_values(log.row(s), log.items(), {.sum = sum, .binary = binary});
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) gram[i][j] += x[i] * x[j];
    }
  }
  const Dense p = inverse_by_force(gram);
  Dense b(n, std::vector<double>(n, 0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) b[i][j] = i == j ? 0 : -p[i][j] / p[j][j];
  }
  return b;
}

TEST(Ease, EqualsItsClosedForm) {
  const auto log = random_log(2, 60, 90, 15);
  const Dense binary = weights_by_force(log, 10, true, false);
  const auto model = fit_model("ease", log, "lambda = 10", 2);
  EXPECT_EQ(model->note(), "");
  for (std::uint32_t s = 0; s < log.shoppers(); s += 7) {
    expect_linear(scores_of(*model, log.row(s), log.items()), plain_values(log.row(s), log.items(), {.binary = true}), binary, 2e-5);
  }
}

TEST(Ease, CountsWeightsAndRepeatsWhenToldTo) {
  const auto log = random_log(3, 50, 40, 15);
  const auto model = fit_model("ease", log, "lambda = 5\nbinary = false\nrepeats = \"sum\"\ndecay = 0.5");
  const Dense weights = weights_by_force(log, 5, false, true);
  for (std::uint32_t s = 0; s < log.shoppers(); s += 7) {
    expect_linear(scores_of(*model, log.row(s), log.items()), plain_values(log.row(s), log.items(), {.decay = 0.5, .sum = true}), weights,
                  5e-5);
  }
}

TEST(Ease, IsTheSameTwice) {
  const auto log = random_log(5, 80, 150, 15);
  const auto one = fit_model("ease", log, "", 2), two = fit_model("ease", log, "", 2);
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) EXPECT_EQ(scores_of(*one, log.row(s), 150), scores_of(*two, log.row(s), 150));
}

TEST(Ease, TakesTheCommonestItemsAboveItsLimitAndSaysSo) {
  // Shoppers of items: 0: 1, 1: 3, 2: 2, 3: 2. The two commonest are 1 and, of the equal ones, the lower row 2.
  const auto log = make_sequences({{1, 2, 0}, {1, 2, 3}, {1, 3}}, 4);
  const auto by_count = fit_model("ease", log, "max_items = 2\nlambda = 1");
  EXPECT_EQ(by_count->note(), "the 2 commonest of 4 items");
  const auto by_memory = fit_model("ease", log, "max_memory = 0.000000017\nlambda = 1");
  EXPECT_THAT(by_memory->note(), HasSubstr("the 2 commonest of 4 items: all of them need 6.4e-08 GB"));
  const auto alone = fit_model("ease", make_sequences({{0, 1}, {0, 1}, {0}}, 2), "lambda = 1");
  for (const auto* model : {by_count.get(), by_memory.get()}) {
    const auto scores = scores_of(*model, log.row(0), 4);
    const auto expected = scores_of(*alone, make_sequences({{0, 1}}, 2).row(0), 2);
    EXPECT_EQ(scores[0], -std::numeric_limits<float>::infinity());
    EXPECT_FLOAT_EQ(scores[1], expected[0]);
    EXPECT_FLOAT_EQ(scores[2], expected[1]);
    EXPECT_EQ(scores[3], -std::numeric_limits<float>::infinity());
  }
}

TEST(Ease, WithRoomForNoItemRecommendsNothing) {
  const auto log = make_sequences({{0, 1}}, 2);
  const auto model = fit_model("ease", log, "max_memory = 0.000000001");
  EXPECT_THAT(model->note(), HasSubstr("the 0 commonest of 2 items"));
  EXPECT_EQ(scores_of(*model, log.row(0), 2)[0], -std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace souk::recommend
