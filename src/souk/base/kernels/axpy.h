// y += a x by SIMD (Highway, chosen at run time).
#pragma once

#include <span>

namespace souk::kernels {

void add_scaled(float factor, std::span<const float> x, std::span<float> y);  // equal sizes; one fused multiply-add a value

}  // namespace souk::kernels
