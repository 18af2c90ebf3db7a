// Hash -> position in a caller's array, by open addressing: eight bytes an entry, one cache miss for what is not there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace souk::store {

class FlatIndex {
 public:
  // The position for which `equal` holds among those added with this hash (or one with the same upper half); UINT32_MAX: none.
  template <class Equal>
  std::uint32_t find(std::uint64_t hash, const Equal& equal) const {
    if (slots_.empty()) return UINT32_MAX;
    const std::uint64_t tag = hash >> 32;
    for (std::size_t at = tag & mask(); slots_[at] != 0; at = (at + 1) & mask()) {
      if (slots_[at] >> 32 != tag) continue;
      const std::uint32_t position = static_cast<std::uint32_t>(slots_[at]) - 1;
      if (equal(position)) return position;
    }
    return UINT32_MAX;
  }
  void add(std::uint64_t hash, std::uint32_t position) {  // below UINT32_MAX; not there yet
    if (2 * (size_ + 1) > slots_.size()) grow();
    place((hash >> 32) << 32 | (position + 1));
    ++size_;
  }
  void clear() {  // keeps its memory: what was gathered once gathers again
    std::fill(slots_.begin(), slots_.end(), 0);
    size_ = 0;
  }

 private:
  std::size_t mask() const { return slots_.size() - 1; }
  void place(std::uint64_t slot) {
    std::size_t at = (slot >> 32) & mask();
    while (slots_[at] != 0) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow() {
    const std::vector<std::uint64_t> old = std::exchange(slots_, std::vector<std::uint64_t>(slots_.empty() ? 64 : 2 * slots_.size()));
    for (const std::uint64_t slot : old) {
      if (slot != 0) place(slot);
    }
  }

  std::vector<std::uint64_t> slots_;  // upper half: of the hash; lower: position + 1; 0: free. A power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace souk::store
