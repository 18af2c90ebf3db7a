// The softmax over a whole catalogue as a loss, at the price of its three matrix products: -log exp(h . e_target) / sum_i exp(h . e_i).
#pragma once

#include "souk/learn/torch.h"

namespace souk::learn {

struct CatalogueSoftmaxOptions {
  // Scores that stand in memory at a time. Positions are taken in groups of that many scores, at least 64 positions: 64 MB for a million
  // items are the most that it costs beside the gradients, which are as large as their tensors.
  std::int64_t scores_at_once = 1 << 21;
};

// The mean over n positions; states [n, dim], table [items, dim], targets [n] (int64, below items), float32. Gradients are worked out in
// the forward pass, where the scores are at hand: neither [n, items] scores nor a second product for them is needed. CPU; on other devices,
// and as its oracle, catalogue_softmax_plain() is the same in torch's operators.
at::Tensor catalogue_softmax(const at::Tensor& states, const at::Tensor& table, const at::Tensor& targets,
                             const CatalogueSoftmaxOptions& options = {});
at::Tensor catalogue_softmax_plain(const at::Tensor& states, const at::Tensor& table, const at::Tensor& targets);

}  // namespace souk::learn
