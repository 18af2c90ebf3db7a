// How vectors are kept and compared in an index: whole, or as codes of fewer bytes. Indexes (hnsw.h, vector_segment.h) work over any.
//
// A code takes `code_bytes()` bytes, a multiple of a cache line; code r stands at codes + r * code_bytes(). Codes that are scanned many at
// a time stand in blocks of `block_rows()` instead, and code_bytes() is what a block takes. Scores of codes approximate those of metric.h;
// each class says how, and from where. Immutable once fitted: thread-safe.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/matrix.h"
#include "souk/base/result.h"
#include "souk/base/section_file.h"
#include "souk/index/vectors/lines.h"
#include "souk/index/vectors/metric.h"

namespace souk::index {

// A query in the form in which a quantizer compares it with codes. Reusable, allocates nothing after its first use; not thread-safe.
struct ReadyQuery {
  Lines code;                // the quantizer's own
  std::vector<float> whole;  // [dimension], of prepare() alone
  float scale = 0, offset = 0, length = 0;
  float bias = 0;
  std::vector<float> turned;             // scratch of prepare()
  std::vector<std::int32_t> sums;        // scratch of score()
  std::vector<std::uint16_t> some_sums;  // scratch of scan()
};

class Quantizer {
 public:
  virtual ~Quantizer() = default;
  virtual std::string_view name() const = 0;  // as in factory names
  std::size_t dimension() const { return dimension_; }
  Metric metric() const { return metric_; }
  std::size_t code_bytes() const { return code_bytes_; }

  std::size_t block_rows() const { return block_rows_; }
  std::size_t bytes_for(std::size_t rows) const { return (rows + block_rows_ - 1) / block_rows_ * code_bytes_; }

  // vector: [dimension], checked by check_vector, for cosine a unit vector; becomes code `row`, whose bytes were zeros. What is coded is
  // its difference to `centre`, where codes are of_residuals() and there is one.
  virtual void encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const = 0;
  virtual bool of_residuals() const { return false; }
  // Makes a query ready, or a stored vector to be compared with others (not where codes stand in blocks). Of a stored vector it is the code
  // that is compared.
  virtual void prepare(std::span<const float> query, ReadyQuery& ready) const = 0;
  virtual void prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const = 0;
  // From now on the codes compared are those of the residuals to that centre; empty: to none, as prepare() leaves it.
  virtual void prepare_centre(std::span<const float> centre, ReadyQuery& ready) const { (void)centre, (void)ready; }
  // scores[i]: of the query and code rows[i]; of code first + i. Both give the same score for a code.
  virtual void score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const = 0;
  virtual void scan(ReadyQuery& query, const std::byte* codes, std::uint32_t first, std::uint32_t count, float* scores) const;
  // Whether scores are those of the vectors themselves, so that nothing is gained by looking at these again.
  virtual bool exact() const { return false; }
  // errors[i]: how far the score of code rows[i] may be from that of its vector, with near certainty; +infinity where nothing is known.
  virtual void errors(const ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* errors) const;
  virtual bool has_errors() const { return false; }
  // How many of the best codes are worth comparing by their vectors to find the k best of these, where vectors are kept.
  virtual std::size_t worth_refining(std::size_t k) const { return 3 * k + 16; }
  // Of what codes are read with, beside them.
  virtual std::size_t fitted_bytes() const { return dimension_ * sizeof(float); }
  // What read_quantizer() needs besides name, dimension and metric: sections "q.*". Borrows until the writer has written.
  virtual void add_to(SectionWriter& writer) const { (void)writer; }

 protected:
  Quantizer(std::size_t dimension, Metric metric, std::size_t code_bytes, std::size_t block_rows = 1)
      : dimension_(dimension), metric_(metric), code_bytes_(code_bytes), block_rows_(block_rows) {}

 private:
  std::size_t dimension_;
  Metric metric_;
  std::size_t code_bytes_, block_rows_;
};

// "F32": the vectors themselves.
std::unique_ptr<Quantizer> make_float_codes(std::size_t dimension, Metric metric);

// "SQ8": 8 bits a dimension. x = m + s c, where m is the mean of the rows, c int8, and s = max |x - m| / 127 of each vector by itself
// (locally adaptive quantization: Aguerrebere et al., "Similarity search in the blink of an eye with compressed indices", VLDB 2023,
// equation 2). Queries are coded alike, so that a comparison is one int8 dot product (kernels/int8_dot.h) and two multiply-adds:
//   l2   -|x - q|^2 = 2 s_x s_q (c_x . c_q) - |s_x c_x|^2 - |s_q c_q|^2
//   dot   x . q     =   s_x s_q (c_x . c_q) + m . s_x c_x + m . (m + s_q c_q)
// These are the scores of the decoded vectors, so that what is lost near a query is small against its distances. A code is
// c[dimension], f32 s, f32 (the term of x alone), zeros up to a whole line.
class Int8Codes final : public Quantizer {
 public:
  static std::unique_ptr<Int8Codes> fit(MatrixView rows, Metric metric);  // for cosine unit vectors
  static Result<std::unique_ptr<Int8Codes>> read(const SectionFile& file, std::size_t dimension, Metric metric);
  std::string_view name() const override { return "SQ8"; }
  void encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const override;
  void prepare(std::span<const float> query, ReadyQuery& ready) const override;
  void prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const override;
  void score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const override;
  void add_to(SectionWriter& writer) const override { writer.add("q.mean", mean_); }
  void decode(const std::byte* code, std::span<float> out) const;

