#include <algorithm>
#include <cmath>
#include <numeric>

#include "souk/learn/gru.h"

namespace souk::learn {
namespace {

// Tokens in the order of steps: the first of every sequence, the longest sequence first, then the second of those that have one ...
struct Steps {
  at::Tensor order;    // [tokens]: where the token stands in the pack
  at::Tensor inverse;  // [tokens]
  at::Tensor sizes;    // [steps]: sequences that have the step
};

Steps steps_of(const Packed& packed) {
  std::vector<std::uint32_t> sequences(packed.sequences());
  std::iota(sequences.begin(), sequences.end(), 0U);
  std::ranges::stable_sort(sequences, std::greater(), [&](std::uint32_t s) { return packed.length(s); });
  const std::int64_t tokens = packed.tokens(), steps = packed.longest();
  Steps result{at::empty({tokens}, at::kLong), at::empty({tokens}, at::kLong), at::empty({steps}, at::kLong)};
  std::int64_t next = 0;
  std::size_t alive = sequences.size();
  for (std::uint32_t step = 0; step < steps; ++step) {
    while (packed.length(sequences[alive - 1]) <= step) --alive;
    result.sizes.data_ptr<std::int64_t>()[step] = static_cast<std::int64_t>(alive);
    for (std::size_t i = 0; i < alive; ++i, ++next) {
      const std::int64_t token = packed.begin[sequences[i]] + step;
      result.order.data_ptr<std::int64_t>()[next] = token;
      result.inverse.data_ptr<std::int64_t>()[token] = next;
    }
  }
  return result;
}

}  // namespace

Gru::Gru(const GruConfig& config, Parameters& parameters, const std::string& name, Random& random) : config_(config) {
  const double limit = 1 / std::sqrt(static_cast<double>(config.size));
  for (std::int64_t l = 0; l < config.layers; ++l) {
    const std::string prefix = name + "." + std::to_string(l);
    layers_.push_back({parameters.uniform(prefix + ".input", {3 * config.size, l == 0 ? config.in : config.size}, limit, random),
                       parameters.uniform(prefix + ".state", {3 * config.size, config.size}, limit, random),
                       parameters.constant(prefix + ".input_bias", {3 * config.size}, 0),
                       parameters.constant(prefix + ".state_bias", {3 * config.size}, 0)});
  }
}

at::Tensor Gru::operator()(const at::Tensor& x, const Packed& packed, Random* random) const {
  const Steps steps = steps_of(packed);
  at::Tensor y = x.index_select(0, steps.order);
  const at::Tensor begin = at::zeros({1, static_cast<std::int64_t>(packed.sequences()), config_.size}, x.options().requires_grad(false));
  for (const Layer& layer : layers_) {
    y = dropout(y, config_.dropout, random);
    y = std::get<0>(
        at::gru(y, steps.sizes, begin, {layer.input, layer.state, layer.input_bias, layer.state_bias}, true, 1, 0.0, false, false));
  }
  return y.index_select(0, steps.inverse);
}

}  // namespace souk::learn
