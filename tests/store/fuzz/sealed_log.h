// A log in RocksDB's format with right checksums along the chain of lengths, so that mutated lengths and types count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace souk::testing {

inline std::uint32_t masked_crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82F63B78U & (0U - (crc & 1U)));
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

inline std::string sealed_log(std::string_view bytes) {
  constexpr std::size_t kBlock = 32768, kHeader = 7;
  std::string log(bytes);
  for (std::size_t at = 0; at + kHeader <= log.size();) {
    if (kBlock - at % kBlock < kHeader) {
      at = (at / kBlock + 1) * kBlock;
      continue;
    }
    const std::size_t length = static_cast<unsigned char>(log[at + 4]) | static_cast<std::size_t>(static_cast<unsigned char>(log[at + 5]))
                                                                             << 8;
    if (at + kHeader + length > log.size()) break;
    std::uint32_t crc = masked_crc32c(std::string_view(log).substr(at + 6, length + 1));
    for (std::size_t i = 0; i < 4; ++i, crc >>= 8) log[at + i] = static_cast<char>(crc & 0xFF);
    at += kHeader + length;
  }
  return log;
}

}  // namespace souk::testing
