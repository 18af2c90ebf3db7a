// Keys to ids in memory, bounded. Used by the leader of a commit alone: not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "souk/base/hash.h"
#include "souk/store/flat_index.h"

namespace souk::store {

class KeyCache {
 public:
  // `complete`: every key of the shop is here (a new shop), so that a miss needs no look-up.
  KeyCache(std::size_t limit, bool complete) : limit_(limit), complete_(complete) {}

  std::optional<std::uint32_t> find(std::string_view key) const {
    const std::uint32_t at = index_.find(hash64(key), [&](std::uint32_t position) { return record_at(position).key == key; });
    return at == UINT32_MAX ? std::nullopt : std::optional(record_at(at).id);
  }
  void add(std::string_view key, std::uint32_t id) {  // key: at most 512 bytes
    index_.add(hash64(key), static_cast<std::uint32_t>(records_.size()));
    const auto size = static_cast<std::uint16_t>(key.size());
    records_.append(reinterpret_cast<const char*>(&id), sizeof id).append(reinterpret_cast<const char*>(&size), sizeof size).append(key);
    ++keys_;
  }
  // For a key that the shop no longer has. Its bytes go too: no key holds a NUL.
  void remove(std::string_view key) {
    const std::uint32_t at = index_.find(hash64(key), [&](std::uint32_t position) { return record_at(position).key == key; });
    if (at != UINT32_MAX) std::memset(records_.data() + at + sizeof(std::uint32_t) + sizeof(std::uint16_t), 0, key.size());
  }
  bool complete() const { return complete_; }
  // Between commits only: within one, keys not yet stored stand here alone.
  void trim() {
    if (keys_ > limit_) clear();
  }
  void clear() {
    index_.clear();
    records_.clear();
    keys_ = 0;
    complete_ = false;
  }

 private:
  struct Record {
    std::uint32_t id;
    std::string_view key;
  };
  Record record_at(std::uint32_t position) const {
    std::uint32_t id = 0;
    std::uint16_t size = 0;
    std::memcpy(&id, records_.data() + position, sizeof id);
    std::memcpy(&size, records_.data() + position + sizeof id, sizeof size);
    return {id, std::string_view(records_).substr(position + sizeof id + sizeof size, size)};
  }

  FlatIndex index_;
  std::string records_;  // id, size, key: in one place, for one cache miss
  std::size_t keys_ = 0;
  std::size_t limit_;
  bool complete_;
};

}  // namespace souk::store
