#include "souk/base/kernels/bit_pack.h"

#include <array>
#include <cassert>

// For the permutation of 64 bytes, which AVX-512 has only in its later form.
#define HWY_WANT_AVX3_DL 1
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/base/kernels/bit_pack.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#ifndef SOUK_BASE_KERNELS_BIT_PACK_TABLES
#define SOUK_BASE_KERNELS_BIT_PACK_TABLES
namespace souk::kernels {

// Where the bits of consecutive numbers stand: for number i of a group the four bytes that hold it, and the bits before it in the first.
template <std::size_t kNumbers>
struct PackPlaces {
  alignas(64) std::array<std::uint8_t, kNumbers * 4> bytes{};
  alignas(64) std::array<std::uint32_t, kNumbers> shifts{};
};

template <std::size_t kNumbers>
constexpr PackPlaces<kNumbers> pack_places(unsigned bits, unsigned first_bit) {
  PackPlaces<kNumbers> places;
  for (unsigned i = 0; i < kNumbers; ++i) {
    const unsigned bit = first_bit + i * bits;
    for (unsigned j = 0; j < 4; ++j) places.bytes[i * 4 + j] = static_cast<std::uint8_t>(bit / 8 + j);
    places.shifts[i] = bit % 8;
  }
  return places;
}

// By width: 16 numbers from a byte on, for permutations of 64 bytes; four from a byte on or from its middle, for those of 16.
struct PackTables {
  std::array<PackPlaces<16>, kMaxPackedBits + 1> sixteen;
  std::array<std::array<PackPlaces<4>, 2>, kMaxPackedBits + 1> four;
};
constexpr PackTables make_pack_tables() {
  PackTables tables{};
  for (unsigned bits = 0; bits <= kMaxPackedBits; ++bits) {
    tables.sixteen[bits] = pack_places<16>(bits, 0);
    tables.four[bits] = {pack_places<4>(bits, 0), pack_places<4>(bits, 4)};
  }
  return tables;
}
inline constexpr PackTables kPackTables = make_pack_tables();

}  // namespace souk::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace souk::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX3_DL

// One permutation of 64 bytes brings 16 numbers to their lanes; b bits each are at most 50 bytes.
HWY_INLINE __m512i sixteen(const std::byte* packed, __m512i places, __m512i shifts, __m512i mask) {
  return _mm512_and_si512(_mm512_srlv_epi32(_mm512_permutexvar_epi8(places, _mm512_loadu_si512(packed)), shifts), mask);
}

template <class Store>
HWY_INLINE void for_each_sixteen(const std::byte* packed, unsigned bits, std::size_t count, Store store) {
  const __m512i places = _mm512_load_si512(kPackTables.sixteen[bits].bytes.data());
  const __m512i shifts = _mm512_load_si512(kPackTables.sixteen[bits].shifts.data());
  const __m512i mask = _mm512_set1_epi32(static_cast<int>((std::uint32_t{1} << bits) - 1));
  for (std::size_t i = 0; i < count; i += 16, packed += std::size_t{2} * bits) store(i, sixteen(packed, places, shifts, mask));
}

void unpack_narrow(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t* out) {
  for_each_sixteen(packed, bits, count, [&](std::size_t i, __m512i numbers) { _mm512_storeu_si512(out + i, numbers); });
}

void unpack_ascending_narrow(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t before, std::uint32_t* out) {
  const __m512i one = _mm512_set1_epi32(1), last = _mm512_set1_epi32(15), zero = _mm512_setzero_si512();
  __m512i carry = _mm512_set1_epi32(static_cast<int>(before));
  for_each_sixteen(packed, bits, count, [&](std::size_t i, __m512i numbers) {
    numbers = _mm512_add_epi32(numbers, one);
    numbers = _mm512_add_epi32(numbers, _mm512_alignr_epi32(numbers, zero, 15));
    numbers = _mm512_add_epi32(numbers, _mm512_alignr_epi32(numbers, zero, 14));
    numbers = _mm512_add_epi32(numbers, _mm512_alignr_epi32(numbers, zero, 12));
    numbers = _mm512_add_epi32(numbers, _mm512_alignr_epi32(numbers, zero, 8));
    numbers = _mm512_add_epi32(numbers, carry);
    carry = _mm512_permutexvar_epi32(last, numbers);
    _mm512_storeu_si512(out + i, numbers);
  });
}

