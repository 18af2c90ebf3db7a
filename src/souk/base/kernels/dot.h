// Dot products by SIMD (Highway, chosen at run time). Sums are in float32, in a fixed order for a given length and instruction set.
#pragma once

#include <cstddef>
#include <span>

#include "souk/base/kernels/top_k.h"
#include "souk/base/matrix.h"

namespace souk::kernels {

float dot(std::span<const float> a, std::span<const float> b);  // equal sizes

// scores[q * ldc + r] = queries.row(q) . rows.row(r), for all q and r. Blocked for the cache; one thread.
void multiply_transposed(MatrixView queries, MatrixView rows, float* scores, std::size_t ldc);

// For each query the k rows with the largest dot product, without materialising all scores. skip(q): sorted row numbers never returned
// (a shopper's history); may be empty. Values must be finite; scores are bit for bit those of multiply_transposed. One thread; results
// best first.
std::vector<std::vector<Scored>> top_k_dot(MatrixView queries, MatrixView rows, std::size_t k,
                                           std::span<const std::span<const std::uint32_t>> skip = {});

const char* simd_target();  // "AVX3_ZEN4", "AVX2" ...: what dispatch chose here

}  // namespace souk::kernels
