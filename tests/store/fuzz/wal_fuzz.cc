// A write-ahead log of any bytes: what is good is followed by what is torn, and cutting the torn part leaves a log without one. The first
// byte's lowest bit asks for right checksums along the chain of lengths, so that mutated lengths and types count.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "souk/store/acknowledged.h"
#include "souk/store/wal.h"

namespace {

using namespace souk::store;

std::uint32_t masked_crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82F63B78U & (0U - (crc & 1U)));
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

void seal(std::string& log) {
  constexpr std::size_t kBlock = 32768, kHeader = 7;
  for (std::size_t at = 0; at + kHeader <= log.size();) {
    if (kBlock - at % kBlock < kHeader) {
      at = (at / kBlock + 1) * kBlock;
      continue;
    }
    const std::size_t length = static_cast<unsigned char>(log[at + 4]) | static_cast<std::size_t>(static_cast<unsigned char>(log[at + 5]))
                                                                             << 8;
    if (at + kHeader + length > log.size()) return;
    std::uint32_t crc = masked_crc32c(std::string_view(log).substr(at + 6, length + 1));
    for (std::size_t i = 0; i < 4; ++i, crc >>= 8) log[at + i] = static_cast<char>(crc & 0xFF);
    at += kHeader + length;
  }
}

void check(std::string_view log, bool checksums) {
  const WalTail tail = examine_wal(log, checksums);
  if (tail.good > log.size() || (tail.torn != 0 && tail.good + tail.torn != log.size())) std::abort();
  if (tail.torn == 0 && tail.valid_after_damage) std::abort();
  const WalTail cut = examine_wal(log.substr(0, tail.good), checksums);
  if (cut.good != tail.good || cut.torn != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string log(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) seal(log);
  check(log, false);
  check(log, true);
  static_cast<void>(log_reaches(log, data[0]));
  if (const auto note = parse_acknowledged(log); note && to_text(*note) != log) std::abort();
  return 0;
}
