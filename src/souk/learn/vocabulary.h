// Which row of an embedding table stands for a key: one of its own when the key was seen often enough, else one that it shares.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/base/section_file.h"

namespace souk::learn {

struct VocabularyConfig {
  std::uint32_t min_count = 1;    // a key seen less often shares a row
  std::uint32_t shared_rows = 1;  // that such keys, and keys never seen, are spread over by hash; at least 1: "out of vocabulary"
};

// Rows [0, known) are those of keys of their own, in the order in which they were given; [known, rows) are shared. Keys are 64-bit hashes
// (base/hash.h). Immutable, thread-safe.
class Vocabulary {
 public:
  Vocabulary() = default;
  // keys differ; counts[i] is how often keys[i] was seen. ErrorKind::invalid otherwise.
  static Result<Vocabulary> of(std::span<const std::uint64_t> keys, std::span<const std::uint32_t> counts, const VocabularyConfig& config);

  std::uint32_t row(std::uint64_t key) const;
  std::uint32_t known() const { return static_cast<std::uint32_t>(keys_.size()); }
  std::uint32_t rows() const { return known() + shared_; }
  bool owns(std::uint32_t row) const { return row < known(); }

  // Sections <prefix>.key (sorted u64), <prefix>.row (u32, of each key), <prefix>.shared (one u32). prefix: at most 8 characters. Borrows
  // until the writer has written.
  void add_to(SectionWriter& writer, std::string_view prefix) const;
  static Result<Vocabulary> read(const SectionFile& file, std::string_view prefix);

 private:
  std::vector<std::uint64_t> keys_;  // sorted
  std::vector<std::uint32_t> rows_;  // of keys_[i]
  std::uint32_t shared_ = 1;
};

}  // namespace souk::learn
