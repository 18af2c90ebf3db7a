// How two vectors are compared. Everything in this folder speaks of scores, of which the higher is the better:
//   l2      -|q - x|^2
//   dot     q . x
//   cosine  q . x of unit vectors: rows are brought to length 1 when they are taken in, queries when they are asked
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "souk/base/matrix.h"
#include "souk/base/result.h"

namespace souk::index {

enum class Metric : std::uint8_t { l2, dot, cosine };

std::string_view name_of(Metric metric);
Result<Metric> parse_metric(std::string_view name, std::string_view where);

inline constexpr std::size_t kMaxDimension = 65'536;

// Whether a vector may be compared: as many numbers as its space has, all finite, their squares too, and for cosine not all zeros, which
// have no direction. The error says which number of which vector: `where` is "vector 17", or an item's key.
Status check_vector(std::span<const float> vector, std::size_t dimension, Metric metric, std::string_view where);

// To length 1, for cosine. Not for zeros.
void to_unit(std::span<float> vector);

// The score by the definition above, in float32. For cosine both must be unit vectors.
float exact_score(Metric metric, std::span<const float> query, std::span<const float> row);

// Rows that may be found, a bit each (row r: bit r % 64 of word r / 64); empty: all of them.
struct AllowedRows {
  std::span<const std::uint64_t> bits;
  bool all() const { return bits.empty(); }
  bool operator()(std::uint32_t row) const { return bits.empty() || (bits[row / 64] >> (row % 64) & 1U) != 0; }
};

}  // namespace souk::index
