// One Transformer over packed sequences (Vaswani et al. 2017), whose switches give the encoders of SASRec, BERT4Rec, TRON, HSTU and others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "souk/learn/attention.h"
#include "souk/learn/mlp.h"
#include "souk/learn/packed.h"
#include "souk/learn/parameters.h"

namespace souk::learn {

struct TransformerConfig {
  enum class Norm { pre, post };  // before each branch, and once at the end; or after each residual sum
  // absolute: a vector for each place is added to the input. relative: a number for each distance and head is added to scores (Shaw et al.
  // 2018, as in T5). rotary: queries and keys are turned by their place (Su et al. 2021). time_buckets: relative, and a number for the
  // logarithm of the time between (HSTU).
  enum class Positions { none, absolute, relative, rotary, time_buckets };

  std::int64_t dim = 64, inner = 256, heads = 1, layers = 2;
  std::int64_t length = 50;  // of the longest sequence
  double dropout = 0.2;      // of the input, of attention's weights, of both branches
  Norm norm = Norm::pre;
  Positions positions = Positions::absolute;
  bool from_end = true;  // absolute: places are counted from the last token, which is what is asked about
  AttentionOptions::Mask mask = AttentionOptions::Mask::causal;
  // silu: HSTU's block, gated and without a feed forward part: u, v, q, k = silu(LN(x) W); x + (LN(attention) * u) W'.
  AttentionOptions::Kind kind = AttentionOptions::Kind::softmax;
  Activation activation = Activation::gelu;
};

EncoderCost cost_of(const TransformerConfig& config);

class Transformer {
 public:
  // Parameters are made in a fixed order, named "<name>.<layer>...".
  Transformer(const TransformerConfig& config, Parameters& parameters, const std::string& name, Random& random);

  // x [tokens, dim], the sum of all embeddings of each token -> its state [tokens, dim]. Sequences are not longer than config.length;
  // prefix masks and time buckets need those parts of the pack. `random` draws dropout; null: evaluation.
  at::Tensor operator()(const at::Tensor& x, const std::shared_ptr<const Packed>& packed, Random* random) const;

  // The keys and values of a sequence read so far, so that what comes next costs only itself. Empty to begin with.
  struct Cache {
    std::vector<at::Tensor> keys, values;  // of each layer [tokens, dim]
    std::int64_t tokens = 0;
  };
  // Causal masks whose tokens do not change with what follows them: not places counted from the end, and no times.
  bool can_append() const;
  // x [new tokens, dim] of one sequence -> their states, as operator() gives them for the whole of it. Evaluation; without gradients.
  at::Tensor append(const at::Tensor& x, Cache& cache) const;

 private:
  struct Layer {
    LayerNorm first, second;
    Linear in, out;  // to queries, keys, values (and gates); from attention
    Mlp feed;
    at::Tensor distance, elapsed;  // [2 length - 1, heads], [buckets, heads] or undefined
  };
  template <class Attend>
  at::Tensor run(const Layer& layer, const at::Tensor& x, Random* random, Attend attend) const;
  at::Tensor turned(const at::Tensor& x, const at::Tensor& places) const;  // rotary
  AttentionOptions attention_options() const;
  TransformerConfig config_;
  at::Tensor places_;           // [length, dim] or undefined
  at::Tensor cosines_, sines_;  // [length, dim / heads / 2] or undefined
  std::vector<Layer> layers_;
  LayerNorm last_;
};

// The bucket of a time between two events (HSTU): the logarithm of its seconds in steps of 0.301, from 0 to 128.
inline constexpr std::int64_t kTimeBuckets = 129;
std::int64_t time_bucket(std::int64_t seconds);

}  // namespace souk::learn
