// Row -> external key. Interactions, vector spaces and models number their own rows and carry a RowMap; the engine joins them with the
// shop at load. Keys are stored back to back with offsets, hashes beside them, so that a map can be memory-mapped from a section file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/base/section_file.h"

namespace souk {

class RowMap {  // immutable once built; thread-safe
 public:
  RowMap() = default;
  static RowMap of(std::span<const std::string> keys);  // row i has key i; keys must differ, at most 2^32 - 1

  std::uint32_t size() const { return offsets_.empty() ? 0 : static_cast<std::uint32_t>(offsets_.size() - 1); }
  std::string_view key(std::uint32_t row) const;
  std::optional<std::uint32_t> find(std::string_view key) const;  // by hash, binary search

  // prefix: at most 10 characters. Borrows: this map must live until the writer has written.
  void add_to(SectionWriter& writer, std::string_view prefix) const;  // sections <prefix>.key, <prefix>.off, <prefix>.hash, <prefix>.row
  static Result<RowMap> read(const SectionFile& file, std::string_view prefix);

 private:
  std::vector<char> text_;
  std::vector<std::uint64_t> offsets_;  // size() + 1
  std::vector<std::uint64_t> hashes_;   // sorted
  std::vector<std::uint32_t> rows_;     // row of hashes_[i]
};

}  // namespace souk
