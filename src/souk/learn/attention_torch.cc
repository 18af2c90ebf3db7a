#include <algorithm>
#include <cmath>
#include <span>

#include "souk/base/kernels/axpy.h"
#include "souk/base/kernels/dot.h"
#include "souk/learn/attention.h"

namespace souk::learn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Mask = AttentionOptions::Mask;
using Kind = AttentionOptions::Kind;

// What a kernel needs to know of one sequence.
struct Sequence {
  std::size_t first, length;  // tokens
  std::size_t pairs;          // where its [heads][length][length] begins
  std::size_t prefix;
};

std::vector<Sequence> sequences_of(const Packed& packed, const AttentionOptions& options) {
  std::vector<Sequence> result(packed.sequences());
  std::size_t pairs = 0;
  for (std::size_t s = 0; s < result.size(); ++s) {
    const std::size_t length = packed.length(s);
    result[s] = {packed.begin[s], length, pairs, options.mask == Mask::prefix ? packed.prefix[s] : 0};
    pairs += static_cast<std::size_t>(options.heads) * length * length;
  }
  return result;
}

// The first token that token i of a sequence does not see.
std::size_t seen(const Sequence& sequence, Mask mask, std::size_t i) {
  if (mask == Mask::bidirectional) return sequence.length;
  return std::max(i + 1, i < sequence.prefix ? sequence.prefix : 0);
}

// [tokens, heads * d] of one head of one sequence.
class Rows {
 public:
  Rows(const at::Tensor& tensor, std::size_t offset, std::int64_t heads)
      : data_(tensor.data_ptr<float>() + offset),
        stride_(static_cast<std::size_t>(tensor.size(1))),
        size_(stride_ / static_cast<std::size_t>(heads)) {}
  std::span<float> operator[](std::size_t i) const { return {data_ + i * stride_, size_}; }

 private:
  float* data_;
  std::size_t stride_, size_;
};

struct Head {
  const Sequence& sequence;
  Mask mask;
  Kind kind;
  float scale;    // of products
  float divisor;  // of silu
};

// Softmax weights, or scores under silu, of one head: what the backward pass needs.
void weigh(const Head& head, const Rows& query, const Rows& key, const float* bias, float* weights) {
  const std::size_t length = head.sequence.length;
  for (std::size_t i = 0; i < length; ++i) {
    float* const row = weights + i * length;
    const std::size_t end = seen(head.sequence, head.mask, i);
    float high = -INFINITY;
    for (std::size_t j = 0; j < end; ++j) {
      row[j] = head.scale * kernels::dot(query[i], key[j]) + (bias != nullptr ? bias[i * length + j] : 0);
      high = std::max(high, row[j]);
    }
    std::fill(row + end, row + length, 0.0F);
    if (head.kind == Kind::silu) continue;
    float sum = 0;
    for (std::size_t j = 0; j < end; ++j) sum += row[j] = std::exp(row[j] - high);
    for (std::size_t j = 0; j < end; ++j) row[j] /= sum;
  }
}

float logistic(float x) {
  return 1 / (1 + std::exp(-x));
}

// The weight of a value, before dropout.
float weight_of(const Head& head, float saved) {
  return head.kind == Kind::softmax ? saved : saved * logistic(saved) / head.divisor;
}

void mix(const Head& head, const float* weights, const float* keep, const Rows& value, const Rows& out) {
  const std::size_t length = head.sequence.length;
  for (std::size_t i = 0; i < length; ++i) {
    std::ranges::fill(out[i], 0.0F);
    for (std::size_t j = 0, end = seen(head.sequence, head.mask, i); j < end; ++j) {
      const std::size_t pair = i * length + j;
      kernels::add_scaled(weight_of(head, weights[pair]) * (keep != nullptr ? keep[pair] : 1), value[j], out[i]);
    }
  }
}

struct Inputs {
  Rows query, key, value;
};

