#include <gmock/gmock.h>

#include "souk/learn/catalogue_softmax.h"
#include "souk/learn/softmax_row.h"

#include "tests/learn/torch_check.h"

namespace souk::learn {
namespace {

struct Shape {
  std::int64_t n, dim, items, scores_at_once;
};

class CatalogueSoftmaxTest : public ::testing::TestWithParam<Shape> {};

TEST_P(CatalogueSoftmaxTest, IsThePlainForm) {
  const auto [n, dim, items, scores_at_once] = GetParam();
  Random random(1);
  const at::Tensor states = normal_tensor({n, dim}, random), table = normal_tensor({items, dim}, random);
  const at::Tensor targets = item_tensor({n}, items, random);
  const CatalogueSoftmaxOptions options{.scores_at_once = scores_at_once};
  // The loss is part of a larger graph, and is scaled there.
  const auto ours = [&](const auto& in) { return 3 * catalogue_softmax(in[0] * 2, in[1], targets, options); };
  const auto plain = [&](const auto& in) { return 3 * catalogue_softmax_plain(in[0] * 2, in[1], targets); };
  const std::vector<at::Tensor> inputs{states, table}, doubles{states.to(at::kDouble), table.to(at::kDouble)};
  EXPECT_LT(difference(ours(inputs), plain(doubles)), 1e-5);
  const auto got = gradients_of(ours, inputs), wanted = gradients_of(plain, doubles);
  EXPECT_LT(difference(got[0] * n, wanted[0] * n), 2e-5);
  EXPECT_LT(difference(got[1] * n, wanted[1] * n), 2e-5);
}

INSTANTIATE_TEST_SUITE_P(Shapes, CatalogueSoftmaxTest,
                         ::testing::Values(Shape{1, 1, 1, 1}, Shape{1, 8, 3, 1 << 21}, Shape{3, 5, 17, 1}, Shape{64, 16, 100, 1},
                                           Shape{65, 16, 100, 1}, Shape{200, 8, 33, 33 * 70}, Shape{300, 64, 1000, 1 << 21}));

TEST(CatalogueSoftmax, PlainFormHasTheGradientsOfItsDifferences) {
  Random random(2);
  const at::Tensor targets = item_tensor({4}, 6, random);
  expect_gradients([&](const auto& in) { return catalogue_softmax_plain(in[0], in[1], targets); },
                   {normal_tensor({4, 3}, random, 1, at::kDouble), normal_tensor({6, 3}, random, 1, at::kDouble)});
}

TEST(CatalogueSoftmax, TakesScoresFarApart) {
  Random random(3);
  const at::Tensor states = normal_tensor({20, 8}, random, 100), table = normal_tensor({50, 8}, random, 10);
  const at::Tensor targets = item_tensor({20}, 50, random);
  const auto ours = [&](const auto& in) { return catalogue_softmax(in[0], in[1], targets); };
  const auto plain = [&](const auto& in) { return catalogue_softmax_plain(in[0], in[1], targets); };
  EXPECT_LT(difference(ours(std::vector{states, table}), plain(std::vector{states.to(at::kDouble), table.to(at::kDouble)})), 1e-5);
  for (const at::Tensor& gradient : gradients_of(ours, {states, table})) EXPECT_TRUE(gradient.isfinite().all().item<bool>());
}

TEST(CatalogueSoftmax, TakesStatesThatAreAView) {
  Random random(4);
  const at::Tensor wide = normal_tensor({10, 16}, random), table = normal_tensor({9, 8}, random), targets = item_tensor({10}, 9, random);
  const auto ours = [&](const auto& in) { return catalogue_softmax(in[0].narrow(1, 3, 8), in[1], targets); };
  const auto plain = [&](const auto& in) { return catalogue_softmax_plain(in[0].narrow(1, 3, 8), in[1], targets); };
  const auto got = gradients_of(ours, {wide, table}), wanted = gradients_of(plain, {wide, table});
  EXPECT_LT(difference(got[0], wanted[0]), 1e-5);
  EXPECT_LT(difference(got[1], wanted[1]), 1e-5);
}

TEST(CatalogueSoftmax, IsTheSameBitForBitOnOneThread) {
  Random random(5);
  const at::Tensor states = normal_tensor({500, 64}, random), table = normal_tensor({700, 64}, random);
  const at::Tensor targets = item_tensor({500}, 700, random);
  const auto ours = [&](const auto& in) { return catalogue_softmax(in[0], in[1], targets, {.scores_at_once = 70'000}); };
  const auto once = gradients_of(ours, {states, table}), again = gradients_of(ours, {states, table});
  EXPECT_TRUE(once[0].equal(again[0]));
  EXPECT_TRUE(once[1].equal(again[1]));
}

}  // namespace
}  // namespace souk::learn
