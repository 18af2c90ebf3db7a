// One optimiser step of one row of an embedding table, its state updated in the same pass over memory. SIMD (Highway, chosen at run time);
// all spans of a call have the same size.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace souk::learn {

// w -= rate g
void sgd_row(float rate, std::span<const float> gradient, std::span<float> weight);

// Adagrad (Duchi et al. 2011): sum += g^2; w -= rate g / (sqrt(sum) + epsilon)
void adagrad_row(float rate, float epsilon, std::span<const float> gradient, std::span<float> sum, std::span<float> weight);

// Adam (Kingma and Ba 2015): m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2; w -= rate (m / bias1) / (sqrt(v / bias2) + epsilon)
struct AdamStep {
  float rate, beta1, beta2, epsilon;
  float bias1, bias2;  // 1 - beta1^t and 1 - beta2^t after t steps of this row, this one included
};
// The step after `steps` of them (from 1 on), as `config` has it (beta1, beta2, epsilon).
template <class Config>
AdamStep adam_step(const Config& config, float rate, std::uint64_t steps) {
  const auto bias = [&](float beta) { return static_cast<float>(1 - std::pow(static_cast<double>(beta), static_cast<double>(steps))); };
  return {.rate = rate,
          .beta1 = config.beta1,
          .beta2 = config.beta2,
          .epsilon = config.epsilon,
          .bias1 = bias(config.beta1),
          .bias2 = bias(config.beta2)};
}
void adam_row(const AdamStep& step, std::span<const float> gradient, std::span<float> mean, std::span<float> square,
              std::span<float> weight);

}  // namespace souk::learn
