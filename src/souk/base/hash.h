// XXH3, the one hash of the house: checksums, content hashes, identities.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace souk {

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

struct Hash128 {
  std::uint64_t high = 0, low = 0;
  std::string hex() const;  // 32 lower-case digits
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};
Hash128 hash128(std::string_view bytes);

// Hash of a stream of bytes, equal to hash128 of their concatenation. Not thread-safe; movable.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(StreamHash&&) noexcept;
  StreamHash& operator=(StreamHash&&) noexcept;
  void update(std::string_view bytes);
  Hash128 digest() const;

 private:
  void* state_;
};

}  // namespace souk
