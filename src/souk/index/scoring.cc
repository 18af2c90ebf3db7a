#include "souk/index/scoring.h"

#include <algorithm>
#include <limits>

namespace souk::index {
namespace {

constexpr std::uint32_t kTabledCodes = 16;
// Bounds and scores are made by different operations: a bound is raised by more than what rounding can make of that.
constexpr float kSlack = 1 + 1e-5F;

}  // namespace

Norms norms_of(float weight, float b, float average) {
  Norms norms;
  for (std::size_t code = 0; code < norms.size(); ++code) {
    const auto length = static_cast<float>(length_of_code(static_cast<std::uint8_t>(code)));
    norms[code] = average <= 0 ? weight : weight / (1 - b + b * length / average);
  }
  return norms;
}

UnitScores::UnitScores(std::span<const std::uint8_t> lengths, const Patterns& patterns, std::span<const Norms> norms, float k1)
    : lengths_(lengths.data()), patterns_(patterns), norms_(norms), k1_(k1) {
  bounds_.fill((k1 + 1) * kSlack);
}

void UnitScores::prepare(std::span<const Norms> reference) {
  float most_ratio = 0, least_ratio = std::numeric_limits<float>::infinity();
  for (std::size_t f = 0; f < norms_.size(); ++f) {
    for (std::size_t code = 0; code < 256; ++code) {
      const float before = reference[f][code], now = norms_[f][code];
      if (before == 0 && now == 0) continue;
      most_ratio = std::max(most_ratio, before == 0 ? std::numeric_limits<float>::infinity() : now / before);
      least_ratio = std::min(least_ratio, before == 0 ? std::numeric_limits<float>::infinity() : now / before);
    }
  }
  least_ratio_ = std::isfinite(least_ratio) ? least_ratio / kSlack : 0;
  for (std::size_t impact = 0; impact < bounds_.size(); ++impact) {
    const float x = impact_value(static_cast<std::uint8_t>(impact)) * most_ratio * kSlack;
    bounds_[impact] = std::isfinite(x) ? saturated(x) * kSlack : (k1_ + 1) * kSlack;
  }
  if (norms_.size() != 1) return;
  tabled_ = std::min(kTabledCodes, patterns_.size());
  table_.resize(std::size_t{tabled_} * 256);
  for (std::uint32_t code = 0; code < tabled_; ++code) {
    const auto times = static_cast<float>(frequency_of(patterns_.of(code).front()));
    for (std::size_t length = 0; length < 256; ++length) table_[code * 256 + length] = saturated(times * norms_[0][length]);
  }
}

float UnitScores::frequency(std::uint32_t document, std::uint32_t code) const {
  const std::uint8_t* lengths = lengths_ + std::size_t{document} * norms_.size();
  float x = 0;
  for (const std::uint16_t part : patterns_.of(code)) {
    const std::uint32_t field = field_of(part);
    x += static_cast<float>(frequency_of(part)) * norms_[field][lengths[field]];
  }
  return x;
}

}  // namespace souk::index
