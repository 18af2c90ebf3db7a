// Gated recurrent units over packed sequences (Cho et al. 2014), all sequences of a batch step by step together.
#pragma once

#include <string>
#include <vector>

#include "souk/learn/packed.h"
#include "souk/learn/parameters.h"

namespace souk::learn {

struct GruConfig {
  std::int64_t in = 64, size = 64, layers = 1;
  double dropout = 0;  // of each layer's input
};

// r = s(W_r x + b_r + U_r h + c_r); z likewise; n = tanh(W_n x + b_n + r (U_n h + c_n)); h' = (1 - z) n + z h; h begins at 0.
class Gru {
 public:
  Gru(const GruConfig& config, Parameters& parameters, const std::string& name, Random& random);
  // x [tokens, in] -> the states after each token [tokens, size]. `random` draws dropout; null: evaluation.
  at::Tensor operator()(const at::Tensor& x, const Packed& packed, Random* random) const;

 private:
  struct Layer {
    at::Tensor input, state, input_bias, state_bias;  // [3 size, in], [3 size, size], [3 size] twice: r, z, n one below the other
  };
  GruConfig config_;
  std::vector<Layer> layers_;
};

}  // namespace souk::learn