 private:
  Int8Codes(std::vector<float> mean, Metric metric);
  std::vector<float> mean_;  // [dimension]
  float mean_square_ = 0;    // m . m
};

// "RBQ": one bit a dimension, with a bound of the error (RaBitQ: Gao and Long, SIGMOD 2024). With y = x - m, P a random rotation and
// o = P y / |y|, the code is the signs of o: o' = +-1 / sqrt(D). <o', P p> / <o', o> estimates the product of y / |y| and p = q - m
// without bias (theorem 3.2), and is further off than
//   e0 |p| sqrt((1 - <o', o>^2) / (<o', o>^2 (D - 1)))        (equation 14, e0 = kBoundDeviations)
// with a probability that falls as exp(-c e0^2). P flips signs by a seeded coin and takes a Hadamard transform, four times, over the first
// and the last power of two of the D columns in turn, D = the dimension up to a multiple of 64. Queries are coded by int8, so that a
// comparison adds up the elements whose bit is set.
//
// "RBQ2" to "RBQ4": as many planes of bits, each the signs of what those before it leave over (the residual binary codes of BEBR: Gan et
// al., "Binary Embedding-based Retrieval at Tencent", KDD 2023, section 3.2, with P in place of learned networks):
//   b_0 = sign(o), b_u = b_(u-1) + 2^-u sign(o / s - b_(u-1)), o' = b / |b|
// s, a vector's own, is the length of b_0 that leaves least, found by turns. The estimate and its bound are as above: they hold for any o'
// that depends on P y alone. A code is u64 bits[planes, D / 64], f32 |y|^2 / <b, P y>, f32 the term of x alone, f32 the error for |p| = 1,
// zeros up to a whole line. One bit is too coarse to build a graph with: that is built over SQ8, for all of them.
class BitCodes final : public Quantizer {
 public:
  static constexpr float kBoundDeviations = 3;
  static constexpr std::uint32_t kMostPlanes = 4;
  static std::unique_ptr<BitCodes> fit(std::uint32_t planes, MatrixView rows, Metric metric);  // for cosine unit vectors
  static Result<std::unique_ptr<BitCodes>> read(std::uint32_t planes, const SectionFile& file, std::size_t dimension, Metric metric);
  std::string_view name() const override { return name_; }
  void encode(std::span<const float> vector, std::span<const float> centre, std::byte* codes, std::size_t row) const override;
  void prepare(std::span<const float> query, ReadyQuery& ready) const override;
  void prepare_code(const std::byte* codes, std::size_t row, ReadyQuery& ready) const override;
  void score(ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* scores) const override;
  void errors(const ReadyQuery& query, const std::byte* codes, std::span<const std::uint32_t> rows, float* errors) const override;
  bool has_errors() const override { return true; }
  void add_to(SectionWriter& writer) const override { writer.add("q.mean", mean_); }

 private:
  BitCodes(std::uint32_t planes, std::vector<float> mean, Metric metric);
  void rotate(std::span<float> values) const;                      // [columns()], lengths stay
  std::size_t columns() const { return flips_.size() / kRounds; }  // D
  std::size_t plane_bytes() const { return columns() / 8; }
  void split(std::span<const float> turned, std::span<float> sums) const;
  void finish(ReadyQuery& ready, float largest) const;
  static constexpr std::size_t kRounds = 4;
  std::uint32_t planes_;
  std::string name_;
  std::vector<float> mean_;   // [dimension]
  std::vector<float> flips_;  // [kRounds, D]: 1 or -1
};

// "RBQ" is one plane of bits, "RBQ2" to "RBQ4" as many; nothing when the name is none of these.
std::optional<std::uint32_t> parse_bit_planes(std::string_view name);

// The quantizer of that name, fitted to rows (checked; for cosine unit vectors): "F32", "SQ8", "RBQ" to "RBQ4", or those of
// product_codes.h. Of codes of_residuals() the rows are residuals, where there are centres.
Result<std::unique_ptr<Quantizer>> fit_quantizer(std::string_view name, MatrixView rows, Metric metric, unsigned threads = 1);
Result<std::unique_ptr<Quantizer>> read_quantizer(const SectionFile& file, std::string_view name, std::size_t dimension, Metric metric);

// The whole number next to `value` from `least` to `most`; `least` for what is no number: codes of a damaged file lead to anything.
inline float nearest_level(float value, float least, float most) {
  return value > least ? std::min(std::nearbyint(value), most) : least;
}

// At most so many row numbers, drawn at random, the same each time: what codes are fitted to where there are more rows than that takes.
std::vector<std::uint32_t> drawn_rows(std::size_t rows, std::size_t most);

// What quantizers are fitted to: the mean of the rows, and the section that keeps it.
std::vector<float> mean_of(MatrixView rows);
Result<std::vector<float>> read_mean(const SectionFile& file, std::size_t dimension);

// All rows as codes: code i is of row order[i], or of row i when there is no order. centres and centre_of: of codes of_residuals(), which
// centre code i is coded from; or none.
struct CodeOrder {
  std::span<const std::uint32_t> rows = {};
  MatrixView centres = {};
  std::span<const std::uint32_t> centre_of = {};  // a code
};
Lines encode_all(const Quantizer& quantizer, MatrixView rows, unsigned threads, const CodeOrder& order = {});

}  // namespace souk::index
