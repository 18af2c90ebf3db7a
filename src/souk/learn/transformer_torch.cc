#include <algorithm>
#include <cassert>
#include <cmath>

#include "souk/learn/transformer.h"

namespace souk::learn {
namespace {

using Positions = TransformerConfig::Positions;
using Norm = TransformerConfig::Norm;
using Kind = AttentionOptions::Kind;

constexpr double kDeviation = 0.02;  // of what places and distances begin from

std::int64_t distance_row(std::int64_t from, std::int64_t to, std::int64_t length) {
  return from - to + length - 1;
}

// For each token its place in its sequence: from 0, or so that the last one's is length - 1.
at::Tensor places_of(const Packed& packed, std::int64_t length, bool from_end) {
  at::Tensor places = at::empty({packed.tokens()}, at::kLong);
  std::int64_t* at = places.data_ptr<std::int64_t>();
  for (std::size_t s = 0; s < packed.sequences(); ++s) {
    const std::int64_t first = from_end ? length - packed.length(s) : 0;
    for (std::uint32_t i = 0; i < packed.length(s); ++i) *at++ = first + i;
  }
  return places;
}

// For each pair and head, [sequences][heads][tokens][tokens] flat, where in a table [rows, heads] its number stands; row(s, i, j) is its
// row.
template <class Row>
at::Tensor pair_rows(const Packed& packed, std::int64_t heads, Row row) {
  at::Tensor rows = at::empty({static_cast<std::int64_t>(packed.pairs()) * heads}, at::kLong);
  std::int64_t* at = rows.data_ptr<std::int64_t>();
  for (std::size_t s = 0; s < packed.sequences(); ++s) {
    for (std::int64_t h = 0; h < heads; ++h) {
      for (std::uint32_t i = 0; i < packed.length(s); ++i) {
        for (std::uint32_t j = 0; j < packed.length(s); ++j) *at++ = row(s, i, j) * heads + h;
      }
    }
  }
  return rows;
}

at::Tensor distance_rows(const Packed& packed, const TransformerConfig& config) {
  return pair_rows(packed, config.heads, [&](std::size_t, std::uint32_t i, std::uint32_t j) { return distance_row(i, j, config.length); });
}

at::Tensor time_rows(const Packed& packed, const TransformerConfig& config) {
  const auto& asked = packed.asked.empty() ? packed.times : packed.asked;
  assert(packed.times.size() == packed.tokens() && asked.size() == packed.tokens());
  return pair_rows(packed, config.heads, [&](std::size_t s, std::uint32_t i, std::uint32_t j) {
    return time_bucket(asked[packed.begin[s] + i] - packed.times[packed.begin[s] + j]);
  });
}

}  // namespace

std::int64_t time_bucket(std::int64_t seconds) {
  const double between = std::max(1.0, std::abs(static_cast<double>(seconds)));
  return std::min(static_cast<std::int64_t>(std::log(between) / 0.301), kTimeBuckets - 1);
}

EncoderCost cost_of(const TransformerConfig& config) {
  const auto d = static_cast<double>(config.dim), inner = static_cast<double>(config.inner), heads = static_cast<double>(config.heads);
  const bool softmax = config.kind == Kind::softmax;
  const bool relative = config.positions == Positions::relative || config.positions == Positions::time_buckets;
  double layer = 4 * d + d * (softmax ? 3 * d : 4 * d) + (softmax ? 3 * d : 4 * d) + d * d + d;  // norms, in, out
  if (softmax) layer += 2 * d * inner + inner + d;
  if (relative) layer += static_cast<double>(2 * config.length - 1) * heads;
  if (config.positions == Positions::time_buckets) layer += static_cast<double>(kTimeBuckets) * heads;
  const auto layers = static_cast<double>(config.layers);
  EncoderCost cost;
  cost.parameters = layers * layer + (config.norm == Norm::pre ? 2 * d : 0);
  if (config.positions == Positions::absolute) cost.parameters += static_cast<double>(config.length) * d;
  // Input, places, dropout and its mask; a layer's norms, projections, attention, masks and sums; what the way back holds of one of them.
  const double feed = softmax ? 3 * inner : 0;
  cost.per_token = 6 * d + layers * (12 * d + feed) + 8 * d;
  cost.per_pair = heads * (2 * layers + 2) + (relative ? heads * 2 * layers : 0);  // weights and what dropout keeps of them; slopes
  return cost;
}

Transformer::Transformer(const TransformerConfig& config, Parameters& parameters, const std::string& name, Random& random)
    : config_(config) {
  assert(config.dim % config.heads == 0);
  const bool relative = config.positions == Positions::relative || config.positions == Positions::time_buckets;
  if (config.positions == Positions::absolute) {
    places_ = parameters.normal(name + ".places", {config.length, config.dim}, kDeviation, random);
  }
  if (config.positions == Positions::rotary) {
    const std::int64_t half = config.dim / config.heads / 2;
    assert(half * 2 * config.heads == config.dim);
    const at::Tensor speed = at::pow(10000.0, -at::arange(half, at::kFloat) / static_cast<double>(half));
    const at::Tensor angle = at::arange(config.length, at::kFloat).unsqueeze(1) * speed;
    cosines_ = angle.cos();
    sines_ = angle.sin();
  }
  for (std::int64_t l = 0; l < config.layers; ++l) {
    const std::string prefix = name + "." + std::to_string(l);
    Layer layer;
    layer.first = LayerNorm(parameters, prefix + ".first", config.dim);
    layer.in = Linear(parameters, prefix + ".in", config.dim, (config.kind == Kind::silu ? 4 : 3) * config.dim, random);
    layer.out = Linear(parameters, prefix + ".out", config.dim, config.dim, random);
    layer.second = LayerNorm(parameters, prefix + ".second", config.dim);
    if (config.kind == Kind::softmax) {
      const MlpConfig feed{{config.dim, config.inner, config.dim}, config.activation, config.dropout};
      layer.feed = Mlp(feed, parameters, prefix + ".feed", random);
    }
    if (relative) layer.distance = parameters.normal(prefix + ".distance", {2 * config.length - 1, config.heads}, kDeviation, random);
    if (config.positions == Positions::time_buckets) {
      layer.elapsed = parameters.normal(prefix + ".elapsed", {kTimeBuckets, config.heads}, kDeviation, random);
    }
    layers_.push_back(std::move(layer));
  }
  if (config.norm == Norm::pre) last_ = LayerNorm(parameters, name + ".last", config.dim);
}

AttentionOptions Transformer::attention_options() const {
  return {.mask = config_.mask, .kind = config_.kind, .heads = config_.heads, .scale_length = static_cast<double>(config_.length)};
}

// One layer; attend(query, key, value) is its attention.
template <class Attend>
at::Tensor Transformer::run(const Layer& layer, const at::Tensor& x, Random* random, Attend attend) const {
  const bool pre = config_.norm == Norm::pre;
  const at::Tensor projected = layer.in(pre ? layer.first(x) : x);
  if (config_.kind == Kind::silu) {
    const auto parts = at::silu(projected).chunk(4, 1);
    const at::Tensor gated = layer.second(attend(parts[0], parts[1], parts[2])) * parts[3];
    const at::Tensor y = x + layer.out(dropout(gated, config_.dropout, random));
    return pre ? y : layer.first(y);
  }
  const auto parts = projected.chunk(3, 1);
  at::Tensor y = x + dropout(layer.out(attend(parts[0], parts[1], parts[2])), config_.dropout, random);
  if (!pre) y = layer.first(y);
  const at::Tensor z = y + dropout(layer.feed(pre ? layer.second(y) : y, random), config_.dropout, random);
  return pre ? z : layer.second(z);
}

// Pairs (a, b) of values half a head apart become (a cos - b sin, b cos + a sin).
at::Tensor Transformer::turned(const at::Tensor& x, const at::Tensor& places) const {
  const auto halves = x.view({x.size(0), config_.heads, 2, -1}).unbind(2);  // [tokens, heads, half] each
  const at::Tensor cosine = cosines_.index_select(0, places).unsqueeze(1), sine = sines_.index_select(0, places).unsqueeze(1);
  return at::stack({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, 2).reshape(x.sizes());
}

at::Tensor Transformer::operator()(const at::Tensor& x, const std::shared_ptr<const Packed>& packed, Random* random) const {
  assert(x.size(0) == packed->tokens() && packed->longest() <= config_.length);
  at::Tensor places, distances, times;
  if (config_.positions == Positions::absolute) places = places_of(*packed, config_.length, config_.from_end);
  if (config_.positions == Positions::rotary) places = places_of(*packed, config_.length, false);
  if (layers_.front().distance.defined()) distances = distance_rows(*packed, config_);
  if (layers_.front().elapsed.defined()) times = time_rows(*packed, config_);

  at::Tensor y = places_.defined() ? x + places_.index_select(0, places) : x;
  y = dropout(y, config_.dropout, random);
  for (const Layer& layer : layers_) {
    y = run(layer, y, random, [&](const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
      at::Tensor bias, keep;
      if (distances.defined()) bias = layer.distance.flatten().index_select(0, distances);
      if (times.defined()) bias = bias + layer.elapsed.flatten().index_select(0, times);
      if (random != nullptr && config_.dropout > 0) {
        keep = dropout_mask({static_cast<std::int64_t>(packed->pairs()) * config_.heads}, config_.dropout, *random);
      }
      const bool turn = config_.positions == Positions::rotary;
      return attention(turn ? turned(query, places) : query, turn ? turned(key, places) : key, value, bias, keep, packed,
                       attention_options());
    });
  }
  return config_.norm == Norm::pre ? last_(y) : y;
}

bool Transformer::can_append() const {
  return config_.mask == AttentionOptions::Mask::causal && config_.positions != Positions::time_buckets &&
         !(config_.positions == Positions::absolute && config_.from_end);
}

at::Tensor Transformer::append(const at::Tensor& x, Cache& cache) const {
  assert(can_append() && cache.tokens + x.size(0) <= config_.length);
  const at::AutoGradMode no_gradients(false);
  const std::int64_t before = cache.tokens, fresh = x.size(0), all = before + fresh, heads = config_.heads, size = config_.dim / heads;
  const at::Tensor places = at::arange(before, all, at::kLong);
  const at::Tensor distance = places.unsqueeze(1) - at::arange(all, at::kLong) + (config_.length - 1);  // [fresh, all]
  const at::Tensor hidden = at::arange(all, at::kLong).gt(places.unsqueeze(1));
  cache.keys.resize(layers_.size());
  cache.values.resize(layers_.size());

  at::Tensor y = places_.defined() ? x + places_.index_select(0, places) : x;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    y = run(layers_[l], y, nullptr, [&](const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
      const bool turn = config_.positions == Positions::rotary;
      const auto join = [&](at::Tensor& to, const at::Tensor& more) { to = to.defined() ? at::cat({to, more}, 0) : more.clone(); };
      join(cache.keys[l], turn ? turned(key, places) : key);
      join(cache.values[l], value);
      const auto of_heads = [&](const at::Tensor& t) { return t.reshape({t.size(0), heads, size}).transpose(0, 1); };
      at::Tensor scores = of_heads(turn ? turned(query, places) : query).matmul(of_heads(cache.keys[l]).transpose(1, 2));
      if (config_.kind == Kind::softmax) scores = scores / std::sqrt(static_cast<double>(size));
      if (layers_[l].distance.defined()) {
        scores = scores + layers_[l].distance.index_select(0, distance.flatten()).view({fresh, all, heads}).permute({2, 0, 1});
      }
      const at::Tensor weights = config_.kind == Kind::softmax
                                     ? at::softmax(scores.masked_fill(hidden, -INFINITY), 2)
                                     : (at::silu(scores) / static_cast<double>(config_.length)).masked_fill(hidden, 0);
      return weights.matmul(of_heads(cache.values[l])).transpose(0, 1).reshape({fresh, config_.dim});
    });
  }
  cache.tokens = all;
  return config_.norm == Norm::pre ? last_(y) : y;
}

}  // namespace souk::learn
