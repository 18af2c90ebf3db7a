#include "souk/learn/losses.h"

namespace souk::learn {
namespace {

constexpr double kNever = -1e9;

at::Tensor weights_of(const at::Tensor& negative) {
  return at::softmax(negative, 1);
}

}  // namespace

at::Tensor without_hits(const at::Tensor& negative, const at::Tensor& positives, const at::Tensor& negatives) {
  const at::Tensor items = negatives.dim() == 1 ? negatives.unsqueeze(0) : negatives;
  return negative.masked_fill(items.eq(positives.unsqueeze(1)), kNever);
}

at::Tensor hardest(const at::Tensor& negative, std::int64_t k) {
  return k < negative.size(1) ? std::get<0>(at::topk(negative, k, 1, true, false)) : negative;
}

at::Tensor sampled_softmax(const at::Tensor& positive, const at::Tensor& negative, const at::Tensor& positive_log_q,
                           const at::Tensor& negative_log_q) {
  const at::Tensor right = positive_log_q.defined() ? positive - positive_log_q : positive;
  const at::Tensor wrong = negative_log_q.defined() ? negative - negative_log_q : negative;
  return (at::logsumexp(at::cat({right.unsqueeze(1), wrong}, 1), {1}) - right).mean();
}

at::Tensor bce(const at::Tensor& positive, const at::Tensor& negative) {
  // 1 - s(x) = s(-x)
  return -(at::log_sigmoid(positive) + at::log_sigmoid(-negative).sum(1)).mean();
}

at::Tensor gbce(const at::Tensor& positive, const at::Tensor& negative, std::int64_t items, double t) {
  const double alpha = static_cast<double>(negative.size(1)) / static_cast<double>(items - 1);
  const double beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha);
  return -(beta * at::log_sigmoid(positive) + at::log_sigmoid(-negative).sum(1)).mean();
}

at::Tensor bpr(const at::Tensor& positive, const at::Tensor& negative) {
  return -at::log_sigmoid(positive.unsqueeze(1) - negative).mean();
}

at::Tensor bpr_max(const at::Tensor& positive, const at::Tensor& negative, double penalty) {
  // log sum_j w_j s_j as a log of exponentials: a positive far below all negatives would otherwise be the log of 0.
  const at::Tensor better = at::logsumexp(at::log_softmax(negative, 1) + at::log_sigmoid(positive.unsqueeze(1) - negative), {1});
  // What without_hits() took away has weight 0, but a square that is not: 0 times it must stay 0 in the gradient, too.
  const at::Tensor squares = (weights_of(negative) * negative.masked_fill(negative.le(kNever), 0).square()).sum(1);
  return (penalty * squares - better).mean();
}

at::Tensor top1_max(const at::Tensor& positive, const at::Tensor& negative) {
  return (weights_of(negative) * (at::sigmoid(negative - positive.unsqueeze(1)) + at::sigmoid(negative.square()))).sum(1).mean();
}

at::Tensor info_nce(const at::Tensor& a, const at::Tensor& b, double temperature) {
  const auto normalised = [](const at::Tensor& x) { return x / x.norm(2, {1}, true).clamp_min(1e-12); };
  const at::Tensor scores = normalised(a).mm(normalised(b).t()) / temperature;
  return (at::logsumexp(scores, {1}) - scores.diagonal()).mean();
}

at::Tensor distil(const at::Tensor& student, const at::Tensor& teacher, double temperature) {
  const at::Tensor wanted = at::log_softmax(teacher.detach() / temperature, 1);
  const at::Tensor had = at::log_softmax(student / temperature, 1);
  return (wanted.exp() * (wanted - had)).sum(1).mean() * (temperature * temperature);
}

}  // namespace souk::learn
