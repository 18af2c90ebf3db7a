// How groups read, by their bytes. A group's key and tokens lie side by side, so that recalling one touches two lines of cache.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "souk/text/reader.h"

namespace souk::text {

// What a group adds to a text; tokens count from the group's beginning.
struct Remembered {
  std::uint32_t key_bytes = 0, count = 0;  // of the key and the tokens that follow in memory
  std::uint32_t positions = 0;
  std::uint32_t first = 0, last = 0;  // as in GroupReading
  bool number = false, half = false;  // the last word is a number; it may be the first half of one written apart. Both at the very end
  bool unit = false;                  // the first word is a unit after a number
  std::span<const TokenRef> tokens() const { return {reinterpret_cast<const TokenRef*>(this + 1), count}; }
  std::string_view key() const { return {reinterpret_cast<const char*>(tokens().data() + count), key_bytes}; }
};

class GroupMemo {  // not thread-safe
 public:
  GroupMemo() { clear(); }
  static std::uint64_t hash(std::string_view group);
  // Looking a group up waits for memory twice. Whoever looks up many asks for all of them ahead, in two rounds.
  void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  void prefetch_group(std::uint64_t hash) const { __builtin_prefetch(slots_[hash & mask_].group); }
  // Null: not met yet. Valid until clear().
  const Remembered* find(std::string_view group, std::uint64_t hash) const {
    for (std::size_t at = hash;; ++at) {
      const Slot& slot = slots_[at & mask_];
      if (slot.group == nullptr || (slot.hash == hash && slot.group->key() == group)) return slot.group;
    }
  }
  // head: without its counts, which are those of the key and the tokens.
  const Remembered* add(std::string_view group, std::uint64_t hash, Remembered head, std::span<const TokenRef> tokens);
  std::size_t size() const { return size_; }
  void clear();

 private:
  struct Slot {
    std::uint64_t hash = 0;
    const Remembered* group = nullptr;
  };
  void grow();

  std::vector<Slot> slots_;  // at most half full
  std::size_t mask_ = 0, size_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t used_ = 0, room_ = 0;  // bytes of the last block
};

}  // namespace souk::text
