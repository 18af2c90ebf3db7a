// Distances of vectors in float32, bf16 and bits by SIMD (Highway, chosen at run time). dot.h has the dot product of float32, int8_dot.h
// that of int8. Sums are in float32, in a fixed order for a given length and instruction set. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace souk::kernels {

float squared_distance(std::span<const float> a, std::span<const float> b);  // |a - b|^2; equal sizes
float cosine(std::span<const float> a, std::span<const float> b);            // 0 when one of them is all zeros

// out[i] = query . row which[i], or |query - row which[i]|^2; row r begins at rows + r * stride. The bits of a row's value depend on
// nothing but the two vectors; the latter is squared_distance(), the former may differ from dot() in the last of them. The rows may stand
// far apart: later ones are fetched while earlier ones are added up.
void dot_rows(std::span<const float> query, const float* rows, std::size_t stride, std::span<const std::uint32_t> which, float* out);
void squared_distance_rows(std::span<const float> query, const float* rows, std::size_t stride, std::span<const std::uint32_t> which,
                           float* out);

// The upper half of a float32: its sign, exponent and 7 bits of its fraction.
struct Bf16 {
  std::uint16_t bits = 0;
  friend bool operator==(const Bf16&, const Bf16&) = default;
};
Bf16 to_bf16(float value);  // the nearest, of two equally near the even one; NaN stays NaN
float to_float(Bf16 value);
float dot(std::span<const float> a, std::span<const Bf16> b);
float squared_distance(std::span<const float> a, std::span<const Bf16> b);

// How many bits differ.
std::uint32_t hamming(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b);
// out[i] = hamming(query, row which[i]); stride in words.
void hamming_rows(std::span<const std::uint64_t> query, const std::uint64_t* rows, std::size_t stride, std::span<const std::uint32_t> which,
                  std::uint32_t* out);

}  // namespace souk::kernels
