// An embedding table of which a batch touches few rows: gathering them, and one optimiser step of just those. No tensor of gradients for
// the whole table, no pass over the rows that were not touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/matrix.h"
#include "souk/base/random.h"
#include "souk/base/result.h"
#include "souk/base/section_file.h"

namespace souk::learn {

struct SparseTableConfig {
  enum class Rule : std::uint32_t { sgd = 0, adagrad = 1, adam = 2 };  // numbers are stored
  Rule rule = Rule::adam;
  float beta1 = 0.9F, beta2 = 0.999F;  // adam
  float epsilon = 1e-8F;               // adam, adagrad
  float deviation = 0.02F;             // of the normal distribution that values begin from
};

// Rule::adam is lazy: a row that is not in a batch stays as it is, its moments too, and its bias is corrected for the steps that the row
// itself has taken. Where each batch touches all rows this is Adam. Otherwise it differs from a dense Adam, which also moves untouched rows
// along their fading mean, and from torch's SparseAdam, which corrects every row for the steps of the whole table: a row that is first seen
// after a thousand steps would then begin with a step three times too long (0.1 g / sqrt(0.001 g^2)).
class SparseTable {  // const functions are thread-safe
 public:
  // Bytes that a table takes, to be asked before it is made.
  static std::uint64_t bytes(const SparseTableConfig& config, std::uint64_t rows, std::uint64_t dim);
  // Normal values. ErrorKind::invalid for no rows, no columns, 2^32 rows or more, or a rule's number out of range (beta outside [0, 1)).
  static Result<SparseTable> make(const SparseTableConfig& config, std::uint64_t rows, std::uint32_t dim, Random& random);

  std::uint32_t rows() const { return rows_; }
  std::uint32_t dim() const { return dim_; }
  const SparseTableConfig& config() const { return config_; }
  MatrixView values() const { return {values_.data(), rows_, dim_, dim_}; }
  std::span<float> row(std::uint32_t row) { return std::span(values_).subspan(std::size_t{row} * dim_, dim_); }

  // out [rows.size(), dim]. Rows are below rows().
  void gather(std::span<const std::uint32_t> rows, float* out) const;

  // One step of the rows named, each once: gradients [rows.size(), dim] of a row that is named several times are summed, in their order.
  // The same, bit for bit, for any number of threads.
  void step(std::span<const std::uint32_t> rows, MatrixView gradients, float rate, unsigned threads = 1);

  // Values and state, so that training goes on as if it had not stopped. The format stands in sparse_table_file.cc.
  Status save(const fs::path& path) const;
  static Result<SparseTable> load(const fs::path& path);

 private:
  void step_row(std::uint32_t row, std::span<const float> gradient, float rate);
  SparseTableConfig config_;
  std::uint32_t rows_ = 0, dim_ = 0;
  std::vector<float> values_;         // [rows, dim]
  std::vector<float> first_;          // [rows, dim]: adagrad's sums, adam's means
  std::vector<float> second_;         // [rows, dim]: adam's squares
  std::vector<std::uint32_t> steps_;  // [rows]: adam's steps of the row; stays at 2^32 - 1
};

// The values of a saved table, mapped: what serving reads. Thread-safe; views live as long as the object.
class MappedTable {
 public:
  // Checks the checksum of the values. Refuses what is no whole table (ErrorKind::corrupt names the file).
  static Result<MappedTable> open(const fs::path& path);
  MatrixView values() const { return values_; }

 private:
  SectionFile file_;
  MatrixView values_;
};

}  // namespace souk::learn
