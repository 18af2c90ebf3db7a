#include "souk/base/kernels/code_bits.h"

#include <bit>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/base/kernels/code_bits.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace souk::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
std::uint64_t one_word(const T* codes, std::size_t count, T low, T span) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{static_cast<T>(codes[i] - low) <= span} << i;
  return word;
}

template <class V>
HWY_INLINE auto at_most(V values, V most) {  // integers have no other comparison than by sign
  return hn::Eq(hn::Min(values, most), values);
}

// Vectors of eight codes and more fill whole bytes of a word; narrower ones are left to the compiler.
template <class T>
void in_range(const T* codes, std::size_t count, T low, T span, std::uint64_t* out) {
  const hn::ScalableTag<T> d;
  const std::size_t whole = count / 64;
  if (hn::Lanes(d) >= 8) {
    const auto first = hn::Set(d, low), most = hn::Set(d, span);
    auto* bytes = reinterpret_cast<std::uint8_t*>(out);
    for (std::size_t i = 0; i < whole * 64; i += hn::Lanes(d)) {
      hn::StoreMaskBits(d, at_most(hn::Sub(hn::LoadU(d, codes + i), first), most), bytes + i / 8);
    }
  } else {
    for (std::size_t w = 0; w < whole; ++w) out[w] = one_word(codes + w * 64, 64, low, span);
  }
  if (count % 64 != 0) out[whole] = one_word(codes + whole * 64, count % 64, low, span);
}

void in_range_8(const std::uint8_t* codes, std::size_t count, std::uint8_t low, std::uint8_t span, std::uint64_t* out) {
  in_range(codes, count, low, span, out);
}
void in_range_16(const std::uint16_t* codes, std::size_t count, std::uint16_t low, std::uint16_t span, std::uint64_t* out) {
  in_range(codes, count, low, span, out);
}
void in_range_32(const std::uint32_t* codes, std::size_t count, std::uint32_t low, std::uint32_t span, std::uint64_t* out) {
  in_range(codes, count, low, span, out);
}

std::size_t count_set(const std::uint64_t* bits, std::size_t words) {
  std::size_t count = 0;
  for (std::size_t w = 0; w < words; ++w) count += static_cast<std::size_t>(std::popcount(bits[w]));
  return count;
}

// Eight numbers are written whether there are so many or not: a loop for each word would be mispredicted at each end.
std::size_t numbers_of(const std::uint64_t* bits, std::size_t words, std::uint32_t* out) {
  std::size_t found = 0;
  for (std::size_t w = 0; w < words; ++w) {
    std::uint64_t word = bits[w];
    if (word == 0) continue;
    const auto first = static_cast<std::uint32_t>(w * 64);
    const auto count = static_cast<std::size_t>(std::popcount(word));
    std::uint32_t* next = out + found;
    found += count;
    for (std::size_t written = 0; written < count; written += 8) {
      for (std::size_t i = 0; i < 8; ++i) {
        next[written + i] = first + static_cast<std::uint32_t>(std::countr_zero(word));
        word &= word - 1;
      }
    }
  }
  return found;
}

std::size_t places_in(const std::uint32_t* numbers, std::size_t count, const std::uint64_t* bits, std::uint32_t* out) {
  std::size_t found = 0, i = 0;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  const hn::ScalableTag<std::uint32_t> d;
  const hn::RebindToSigned<decltype(d)> indices;
  const auto* halves = reinterpret_cast<const std::int32_t*>(bits);
  const std::size_t lanes = hn::Lanes(d);
  auto places = hn::Iota(d, 0);
  const auto step = hn::Set(d, static_cast<std::uint32_t>(lanes)), low = hn::Set(d, 31U), one = hn::Set(d, 1U);
  for (; i + lanes <= count; i += lanes, places = hn::Add(places, step)) {
    const auto some = hn::LoadU(d, numbers + i);
    const auto half = hn::BitCast(d, hn::GatherIndex(indices, halves, hn::BitCast(indices, hn::ShiftRight<5>(some))));
    const auto set = hn::Eq(hn::And(hn::Shr(half, hn::And(some, low)), one), one);
    found += hn::CompressStore(places, set, d, out + found);
  }
#endif
  for (; i < count; ++i) {
    out[found] = static_cast<std::uint32_t>(i);
    found += (bits[numbers[i] / 64] >> (numbers[i] % 64)) & 1U;
  }
  return found;
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace souk::kernels {

HWY_EXPORT(in_range_8);
HWY_EXPORT(in_range_16);
HWY_EXPORT(in_range_32);
HWY_EXPORT(count_set);
HWY_EXPORT(numbers_of);
HWY_EXPORT(places_in);

void bits_in_range(std::span<const std::uint8_t> codes, std::uint8_t low, std::uint8_t span, std::uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(in_range_8)(codes.data(), codes.size(), low, span, out);
}

void bits_in_range(std::span<const std::uint16_t> codes, std::uint16_t low, std::uint16_t span, std::uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(in_range_16)(codes.data(), codes.size(), low, span, out);
}

void bits_in_range(std::span<const std::uint32_t> codes, std::uint32_t low, std::uint32_t span, std::uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(in_range_32)(codes.data(), codes.size(), low, span, out);
}

std::size_t count_bits(std::span<const std::uint64_t> bits) {
  return HWY_DYNAMIC_DISPATCH(count_set)(bits.data(), bits.size());
}

std::size_t numbers_of_bits(std::span<const std::uint64_t> bits, std::uint32_t* out) {
  return HWY_DYNAMIC_DISPATCH(numbers_of)(bits.data(), bits.size(), out);
}

std::size_t places_in_bits(std::span<const std::uint32_t> numbers, const std::uint64_t* bits, std::uint32_t* out) {
  return HWY_DYNAMIC_DISPATCH(places_in)(numbers.data(), numbers.size(), bits, out);
}

}  // namespace souk::kernels
#endif
