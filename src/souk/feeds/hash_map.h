// Hash128 -> a number, 24 bytes a slot and nothing beside it: for what an import remembers of each row.
#pragma once

#include <cstdint>
#include <vector>

#include "souk/base/hash.h"

namespace souk::feeds {

class HashMap {
 public:
  // The number of a hash, 0 for one that is new. The reference holds until the next call.
  std::uint64_t& operator[](const Hash128& hash) {
    if (slots_.empty() || used_ * 10 >= slots_.size() * 7) grow();
    Slot& slot = find(hash);
    if (!slot.taken()) {
      slot.hash = stored(hash);
      ++used_;
    }
    return slot.value;
  }
  bool contains(const Hash128& hash) { return !slots_.empty() && find(hash).taken(); }
  std::size_t size() const { return used_; }

 private:
  struct Slot {
    Hash128 hash;  // all zero: free
    std::uint64_t value = 0;
    bool taken() const { return hash.high != 0 || hash.low != 0; }
  };
  // The all-zero hash shares the entry of a neighbour; no text is known that hashes to either.
  static Hash128 stored(const Hash128& hash) { return hash.high == 0 && hash.low == 0 ? Hash128{0, 1} : hash; }

  Slot& find(const Hash128& hash) {
    const Hash128 wanted = stored(hash);
    std::size_t at = wanted.low & (slots_.size() - 1);
    while (slots_[at].taken() && slots_[at].hash != wanted) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.taken()) find(slot.hash) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace souk::feeds
