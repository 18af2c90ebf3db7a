#include "souk/learn/softmax_row.h"

#include <cmath>
#include <vector>

#include "souk/base/random.h"

#include "tests/base/each_target.h"

namespace souk::learn {
namespace {

class SoftmaxRow : public kernels::OnEachTarget {};

void expect_plain(std::vector<float> scores, std::size_t target) {
  double high = -INFINITY, sum = 0;
  for (const float s : scores) high = std::max(high, static_cast<double>(s));
  for (const float s : scores) sum += std::exp(s - high);
  std::vector<float> ours = scores;
  ours.push_back(7);  // stays
  const float loss = softmax_row(std::span(ours).first(scores.size()), target, 0.5F);
  EXPECT_NEAR(loss, std::log(sum) + high - scores[target], 1e-5 * std::max(1.0, std::abs(high - scores[target])));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(ours[i], 0.5 * (std::exp(scores[i] - high) / sum - (i == target ? 1 : 0)), 1e-6) << i;
  }
  EXPECT_EQ(ours.back(), 7);
}

TEST_P(SoftmaxRow, IsThePlainFormForEveryLength) {
  Random random(1);
  for (std::size_t size = 1; size < 80; ++size) {
    std::vector<float> scores(size);
    for (float& s : scores) s = static_cast<float>(3 * random.normal());
    expect_plain(scores, random.below(size));
  }
}

TEST_P(SoftmaxRow, TakesScoresOfAnySize) {
  expect_plain({-1e9F, 3, 2}, 1);
  expect_plain(std::vector<float>(40, -1e9F), 3);
  expect_plain(std::vector<float>(40, 1e9F), 39);
  std::vector<float> far(33, -1000);
  far[20] = 1000;
  expect_plain(far, 20);
  expect_plain(far, 3);
}

TEST_P(SoftmaxRow, SaysWhenAScoreIsNotFinite) {
  for (const std::size_t at : {0, 17, 39}) {
    for (const float wrong : {NAN, INFINITY, -INFINITY}) {
      std::vector<float> scores(40, 1);
      scores[at] = wrong;
      EXPECT_TRUE(std::isnan(softmax_row(scores, 5, 1))) << at;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, SoftmaxRow, kernels::each_target(), kernels::target_name);

}  // namespace
}  // namespace souk::learn
