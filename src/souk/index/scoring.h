// What a posting is worth. BM25F (Robertson and Zaragoza 2009): x is the sum over the fields of frequency * weight / (1 - b + b length /
// average), the unit score is x (k1 + 1) / (x + k1), and a word adds idf * unit score to its document.
//
// Every score is made by these few operations in this order, whichever algorithm asks, so that equal input gives equal bits.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/index/lengths.h"
#include "souk/index/postings.h"

namespace souk::index {

// ln(1 + (N - n + 0.5) / (n + 0.5)) of a word that n of N documents have.
inline float inverse_frequency(std::uint64_t documents, std::uint64_t frequency) {
  const auto n = static_cast<double>(documents), df = static_cast<double>(frequency);
  return static_cast<float>(std::log(1 + (n - df + 0.5) / (df + 0.5)));
}

// What a word is worth that was found by another reading of it (its parts, or joined with its neighbour), beside the word as typed.
inline constexpr float kOtherReading = 0.5F;
// The frequency whose unit score is kOtherReading of that of `x`.
inline float other_reading(float x, float k1) {
  return kOtherReading * x * k1 / (k1 + x * (1 - kOtherReading));
}

// Weights by field and length: weight / (1 - b + b length / average).
using Norms = std::array<float, 256>;
Norms norms_of(float weight, float b, float average);

// One part of a pattern packs a searched field and the word's frequency in it.
inline constexpr std::uint32_t kMaxFrequency = 2047;
inline std::uint16_t part_of(std::uint32_t field, std::uint32_t frequency) {
  return static_cast<std::uint16_t>(field << 11U | frequency);
}
inline std::uint32_t field_of(std::uint16_t part) {
  return part >> 11U;
}
inline std::uint32_t frequency_of(std::uint16_t part) {
  return part & kMaxFrequency;
}

// Which fields hold a word how often, by the code of a posting: parts by field.
struct Patterns {                         // a view
  std::span<const std::uint32_t> begins;  // [codes + 1]
  std::span<const std::uint16_t> parts;
  std::span<const std::uint16_t> of(std::uint32_t code) const { return parts.subspan(begins[code], begins[code + 1] - begins[code]); }
  std::uint32_t size() const { return begins.empty() ? 0 : static_cast<std::uint32_t>(begins.size() - 1); }
};

// The unit scores of one segment as one reader sees them. Immutable. What it was made from must outlive it.
class UnitScores {
 public:
  UnitScores() = default;
  // lengths: codes [documents, fields]. norms: of the reader.
  UnitScores(std::span<const std::uint8_t> lengths, const Patterns& patterns, std::span<const Norms> norms, float k1);
  // Takes the time to make tables and bounds, which pays for segments of more than a few documents. reference: the norms under which the
  // stored impacts were taken.
  void prepare(std::span<const Norms> reference);

  float saturated(float x) const { return (x * (k1_ + 1)) / (x + k1_); }
  float frequency(std::uint32_t document, std::uint32_t code) const;  // x
  float operator()(std::uint32_t document, std::uint32_t code) const {
    if (code < tabled_) return table_[code * 256 + lengths_[document]];
    return saturated(frequency(document, code));
  }
  // No posting with this stored impact has a unit score above; and of the stored depths none below. Without prepare() nothing is known.
  float bound(std::uint8_t impact) const { return bounds_[impact]; }
  float at_least(std::uint8_t impact) const { return saturated(impact_value(impact) * least_ratio_); }

 private:
  const std::uint8_t* lengths_ = nullptr;
  Patterns patterns_;
  std::span<const Norms> norms_;
  float k1_ = 1.2F, least_ratio_ = 0;
  std::uint32_t tabled_ = 0;  // codes with a row in the table: of segments with one searched field
  std::vector<float> table_;
  std::array<float, 256> bounds_{};
};

}  // namespace souk::index