// Adds to the gradients of one head; `slopes` [length, length] receives those of its scores.
void mix_back(const Head& head, const float* weights, const float* keep, const Inputs& in, const Rows& gradient, const Inputs& into,
              float* slopes) {
  const std::size_t length = head.sequence.length;
  for (std::size_t i = 0; i < length; ++i) {
    const float* const weight = weights + i * length;
    float* const slope = slopes + i * length;
    const std::size_t end = seen(head.sequence, head.mask, i);
    float sum = 0;  // softmax: of weight times slope
    for (std::size_t j = 0; j < end; ++j) {
      const float kept = keep != nullptr ? keep[i * length + j] : 1;
      kernels::add_scaled(weight_of(head, weight[j]) * kept, gradient[i], into.value[j]);
      slope[j] = kept * kernels::dot(gradient[i], in.value[j]);
      sum += weight[j] * slope[j];
    }
    for (std::size_t j = 0; j < end; ++j) {
      if (head.kind == Kind::softmax) {
        slope[j] = weight[j] * (slope[j] - sum);
      } else {
        const float s = logistic(weight[j]);
        slope[j] *= s * (1 + weight[j] * (1 - s)) / head.divisor;
      }
      kernels::add_scaled(head.scale * slope[j], in.key[j], into.query[i]);
      kernels::add_scaled(head.scale * slope[j], in.query[i], into.key[j]);
    }
    std::fill(slope + end, slope + length, 0.0F);
  }
}

// Calls work(head, number, offset) for every head of every sequence: `number` of the head, `offset` of its first value in [tokens, dim].
template <class Work>
void for_each_head(const std::vector<Sequence>& sequences, const AttentionOptions& options, std::int64_t dim, Work work) {
  const std::int64_t size = dim / options.heads;
  const bool softmax = options.kind == Kind::softmax;
  const auto scale = static_cast<float>(softmax ? 1 / std::sqrt(static_cast<double>(size)) : 1);
  at::parallel_for(0, static_cast<std::int64_t>(sequences.size()), 16, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t s = from; s < to; ++s) {
      const Sequence& sequence = sequences[static_cast<std::size_t>(s)];
      const Head head{sequence, options.mask, options.kind, scale, static_cast<float>(options.scale_length)};
      for (std::int64_t h = 0; h < options.heads; ++h) {
        const std::size_t pairs = sequence.pairs + static_cast<std::size_t>(h) * sequence.length * sequence.length;
        work(head, pairs, sequence.first * static_cast<std::size_t>(dim) + static_cast<std::size_t>(h * size));
      }
    }
  });
}

// What the backward pass needs beside tensors.
struct Saved : torch::CustomClassHolder {
  Saved(std::shared_ptr<const Packed> of, const AttentionOptions& with, const c10::optional<at::Tensor>& kept)
      : packed(std::move(of)), options(with), keep(kept) {}
  std::shared_ptr<const Packed> packed;
  AttentionOptions options;
  c10::optional<at::Tensor> keep;
};

float* at_pair(const c10::optional<at::Tensor>& tensor, std::size_t pair) {
  return tensor ? tensor->data_ptr<float>() + pair : nullptr;
}

