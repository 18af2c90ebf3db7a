#include <gmock/gmock.h>

#include "souk/learn/attention.h"
#include "souk/learn/parameters.h"

#include "tests/learn/torch_check.h"

namespace souk::learn {
namespace {

using Mask = AttentionOptions::Mask;
using Kind = AttentionOptions::Kind;

std::shared_ptr<const Packed> pack(const std::vector<std::uint32_t>& lengths) {
  auto packed = std::make_shared<Packed>();
  for (const std::uint32_t length : lengths) {
    packed->begin.push_back(packed->begin.back() + length);
    packed->prefix.push_back(length / 2);
  }
  return packed;
}

struct Case {
  Mask mask;
  Kind kind;
  std::int64_t heads;
  bool biased, dropped;
};

class AttentionTest : public ::testing::TestWithParam<Case> {};

TEST_P(AttentionTest, IsThePlainForm) {
  const auto& [mask, kind, heads, biased, dropped] = GetParam();
  const auto packed = pack({1, 5, 2, 17, 3});
  const AttentionOptions options{.mask = mask, .kind = kind, .heads = heads, .scale_length = 20};
  Random random(1);
  const std::int64_t tokens = packed->tokens(), dim = 12, pairs = static_cast<std::int64_t>(packed->pairs()) * heads;
  std::vector<at::Tensor> inputs;
  for (int i = 0; i < 3; ++i) inputs.push_back(normal_tensor({tokens, dim}, random));
  if (biased) inputs.push_back(normal_tensor({pairs}, random));
  const at::Tensor keep = dropped ? dropout_mask({pairs}, 0.4, random) : at::Tensor();
  const at::Tensor mix = normal_tensor({tokens, dim}, random);
  const auto ours = [&](const auto& in) {
    return (attention(in[0], in[1], in[2], biased ? in[3] : at::Tensor(), keep, packed, options) * mix).sum();
  };
  const auto plain = [&](const auto& in) {
    return (attention_plain(in[0], in[1], in[2], biased ? in[3] : at::Tensor(), keep, *packed, options) * mix).sum();
  };
  std::vector<at::Tensor> doubles;
  for (const at::Tensor& input : inputs) doubles.push_back(input.to(at::kDouble));
  EXPECT_LT(difference(ours(inputs), plain(doubles)), 1e-5);
  const auto got = gradients_of(ours, inputs), wanted = gradients_of(plain, doubles);
  for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_LT(difference(got[i], wanted[i]), 1e-5) << i;
}

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const Mask mask : {Mask::causal, Mask::bidirectional, Mask::prefix}) {
    for (const Kind kind : {Kind::softmax, Kind::silu}) {
      for (const std::int64_t heads : {1, 3}) {
        for (const int parts : {0, 1, 2, 3}) result.push_back({mask, kind, heads, (parts & 1) != 0, (parts & 2) != 0});
      }
    }
  }
  return result;
}

INSTANTIATE_TEST_SUITE_P(Cases, AttentionTest, ::testing::ValuesIn(cases()));

TEST(Attention, PlainFormHasTheGradientsOfItsDifferences) {
  const auto packed = pack({1, 3});
  Random random(2);
  for (const Kind kind : {Kind::softmax, Kind::silu}) {
    const AttentionOptions options{.kind = kind, .heads = 2};
    const at::Tensor mix = normal_tensor({4, 4}, random, 1, at::kDouble);
    std::vector<at::Tensor> inputs;
    for (int i = 0; i < 3; ++i) inputs.push_back(normal_tensor({4, 4}, random, 1, at::kDouble));
    inputs.push_back(normal_tensor({20}, random, 1, at::kDouble));
    expect_gradients([&](const auto& in) { return (attention_plain(in[0], in[1], in[2], in[3], {}, *packed, options) * mix).sum(); },
                     inputs);
  }
}

TEST(Attention, OfTheFutureIsNone) {
  const auto packed = pack({6, 4});
  Random random(3);
  const at::Tensor query = normal_tensor({10, 8}, random), key = normal_tensor({10, 8}, random), value = normal_tensor({10, 8}, random);
  const at::Tensor before = attention(query, key, value, {}, {}, packed, {});
  key[4] = 9, value[4] = 9;
  const at::Tensor after = attention(query, key, value, {}, {}, packed, {});
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(before[i].equal(after[i]), i < 4 || i > 5) << i;
}

}  // namespace
}  // namespace souk::learn
