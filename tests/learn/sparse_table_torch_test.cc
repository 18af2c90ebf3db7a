// SparseTable beside a dense embedding with gradients by autograd, and the optimisers written out in torch's operators.
#include <gmock/gmock.h>

#include "souk/learn/sparse_table.h"

#include "tests/learn/torch_check.h"

namespace souk::learn {
namespace {

using Rule = SparseTableConfig::Rule;
constexpr std::int64_t kRows = 30, kDim = 11;
constexpr double kRate = 0.05, kBeta1 = 0.9, kBeta2 = 0.98, kEpsilon = 1e-8;

// torch.optim's rules for a dense parameter; `touched` limits a step to some rows.
struct Dense {
  at::Tensor weight, first = at::zeros({kRows, kDim}, at::kDouble), second = first.clone(), steps = at::zeros({kRows, 1}, at::kDouble);

  void step(Rule rule, const at::Tensor& gradient, const at::Tensor& touched) {
    at::Tensor move;
    if (rule == Rule::sgd) {
      move = gradient;
    } else if (rule == Rule::adagrad) {
      first = first + gradient.square();
      move = gradient / (first.sqrt() + kEpsilon);
    } else {
      steps = steps + touched;
      first = at::where(touched.to(at::kBool), kBeta1 * first + (1 - kBeta1) * gradient, first);
      second = at::where(touched.to(at::kBool), kBeta2 * second + (1 - kBeta2) * gradient.square(), second);
      const at::Tensor taken = steps.clamp_min(1);
      const at::Tensor bias1 = 1 - at::pow(kBeta1, taken), bias2 = 1 - at::pow(kBeta2, taken);
      move = (first / bias1) / ((second / bias2).sqrt() + kEpsilon) * touched;
    }
    weight = (weight - kRate * move).detach();
  }
};

at::Tensor values_of(const SparseTable& table) {
  const MatrixView values = table.values();
  return at::from_blob(const_cast<float*>(values.data), {kRows, kDim}, at::kFloat).clone();
}

// Trains both on the same batches of `rows_of(step)`; the loss is a product with random weights of the embeddings' squares. Returns the
// largest difference of their values, having seen that lookups agree too.
template <class RowsOf>
double trained_apart(Rule rule, bool lazy, RowsOf rows_of) {
  Random random(1);
  SparseTable table =
      SparseTable::make({.rule = rule, .beta2 = static_cast<float>(kBeta2), .deviation = 0.5F}, kRows, kDim, random).value();
  Dense dense{values_of(table).to(at::kDouble)};
  for (int s = 0; s < 60; ++s) {
    const std::vector<std::int64_t> rows = rows_of(s, random);
    const at::Tensor indices = at::from_blob(const_cast<std::int64_t*>(rows.data()), {static_cast<std::int64_t>(rows.size())}, at::kLong);
    const at::Tensor mix = normal_tensor({indices.size(0), kDim}, random, 1, at::kDouble);

    at::Tensor leaf = dense.weight.clone().set_requires_grad(true);
    (at::embedding(leaf, indices).square() * mix).sum().backward();
    const at::Tensor touched = lazy ? leaf.grad().abs().sum(1, true).gt(0).to(at::kDouble) : at::ones({kRows, 1}, at::kDouble);
    dense.step(rule, leaf.grad(), touched);

    const std::vector<std::uint32_t> named(rows.begin(), rows.end());
    at::Tensor looked_up = at::empty({indices.size(0), kDim});
    table.gather(named, looked_up.data_ptr<float>());
    EXPECT_TRUE(looked_up.equal(at::embedding(values_of(table), indices)));
    const at::Tensor gradient = (2 * looked_up * mix).to(at::kFloat).contiguous();
    table.step(named, {gradient.data_ptr<float>(), named.size(), kDim, kDim}, static_cast<float>(kRate));
  }
  return difference(values_of(table), dense.weight);
}

std::vector<std::int64_t> some(int, Random& random) {
  std::vector<std::int64_t> rows(1 + random.below(40));
  for (std::int64_t& row : rows) row = static_cast<std::int64_t>(random.below(kRows));
  return rows;
}

std::vector<std::int64_t> every(int, Random& random) {
  std::vector<std::int64_t> rows(kRows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  random.shuffle(std::span(rows));
  return rows;
}

TEST(SparseTableOracle, SgdAndAdagradAreThoseOfADenseEmbedding) {
  EXPECT_LT(trained_apart(Rule::sgd, false, some), 1e-4);
  EXPECT_LT(trained_apart(Rule::adagrad, false, some), 1e-4);
}

TEST(SparseTableOracle, AdamIsThatOfADenseEmbeddingWhereEveryBatchTouchesAllRows) {
  EXPECT_LT(trained_apart(Rule::adam, false, every), 1e-4);
}

TEST(SparseTableOracle, LazyAdamIsAdamOfEachRowInItsOwnSteps) {
  EXPECT_LT(trained_apart(Rule::adam, true, some), 1e-4);
}

TEST(SparseTableOracle, LazyAdamDiffersFromDenseAdamAsDocumented) {
  EXPECT_GT(trained_apart(Rule::adam, false, some), 0.05);
}

}  // namespace
}  // namespace souk::learn
