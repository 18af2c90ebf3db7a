// Numbers of a few bits each, back to back, and ascending numbers as their gaps: what posting lists are made of.
//
// Layout: number i takes the bits [i b, (i + 1) b) of the bytes, the lowest bit of a byte first. 16 numbers therefore begin at a byte, one
// number can be read without its neighbours, and any count is possible. Widths of 26 to 31 bits are stored as 32, so that a number and
// the bits before it in its first byte always fit four bytes (Lemire and Boytsov 2015 pack for whole blocks; this is for seeking too).
//
// All functions are thread-safe; SIMD by Highway, chosen at run time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace souk::kernels {

inline constexpr std::size_t kPackGroup = 16;        // unpack() writes whole groups
inline constexpr std::size_t kPackReadsBeyond = 64;  // bytes that must be readable after packed numbers
inline constexpr unsigned kMaxPackedBits = 25;       // the widest that is not 32

// The width at which numbers up to `largest` are stored: 0 to 25, or 32.
inline unsigned packed_width(std::uint32_t largest) {
  const auto bits = static_cast<unsigned>(std::bit_width(largest));
  return bits > kMaxPackedBits ? 32 : bits;
}
inline bool packed_width_valid(unsigned bits) {
  return bits <= kMaxPackedBits || bits == 32;
}
inline std::size_t packed_bytes(unsigned bits, std::size_t count) {
  return (count * bits + 7) / 8;
}

// Appends packed_bytes(bits, values.size()) bytes. Every value must fit the width.
void pack(std::span<const std::uint32_t> values, unsigned bits, std::vector<std::byte>& out);

// out: room for `count` rounded up to kPackGroup; what stands beyond `count` is unspecified.
void unpack(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t* out);

// The ascending numbers whose gaps were packed: out[i] = before + (gap 0 + 1) + ... + (gap i + 1), modulo 2^32. With before = -1 the
// first number is its gap. Same room as unpack().
void unpack_ascending(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t before, std::uint32_t* out);

// One number without its neighbours.
inline std::uint32_t packed_at(const std::byte* packed, unsigned bits, std::size_t i) {
  const std::size_t bit = i * bits;
  std::uint64_t word = 0;
  std::memcpy(&word, packed + bit / 8, sizeof(word));
  return static_cast<std::uint32_t>((word >> (bit % 8)) & ((std::uint64_t{1} << bits) - 1));
}

}  // namespace souk::kernels
