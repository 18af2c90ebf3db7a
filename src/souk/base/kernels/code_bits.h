// Sets of documents as bits, 64 to a word: which of many small numbers lie in a range (how a filter reads a column), which numbers bits
// stand for, and which of some numbers have a bit.
//
// All functions are thread-safe; SIMD by Highway, chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace souk::kernels {

// out[i / 64], bit i % 64: low <= codes[i] <= low + span, where low + span fits the type. out: [(codes + 63) / 64]; bits beyond the last
// code are 0.
void bits_in_range(std::span<const std::uint8_t> codes, std::uint8_t low, std::uint8_t span, std::uint64_t* out);
void bits_in_range(std::span<const std::uint16_t> codes, std::uint16_t low, std::uint16_t span, std::uint64_t* out);
void bits_in_range(std::span<const std::uint32_t> codes, std::uint32_t low, std::uint32_t span, std::uint64_t* out);

std::size_t count_bits(std::span<const std::uint64_t> bits);
// The numbers of the bits that are set, ascending. out: room for all of them and kBitsBeyond more. Returns how many.
inline constexpr std::size_t kBitsBeyond = 64;
std::size_t numbers_of_bits(std::span<const std::uint64_t> bits, std::uint32_t* out);

// The places of the numbers whose bit is set, ascending. Numbers are below 2^31. out: room for numbers.size() + kBitsBeyond. Returns how
// many.
std::size_t places_in_bits(std::span<const std::uint32_t> numbers, const std::uint64_t* bits, std::uint32_t* out);

}  // namespace souk::kernels
