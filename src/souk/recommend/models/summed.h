// A model whose scores are sums over few items: it says once what each item gets, and both forms of scoring follow.
#pragma once

#include <cstdint>
#include <span>

#include "souk/index/sum_row.h"
#include "souk/recommend/rank_model.h"

namespace souk::recommend {

// Model has each(history, add), which calls add(item, value) as often as it likes, and befriends Summed<Model>.
template <class Model>
class Summed : public RankModel {
 public:
  void score(const eval::History& history, std::span<float> scores) const final {
    model().each(history, [&](std::uint32_t item, float value) { scores[item] += value; });
  }
  bool add_to(const eval::History& history, index::SumRow<float>& sums) const final {
    model().each(history, [&](std::uint32_t item, float value) { sums.add(item, value); });
    return true;
  }

 private:
  const Model& model() const { return static_cast<const Model&>(*this); }
};

}  // namespace souk::recommend
