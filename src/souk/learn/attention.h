// Attention within each sequence of a pack: no padding, no mask in memory.
#pragma once

#include <cstdint>
#include <memory>

#include "souk/learn/packed.h"
#include "souk/learn/torch.h"

namespace souk::learn {

struct AttentionOptions {
  // What a token sees: itself and those before it; all of its sequence; those before it and the sequence's prefix (Packed::prefix).
  enum class Mask { causal, bidirectional, prefix };
  // softmax(s), or silu(s) / scale_length (HSTU: Zhai et al., ICML 2024), where nothing sums up to one.
  enum class Kind { softmax, silu };
  Mask mask = Mask::causal;
  Kind kind = Kind::softmax;
  std::int64_t heads = 1;
  double scale_length = 1;
};

// query, key, value [tokens, heads * d] -> [tokens, heads * d]; scores are q . k / sqrt(d) (softmax) or q . k (silu).
// bias, keep: undefined, or a number for each pair, [sequences][heads][tokens of it][tokens of it] flat (Packed::pairs() * heads): bias is
// added to scores, keep multiplies weights (dropout_mask). The gradient goes to all but keep. float32, CPU; the pack is shared with the
// backward pass. The same for any number of threads. Other devices and types: attention_plain(), its oracle.
at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const at::Tensor& bias,
                     const at::Tensor& keep, const std::shared_ptr<const Packed>& packed, const AttentionOptions& options);
at::Tensor attention_plain(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const at::Tensor& bias,
                           const at::Tensor& keep, const Packed& packed, const AttentionOptions& options);

}  // namespace souk::learn
