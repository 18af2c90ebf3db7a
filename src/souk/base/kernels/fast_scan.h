// Sums of table entries that 4-bit codes pick, 32 rows at once: a table of 16 bytes fits a register, and a byte shuffle looks up 16 codes
// in it (fast scan: André, Kermarrec and Le Scouarnec, "Cache locality is not enough", VLDB 2015; with 4-bit codes as in their "Quicker
// ADC", 2019). By AVX-512, AVX2 or plain C++, chosen at run time, all equal to the last bit. Thread-safe.
//
// A block holds 32 rows of `parts` codes, parts a multiple of kScanParts: 16 bytes a part, of which byte i has the code of row i in its low
// half and that of row i + 16 in its high half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace souk::kernels {

inline constexpr std::size_t kScanRows = 32;    // of a block
inline constexpr std::size_t kScanParts = 4;    // tables that are looked up side by side
inline constexpr std::size_t kMostParts = 256;  // so that no sum leaves 16 bits

inline constexpr std::size_t scan_block_bytes(std::size_t parts) {
  return kScanRows / 2 * parts;
}
inline std::uint8_t scan_code(const std::byte* block, std::size_t part, std::size_t row) {
  return static_cast<std::uint8_t>(std::to_integer<unsigned>(block[part * 16 + row % 16]) >> (row / 16 * 4) & 0xFU);
}
// The place must be zero before.
inline void set_scan_code(std::byte* block, std::size_t part, std::size_t row, unsigned code) {
  block[part * 16 + row % 16] |= static_cast<std::byte>((code & 0xFU) << (row / 16 * 4));
}

// sums[32 b + i]: of row i of block b the sum over the parts of tables[16 part + code]. tables: [parts, 16]; block b begins at
// blocks + b * stride.
void scan_sums(std::span<const std::uint8_t> tables, const std::byte* blocks, std::size_t stride, std::size_t count, std::uint16_t* sums);

// One way of doing it, for tests.
struct ScanKernel {
  const char* name;
  void (*sums)(const std::uint8_t* tables, std::size_t parts, const std::byte* blocks, std::size_t stride, std::size_t count,
               std::uint16_t* sums);
};
std::span<const ScanKernel> scan_kernels();  // those that this machine can run, the fastest first

}  // namespace souk::kernels