#elif HWY_TARGET == HWY_SCALAR

void unpack_narrow(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = packed_at(packed, bits, i);
}

void unpack_ascending_narrow(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t before, std::uint32_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = before += packed_at(packed, bits, i) + 1;
}

#else

// Four numbers at a time: a permutation of 16 bytes brings them to their lanes. Four of b bits begin at a byte or in its middle.
template <class Store>
HWY_INLINE void for_each_four(const std::byte* packed, unsigned bits, std::size_t count, Store store) {
  const hn::Full128<std::uint32_t> d;
  const hn::Repartition<std::uint8_t, decltype(d)> bytes;
  const auto& places = kPackTables.four[bits];
  const auto first = hn::Load(bytes, places[0].bytes.data()), second = hn::Load(bytes, places[1].bytes.data());
  const auto first_shifts = hn::Load(d, places[0].shifts.data()), second_shifts = hn::Load(d, places[1].shifts.data());
  const auto mask = hn::Set(d, (std::uint32_t{1} << bits) - 1);
  const auto* from = reinterpret_cast<const std::uint8_t*>(packed);
  for (std::size_t i = 0; i < count; i += 4) {
    const std::size_t bit = i * bits;
    const auto raw = hn::LoadU(bytes, from + bit / 8);
    const bool middle = bit % 8 != 0;
    const auto placed = hn::BitCast(d, hn::TableLookupBytes(raw, middle ? second : first));
    store(i, hn::And(hn::Shr(placed, middle ? second_shifts : first_shifts), mask));
  }
}

void unpack_narrow(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t* out) {
  const hn::Full128<std::uint32_t> d;
  for_each_four(packed, bits, count, [&](std::size_t i, auto numbers) { hn::StoreU(numbers, d, out + i); });
}

void unpack_ascending_narrow(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t before, std::uint32_t* out) {
  const hn::Full128<std::uint32_t> d;
  auto carry = hn::Set(d, before);
  for_each_four(packed, bits, count, [&](std::size_t i, auto numbers) {
    numbers = hn::Add(numbers, hn::Set(d, 1U));
    numbers = hn::Add(numbers, hn::ShiftLeftLanes<1>(numbers));
    numbers = hn::Add(hn::Add(numbers, hn::ShiftLeftLanes<2>(numbers)), carry);
    carry = hn::Broadcast<3>(numbers);
    hn::StoreU(numbers, d, out + i);
  });
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace souk::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace souk::kernels {

HWY_EXPORT(unpack_narrow);
HWY_EXPORT(unpack_ascending_narrow);

void pack(std::span<const std::uint32_t> values, unsigned bits, std::vector<std::byte>& out) {
  assert(packed_width_valid(bits));
  std::uint64_t held = 0;  // bits not yet written
  unsigned count = 0;
  for (const std::uint32_t value : values) {
    assert(static_cast<unsigned>(std::bit_width(value)) <= bits);
    held |= std::uint64_t{value} << count;
    for (count += bits; count >= 8; count -= 8, held >>= 8U) out.push_back(static_cast<std::byte>(held));
  }
  if (count > 0) out.push_back(static_cast<std::byte>(held));
}

void unpack(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t* out) {
  if (bits > kMaxPackedBits) {
    std::memcpy(out, packed, count * sizeof(std::uint32_t));
  } else {
    HWY_DYNAMIC_DISPATCH(unpack_narrow)(packed, bits, count, out);
  }
}

void unpack_ascending(const std::byte* packed, unsigned bits, std::size_t count, std::uint32_t before, std::uint32_t* out) {
  if (bits > kMaxPackedBits) {
    std::memcpy(out, packed, count * sizeof(std::uint32_t));
    for (std::size_t i = 0; i < count; ++i) out[i] = before += out[i] + 1;
  } else {
    HWY_DYNAMIC_DISPATCH(unpack_ascending_narrow)(packed, bits, count, before, out);
  }
}

}  // namespace souk::kernels
#endif
