#include "souk/index/vectors/product_codes.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <numeric>

#include "souk/base/kernels/distance.h"
#include "souk/base/kernels/dot.h"
#include "souk/base/kernels/fast_scan.h"
#include "souk/base/threads.h"
#include "souk/linear/kmeans.h"
#include "souk/linear/procrustes.h"

namespace souk::index {
namespace {

constexpr std::size_t kCentres = 16;
constexpr std::uint32_t kFitIterations = 12, kTurns = 8, kIterationsOfTurn = 3;

std::size_t scanned(std::size_t parts) {
  return (parts + kernels::kScanParts - 1) / kernels::kScanParts * kernels::kScanParts;
}

std::size_t block_bytes(std::size_t parts) {
  return whole_lines(kernels::scan_block_bytes(scanned(parts)) + kernels::kScanRows * sizeof(float));
}

// Rows drawn at random, in a matrix of their own.
Matrix sample_of(MatrixView rows) {
  const std::vector<std::uint32_t> drawn = drawn_rows(rows.rows, ProductCodes::kSample);
  Matrix sample(drawn.size(), rows.columns);
  for (std::size_t i = 0; i < drawn.size(); ++i) std::ranges::copy(rows.row(drawn[i]), sample.row(i).begin());
  return sample;
}

tl::unexpected<Error> bad_parts(const ProductName& name, std::size_t dimension) {
  return fail(Error{ErrorKind::invalid,
                    "more parts than a vector has numbers",
                    "codes",
                    fmt::format("{} at most", dimension),
                    fmt::format("{}", name.parts),
                    {}});
}

}  // namespace

std::optional<ProductName> parse_product_name(std::string_view name) {
  ProductName found{0, name.starts_with('O')};
  if (found.turned) name.remove_prefix(1);
  if (!name.starts_with("PQ") || !name.ends_with("x4") || name.size() < 5) return std::nullopt;
  name = name.substr(2, name.size() - 4);
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), found.parts);
  const bool fits = error == std::errc() && end == name.data() + name.size() && found.parts >= 1 && found.parts <= kernels::kMostParts;
  return fits && name.front() != '0' ? std::optional(found) : std::nullopt;
}

ProductCodes::ProductCodes(const ProductName& name, std::size_t dimension, Metric metric)
    : Quantizer(dimension, metric, block_bytes(name.parts), kernels::kScanRows),
      name_(fmt::format("{}PQ{}x4", name.turned ? "O" : "", name.parts)),
      parts_(name.parts),
      scanned_parts_(scanned(name.parts)),
      mean_(dimension, 0.0F),
      turned_mean_(dimension, 0.0F),
      books_(kCentres * dimension, 0.0F) {}

Result<std::unique_ptr<Quantizer>> ProductCodes::fit(const ProductName& name, MatrixView rows, Metric metric, unsigned threads) {
  if (name.parts > rows.columns) return bad_parts(name, rows.columns);
  std::unique_ptr<ProductCodes> made(new ProductCodes(name, rows.columns, metric));
  const Matrix sample = sample_of(rows);
  made->mean_ = mean_of(sample.view());
  made->fit_books(sample.view(), true, threads);
  if (name.turned) SOUK_CHECK(made->fit_rotation(sample, threads));
  made->turn(made->mean_, made->turned_mean_);
  return made;
}

// By turns: the rotation for which what the codes decode to is nearest, and the centres after that rotation.
Status ProductCodes::fit_rotation(const Matrix& sample, unsigned threads) {
  Matrix turned = sample, decoded(sample.rows(), sample.columns());
  for (std::uint32_t round = 0; round < kTurns; ++round) {
    parallel_for(turned.rows(), 256, threads, [&](std::size_t from, std::size_t to, unsigned) {
      for (std::size_t r = from; r < to; ++r) {
        for (std::size_t part = 0; part < parts_; ++part) {
          const std::size_t first = begin(part), width = begin(part + 1) - first;
          const std::uint32_t code = nearest(part, turned.row(r).data() + first);
          for (std::size_t c = 0; c < width; ++c) decoded.row(r)[first + c] = book(part)[c * kCentres + code];
        }
      }
    });
    SOUK_TRY(rotation_, linear::procrustes(sample.view(), decoded.view()));
    kernels::multiply_transposed(sample.view(), rotation_.view(), turned.data(), turned.columns());
    fit_books(turned.view(), false, threads);
  }
  fit_books(turned.view(), false, threads);
  return {};
}

// Anew from rows drawn at random, or on from where the centres are.
void ProductCodes::fit_books(MatrixView rows, bool anew, unsigned threads) {
  if (rows.rows == 0) return;
  parallel_for(parts_, 1, threads, [&](std::size_t part, std::size_t, unsigned) { fit_book(part, rows, anew); });
}

