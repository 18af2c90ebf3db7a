// The setting "weights" of every model: the log it is fitted on and the histories it scores, with the weights of their kinds of event
// replaced. Inside the room only.
#pragma once

#include "souk/recommend/rank_model.h"

namespace souk::recommend {

using Fit = Result<std::unique_ptr<RankModel>> (*)(const FitInput& input);

// Fits as `fit` does, on reweighed events where the settings ask for it.
Result<std::unique_ptr<RankModel>> fit_reweighed(const FitInput& input, Fit fit);

// The `fit` of a RankModelEntry, made from a model's own.
template <Fit fit>
Result<std::unique_ptr<RankModel>> reweighable(const FitInput& input) {
  return fit_reweighed(input, fit);
}

}  // namespace souk::recommend
