#include "souk/learn/row_step.h"

#include <cmath>
#include <vector>

#include "souk/base/random.h"

#include "tests/base/each_target.h"

namespace souk::learn {
namespace {

class RowStep : public kernels::OnEachTarget {
 protected:
  // Sizes with and without a rest; one value more than the row has, which must stay.
  static std::vector<float> values(std::size_t size, double low, Random& random) {
    std::vector<float> result(size + 1, 7);
    for (std::size_t i = 0; i < size; ++i) result[i] = static_cast<float>(low + random.uniform());
    return result;
  }
  static std::span<float> row(std::vector<float>& values) { return std::span(values).first(values.size() - 1); }
};

TEST_P(RowStep, OfSgdIsThePlainLoop) {
  Random random(1);
  for (std::size_t size = 1; size < 70; ++size) {
    auto g = values(size, -0.5, random), w = values(size, -0.5, random);
    const auto before = w;
    sgd_row(0.3F, row(g), row(w));
    for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(w[i], before[i] - 0.3F * g[i], 1e-6F);
    EXPECT_EQ(w[size], 7);
  }
}

TEST_P(RowStep, OfAdagradIsThePlainLoop) {
  Random random(2);
  for (std::size_t size = 1; size < 70; ++size) {
    auto g = values(size, -0.5, random), w = values(size, -0.5, random), sum = values(size, 0, random);
    const auto old_w = w, old_sum = sum;
    adagrad_row(0.3F, 1e-6F, row(g), row(sum), row(w));
    for (std::size_t i = 0; i < size; ++i) {
      const double total = old_sum[i] + static_cast<double>(g[i]) * g[i];
      ASSERT_NEAR(sum[i], total, 1e-6);
      ASSERT_NEAR(w[i], old_w[i] - 0.3 * g[i] / (std::sqrt(total) + 1e-6), 1e-6);
    }
    EXPECT_EQ(w[size] + sum[size], 14);
  }
}

TEST_P(RowStep, OfAdamIsThePlainLoop) {
  Random random(3);
  const AdamStep step{.rate = 0.01F, .beta1 = 0.9F, .beta2 = 0.98F, .epsilon = 1e-8F, .bias1 = 0.271F, .bias2 = 0.0588F};
  for (std::size_t size = 1; size < 70; ++size) {
    auto g = values(size, -0.5, random), w = values(size, -0.5, random), mean = values(size, -0.5, random),
         square = values(size, 0.1, random);
    const auto old_w = w, old_mean = mean, old_square = square;
    adam_row(step, row(g), row(mean), row(square), row(w));
    for (std::size_t i = 0; i < size; ++i) {
      const double m = 0.9 * old_mean[i] + 0.1 * g[i], v = 0.98 * old_square[i] + 0.02 * static_cast<double>(g[i]) * g[i];
      ASSERT_NEAR(mean[i], m, 1e-6);
      ASSERT_NEAR(square[i], v, 1e-6);
      ASSERT_NEAR(w[i], old_w[i] - 0.01 * (m / 0.271) / (std::sqrt(v / 0.0588) + 1e-8), 1e-6);
    }
    EXPECT_EQ(w[size] + mean[size] + square[size], 21);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, RowStep, kernels::each_target(), kernels::target_name);

}  // namespace
}  // namespace souk::learn
