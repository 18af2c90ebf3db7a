// What is printed beside every run.
#pragma once

#include <span>
#include <string_view>

namespace souk::lab {

// Names of models (recommend/rank_model.h), in this order: popularity, inverse popularity, co-visitation; buy-again where repeats are kept.
std::span<const std::string_view> floor_names(bool mask_history);

}  // namespace souk::lab
