// Product quantization with 4-bit codes, scanned 32 at a time: "PQ48x4", and after a learned rotation "OPQ48x4".
#pragma once

#include <optional>

#include "souk/index/vectors/quantizer.h"

namespace souk::index {

struct ProductName {
  std::uint32_t parts = 0;  // 1 to kernels::kMostParts
  bool turned = false;
};
// "PQ48x4" and "OPQ48x4", parts as they are; nothing when the name is none of these.
std::optional<ProductName> parse_product_name(std::string_view name);

// "PQ48x4": the columns in 48 parts of nearly equal width, each replaced by the nearest of 16 centres of its own (Jégou, Douze and Schmid,
// "Product quantization for nearest neighbor search", 2011). "OPQ48x4": after the rotation R that makes this lose least, found by turns
// with the centres (Ge, He, Ke and Sun, "Optimized product quantization", 2013, algorithm 1). What is coded is r = x - c, c the centre of
// the row's cell, or zeros; with r' the decoded residual and m the mean of what the quantizer was fitted to:
//   l2   -|q - c - r'|^2 = -|q - c|^2 + 2 (q - m) . r' + t,   t = -|r'|^2 - 2 (c - m) . r'
//   dot   q . (c + r')   =     q . c  +   (q - m) . r' + t,   t = m . r'
// The middle term is a sum over the parts of numbers that depend on part and code alone: those are brought to 8 bits, with one step for
// all parts, for kernels/fast_scan.h. Whichever way codes are scored, the same 8 bits are added up.
//
// Blocks of 32 codes: as fast_scan.h describes them, parts up to a multiple of four; then f32 t[32]; zeros up to a whole line.
class ProductCodes final : public Quantizer {
 public:
  // rows: residuals where there are cells. A sample of kSample is used. ErrorKind::invalid when there are more parts than columns.
  static constexpr std::size_t kSample = 16'384;
  static Result<std::unique_ptr<Quantizer>> fit(const ProductName& name, MatrixView rows, Metric metric, unsigned threads);
  static Result<std::unique_ptr<Quantizer>> read(const ProductName& name, const SectionFile& file, std::size_t dimension, Metric metric);

  std::string_view name() const override { return name_; }
  void encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const override;
  bool of_residuals() const override { return true; }
  void prepare(std::span<const float> query, ReadyQuery& ready) const override;
  void prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const override;
  void prepare_centre(std::span<const float> centre, ReadyQuery& ready) const override;
  void score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const override;
  void scan(ReadyQuery& query, const std::byte* codes, std::uint32_t first, std::uint32_t count, float* scores) const override;
  std::size_t worth_refining(std::size_t k) const override { return 20 * k + 64; }
  std::size_t fitted_bytes() const override {
    return (mean_.size() + books_.size() + rotation_.rows() * rotation_.columns()) * sizeof(float);
  }
  void add_to(SectionWriter& writer) const override;
  void decode(const std::byte* codes, std::size_t row, std::span<float> residual) const;

 private:
  ProductCodes(const ProductName& name, std::size_t dimension, Metric metric);
  std::size_t begin(std::size_t part) const { return part * dimension() / parts_; }  // its first column
  const float* book(std::size_t part) const { return books_.data() + 16 * begin(part); }
  void fit_books(MatrixView rows, bool anew, unsigned threads);
  Status fit_rotation(const Matrix& sample, unsigned threads);
  void fit_book(std::size_t part, MatrixView rows, bool anew);
  std::uint32_t nearest(std::size_t part, const float* columns) const;
  void decode_turned(const std::byte* block, std::size_t place, std::span<float> out) const;
  void turn(std::span<const float> in, std::span<float> out) const;  // by R, when there is one
  const float* terms(const std::byte* block) const;

  std::string name_;
  std::size_t parts_, scanned_parts_;      // the latter with those that only fill up
  std::vector<float> mean_, turned_mean_;  // m and R m, [dimension]
  std::vector<float> books_;               // a part's centres by column, f32 [width, 16], one part after the other: 16 dimension in all
  Matrix rotation_;                        // R [dimension, dimension], or empty
};

}  // namespace souk::index
