// The encoders beside forms that take one sequence at a time, written from their formulas, in double precision.
#include <gmock/gmock.h>
#include <map>

#include "souk/learn/gru.h"
#include "souk/learn/transformer.h"

#include "tests/learn/torch_check.h"

namespace souk::learn {
namespace {

using Norm = TransformerConfig::Norm;
using Positions = TransformerConfig::Positions;
using Mask = AttentionOptions::Mask;
using Kind = AttentionOptions::Kind;
using Named = std::map<std::string, at::Tensor>;

std::shared_ptr<Packed> pack(const std::vector<std::uint32_t>& lengths, Random& random) {
  auto packed = std::make_shared<Packed>();
  for (const std::uint32_t length : lengths) {
    packed->begin.push_back(packed->begin.back() + length);
    packed->prefix.push_back((length + 1) / 2);
    std::int64_t time = 1'000'000;
    for (std::uint32_t i = 0; i < length; ++i) packed->times.push_back(time += static_cast<std::int64_t>(random.below(100'000)));
  }
  return packed;
}

Named doubles_of(const Parameters& parameters) {
  Named result;
  for (const auto& [name, tensor] : parameters.all()) result[name] = tensor.detach().to(at::kDouble).set_requires_grad(true);
  return result;
}

// Starts every parameter at random, biases and gains too, so that none can be left out unnoticed.
void scatter(Parameters& parameters, Random& random) {
  const at::AutoGradMode no_gradients(false);
  for (const auto& [name, tensor] : parameters.all()) at::Tensor(tensor).add_(normal_tensor(tensor.sizes(), random, 0.2));
}

// Holds values, the input's gradient and every parameter's gradient to the plain form's.
template <class Ours, class Plain>
void expect_equal(Parameters& parameters, const at::Tensor& input, Ours ours, Plain plain, Random& random) {
  const Named named = doubles_of(parameters);
  const at::Tensor x = input.clone().set_requires_grad(true), xx = input.to(at::kDouble).set_requires_grad(true);
  const at::Tensor y = ours(x), yy = plain(xx, named);
  ASSERT_LT(difference(y, yy), 2e-5);
  const at::Tensor mix = normal_tensor(y.sizes(), random);
  parameters.clear_gradients();
  (y * mix).sum().backward();
  (yy * mix).sum().backward();
  EXPECT_LT(difference(x.grad(), xx.grad()), 5e-5);
  for (const auto& [name, tensor] : parameters.all()) {
    const at::Tensor wanted = named.at(name).grad();
    ASSERT_EQ(tensor.grad().defined(), wanted.defined()) << name;
    if (!wanted.defined()) continue;
    EXPECT_LT(difference(tensor.grad(), wanted), 5e-5) << name;
  }
}

at::Tensor plain_norm(const at::Tensor& x, const Named& p, const std::string& name) {
  const at::Tensor off = x - x.mean(1, true);
  return off / (off.square().mean(1, true) + 1e-8).sqrt() * p.at(name + ".gain") + p.at(name + ".bias");
}

at::Tensor plain_linear(const at::Tensor& x, const Named& p, const std::string& name) {
  return x.mm(p.at(name + ".weight").t()) + p.at(name + ".bias");
}

// Turns the pairs (i, i + half) of a head's values by place / 10000^(i / half).
at::Tensor plain_turn(const at::Tensor& x) {
  const std::int64_t half = x.size(1) / 2;
  std::vector<at::Tensor> rows;
  for (std::int64_t place = 0; place < x.size(0); ++place) {
    std::vector<at::Tensor> low, high;
    for (std::int64_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(place) / std::pow(10000.0, static_cast<double>(i) / static_cast<double>(half));
      low.push_back(x[place][i] * std::cos(angle) - x[place][half + i] * std::sin(angle));
      high.push_back(x[place][half + i] * std::cos(angle) + x[place][i] * std::sin(angle));
    }
    low.insert(low.end(), high.begin(), high.end());
    rows.push_back(at::stack(low));
  }
  return at::stack(rows);
}

struct PlainTransformer {
  const TransformerConfig& config;
  const Named& p;
  const Packed& packed;
  std::size_t s;

  bool sees(std::int64_t i, std::int64_t j) const {
    if (config.mask == Mask::bidirectional || j <= i) return true;
    const std::int64_t prefix = packed.prefix[s];
    return config.mask == Mask::prefix && i < prefix && j < prefix;
  }
  at::Tensor scores_bias(const std::string& prefix, std::int64_t length, std::int64_t head) const {
    at::Tensor bias = at::zeros({length, length}, at::kDouble);
    if (config.positions != Positions::relative && config.positions != Positions::time_buckets) return bias;
    std::vector<at::Tensor> values;
    for (std::int64_t i = 0; i < length; ++i) {
      for (std::int64_t j = 0; j < length; ++j) {
        at::Tensor value = p.at(prefix + ".distance")[i - j + config.length - 1][head];
        if (config.positions == Positions::time_buckets) {
          const auto time = [&](std::int64_t t) { return packed.times[packed.begin[s] + static_cast<std::size_t>(t)]; };
          const auto between = static_cast<double>(std::abs(time(i) - time(j)));
          value = value + p.at(prefix + ".elapsed")[static_cast<std::int64_t>(std::log(std::max(1.0, between)) / 0.301)][head];
        }
        values.push_back(value);
      }
    }
    return at::stack(values).view({length, length});
  }
  at::Tensor attend(const std::string& prefix, const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) const {
    const std::int64_t length = query.size(0), size = config.dim / config.heads;
    std::vector<at::Tensor> heads;
    for (std::int64_t h = 0; h < config.heads; ++h) {
      at::Tensor q = query.narrow(1, h * size, size), k = key.narrow(1, h * size, size);
      if (config.positions == Positions::rotary) q = plain_turn(q), k = plain_turn(k);
      at::Tensor scores = q.mm(k.t()), hidden = at::empty({length, length}, at::kBool);
      for (std::int64_t i = 0; i < length; ++i) {
        for (std::int64_t j = 0; j < length; ++j) hidden[i][j] = !sees(i, j);
      }
      if (config.kind == Kind::softmax) scores = scores / std::sqrt(static_cast<double>(size));
      scores = scores + scores_bias(prefix, length, h);
      const at::Tensor weights = config.kind == Kind::softmax
                                     ? at::softmax(scores.masked_fill(hidden, -INFINITY), 1)
                                     : (scores * at::sigmoid(scores) / static_cast<double>(config.length)).masked_fill(hidden, 0);
      heads.push_back(weights.mm(value.narrow(1, h * size, size)));
    }
    return at::cat(heads, 1);
  }
  at::Tensor operator()(const at::Tensor& x) const {
    const std::int64_t length = x.size(0);
    const bool pre = config.norm == Norm::pre;
    at::Tensor y = x;
    if (config.positions == Positions::absolute) y = y + p.at("t.places").narrow(0, config.from_end ? config.length - length : 0, length);
    for (std::int64_t l = 0; l < config.layers; ++l) {
      const std::string prefix = "t." + std::to_string(l);
      const at::Tensor in = plain_linear(pre ? plain_norm(y, p, prefix + ".first") : y, p, prefix + ".in");
      const auto part = [&](std::int64_t n) {
        const at::Tensor values = in.narrow(1, n * config.dim, config.dim);
        return config.kind == Kind::silu ? values * at::sigmoid(values) : values;
      };
      const at::Tensor attended = attend(prefix, part(0), part(1), part(2));
      if (config.kind == Kind::silu) {
        y = y + plain_linear(plain_norm(attended, p, prefix + ".second") * part(3), p, prefix + ".out");
        if (!pre) y = plain_norm(y, p, prefix + ".first");
        continue;
      }
      y = y + plain_linear(attended, p, prefix + ".out");
      if (!pre) y = plain_norm(y, p, prefix + ".first");
      const at::Tensor fed = plain_linear(pre ? plain_norm(y, p, prefix + ".second") : y, p, prefix + ".feed.0");
      y = y + plain_linear(at::relu(fed), p, prefix + ".feed.1");
      if (!pre) y = plain_norm(y, p, prefix + ".second");
    }
    return pre ? plain_norm(y, p, "t.last") : y;
  }
};

class TransformerTest : public ::testing::TestWithParam<TransformerConfig> {};

TEST_P(TransformerTest, IsThePlainFormOfEachSequence) {
  const TransformerConfig config = GetParam();
  Random random(1);
  Parameters parameters;
  const Transformer transformer(config, parameters, "t", random);
  EXPECT_EQ(cost_of(config).parameters, static_cast<double>(parameters.count()));
  scatter(parameters, random);
  const auto packed = pack({3, 1, 6, 9}, random);
  const auto plain = [&](const at::Tensor& x, const Named& named) {
    std::vector<at::Tensor> outs;
    for (std::size_t s = 0; s < packed->sequences(); ++s) {
      outs.push_back(PlainTransformer{config, named, *packed, s}(x.narrow(0, packed->begin[s], packed->length(s))));
    }
    return at::cat(outs, 0);
  };
  expect_equal(
      parameters, normal_tensor({packed->tokens(), config.dim}, random),
      [&](const at::Tensor& x) { return transformer(x, packed, nullptr); }, plain, random);
}

TEST_P(TransformerTest, ReadsOnFromItsCache) {
  TransformerConfig config = GetParam();
  config.from_end = false;
  Random random(2);
  Parameters parameters;
  const Transformer transformer(config, parameters, "t", random);
  scatter(parameters, random);
  ASSERT_EQ(transformer.can_append(), config.mask == Mask::causal && config.positions != Positions::time_buckets);
  if (!transformer.can_append()) return;  // its tokens change with what follows them
  const auto packed = pack({9}, random);
  const at::Tensor x = normal_tensor({9, config.dim}, random), whole = transformer(x, packed, nullptr);
  for (const std::vector<std::int64_t>& pieces : {std::vector<std::int64_t>{9}, {1, 1, 1, 6}, {4, 5}, {8, 1}}) {
    Transformer::Cache cache;
    std::int64_t at = 0;
    for (const std::int64_t piece : pieces) {
      EXPECT_LT(difference(transformer.append(x.narrow(0, at, piece), cache), whole.narrow(0, at, piece)), 1e-5);
      at += piece;
    }
    EXPECT_EQ(cache.tokens, 9);
  }
}

std::vector<TransformerConfig> transformers() {
  std::vector<TransformerConfig> result;
  const TransformerConfig base{.dim = 12, .inner = 10, .heads = 2, .layers = 2, .length = 10, .activation = Activation::relu};
  for (const Norm norm : {Norm::pre, Norm::post}) {
    for (const Kind kind : {Kind::softmax, Kind::silu}) {
      for (const Positions positions :
           {Positions::none, Positions::absolute, Positions::relative, Positions::rotary, Positions::time_buckets}) {
        for (const Mask mask : {Mask::causal, Mask::bidirectional, Mask::prefix}) {
          // Masks and places hardly meet: all masks with one kind of place, all places with one mask.
          if (mask != Mask::causal && positions != Positions::relative) continue;
          TransformerConfig config = base;
          config.norm = norm, config.kind = kind, config.positions = positions, config.mask = mask;
          result.push_back(config);
        }
      }
    }
  }
  return result;
}

INSTANTIATE_TEST_SUITE_P(Switches, TransformerTest, ::testing::ValuesIn(transformers()));

TEST(Transformer, IsTheSameBitForBitWithTheSameSeedAndOtherwiseNot) {
  const auto run = [](std::uint64_t seed, std::uint64_t dropout_seed) {
    Random random(seed), drops(dropout_seed);
    Parameters parameters;
    const Transformer transformer({.dim = 16, .heads = 2}, parameters, "t", random);
    const auto packed = pack({20, 3, 50}, random);
    return transformer(normal_tensor({73, 16}, random), packed, &drops).detach();
  };
  EXPECT_TRUE(run(1, 2).equal(run(1, 2)));
  EXPECT_FALSE(run(1, 2).equal(run(1, 3)));
  EXPECT_FALSE(run(1, 2).equal(run(2, 2)));
}

TEST(TimeBuckets, GrowWithTheLogarithm) {
  EXPECT_EQ(time_bucket(0), 0);
  EXPECT_EQ(time_bucket(1), 0);
  EXPECT_EQ(time_bucket(-100), time_bucket(100));
  EXPECT_EQ(time_bucket(100), 15);
  EXPECT_EQ(time_bucket(INT64_MAX), 128);
}

TEST(Gru, IsThePlainFormOfEachSequence) {
  for (const std::int64_t layers : {1, 2}) {
    Random random(3);
    Parameters parameters;
    const Gru gru({.in = 5, .size = 7, .layers = layers}, parameters, "g", random);
    scatter(parameters, random);
    const auto packed = pack({2, 6, 1, 6, 3}, random);
    const auto plain = [&](const at::Tensor& x, const Named& p) {
      std::vector<at::Tensor> outs;
      for (std::size_t s = 0; s < packed->sequences(); ++s) {
        at::Tensor y = x.narrow(0, packed->begin[s], packed->length(s));
        for (std::int64_t l = 0; l < layers; ++l) {
          const std::string prefix = "g." + std::to_string(l);
          at::Tensor h = at::zeros({7}, at::kDouble);
          std::vector<at::Tensor> states;
          for (std::int64_t i = 0; i < y.size(0); ++i) {
            const at::Tensor a = p.at(prefix + ".input").mv(y[i]) + p.at(prefix + ".input_bias");
            const at::Tensor b = p.at(prefix + ".state").mv(h) + p.at(prefix + ".state_bias");
            const auto gate = [&](std::int64_t n) { return at::sigmoid(a.narrow(0, 7 * n, 7) + b.narrow(0, 7 * n, 7)); };
            const at::Tensor n = at::tanh(a.narrow(0, 14, 7) + gate(0) * b.narrow(0, 14, 7));
            h = (1 - gate(1)) * n + gate(1) * h;
            states.push_back(h);
          }
          y = at::stack(states);
        }
        outs.push_back(y);
      }
      return at::cat(outs, 0);
    };
    expect_equal(
        parameters, normal_tensor({packed->tokens(), 5}, random), [&](const at::Tensor& x) { return gru(x, *packed, nullptr); }, plain,
        random);
  }
}

TEST(Mlp, IsThePlainForm) {
  Random random(4);
  for (const Activation activation : {Activation::relu, Activation::gelu, Activation::silu, Activation::tanh}) {
    Parameters parameters;
    const Mlp mlp({{6, 9, 4, 2}, activation}, parameters, "m", random);
    scatter(parameters, random);
    const auto plain = [&](const at::Tensor& x, const Named& p) {
      const auto active = [&](const at::Tensor& y) {
        switch (activation) {
          case Activation::relu:
            return y.clamp_min(0);
          case Activation::gelu:
            return y * 0.5 * (1 + at::erf(y / std::sqrt(2.0)));
          case Activation::silu:
            return y / (1 + at::exp(-y));
          case Activation::tanh:
            break;
        }
        return 1 - 2 / (1 + at::exp(2 * y));
      };
      return plain_linear(active(plain_linear(active(plain_linear(x, p, "m.0")), p, "m.1")), p, "m.2");
    };
    expect_equal(
        parameters, normal_tensor({8, 6}, random), [&](const at::Tensor& x) { return mlp(x, nullptr); }, plain, random);
  }
}

TEST(Dropout, KeepsItsShareAndTheMean) {
  Random random(5);
  for (const double p : {0.1, 0.25, 0.6}) {
    const at::Tensor mask = dropout_mask({100'001}, p, random);
    EXPECT_NEAR(mask.eq(0).to(at::kDouble).mean().item<double>(), p, 0.007);
    EXPECT_NEAR(mask.mean().item<double>(), 1, 0.02);
    EXPECT_NEAR(mask.max().item<double>(), 1 / (1 - p), 1e-4);
  }
  const at::Tensor x = normal_tensor({3, 4}, random);
  EXPECT_TRUE(dropout(x, 0.5, nullptr).equal(x));
  EXPECT_TRUE(dropout(x, 0, &random).equal(x));
}

}  // namespace
}  // namespace souk::learn