void ProductCodes::fit_book(std::size_t part, MatrixView rows, bool anew) {
  const std::size_t first = begin(part), width = begin(part + 1) - first;
  const MatrixView columns{rows.data + first, rows.rows, width, rows.stride};
  float* values = books_.data() + kCentres * first;
  Matrix centres;
  if (anew) {
    centres = linear::kmeans(columns, {.clusters = kCentres, .iterations = kFitIterations, .rows_per_cluster = kSample / kCentres}, 1);
  } else {
    centres = Matrix(std::min(kCentres, rows.rows), width);
    for (std::size_t k = 0; k < centres.rows(); ++k) {
      for (std::size_t c = 0; c < width; ++c) centres.row(k)[c] = values[c * kCentres + k];
    }
    linear::improve_centres(columns, centres, kIterationsOfTurn, 1);
  }
  for (std::size_t k = 0; k < kCentres; ++k) {  // where there are fewer rows, the last centre again
    const auto centre = centres.row(std::min(k, centres.rows() - 1));
    for (std::size_t c = 0; c < width; ++c) values[c * kCentres + k] = centre[c];
  }
}

Result<std::unique_ptr<Quantizer>> ProductCodes::read(const ProductName& name, const SectionFile& file, std::size_t dimension,
                                                      Metric metric) {
  const auto bad = [&](std::string_view what) {
    return fail(ErrorKind::corrupt, fmt::format("the {} of the product codes do not fit them", what), file.path().string());
  };
  if (name.parts > dimension) return bad("parts");
  std::unique_ptr<ProductCodes> made(new ProductCodes(name, dimension, metric));
  SOUK_TRY(made->mean_, read_mean(file, dimension));
  const auto finite = [](std::span<const float> values) { return std::ranges::all_of(values, [](float v) { return std::isfinite(v); }); };
  SOUK_TRY(const auto books, file.array<float>("q.books"));
  if (books.size() != made->books_.size() || !finite(books)) return bad("centres");
  made->books_.assign(books.begin(), books.end());
  if (name.turned) {
    SOUK_TRY(const auto rotation, file.array<float>("q.turn"));
    if (rotation.size() != dimension * dimension || !finite(rotation)) return bad("rotations");
    made->rotation_ = Matrix(dimension, dimension);
    std::ranges::copy(rotation, made->rotation_.data());
  }
  made->turn(made->mean_, made->turned_mean_);
  return made;
}

void ProductCodes::add_to(SectionWriter& writer) const {
  writer.add("q.mean", mean_);
  writer.add("q.books", books_);
  if (rotation_.rows() > 0) writer.add("q.turn", std::span(rotation_.data(), rotation_.rows() * rotation_.columns()));
}

void ProductCodes::turn(std::span<const float> in, std::span<float> out) const {
  if (rotation_.rows() == 0) {
    std::ranges::copy(in, out.begin());
    return;
  }
  std::array<std::uint32_t, 64> rows;
  for (std::size_t done = 0; done < out.size(); done += rows.size()) {
    const std::size_t count = std::min(rows.size(), out.size() - done);
    std::iota(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count), static_cast<std::uint32_t>(done));
    kernels::dot_rows(in, rotation_.data(), rotation_.columns(), std::span(rows).first(count), out.data() + done);
  }
}

// The centres of a part are laid out by column, so that the distances to all 16 are added up side by side.
std::uint32_t ProductCodes::nearest(std::size_t part, const float* columns) const {
  const std::size_t width = begin(part + 1) - begin(part);
  const float* values = book(part);
  std::array<float, kCentres> distances{};
  for (std::size_t c = 0; c < width; ++c) {
    for (std::size_t k = 0; k < kCentres; ++k) {
      const float off = columns[c] - values[c * kCentres + k];
      distances[k] += off * off;
    }
  }
  return static_cast<std::uint32_t>(std::ranges::min_element(distances) - distances.begin());
}

const float* ProductCodes::terms(const std::byte* block) const {
  return reinterpret_cast<const float*>(block + kernels::scan_block_bytes(scanned_parts_));
}

void ProductCodes::decode_turned(const std::byte* block, std::size_t place, std::span<float> out) const {
  for (std::size_t part = 0; part < parts_; ++part) {
    const std::size_t first = begin(part), width = begin(part + 1) - first;
    const unsigned code = kernels::scan_code(block, part, place);
    for (std::size_t c = 0; c < width; ++c) out[first + c] = book(part)[c * kCentres + code];
  }
}

void ProductCodes::decode(const std::byte* codes, std::size_t row, std::span<float> residual) const {
  std::vector<float> turned(dimension());
  decode_turned(codes + row / block_rows() * code_bytes(), row % block_rows(), turned);
  if (rotation_.rows() == 0) {
    std::ranges::copy(turned, residual.begin());
    return;
  }
  std::ranges::fill(residual, 0.0F);
  for (std::size_t r = 0; r < turned.size(); ++r) {
    for (std::size_t c = 0; c < turned.size(); ++c) residual[c] += turned[r] * rotation_.row(r)[c];
  }
}

