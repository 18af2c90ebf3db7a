// Codes of bits; quantizer.h says how.
#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

#include "souk/base/kernels/dot.h"
#include "souk/base/kernels/int8_dot.h"
#include "souk/base/random.h"
#include "souk/index/vectors/quantizer.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kSplitRounds = 6;
constexpr std::uint64_t kRotationSeed = 0x5245'4249'5451;  // the same rotation for all: codes of two segments are alike

struct BitTail {
  float factor, alone, error;
};

std::size_t whole_words(std::size_t dimension) {
  return (dimension + 63) / 64 * 64;
}

// Walsh-Hadamard transform of a power of two of numbers, scaled to keep lengths.
void hadamard(std::span<float> values) {
  for (std::size_t half = 1; half < values.size(); half *= 2) {
    for (std::size_t i = 0; i < values.size(); i += 2 * half) {
      for (std::size_t j = i; j < i + half; ++j) {
        const float a = values[j], b = values[j + half];
        values[j] = a + b;
        values[j + half] = a - b;
      }
    }
  }
  const float scale = 1 / std::sqrt(static_cast<float>(values.size()));
  for (float& value : values) value *= scale;
}

}  // namespace

std::optional<std::uint32_t> parse_bit_planes(std::string_view name) {
  if (name == "RBQ") return 1U;
  if (name.size() != 4 || !name.starts_with("RBQ") || name[3] < '2' || name[3] > '4') return std::nullopt;
  return static_cast<std::uint32_t>(name[3] - '0');
}

BitCodes::BitCodes(std::uint32_t planes, std::vector<float> mean, Metric metric)
    : Quantizer(mean.size(), metric, whole_lines(planes * whole_words(mean.size()) / 8 + sizeof(BitTail))),
      planes_(planes),
      name_(planes == 1 ? "RBQ" : fmt::format("RBQ{}", planes)),
      mean_(std::move(mean)) {
  Random random(kRotationSeed);
  flips_.resize(kRounds * whole_words(mean_.size()));
  for (float& flip : flips_) flip = random.below(2) == 0 ? -1.0F : 1.0F;
}

std::unique_ptr<BitCodes> BitCodes::fit(std::uint32_t planes, MatrixView rows, Metric metric) {
  return std::unique_ptr<BitCodes>(new BitCodes(planes, mean_of(rows), metric));
}

Result<std::unique_ptr<BitCodes>> BitCodes::read(std::uint32_t planes, const SectionFile& file, std::size_t dimension, Metric metric) {
  SOUK_TRY(std::vector<float> mean, read_mean(file, dimension));
  return std::unique_ptr<BitCodes>(new BitCodes(planes, std::move(mean), metric));
}

void BitCodes::rotate(std::span<float> values) const {
  const std::size_t power = std::bit_floor(values.size());
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= flips_[round * values.size() + i];
    hadamard(round % 2 == 0 ? values.first(power) : values.last(power));
  }
}

void BitCodes::encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const {
  assert(vector.size() == dimension());
  (void)centre;
  std::byte* code = codes + row * code_bytes();
  std::memset(code, 0, code_bytes());
  std::vector<float> turned(columns(), 0.0F);
  for (std::size_t i = 0; i < vector.size(); ++i) turned[i] = vector[i] - mean_[i];
  const float length = std::sqrt(kernels::dot(turned, turned));
  float along_mean = 0;  // m . y
  for (std::size_t i = 0; i < vector.size(); ++i) along_mean += mean_[i] * turned[i];
  rotate(turned);
  std::vector<float> sums(columns());  // b
  split(turned, sums);
  for (std::size_t i = 0; i < turned.size(); ++i) {
    float rest = sums[i];
    for (std::size_t plane = 0; plane < planes_; ++plane) {
      const bool up = rest >= 0;
      if (up) code[plane * plane_bytes() + i / 8] |= std::byte{1} << (i % 8);
      rest -= std::ldexp(up ? 1.0F : -1.0F, -static_cast<int>(plane));
    }
  }
  BitTail tail{0, metric() == Metric::l2 ? -length * length : along_mean, 0};
  if (const float product = kernels::dot(sums, turned); product > 0) {
    const float along = product / (std::sqrt(kernels::dot(sums, sums)) * length);  // <o', o>
    tail.factor = length * length / product;
    tail.error = length * std::sqrt(std::max(1 - along * along, 0.0F)) / along / std::sqrt(static_cast<float>(columns()) - 1);
  }
  std::memcpy(code + planes_ * plane_bytes(), &tail, sizeof tail);
}

