#include "souk/index/vectors/quantizer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <numeric>

#include "souk/base/kernels/distance.h"
#include "souk/base/kernels/dot.h"
#include "souk/base/kernels/fast_scan.h"
#include "souk/base/kernels/int8_dot.h"
#include "souk/base/random.h"
#include "souk/base/threads.h"
#include "souk/index/vectors/product_codes.h"

namespace souk::index {
namespace {

constexpr std::size_t kEncodedAtOnce = 1024;
constexpr std::uint64_t kSampleSeed = 0x5051;

class FloatCodes final : public Quantizer {
 public:
  FloatCodes(std::size_t dimension, Metric metric) : Quantizer(dimension, metric, whole_lines(dimension * sizeof(float))) {}
  std::string_view name() const override { return "F32"; }
  void encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const override {
    (void)centre;
    std::byte* code = codes + row * code_bytes();
    std::memcpy(code, vector.data(), vector.size_bytes());
    std::memset(code + vector.size_bytes(), 0, code_bytes() - vector.size_bytes());
  }
  void prepare(std::span<const float> query, ReadyQuery& ready) const override { ready.whole.assign(query.begin(), query.end()); }
  void prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const override {
    const auto* first = reinterpret_cast<const float*>(codes + row * code_bytes());
    ready.whole.assign(first, first + dimension());
  }
  void score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const override {
    const auto* first = reinterpret_cast<const float*>(codes);
    const std::size_t stride = code_bytes() / sizeof(float);
    if (metric() != Metric::l2) return kernels::dot_rows(query.whole, first, stride, rows, scores);
    kernels::squared_distance_rows(query.whole, first, stride, rows, scores);
    for (std::size_t i = 0; i < rows.size(); ++i) scores[i] = -scores[i];
  }
  bool exact() const override { return true; }
};

// What stands behind the bytes of an int8 code.
struct Int8Tail {
  float scale, alone;
};

std::span<const std::int8_t> bytes_of_code(const std::byte* code, std::size_t dimension) {
  return {reinterpret_cast<const std::int8_t*>(code), dimension};
}

}  // namespace

std::unique_ptr<Quantizer> make_float_codes(std::size_t dimension, Metric metric) {
  return std::make_unique<FloatCodes>(dimension, metric);
}

void Quantizer::scan(ReadyQuery& query, const std::byte* codes, std::uint32_t first, std::uint32_t count, float* scores) const {
  std::array<std::uint32_t, 64> rows;
  for (std::uint32_t done = 0; done < count;) {
    const std::uint32_t some = std::min<std::uint32_t>(count - done, rows.size());
    for (std::uint32_t i = 0; i < some; ++i) rows[i] = first + done + i;
    score(query, codes, std::span(rows).first(some), scores + done);
    done += some;
  }
}

void Quantizer::errors(const ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* errors) const {
  (void)query, (void)codes;
  std::fill_n(errors, rows.size(), exact() ? 0 : std::numeric_limits<float>::infinity());
}

std::vector<std::uint32_t> drawn_rows(std::size_t rows, std::size_t most) {
  std::vector<std::uint32_t> drawn(rows);
  std::iota(drawn.begin(), drawn.end(), 0U);
  Random random(kSampleSeed);
  random.shuffle(std::span(drawn));
  drawn.resize(std::min(drawn.size(), most));
  return drawn;
}

std::vector<float> mean_of(MatrixView rows) {
  std::vector<double> sums(rows.columns, 0.0);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    const auto row = rows.row(r);
    for (std::size_t c = 0; c < row.size(); ++c) sums[c] += row[c];
  }
  std::vector<float> mean(rows.columns);
  const auto count = static_cast<double>(std::max<std::size_t>(rows.rows, 1));
  for (std::size_t c = 0; c < mean.size(); ++c) mean[c] = static_cast<float>(sums[c] / count);
  return mean;
}

Result<std::vector<float>> read_mean(const SectionFile& file, std::size_t dimension) {
  SOUK_TRY(const auto mean, file.array<float>("q.mean"));
  if (const Status is_vector = check_vector(mean, dimension, Metric::l2, "the mean"); !is_vector) {
    return fail(ErrorKind::corrupt, "the mean of the vectors is no vector: " + is_vector.error().what, file.path().string());
  }
  return std::vector<float>(mean.begin(), mean.end());
}

Int8Codes::Int8Codes(std::vector<float> mean, Metric metric)
    : Quantizer(mean.size(), metric, whole_lines(mean.size() + sizeof(Int8Tail))),
      mean_(std::move(mean)),
      mean_square_(kernels::dot(mean_, mean_)) {}

std::unique_ptr<Int8Codes> Int8Codes::fit(MatrixView rows, Metric metric) {
  return std::unique_ptr<Int8Codes>(new Int8Codes(mean_of(rows), metric));
}

