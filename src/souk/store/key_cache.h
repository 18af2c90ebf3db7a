// Keys to ids in memory, bounded. Used by the leader of a commit alone: not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/hash.h"
#include "souk/store/flat_index.h"

namespace souk::store {

class KeyCache {
 public:
  // `complete`: every key of the shop is here (a new shop), so that a miss needs no look-up.
  KeyCache(std::size_t limit, bool complete) : limit_(limit), complete_(complete) {}

  std::optional<std::uint32_t> find(std::string_view key) const {
    const std::uint32_t at = index_.find(hash64(key), [&](std::uint32_t position) { return key_at(position) == key; });
    return at == UINT32_MAX ? std::nullopt : std::optional(entries_[at].id);
  }
  void add(std::string_view key, std::uint32_t id) {
    index_.add(hash64(key), static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back({text_.size(), static_cast<std::uint32_t>(key.size()), id});
    text_.append(key);
  }
  bool complete() const { return complete_; }
  // Between commits only: within one, keys not yet stored stand here alone.
  void trim() {
    if (entries_.size() > limit_) clear();
  }
  void clear() {
    index_.clear();
    entries_.clear();
    text_.clear();
    complete_ = false;
  }

 private:
  struct Entry {
    std::uint64_t begin;
    std::uint32_t size, id;
  };
  std::string_view key_at(std::uint32_t position) const {
    return std::string_view(text_).substr(entries_[position].begin, entries_[position].size);
  }

  FlatIndex index_;
  std::vector<Entry> entries_;
  std::string text_;  // keys back to back
  std::size_t limit_;
  bool complete_;
};

}  // namespace souk::store
