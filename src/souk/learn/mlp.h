// Layers of products and activations: feed forward blocks, towers, heads.
#pragma once

#include "souk/learn/parameters.h"

namespace souk::learn {

struct MlpConfig {
  std::vector<std::int64_t> sizes;  // input, hidden layers ..., output
  Activation activation = Activation::relu;
  double dropout = 0;  // after each activation
};

class Mlp {
 public:
  Mlp() = default;
  Mlp(const MlpConfig& config, Parameters& parameters, const std::string& name, Random& random);
  // x [n, sizes.front()] -> [n, sizes.back()]; no activation after the last layer. `random` draws the dropout; null: evaluation.
  at::Tensor operator()(const at::Tensor& x, Random* random) const;

 private:
  MlpConfig config_;
  std::vector<Linear> layers_;
};

}  // namespace souk::learn
