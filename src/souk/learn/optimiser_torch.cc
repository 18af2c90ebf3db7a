#include <cmath>
#include <fmt/format.h>

#include "souk/base/kernels/dot.h"
#include "souk/learn/optimiser.h"
#include "souk/learn/row_step.h"

namespace souk::learn {
namespace {

std::span<float> values_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace

Adam::Adam(const AdamConfig& config, const Parameters& parameters) : config_(config), parameters_(parameters) {
  state_.steps.resize(parameters.all().size());
  for (const auto& [name, tensor] : parameters.all()) {
    state_.means.push_back(at::zeros(tensor.sizes(), at::kFloat));
    state_.squares.push_back(at::zeros(tensor.sizes(), at::kFloat));
  }
}

Result<double> Adam::step(float rate) {
  const at::AutoGradMode no_gradients(false);
  double square = 0;
  for (const auto& [name, tensor] : parameters_.all()) {
    if (!tensor.grad().defined()) continue;
    const at::Tensor gradient = tensor.grad().contiguous();
    const double own = kernels::dot(values_of(gradient), values_of(gradient));
    if (!std::isfinite(own)) return fail(ErrorKind::invalid, fmt::format("the gradient of {} is not finite", name));
    square += own;
  }
  const double norm = std::sqrt(square);
  const bool clipped = config_.clip > 0 && norm > config_.clip;
  for (std::size_t i = 0; i < state_.steps.size(); ++i) {
    at::Tensor tensor = parameters_.all()[i].second;
    if (!tensor.grad().defined()) continue;
    at::Tensor gradient = tensor.grad().contiguous();
    if (clipped) gradient = gradient * (config_.clip / norm);
    if (config_.decay > 0) tensor.mul_(1 - rate * config_.decay);
    ++state_.steps[i];
    adam_row(adam_step(config_, rate, static_cast<std::uint64_t>(state_.steps[i])), values_of(gradient), values_of(state_.means[i]),
             values_of(state_.squares[i]), values_of(tensor));
    tensor.mutable_grad() = at::Tensor();
  }
  return norm;
}

}  // namespace souk::learn
