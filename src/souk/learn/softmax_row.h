// One row of a softmax cross-entropy, in place. SIMD (Highway, chosen at run time).
#pragma once

#include <cstddef>
#include <span>

namespace souk::learn {

// scores become scale * (softmax(scores) - one_hot(target)), the gradient of scale * loss. Returns the loss, -log softmax(scores)[target].
// Not empty, target below its size; a score that is not finite makes the loss NaN.
float softmax_row(std::span<float> scores, std::size_t target, float scale);

}  // namespace souk::learn