Result<std::unique_ptr<Int8Codes>> Int8Codes::read(const SectionFile& file, std::size_t dimension, Metric metric) {
  SOUK_TRY(std::vector<float> mean, read_mean(file, dimension));
  return std::unique_ptr<Int8Codes>(new Int8Codes(std::move(mean), metric));
}

void Int8Codes::encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const {
  assert(vector.size() == dimension());
  (void)centre;
  std::byte* code = codes + row * code_bytes();
  float largest = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) largest = std::max(largest, std::abs(vector[i] - mean_[i]));
  auto* bytes = reinterpret_cast<std::int8_t*>(code);
  const float scale = largest / 127, inverse = scale >= std::numeric_limits<float>::min() ? 1 / scale : 0;
  float along_mean = 0;  // m . c
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const float level = nearest_level((vector[i] - mean_[i]) * inverse, -127, 127);
    bytes[i] = static_cast<std::int8_t>(level);
    along_mean += mean_[i] * level;
  }
  std::memset(code + vector.size(), 0, code_bytes() - vector.size());
  Int8Tail tail{scale, scale * along_mean};
  if (metric() == Metric::l2) {
    const auto own = bytes_of_code(code, dimension());
    tail.alone = -scale * scale * static_cast<float>(kernels::dot(own, own));
  }
  std::memcpy(code + dimension(), &tail, sizeof tail);
}

void Int8Codes::prepare(std::span<const float> query, ReadyQuery& ready) const {
  ready.whole.assign(query.begin(), query.end());
  if (ready.code.size() != code_bytes()) ready.code = Lines(code_bytes());
  encode(query, {}, ready.code.data(), 0);
  prepare_code(ready.code.data(), 0, ready);
}

void Int8Codes::prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const {
  const std::byte* code = codes + row * code_bytes();
  if (ready.code.size() != code_bytes()) ready.code = Lines(code_bytes());
  if (code != ready.code.data()) std::memcpy(ready.code.data(), code, code_bytes());
  Int8Tail tail;
  std::memcpy(&tail, code + dimension(), sizeof tail);
  ready.scale = metric() == Metric::l2 ? 2 * tail.scale : tail.scale;
  ready.offset = metric() == Metric::l2 ? tail.alone : mean_square_ + tail.alone;
}

void Int8Codes::score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const {
  if (query.sums.size() < rows.size()) query.sums.resize(rows.size());
  kernels::dot_rows(bytes_of_code(query.code.data(), dimension()), reinterpret_cast<const std::int8_t*>(codes), code_bytes(), rows,
                    query.sums.data());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Int8Tail tail;
    std::memcpy(&tail, codes + rows[i] * code_bytes() + dimension(), sizeof tail);
    scores[i] = static_cast<float>(query.sums[i]) * tail.scale * query.scale + (tail.alone + query.offset);
  }
}

void Int8Codes::decode(const std::byte* code, std::span<float> out) const {
  Int8Tail tail;
  std::memcpy(&tail, code + dimension(), sizeof tail);
  const auto bytes = bytes_of_code(code, dimension());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = mean_[i] + tail.scale * static_cast<float>(bytes[i]);
}

Result<std::unique_ptr<Quantizer>> fit_quantizer(std::string_view name, MatrixView rows, Metric metric, unsigned threads) {
  if (name == "F32") return make_float_codes(rows.columns, metric);
  if (name == "SQ8") return Int8Codes::fit(rows, metric);
  if (const auto planes = parse_bit_planes(name)) return BitCodes::fit(*planes, rows, metric);
  if (const auto product = parse_product_name(name)) return ProductCodes::fit(*product, rows, metric, threads);
  return fail(
      Error{ErrorKind::invalid, "no such form of codes", {}, "F32, SQ8, RBQ to RBQ4, PQ48x4 or OPQ48x4", fmt::format("\"{}\"", name), {}});
}

Result<std::unique_ptr<Quantizer>> read_quantizer(const SectionFile& file, std::string_view name, std::size_t dimension, Metric metric) {
  if (name == "F32") return make_float_codes(dimension, metric);
  if (name == "SQ8") return Int8Codes::read(file, dimension, metric);
  if (const auto planes = parse_bit_planes(name)) return BitCodes::read(*planes, file, dimension, metric);
  if (const auto product = parse_product_name(name)) return ProductCodes::read(*product, file, dimension, metric);
  return fail(ErrorKind::corrupt, fmt::format("codes of an unknown form \"{}\"", name), file.path().string());
}

Lines encode_all(const Quantizer& quantizer, MatrixView rows, unsigned threads, const CodeOrder& order) {
  Lines codes(quantizer.bytes_for(rows.rows));
  static_assert(kEncodedAtOnce % kernels::kScanRows == 0);  // threads share no block
  parallel_for(rows.rows, kEncodedAtOnce, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto centre = order.centre_of.empty() ? std::span<const float>() : order.centres.row(order.centre_of[i]);
      quantizer.encode(rows.row(order.rows.empty() ? i : order.rows[i]), centre, codes.data(), i);
    }
  });
  return codes;
}

}  // namespace souk::index
