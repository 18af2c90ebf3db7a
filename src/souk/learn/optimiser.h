// Adam for the dense parameters of a model (Kingma and Ba 2015; decay apart from the gradient: Loshchilov and Hutter 2019).
#pragma once

#include <cstdint>
#include <vector>

#include "souk/base/result.h"
#include "souk/learn/parameters.h"

namespace souk::learn {

struct AdamConfig {
  float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
  float decay = 0;  // of all values, times the rate, before each step
  double clip = 0;  // gradients are scaled down to this norm, taken over all of them; 0: never
};

class Adam {  // not thread-safe
 public:
  // Borrows the parameters, of which there are no more to come.
  Adam(const AdamConfig& config, const Parameters& parameters);
  // One step by the gradients that backward() left, which are cleared; a parameter without one stays as it is. Returns the norm of all
  // gradients. ErrorKind::invalid, and nothing changed, when it is not finite: names the first parameter whose gradient is not.
  Result<double> step(float rate);

  // Of each parameter; what a checkpoint keeps.
  struct State {
    std::vector<at::Tensor> means, squares;
    std::vector<std::int64_t> steps;
  };
  const State& state() const { return state_; }
  State& state() { return state_; }

 private:
  AdamConfig config_;
  const Parameters& parameters_;
  State state_;
};

}  // namespace souk::learn