class Attention : public torch::autograd::Function<Attention> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& query_in, const at::Tensor& key_in, const at::Tensor& value_in,
                            const c10::optional<at::Tensor>& bias, const c10::optional<at::Tensor>& keep,
                            const std::shared_ptr<const Packed>& packed, const AttentionOptions& options) {
    const at::Tensor query = query_in.contiguous(), key = key_in.contiguous(), value = value_in.contiguous();
    const std::int64_t dim = query.size(1);
    const at::Tensor weights = at::empty({static_cast<std::int64_t>(packed->pairs()) * options.heads}, query.options());
    at::Tensor out = at::empty_like(value);
    const auto rows = [&](const at::Tensor& tensor, std::size_t offset) { return Rows(tensor, offset, options.heads); };
    for_each_head(sequences_of(*packed, options), options, dim, [&](const Head& head, std::size_t pairs, std::size_t offset) {
      float* const weight = weights.data_ptr<float>() + pairs;
      weigh(head, rows(query, offset), rows(key, offset), at_pair(bias, pairs), weight);
      mix(head, weight, at_pair(keep, pairs), rows(value, offset), rows(out, offset));
    });
    context->save_for_backward({query, key, value, weights});
    context->saved_data["saved"] = c10::IValue::make_capsule(c10::make_intrusive<Saved>(packed, options, keep));
    context->saved_data["biased"] = bias.has_value();
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list tensors = context->get_saved_variables();
    const auto capsule = context->saved_data["saved"].toCapsule();
    const auto& saved = static_cast<const Saved&>(*capsule);
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor query = at::zeros_like(tensors[0]), key = at::zeros_like(tensors[1]), value = at::zeros_like(tensors[2]);
    const at::Tensor slopes = at::empty_like(tensors[3]);
    const auto rows = [&](const at::Tensor& tensor, std::size_t offset) { return Rows(tensor, offset, saved.options.heads); };
    for_each_head(sequences_of(*saved.packed, saved.options), saved.options, query.size(1),
                  [&](const Head& head, std::size_t pairs, std::size_t offset) {
                    const Inputs in{rows(tensors[0], offset), rows(tensors[1], offset), rows(tensors[2], offset)};
                    const Inputs into{rows(query, offset), rows(key, offset), rows(value, offset)};
                    mix_back(head, tensors[3].data_ptr<float>() + pairs, at_pair(saved.keep, pairs), in, rows(gradient, offset), into,
                             slopes.data_ptr<float>() + pairs);
                  });
    return {query, key, value, context->saved_data["biased"].toBool() ? slopes : at::Tensor(), {}, {}, {}};
  }
};

c10::optional<at::Tensor> if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? c10::optional<at::Tensor>(tensor.contiguous()) : c10::nullopt;
}

// [length, length]: true where a token is not seen.
at::Tensor unseen(const Sequence& sequence, Mask mask) {
  const auto length = static_cast<std::int64_t>(sequence.length);
  at::Tensor hidden = at::ones({length, length}, at::kBool);
  for (std::int64_t i = 0; i < length; ++i) {
    hidden[i].narrow(0, 0, static_cast<std::int64_t>(seen(sequence, mask, static_cast<std::size_t>(i)))).fill_(false);
  }
  return hidden;
}

}  // namespace

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const at::Tensor& bias,
                     const at::Tensor& keep, const std::shared_ptr<const Packed>& packed, const AttentionOptions& options) {
  if (!query.is_cpu() || query.scalar_type() != at::kFloat) return attention_plain(query, key, value, bias, keep, *packed, options);
  return Attention::apply(query, key, value, if_defined(bias), if_defined(keep), packed, options);
}

at::Tensor attention_plain(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const at::Tensor& bias,
                           const at::Tensor& keep, const Packed& packed, const AttentionOptions& options) {
  const std::int64_t size = query.size(1) / options.heads;
  std::vector<at::Tensor> outs;
  for (const Sequence& sequence : sequences_of(packed, options)) {
    const auto length = static_cast<std::int64_t>(sequence.length);
    const auto of_heads = [&](const at::Tensor& x) {  // [heads, length, size]
      return x.narrow(0, static_cast<std::int64_t>(sequence.first), length).view({length, options.heads, size}).transpose(0, 1);
    };
    const auto of_pairs = [&](const at::Tensor& x) {  // [heads, length, length]
      return x.narrow(0, static_cast<std::int64_t>(sequence.pairs), options.heads * length * length).view({options.heads, length, length});
    };
    at::Tensor scores = of_heads(query).matmul(of_heads(key).transpose(1, 2));
    if (options.kind == Kind::softmax) scores = scores / std::sqrt(static_cast<double>(size));
    if (bias.defined()) scores = scores + of_pairs(bias);
    const at::Tensor hidden = unseen(sequence, options.mask).to(query.device());
    at::Tensor weights = options.kind == Kind::softmax ? at::softmax(scores.masked_fill(hidden, -INFINITY), 2)
                                                       : (at::silu(scores) / options.scale_length).masked_fill(hidden, 0);
    if (keep.defined()) weights = weights * of_pairs(keep);
    outs.push_back(weights.matmul(of_heads(value)).transpose(0, 1).reshape({length, query.size(1)}));
  }
  return at::cat(outs, 0);
}

}  // namespace souk::learn
