// How a plan joins candidates of several sources. Pure functions over Candidates; every reason of every source survives.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "souk/shelf/shelf.h"

namespace souk::shelf {

inline constexpr float kRankConstant = 60;  // of reciprocal rank fusion, as its authors chose it

// Sum over the inputs of weight * score / (best score of the input); an input whose best score is not positive adds its items with 0.
// weights: one an input. Equal sums keep the order in which the items first appear.
Candidates blend(std::vector<Candidates> inputs, std::span<const float> weights);

// Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): sum of weight / (60 + rank), ranks from 1. For sources whose scores
// cannot be compared.
Candidates fuse(std::vector<Candidates> inputs, std::span<const float> weights);

// Appends candidates of `extra` that `main` lacks until it has k. Their scores are scaled to stay at or below main's last one, so that
// the whole is best first; the reasons keep the source's own scale.
void fill(Candidates& main, const Candidates& extra, std::size_t k);

// Best first; equal scores keep their order.
void sort_by_score(Candidates& candidates);

}  // namespace souk::shelf