// sums: b of quantizer.h. With n planes it is an odd multiple of 2^-(n-1), of the nearest size to turned / s that there is.
void BitCodes::split(std::span<const float> turned, std::span<float> sums) const {
  const float step = std::ldexp(1.0F, 1 - static_cast<int>(planes_)), most = 2 - step;
  if (planes_ == 1) {
    for (std::size_t i = 0; i < turned.size(); ++i) sums[i] = turned[i] >= 0 ? 1.0F : -1.0F;
    return;
  }
  const float square = kernels::dot(turned, turned);
  float s = std::sqrt(square / static_cast<float>(turned.size()));
  for (std::uint32_t round = 0; round < kSplitRounds; ++round) {
    const float inverse = s >= std::numeric_limits<float>::min() ? 1 / s : 0;
    for (std::size_t i = 0; i < turned.size(); ++i) {
      const float size = (std::floor(std::abs(turned[i]) * inverse / (2 * step)) * 2 + 1) * step;
      sums[i] = std::copysign(std::min(size, most), turned[i] >= 0 ? 1.0F : -1.0F);
    }
    s = kernels::dot(turned, sums) / kernels::dot(sums, sums);
  }
}

// ready.turned, whose largest number is given, becomes the int8 code of the query.
void BitCodes::finish(ReadyQuery& ready, float largest) const {
  if (ready.code.size() != columns()) ready.code = Lines(columns());
  auto* bytes = reinterpret_cast<std::int8_t*>(ready.code.data());
  const float step = largest / 127, inverse = step >= std::numeric_limits<float>::min() ? 1 / step : 0;
  for (std::size_t i = 0; i < columns(); ++i) {
    bytes[i] = static_cast<std::int8_t>(nearest_level(ready.turned[i] * inverse, -127, 127));
  }
  ready.scale = metric() == Metric::l2 ? 2 * step : step;
  ready.length = std::sqrt(kernels::dot(ready.turned, ready.turned));
}

void BitCodes::prepare(std::span<const float> query, ReadyQuery& ready) const {
  ready.whole.assign(query.begin(), query.end());
  ready.turned.assign(columns(), 0.0F);
  for (std::size_t i = 0; i < query.size(); ++i) ready.turned[i] = query[i] - mean_[i];
  const float square = kernels::dot(ready.turned, ready.turned);
  rotate(ready.turned);
  float largest = 0;
  for (const float value : ready.turned) largest = std::max(largest, std::abs(value));
  finish(ready, largest);
  ready.offset = metric() == Metric::l2 ? -square : kernels::dot(mean_, query);
}

void BitCodes::prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const {
  const std::byte* code = codes + row * code_bytes();
  BitTail tail;
  std::memcpy(&tail, code + planes_ * plane_bytes(), sizeof tail);
  ready.turned.assign(columns(), 0.0F);
  float largest = 0;
  for (std::size_t i = 0; i < columns(); ++i) {  // what the bits tell of P y
    for (std::size_t plane = 0; plane < planes_; ++plane) {
      const bool up = (std::to_integer<unsigned>(code[plane * plane_bytes() + i / 8] >> (i % 8)) & 1U) != 0;
      ready.turned[i] += std::ldexp(up ? tail.factor : -tail.factor, -static_cast<int>(plane));
    }
    largest = std::max(largest, std::abs(ready.turned[i]));
  }
  finish(ready, largest);
  ready.offset = metric() == Metric::l2 ? tail.alone : kernels::dot(mean_, mean_) + tail.alone;
}

void BitCodes::score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const {
  const std::span bytes(reinterpret_cast<const std::int8_t*>(query.code.data()), columns());
  if (query.sums.size() < 2 * rows.size()) query.sums.resize(2 * rows.size());
  const std::span all_sums(query.sums.data(), rows.size()), plane_sums(query.sums.data() + rows.size(), rows.size());
  kernels::masked_sum_rows(bytes, codes, code_bytes(), rows, all_sums.data());
  for (std::size_t plane = 1; plane < planes_; ++plane) {  // the sums of the planes, times 2^(planes - 1)
    kernels::masked_sum_rows(bytes, codes + plane * plane_bytes(), code_bytes(), rows, plane_sums.data());
    for (std::size_t i = 0; i < rows.size(); ++i) all_sums[i] = 2 * all_sums[i] + plane_sums[i];
  }
  std::int32_t all = 0;
  for (const std::int8_t byte : bytes) all += byte;
  all *= (1 << planes_) - 1;
  const float times = std::ldexp(query.scale, 1 - static_cast<int>(planes_));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BitTail tail;
    std::memcpy(&tail, codes + rows[i] * code_bytes() + planes_ * plane_bytes(), sizeof tail);
    scores[i] = static_cast<float>(2 * all_sums[i] - all) * tail.factor * times + (tail.alone + query.offset);
  }
}

void BitCodes::errors(const ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* errors) const {
  const float times = (metric() == Metric::l2 ? 2 : 1) * query.length;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BitTail tail;
    std::memcpy(&tail, codes + rows[i] * code_bytes() + planes_ * plane_bytes(), sizeof tail);
    errors[i] = times * kBoundDeviations * tail.error;
  }
}

}  // namespace souk::index
