// What the tests of tensors share: inputs from a seed, and gradients held to differences.
#pragma once

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <vector>

#include "souk/base/random.h"
#include "souk/learn/torch.h"

namespace souk::learn {

inline at::Tensor normal_tensor(at::IntArrayRef shape, Random& random, double scale = 1, at::ScalarType type = at::kFloat) {
  at::Tensor result = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < result.numel(); ++i) result.data_ptr<double>()[i] = scale * random.normal();
  return result.to(type);
}

inline at::Tensor item_tensor(at::IntArrayRef shape, std::int64_t items, Random& random) {
  at::Tensor result = at::empty(shape, at::kLong);
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    result.data_ptr<std::int64_t>()[i] = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(items)));
  }
  return result;
}

// The largest difference of two tensors, by the largest value of the second (at least 1).
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.detach().to(at::kDouble), y = b.detach().to(at::kDouble);
  if (x.sizes() != y.sizes()) return INFINITY;
  const double off = (x - y).abs().max().item<double>();
  return std::isnan(off) ? INFINITY : off / std::max(1.0, y.abs().max().item<double>());
}

using Scalar = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Gradients of a scalar function in its inputs (copies of `inputs` are made leaves).
inline std::vector<at::Tensor> gradients_of(const Scalar& f, const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) leaves.push_back(input.detach().clone().set_requires_grad(true));
  f(leaves).backward();
  std::vector<at::Tensor> result;
  for (const at::Tensor& leaf : leaves) result.push_back(leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf));
  return result;
}

// Gradients held to central differences of double values, input by input and value by value.
inline void expect_gradients(const Scalar& f, const std::vector<at::Tensor>& inputs, double tolerance = 1e-6) {
  constexpr double kStep = 1e-5;
  const auto gradients = gradients_of(f, inputs);
  for (std::size_t which = 0; which < inputs.size(); ++which) {
    ASSERT_EQ(inputs[which].scalar_type(), at::kDouble);
    for (std::int64_t i = 0; i < inputs[which].numel(); ++i) {
      const auto at_offset = [&](double offset) {
        auto moved = inputs;
        moved[which] = inputs[which].clone();
        moved[which].data_ptr<double>()[i] += offset;
        return f(moved).item<double>();
      };
      const double slope = (at_offset(kStep) - at_offset(-kStep)) / (2 * kStep);
      ASSERT_NEAR(gradients[which].contiguous().data_ptr<double>()[i], slope, tolerance * std::max(1.0, std::abs(slope)))
          << "input " << which << ", value " << i;
    }
  }
}

}  // namespace souk::learn
