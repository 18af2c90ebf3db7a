// What a model learns beside its sparse tables: named dense tensors, and the little that every part does with them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "souk/base/random.h"
#include "souk/learn/torch.h"

namespace souk::learn {

// The dense parameters of a model, float32 leaves that take gradients, in the order in which its parts were made. Parts hold the same
// tensors (a tensor is a handle): what an optimiser does to them here, parts see. Not thread-safe.
class Parameters {
 public:
  at::Tensor normal(std::string name, at::IntArrayRef shape, double deviation, Random& random);
  at::Tensor uniform(std::string name, at::IntArrayRef shape, double limit, Random& random);  // [-limit, limit)
  at::Tensor constant(std::string name, at::IntArrayRef shape, double value);

  const std::vector<std::pair<std::string, at::Tensor>>& all() const { return all_; }
  std::int64_t count() const;  // of numbers
  void clear_gradients();

 private:
  at::Tensor add(std::string name, at::Tensor values);
  std::vector<std::pair<std::string, at::Tensor>> all_;
};

// y = x W' + b; W begins uniform in +-sqrt(6 / (in + out)) (Glorot and Bengio 2010), b at 0.
struct Linear {
  at::Tensor weight, bias;  // [out, in], [out] or undefined
  Linear() = default;
  Linear(Parameters& parameters, const std::string& name, std::int64_t in, std::int64_t out, Random& random, bool with_bias = true);
  at::Tensor operator()(const at::Tensor& x) const;
};

struct LayerNorm {
  at::Tensor gain, bias;  // [dim]
  double epsilon = 1e-8;
  LayerNorm() = default;
  LayerNorm(Parameters& parameters, const std::string& name, std::int64_t dim);
  at::Tensor operator()(const at::Tensor& x) const;
};

// 0 with probability p, else 1 / (1 - p), float32; p below 1 is taken to the next 2^-16.
at::Tensor dropout_mask(at::IntArrayRef shape, double p, Random& random);
// x as it is without a generator (evaluation) or for p = 0.
at::Tensor dropout(const at::Tensor& x, double p, Random* random);

enum class Activation { relu, gelu, silu, tanh };
at::Tensor activate(const at::Tensor& x, Activation activation);

}  // namespace souk::learn
