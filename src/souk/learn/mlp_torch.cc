#include "souk/learn/mlp.h"

namespace souk::learn {

Mlp::Mlp(const MlpConfig& config, Parameters& parameters, const std::string& name, Random& random) : config_(config) {
  for (std::size_t i = 0; i + 1 < config.sizes.size(); ++i) {
    layers_.emplace_back(parameters, name + "." + std::to_string(i), config.sizes[i], config.sizes[i + 1], random);
  }
}

at::Tensor Mlp::operator()(const at::Tensor& x, Random* random) const {
  at::Tensor y = x;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    y = layers_[i](y);
    if (i + 1 < layers_.size()) y = dropout(activate(y, config_.activation), config_.dropout, random);
  }
  return y;
}

}  // namespace souk::learn
