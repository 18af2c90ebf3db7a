// SparseRows and its three sections: <prefix>.off u64[rows + 1], <prefix>.col u32[entries], <prefix>.val f32[entries].
#include "souk/index/sparse_rows.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace souk::index {
namespace {

std::string section(std::string_view prefix, std::string_view part) {
  return std::string(prefix) + "." + std::string(part);
}

}  // namespace

SparseRows::SparseRows(std::vector<std::uint64_t> offsets, std::vector<std::uint32_t> columns, std::vector<float> values)
    : offsets_(std::move(offsets)), columns_(std::move(columns)), values_(std::move(values)) {
  assert(columns_.size() == values_.size() && (offsets_.empty() || offsets_.back() == columns_.size()));
}

SparseRows::Row SparseRows::row(std::uint32_t r) const {
  if (r >= rows()) return {};
  const std::size_t begin = offsets_[r], count = offsets_[r + 1] - begin;
  return {std::span(columns_).subspan(begin, count), std::span(values_).subspan(begin, count)};
}

bool SparseRows::columns_below(std::uint32_t limit) const {
  return std::all_of(columns_.begin(), columns_.end(), [&](std::uint32_t column) { return column < limit; });
}

SparseRows SparseRows::transposed(std::uint32_t columns) const {
  std::vector<std::uint64_t> offsets(std::size_t{columns} + 1, 0);
  for (const std::uint32_t column : columns_) ++offsets[column + 1];
  for (std::size_t c = 0; c < columns; ++c) offsets[c + 1] += offsets[c];
  std::vector<std::uint64_t> next(offsets.begin(), offsets.end() - 1);
  std::vector<std::uint32_t> turned(columns_.size());
  std::vector<float> values(values_.size());
  for (std::uint32_t r = 0; r < rows(); ++r) {
    for (std::uint64_t e = offsets_[r]; e < offsets_[r + 1]; ++e) {
      const std::uint64_t to = next[columns_[e]]++;
      turned[to] = r;
      values[to] = values_[e];
    }
  }
  return SparseRows(std::move(offsets), std::move(turned), std::move(values));
}

void SparseRows::add_to(SectionWriter& writer, std::string_view prefix) const {
  writer.add(section(prefix, "off"), offsets_);
  writer.add(section(prefix, "col"), columns_);
  writer.add(section(prefix, "val"), values_);
}

Result<SparseRows> SparseRows::read(const SectionFile& file, std::string_view prefix) {
  SOUK_TRY(const auto offsets, file.array<std::uint64_t>(section(prefix, "off")));
  SOUK_TRY(const auto columns, file.array<std::uint32_t>(section(prefix, "col")));
  SOUK_TRY(const auto values, file.array<float>(section(prefix, "val")));
  const bool sound = offsets.empty() ? columns.empty() && values.empty()
                                     : offsets.front() == 0 && offsets.back() == columns.size() && columns.size() == values.size() &&
                                           std::is_sorted(offsets.begin(), offsets.end());
  if (!sound) {
    return fail(ErrorKind::corrupt, "the rows of section " + std::string(prefix) + " do not fit together", file.path().string());
  }
  return SparseRows({offsets.begin(), offsets.end()}, {columns.begin(), columns.end()}, {values.begin(), values.end()});
}

}  // namespace souk::index
