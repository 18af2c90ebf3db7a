// Keys to ids in memory, bounded. Used by the leader of a commit alone: not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "souk/base/hash.h"

namespace souk::store {

class KeyCache {
 public:
  // `complete`: every key of the shop is here (a new shop), so that a miss needs no look-up.
  KeyCache(std::size_t limit, bool complete) : limit_(limit), complete_(complete) {}

  std::optional<std::uint32_t> find(std::string_view key) const {
    const auto found = ids_.find(key);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  void add(std::string_view key, std::uint32_t id) { ids_.emplace(key, id); }
  bool complete() const { return complete_; }
  // Between commits only: within one, keys not yet stored stand here alone.
  void trim() {
    if (ids_.size() > limit_) clear();
  }
  void clear() {
    ids_.clear();
    complete_ = false;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return hash64(key); }
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> ids_;
  std::size_t limit_;
  bool complete_;
};

}  // namespace souk::store
