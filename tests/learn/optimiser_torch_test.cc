#include <gmock/gmock.h>

#include "souk/learn/optimiser.h"

#include "tests/learn/torch_check.h"

namespace souk::learn {
namespace {

// Adam as its paper has it, on doubles, with decay and clipping as asked.
struct Plain {
  at::Tensor value, mean = at::zeros_like(value), square = at::zeros_like(value);
  int steps = 0;
  void step(const AdamConfig& config, const at::Tensor& gradient, double rate) {
    ++steps;
    mean = config.beta1 * mean + (1 - config.beta1) * gradient;
    square = config.beta2 * square + (1 - config.beta2) * gradient.square();
    const at::Tensor m = mean / (1 - std::pow(config.beta1, steps)), v = square / (1 - std::pow(config.beta2, steps));
    value = value * (1 - rate * config.decay) - rate * m / (v.sqrt() + config.epsilon);
  }
};

TEST(Adam, IsThePaperForm) {
  for (const AdamConfig& config : {AdamConfig{}, AdamConfig{.beta2 = 0.98F, .decay = 0.1F}, AdamConfig{.clip = 2}}) {
    Random random(1);
    Parameters parameters;
    const at::Tensor a = parameters.normal("a", {3, 5}, 1, random), b = parameters.normal("b", {7}, 1, random);
    Plain plain_a{a.detach().to(at::kDouble)}, plain_b{b.detach().to(at::kDouble)};
    Adam adam(config, parameters);
    for (int s = 0; s < 30; ++s) {
      const at::Tensor of_a = normal_tensor({3, 5}, random), of_b = normal_tensor({7}, random);
      const bool both = s % 3 != 1;  // a parameter that had no part in the loss does not move
      (both ? (a * of_a).sum() + (b * of_b).sum() : (a * of_a).sum()).backward();
      const at::Tensor squares = of_a.square().sum() + (both ? of_b.square().sum() : at::zeros({}));
      const double norm = squares.sqrt().item<double>(), scale = config.clip > 0 && norm > config.clip ? config.clip / norm : 1;
      plain_a.step(config, of_a.to(at::kDouble) * scale, 0.01);
      if (both) plain_b.step(config, of_b.to(at::kDouble) * scale, 0.01);
      const auto told = adam.step(0.01F);
      ASSERT_TRUE(told);
      EXPECT_NEAR(*told, norm, 1e-4);
      EXPECT_FALSE(a.grad().defined());
    }
    EXPECT_LT(difference(a, plain_a.value), 1e-5);
    EXPECT_LT(difference(b, plain_b.value), 1e-5);
  }
}

TEST(Adam, NamesTheParameterWhoseGradientIsNoNumberAndChangesNothing) {
  Random random(2);
  Parameters parameters;
  const at::Tensor a = parameters.normal("a", {4}, 1, random), b = parameters.normal("layer.b", {4}, 1, random);
  const at::Tensor before = a.detach().clone();
  Adam adam({}, parameters);
  (a.sum() + (b / at::zeros({4})).sum()).backward();
  const auto told = adam.step(0.1F);
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().message(), ::testing::HasSubstr("layer.b"));
  EXPECT_TRUE(a.detach().equal(before));
}

}  // namespace
}  // namespace souk::learn