void ProductCodes::encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const {
  assert(vector.size() == dimension());
  std::byte* block = codes + row / block_rows() * code_bytes();
  const std::size_t place = row % block_rows();
  std::vector<float> residual(vector.begin(), vector.end()), turned(dimension()), other(dimension());
  for (std::size_t i = 0; i < centre.size(); ++i) residual[i] -= centre[i];
  turn(residual, turned);
  for (std::size_t part = 0; part < parts_; ++part) kernels::set_scan_code(block, part, place, nearest(part, turned.data() + begin(part)));
  decode_turned(block, place, turned);
  // m and c turned: the latter only where the term asks for it.
  float along = kernels::dot(turned_mean_, turned);
  if (metric() == Metric::l2) {
    along = -along;
    if (!centre.empty()) {
      turn(centre, other);
      along += kernels::dot(other, turned);
    }
  }
  const float term = metric() == Metric::l2 ? -kernels::dot(turned, turned) - 2 * along : along;
  std::memcpy(block + kernels::scan_block_bytes(scanned_parts_) + place * sizeof(float), &term, sizeof term);
}

void ProductCodes::prepare(std::span<const float> query, ReadyQuery& ready) const {
  ready.whole.assign(query.begin(), query.end());
  ready.turned.resize(2 * dimension());
  const auto moved = std::span(ready.turned).first(dimension()), turned = std::span(ready.turned).last(dimension());
  for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = query[i] - mean_[i];
  turn(moved, turned);
  // The tables, in floats first.
  const float times = metric() == Metric::l2 ? 2 : 1;
  std::array<float, kCentres * kernels::kMostParts> table;
  float range = 0;
  ready.bias = 0;
  for (std::size_t part = 0; part < parts_; ++part) {
    const std::span<float, kCentres> entries(table.data() + part * kCentres, kCentres);
    std::ranges::fill(entries, 0.0F);
    const std::size_t width = begin(part + 1) - begin(part);
    for (std::size_t c = 0; c < width; ++c) {
      const float value = times * turned[begin(part) + c];
      for (std::size_t k = 0; k < kCentres; ++k) entries[k] += value * book(part)[c * kCentres + k];
    }
    const auto [least, most] = std::ranges::minmax(entries);
    ready.bias += least;
    range = std::max(range, most - least);
    for (float& entry : entries) entry -= least;
  }
  ready.scale = range / 255;
  const float inverse = ready.scale >= std::numeric_limits<float>::min() ? 1 / ready.scale : 0;
  if (ready.code.size() != scanned_parts_ * kCentres) ready.code = Lines(scanned_parts_ * kCentres);
  for (std::size_t i = 0; i < parts_ * kCentres; ++i) {
    ready.code.data()[i] = static_cast<std::byte>(nearest_level(table[i] * inverse, 0, 255));
  }
  std::memset(ready.code.data() + parts_ * kCentres, 0, ready.code.size() - parts_ * kCentres);  // another quantizer may have used it
  prepare_centre({}, ready);
}

void ProductCodes::prepare_centre(std::span<const float> centre, ReadyQuery& ready) const {
  float alone = 0;
  if (metric() == Metric::l2) {
    alone = centre.empty() ? -kernels::dot(ready.whole, ready.whole) : -kernels::squared_distance(ready.whole, centre);
  } else if (!centre.empty()) {
    alone = kernels::dot(ready.whole, centre);
  }
  ready.offset = ready.bias + alone;
}

void ProductCodes::prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const {
  std::vector<float> vector(dimension());
  decode(codes, row, vector);
  prepare(vector, ready);
}

void ProductCodes::score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const {
  const auto* tables = reinterpret_cast<const std::uint8_t*>(query.code.data());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::byte* block = codes + rows[i] / block_rows() * code_bytes();
    const std::size_t place = rows[i] % block_rows();
    unsigned sum = 0;
    for (std::size_t part = 0; part < parts_; ++part) sum += tables[part * kCentres + kernels::scan_code(block, part, place)];
    scores[i] = static_cast<float>(sum) * query.scale + (query.offset + terms(block)[place]);
  }
}

void ProductCodes::scan(ReadyQuery& query, const std::byte* codes, std::uint32_t first, std::uint32_t count, float* scores) const {
  if (count == 0) return;
  const auto size = static_cast<std::uint32_t>(block_rows());
  const std::uint32_t begin_block = first / size, blocks = (first + count - 1) / size + 1 - begin_block;
  query.some_sums.resize(std::max<std::size_t>(query.some_sums.size(), std::size_t{blocks} * size));
  const std::span tables(reinterpret_cast<const std::uint8_t*>(query.code.data()), query.code.size());
  kernels::scan_sums(tables, codes + begin_block * code_bytes(), code_bytes(), blocks, query.some_sums.data());
  for (std::uint32_t b = 0; b < blocks; ++b) {
    const float* alone = terms(codes + (begin_block + b) * code_bytes());
    const std::uint32_t block_first = (begin_block + b) * size;
    const std::uint32_t from = std::max(first, block_first) - block_first, to = std::min(first + count, block_first + size) - block_first;
    const std::uint16_t* sums = query.some_sums.data() + std::size_t{b} * size;
    float* out = scores + (block_first + from - first);
    for (std::uint32_t i = from; i < to; ++i) {
      out[i - from] = static_cast<float>(sums[i]) * query.scale + (query.offset + alone[i]);
    }
  }
}

}  // namespace souk::index
