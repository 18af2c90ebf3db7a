// One-bit codes; quantizer.h says how.
#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

#include "souk/base/kernels/dot.h"
#include "souk/base/kernels/int8_dot.h"
#include "souk/base/random.h"
#include "souk/index/vectors/quantizer.h"

namespace souk::index {
namespace {

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

BitCodes::BitCodes(std::vector<float> mean, Metric metric)
    : Quantizer(mean.size(), metric, whole_lines(whole_words(mean.size()) / 8 + sizeof(BitTail))), mean_(std::move(mean)) {
  Random random(kRotationSeed);
  flips_.resize(kRounds * whole_words(mean_.size()));
  for (float& flip : flips_) flip = random.below(2) == 0 ? -1.0F : 1.0F;
}

std::unique_ptr<BitCodes> BitCodes::fit(MatrixView rows, Metric metric) {
  return std::unique_ptr<BitCodes>(new BitCodes(mean_of(rows), metric));
}

Result<std::unique_ptr<BitCodes>> BitCodes::read(const SectionFile& file, std::size_t dimension, Metric metric) {
  SOUK_TRY(std::vector<float> mean, read_mean(file, dimension));
  return std::unique_ptr<BitCodes>(new BitCodes(std::move(mean), metric));
}

void BitCodes::rotate(std::span<float> values) const {
  const std::size_t power = std::bit_floor(values.size());
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= flips_[round * values.size() + i];
    hadamard(round % 2 == 0 ? values.first(power) : values.last(power));
  }
}

void BitCodes::encode(std::span<const float> vector, std::byte* code) const {
  assert(vector.size() == dimension());
  std::memset(code, 0, code_bytes());
  std::vector<float> turned(columns(), 0.0F);
  for (std::size_t i = 0; i < vector.size(); ++i) turned[i] = vector[i] - mean_[i];
  const float length = std::sqrt(kernels::dot(turned, turned));
  float along_mean = 0;  // m . y
  for (std::size_t i = 0; i < vector.size(); ++i) along_mean += mean_[i] * turned[i];
  rotate(turned);
  float size = 0;  // the sum of |P y| over the columns: sqrt(D) |y| <o', o>
  for (std::size_t i = 0; i < turned.size(); ++i) {
    size += std::abs(turned[i]);
    if (turned[i] >= 0) code[i / 8] |= std::byte{1} << (i % 8);
  }
  const auto d = static_cast<float>(columns());
  BitTail tail{0, metric() == Metric::l2 ? -length * length : along_mean, 0};
  if (size > 0) {
    const float along = size / (std::sqrt(d) * length);  // <o', o>
    tail.factor = length * length / size;
    tail.error = length * std::sqrt(std::max(1 - along * along, 0.0F)) / along / std::sqrt(d - 1);
  }
  std::memcpy(code + columns() / 8, &tail, sizeof tail);
}

// ready.turned, whose largest number is given, becomes the int8 code of the query.
void BitCodes::finish(ReadyQuery& ready, float largest) const {
  if (ready.code.size() != columns()) ready.code = Lines(columns());
  auto* bytes = reinterpret_cast<std::int8_t*>(ready.code.data());
  const float step = largest / 127, inverse = step >= std::numeric_limits<float>::min() ? 1 / step : 0;
  for (std::size_t i = 0; i < columns(); ++i) {
    bytes[i] = static_cast<std::int8_t>(std::clamp(std::nearbyint(ready.turned[i] * inverse), -127.0F, 127.0F));
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

void BitCodes::prepare_code(const std::byte* code, ReadyQuery& ready) const {
  BitTail tail;
  std::memcpy(&tail, code + columns() / 8, sizeof tail);
  ready.turned.assign(columns(), 0.0F);
  for (std::size_t i = 0; i < columns(); ++i) {  // what the signs tell of P y
    ready.turned[i] = (std::to_integer<unsigned>(code[i / 8] >> (i % 8)) & 1U) != 0 ? tail.factor : -tail.factor;
  }
  finish(ready, tail.factor);
  ready.offset = metric() == Metric::l2 ? tail.alone : kernels::dot(mean_, mean_) + tail.alone;
}

void BitCodes::score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const {
  const std::span bytes(reinterpret_cast<const std::int8_t*>(query.code.data()), columns());
  if (query.sums.size() < rows.size()) query.sums.resize(rows.size());
  kernels::masked_sum_rows(bytes, codes, code_bytes(), rows, query.sums.data());
  std::int32_t all = 0;
  for (const std::int8_t byte : bytes) all += byte;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BitTail tail;
    std::memcpy(&tail, codes + rows[i] * code_bytes() + columns() / 8, sizeof tail);
    scores[i] = static_cast<float>(2 * query.sums[i] - all) * tail.factor * query.scale + (tail.alone + query.offset);
  }
}

void BitCodes::errors(const ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* errors) const {
  const float times = (metric() == Metric::l2 ? 2 : 1) * query.length;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BitTail tail;
    std::memcpy(&tail, codes + rows[i] * code_bytes() + columns() / 8, sizeof tail);
    errors[i] = times * kBoundDeviations * tail.error;
  }
}

}  // namespace souk::index
