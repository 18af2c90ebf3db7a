// SHA-256 (FIPS 180-4): how data sets name the exact files they were described for. Souk's own formats use base/hash.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace souk::feeds {

class Sha256 {
 public:
  void update(std::string_view bytes);
  std::string hex();  // 64 lower-case digits; ends the stream

 private:
  void block(const unsigned char* bytes);
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::string pending_;  // less than a block
  std::uint64_t length_ = 0;
};

}  // namespace souk::feeds
