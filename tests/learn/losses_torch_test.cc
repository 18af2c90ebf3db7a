#include <gmock/gmock.h>

#include "souk/learn/losses.h"

#include "tests/learn/torch_check.h"

namespace souk::learn {
namespace {

constexpr std::int64_t kRows = 5, kNegatives = 7;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

// The formulas of losses.h, one position at a time, in plain doubles.
struct Scores {
  double positive;
  std::vector<double> negative;
  std::vector<double> weights() const {
    double sum = 0;
    for (const double r : negative) sum += std::exp(r);
    std::vector<double> result;
    for (const double r : negative) result.push_back(std::exp(r) / sum);
    return result;
  }
};
using OfOne = std::function<double(const Scores&)>;
using OfAll = std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;

class Losses : public ::testing::Test {
 protected:
  // A loss is the mean of its formula, in float32 too, and its gradient is the formula's.
  void expect_formula(const OfAll& loss, const OfOne& formula) {
    double mean = 0;
    for (std::int64_t i = 0; i < kRows; ++i) {
      Scores scores{positive_[i].item<double>(), {}};
      for (std::int64_t j = 0; j < kNegatives; ++j) scores.negative.push_back(negative_[i][j].item<double>());
      mean += formula(scores) / static_cast<double>(kRows);
    }
    EXPECT_NEAR(loss(positive_, negative_).item<double>(), mean, 1e-9);
    EXPECT_NEAR(loss(positive_.to(at::kFloat), negative_.to(at::kFloat)).item<double>(), mean, 1e-5);
    expect_gradients([&](const auto& in) { return loss(in[0], in[1]); }, {positive_, negative_});
    // Scores far apart stay numbers, and so do their gradients.
    for (const double far : {-200.0, 200.0}) {
      const auto gradients =
          gradients_of([&](const auto& in) { return loss(in[0] + far, in[1]); }, {positive_.to(at::kFloat), negative_.to(at::kFloat)});
      for (const at::Tensor& gradient : gradients) EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << far;
    }
  }
  Random random_{7};
  at::Tensor positive_ = normal_tensor({kRows}, random_, 1.5, at::kDouble);
  at::Tensor negative_ = normal_tensor({kRows, kNegatives}, random_, 1.5, at::kDouble);
};

TEST_F(Losses, SampledSoftmax) {
  const auto formula = [](const Scores& s) {
    double sum = std::exp(s.positive);
    for (const double r : s.negative) sum += std::exp(r);
    return -std::log(std::exp(s.positive) / sum);
  };
  expect_formula([](const auto& p, const auto& n) { return sampled_softmax(p, n); }, formula);
}

TEST_F(Losses, SampledSoftmaxWithCorrection) {
  const at::Tensor p_log_q = normal_tensor({kRows}, random_), n_log_q = normal_tensor({kNegatives}, random_);
  const auto loss = [&](const at::Tensor& p, const at::Tensor& n) { return sampled_softmax(p, n, p_log_q, n_log_q); };
  EXPECT_NEAR(loss(positive_, negative_).item<double>(), sampled_softmax(positive_ - p_log_q, negative_ - n_log_q).item<double>(), 1e-9);
  expect_gradients([&](const auto& in) { return loss(in[0], in[1]); }, {positive_, negative_});
}

// Corrected for an uneven draw, the mean gradient of many samples is that of the full softmax; uncorrected it is not.
TEST_F(Losses, CorrectionApproachesTheFullSoftmax) {
  constexpr std::int64_t kItems = 12, kDrawn = 4000;
  const at::Tensor scores = normal_tensor({1, kItems}, random_);
  std::vector<double> q(kItems);
  double sum = 0;
  for (std::int64_t i = 0; i < kItems; ++i) sum += q[static_cast<std::size_t>(i)] = 1.0 / static_cast<double>(1 + i);
  at::Tensor drawn = at::empty({1, kDrawn}, at::kLong), log_q = at::empty({kItems});
  for (std::int64_t i = 0; i < kItems; ++i) log_q[i] = std::log(q[static_cast<std::size_t>(i)] / sum);
  for (std::int64_t j = 0; j < kDrawn; ++j) {
    double left = random_.uniform() * sum;
    std::int64_t item = 0;
    while (item + 1 < kItems && left > q[static_cast<std::size_t>(item)]) left -= q[static_cast<std::size_t>(item++)];
    drawn[0][j] = item;
  }
  const at::Tensor target = at::full({1}, 3, at::kLong);
  const auto sampled = [&](bool corrected) {
    return [&, corrected](const std::vector<at::Tensor>& in) {
      const at::Tensor negative = without_hits(in[0].gather(1, drawn), target, drawn);
      const at::Tensor positive = in[0].index_select(1, target).squeeze(1);
      // The positive stands for itself alone: its correction is that of one draw among kDrawn.
      const at::Tensor own = at::full({1}, -std::log(static_cast<double>(kDrawn)));
      return corrected ? sampled_softmax(positive, negative, own, log_q.index({drawn.squeeze(0)})) : sampled_softmax(positive, negative);
    };
  };
  const auto full = [&](const std::vector<at::Tensor>& in) { return at::nll_loss(at::log_softmax(in[0], 1), target); };
  const at::Tensor wanted = gradients_of(full, {scores})[0];
  EXPECT_LT(difference(gradients_of(sampled(true), {scores})[0], wanted), 0.03);
  EXPECT_GT(difference(gradients_of(sampled(false), {scores})[0], wanted), 0.1);
}

TEST_F(Losses, Bce) {
  const auto formula = [](const Scores& s) {
    double loss = -std::log(logistic(s.positive));
    for (const double r : s.negative) loss -= std::log(1 - logistic(r));
    return loss;
  };
  expect_formula([](const auto& p, const auto& n) { return bce(p, n); }, formula);
  EXPECT_NEAR(gbce(positive_, negative_, 100, 0).item<double>(), bce(positive_, negative_).item<double>(), 1e-9);
}

TEST_F(Losses, GeneralisedBce) {
  const auto formula = [](const Scores& s) {
    const double alpha = kNegatives / 49.0, beta = alpha * (0.6 * (1 - 1 / alpha) + 1 / alpha);
    double loss = -std::log(std::pow(logistic(s.positive), beta));
    for (const double r : s.negative) loss -= std::log(1 - logistic(r));
    return loss;
  };
  expect_formula([](const auto& p, const auto& n) { return gbce(p, n, 50, 0.6); }, formula);
}

TEST_F(Losses, Bpr) {
  const auto formula = [](const Scores& s) {
    double loss = 0;
    for (const double r : s.negative) loss -= std::log(logistic(s.positive - r)) / kNegatives;
    return loss;
  };
  expect_formula([](const auto& p, const auto& n) { return bpr(p, n); }, formula);
}

TEST_F(Losses, BprMax) {
  const auto formula = [](const Scores& s) {
    const auto w = s.weights();
    double better = 0, squares = 0;
    for (std::size_t j = 0; j < w.size(); ++j) {
      better += w[j] * logistic(s.positive - s.negative[j]);
      squares += w[j] * s.negative[j] * s.negative[j];
    }
    return -std::log(better) + 0.5 * squares;
  };
  expect_formula([](const auto& p, const auto& n) { return bpr_max(p, n, 0.5); }, formula);
}

TEST_F(Losses, Top1Max) {
  const auto formula = [](const Scores& s) {
    const auto w = s.weights();
    double loss = 0;
    for (std::size_t j = 0; j < w.size(); ++j) {
      loss += w[j] * (logistic(s.negative[j] - s.positive) + logistic(s.negative[j] * s.negative[j]));
    }
    return loss;
  };
  expect_formula([](const auto& p, const auto& n) { return top1_max(p, n); }, formula);
}

TEST_F(Losses, InfoNce) {
  const at::Tensor a = normal_tensor({4, 3}, random_, 1, at::kDouble), b = normal_tensor({4, 3}, random_, 1, at::kDouble);
  const auto cosine = [&](std::int64_t i, std::int64_t j) { return (a[i].dot(b[j]) / (a[i].norm() * b[j].norm())).item<double>(); };
  double mean = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    double sum = 0;
    for (std::int64_t j = 0; j < 4; ++j) sum += std::exp(cosine(i, j) / 0.2);
    mean -= std::log(std::exp(cosine(i, i) / 0.2) / sum) / 4;
  }
  EXPECT_NEAR(info_nce(a, b, 0.2).item<double>(), mean, 1e-9);
  expect_gradients([](const auto& in) { return info_nce(in[0], in[1], 0.2); }, {a, b});
}

TEST_F(Losses, Distillation) {
  const at::Tensor student = normal_tensor({3, 6}, random_, 1, at::kDouble), teacher = normal_tensor({3, 6}, random_, 1, at::kDouble);
  double mean = 0;
  for (std::int64_t i = 0; i < 3; ++i) {
    double s_sum = 0, t_sum = 0;
    for (std::int64_t j = 0; j < 6; ++j) {
      s_sum += std::exp(student[i][j].item<double>() / 2);
      t_sum += std::exp(teacher[i][j].item<double>() / 2);
    }
    for (std::int64_t j = 0; j < 6; ++j) {
      const double t = std::exp(teacher[i][j].item<double>() / 2) / t_sum, s = std::exp(student[i][j].item<double>() / 2) / s_sum;
      mean += 4 * t * std::log(t / s) / 3;
    }
  }
  EXPECT_NEAR(distil(student, teacher, 2).item<double>(), mean, 1e-9);
  expect_gradients([&](const auto& in) { return distil(in[0], teacher, 2); }, {student});
  EXPECT_EQ(gradients_of([&](const auto& in) { return distil(student.clone().set_requires_grad(true), in[0], 2); }, {teacher})[0]
                .abs()
                .max()
                .item<double>(),
            0);
}

TEST_F(Losses, CountNoNegativeThatIsThePositive) {
  const at::Tensor positives = at::full({kRows}, 2, at::kLong);
  at::Tensor own = at::arange(kNegatives, at::kLong).expand({kRows, kNegatives}).clone();
  const at::Tensor rest = at::cat({negative_.narrow(1, 0, 2), negative_.narrow(1, 3, kNegatives - 3)}, 1);
  for (const at::Tensor& negatives : {own, at::arange(kNegatives, at::kLong)}) {  // a row each, and shared
    const at::Tensor masked = without_hits(negative_, positives, negatives);
    EXPECT_NEAR(sampled_softmax(positive_, masked).item<double>(), sampled_softmax(positive_, rest).item<double>(), 1e-9);
    EXPECT_NEAR(bce(positive_, masked).item<double>(), bce(positive_, rest).item<double>(), 1e-9);
    EXPECT_NEAR(bpr_max(positive_, masked).item<double>(), bpr_max(positive_, rest).item<double>(), 1e-9);
    EXPECT_NEAR(top1_max(positive_, masked).item<double>(), top1_max(positive_, rest).item<double>(), 1e-9);
    const auto gradients =
        gradients_of([&](const auto& in) { return bpr_max(in[0], without_hits(in[1], positives, negatives)); }, {positive_, negative_});
    EXPECT_TRUE(gradients[1].isfinite().all().item<bool>());
    EXPECT_EQ(gradients[1].select(1, 2).abs().max().item<double>(), 0);
  }
}

TEST_F(Losses, TakeTheHardestNegatives) {
  const at::Tensor top = std::get<0>(hardest(negative_, 3).sort(1, true));
  for (std::int64_t i = 0; i < kRows; ++i) {
    std::vector<double> row;
    for (std::int64_t j = 0; j < kNegatives; ++j) row.push_back(negative_[i][j].item<double>());
    std::ranges::sort(row, std::greater());
    for (std::int64_t j = 0; j < 3; ++j) EXPECT_EQ(top[i][j].item<double>(), row[static_cast<std::size_t>(j)]);
  }
  expect_gradients([](const auto& in) { return sampled_softmax(in[0], hardest(in[1], 3)); }, {positive_, negative_});
  EXPECT_TRUE(hardest(negative_, kNegatives).equal(negative_));
  EXPECT_TRUE(hardest(negative_, 100).equal(negative_));
}

}  // namespace
}  // namespace souk::learn
