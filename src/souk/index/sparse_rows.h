// Compressed sparse rows: neighbours of items, items of shoppers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/base/section_file.h"

namespace souk::index {

// A compressed sparse row matrix: row r has columns/values [offset[r], offset[r+1]), best first or by column as the owner says.
class SparseRows {
 public:
  struct Row {
    std::span<const std::uint32_t> columns;
    std::span<const float> values;
    std::size_t size() const { return columns.size(); }
  };
  SparseRows() = default;
  SparseRows(std::vector<std::uint64_t> offsets, std::vector<std::uint32_t> columns, std::vector<float> values);
  std::uint32_t rows() const { return offsets_.empty() ? 0 : static_cast<std::uint32_t>(offsets_.size() - 1); }
  std::uint64_t entries() const { return columns_.size(); }
  Row row(std::uint32_t r) const;  // empty for rows that do not exist
  // All values in the order of the rows, for weighting them in place.
  std::span<float> values() { return values_; }
  std::span<const float> values() const { return values_; }
  bool columns_below(std::uint32_t limit) const;
  // Rows and columns exchanged; the new rows are by ascending column. `columns`: how many there are.
  SparseRows transposed(std::uint32_t columns) const;
  void add_to(SectionWriter& writer, std::string_view prefix) const;
  static Result<SparseRows> read(const SectionFile& file, std::string_view prefix);

 private:
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> columns_;
  std::vector<float> values_;
};

}  // namespace souk::index
