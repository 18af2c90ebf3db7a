// What is trained: scalars to call backward() on, each the mean over n positions. Scores are float32 and need not be normalised.
//
//   positive [n]      the score of the item that was chosen
//   negative [n, k]   scores of items that were not (learn/negatives.h)
//
// The loss of a whole catalogue stands in catalogue_softmax.h, the masking of Cloze in cloze.h.
#pragma once

#include "souk/learn/torch.h"

namespace souk::learn {

// Negatives that are the position's own positive get a score that no loss counts (-1e9: finite, so that differences of scores stay
// numbers). positives [n], negatives [n, k] or [k] (shared by all positions): int64 items.
at::Tensor without_hits(const at::Tensor& negative, const at::Tensor& positives, const at::Tensor& negatives);
// The k highest scores of each row, with their gradients: the negatives that are hardest to tell apart (TRON). All of them when k is not
// smaller.
at::Tensor hardest(const at::Tensor& negative, std::int64_t k);

// -log exp(r+) / (exp(r+) + sum_j exp(r_j)). With log_q (of the positives [n], of the negatives [n, k] or [k]) each score is corrected to
// r - log q, which makes the sampled softmax approach the full one (Bengio and Senecal 2008); undefined tensors leave the scores alone.
at::Tensor sampled_softmax(const at::Tensor& positive, const at::Tensor& negative, const at::Tensor& positive_log_q = {},
                           const at::Tensor& negative_log_q = {});

// -log s(r+) - sum_j log(1 - s(r_j)), s the logistic function (SASRec: Kang and McAuley 2018, with k = 1).
at::Tensor bce(const at::Tensor& positive, const at::Tensor& negative);

// Generalised BCE (gSASRec: Petrov and Macdonald, RecSys 2023, eq. 12 to 14): the positive's likelihood to the power
// beta = a (t (1 - 1/a) + 1/a), a = k / (items - 1), which undoes the overconfidence of negative sampling: t = 0 is BCE, t = 1 calibrated.
at::Tensor gbce(const at::Tensor& positive, const at::Tensor& negative, std::int64_t items, double t = 0.75);

// -mean_j log s(r+ - r_j) (Rendle et al., UAI 2009).
at::Tensor bpr(const at::Tensor& positive, const at::Tensor& negative);
// -log sum_j w_j s(r+ - r_j) + penalty sum_j w_j r_j^2, w the softmax of the negatives (Hidasi and Karatzoglou, CIKM 2018).
at::Tensor bpr_max(const at::Tensor& positive, const at::Tensor& negative, double penalty = 1);
// sum_j w_j (s(r_j - r+) + s(r_j^2)), w as above (the same paper).
at::Tensor top1_max(const at::Tensor& positive, const at::Tensor& negative);

// -log exp(c_ii / t) / sum_j exp(c_ij / t), c the cosine of a_i and b_j: each row of a [n, dim] belongs to its row of b [n, dim], and the
// other rows are its negatives (van den Oord et al. 2018; normalised as in SimCLR, Chen et al. 2020).
at::Tensor info_nce(const at::Tensor& a, const at::Tensor& b, double temperature = 0.05);

// t^2 KL(softmax(teacher / t) || softmax(student / t)) over rows of scores [n, items] (Hinton et al. 2015). No gradient for the teacher.
at::Tensor distil(const at::Tensor& student, const at::Tensor& teacher, double temperature = 1);

}  // namespace souk::learn
