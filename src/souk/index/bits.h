// Plain bit sets over the documents of a segment.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/kernels/code_bits.h"

namespace souk::index {

using Bits = std::vector<std::uint64_t>;

inline Bits bits_for(std::size_t documents) {
  return Bits((documents + 63) / 64);
}
inline bool test_bit(std::span<const std::uint64_t> bits, std::uint32_t i) {
  return (bits[i / 64] >> (i % 64) & 1U) != 0;
}
inline void set_bit(std::span<std::uint64_t> bits, std::uint32_t i) {
  bits[i / 64] |= std::uint64_t{1} << (i % 64);
}

template <class Visit>
void for_each_bit(std::span<const std::uint64_t> bits, Visit visit) {  // ascending
  for (std::size_t w = 0; w < bits.size(); ++w) {
    for (std::uint64_t word = bits[w]; word != 0; word &= word - 1) {
      visit(static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(word))));
    }
  }
}

inline void fill_bits(Bits& bits, std::size_t documents) {  // one for each document
  bits.assign((documents + 63) / 64, ~std::uint64_t{0});
  if (documents % 64 != 0) bits.back() >>= 64 - documents % 64;
}
inline void append_bits(std::span<const std::uint64_t> bits, std::vector<std::uint32_t>& documents) {  // as numbers
  const std::size_t before = documents.size();
  documents.resize(before + kernels::count_bits(bits) + kernels::kBitsBeyond);
  documents.resize(before + kernels::numbers_of_bits(bits, documents.data() + before));
}

}  // namespace souk::index
