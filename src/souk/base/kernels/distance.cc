#include "souk/base/kernels/distance.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "souk/base/kernels/dot.h"

// For the count of bits, which AVX-512 has only in its later form.
#define HWY_WANT_AVX3_DL 1
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/base/kernels/distance.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace souk::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using DistanceLanes = hn::ScalableTag<float>;
using DistanceVector = hn::Vec<DistanceLanes>;
constexpr std::size_t kDistanceLanes = hn::MaxLanes(DistanceLanes());

// What is summed over the columns.
struct Product {
  template <class V>
  static HWY_INLINE V add(V a, V b, V sum) {
    return hn::MulAdd(a, b, sum);
  }
};
struct SquaredDifference {
  template <class V>
  static HWY_INLINE V add(V a, V b, V sum) {
    const V difference = hn::Sub(a, b);
    return hn::MulAdd(difference, difference, sum);
  }
};

HWY_INLINE DistanceVector load_lanes(const float* from) {
  return hn::LoadU(DistanceLanes(), from);
}
HWY_INLINE DistanceVector load_lanes(const Bf16* from) {
  const hn::Rebind<std::uint16_t, DistanceLanes> halves;
  const hn::RebindToUnsigned<DistanceLanes> whole;
  const auto bits = hn::PromoteTo(whole, hn::LoadU(halves, reinterpret_cast<const std::uint16_t*>(from)));
  return hn::BitCast(DistanceLanes(), hn::ShiftLeft<16>(bits));
}
HWY_INLINE float as_float(float value) {
  return value;
}
HWY_INLINE float as_float(Bf16 value) {
  return std::bit_cast<float>(std::uint32_t{value.bits} << 16U);
}

template <class Term, class T>
HWY_INLINE float sum_of(const float* a, const T* b, std::size_t size) {
  const DistanceLanes d;
  DistanceVector s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;  // four chains hide the latency of the multiply-add
  std::size_t i = 0;
  for (; i + 4 * kDistanceLanes <= size; i += 4 * kDistanceLanes) {
    s0 = Term::add(load_lanes(a + i), load_lanes(b + i), s0);
    s1 = Term::add(load_lanes(a + i + kDistanceLanes), load_lanes(b + i + kDistanceLanes), s1);
    s2 = Term::add(load_lanes(a + i + 2 * kDistanceLanes), load_lanes(b + i + 2 * kDistanceLanes), s2);
    s3 = Term::add(load_lanes(a + i + 3 * kDistanceLanes), load_lanes(b + i + 3 * kDistanceLanes), s3);
  }
  for (; i + kDistanceLanes <= size; i += kDistanceLanes) s0 = Term::add(load_lanes(a + i), load_lanes(b + i), s0);
  // The rest one by one, by the same operations: where the compiler fuses a multiplication and an addition it does so here and not there.
  const hn::CappedTag<float, 1> one;
  auto sum = hn::Set(one, hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)))));
  for (; i < size; ++i) sum = Term::add(hn::Set(one, a[i]), hn::Set(one, as_float(b[i])), sum);
  return hn::GetLane(sum);
}

template <class T>
HWY_INLINE void fetch(const T* row, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 64 / sizeof(T)) hwy::Prefetch(row + i);
}

template <class Term>
void sum_rows(const float* query, std::size_t size, const float* rows, std::size_t stride, const std::uint32_t* which, std::size_t count,
              float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 1 < count) fetch(rows + which[i + 1] * stride, size);
    out[i] = sum_of<Term>(query, rows + which[i] * stride, size);
  }
}

float float_squared_distance(const float* a, const float* b, std::size_t size) {
  return sum_of<SquaredDifference>(a, b, size);
}
float bf16_dot(const float* a, const Bf16* b, std::size_t size) {
  return sum_of<Product>(a, b, size);
}
float bf16_squared_distance(const float* a, const Bf16* b, std::size_t size) {
  return sum_of<SquaredDifference>(a, b, size);
}
void float_dot_rows(const float* query, std::size_t size, const float* rows, std::size_t stride, const std::uint32_t* which,
                    std::size_t count, float* out) {
  sum_rows<Product>(query, size, rows, stride, which, count, out);
}
void float_distance_rows(const float* query, std::size_t size, const float* rows, std::size_t stride, const std::uint32_t* which,
                         std::size_t count, float* out) {
  sum_rows<SquaredDifference>(query, size, rows, stride, which, count, out);
}

std::uint32_t bits_that_differ(const std::uint64_t* a, const std::uint64_t* b, std::size_t size) {
  std::size_t i = 0;
  std::uint64_t sum = 0;
#if HWY_TARGET == HWY_AVX3_DL
  const hn::ScalableTag<std::uint64_t> d;
  auto counts = hn::Zero(d);
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d)) {
    counts = hn::Add(counts, hn::PopulationCount(hn::Xor(hn::LoadU(d, a + i), hn::LoadU(d, b + i))));
  }
  sum = hn::GetLane(hn::SumOfLanes(d, counts));
#endif
  for (; i < size; ++i) sum += static_cast<std::uint64_t>(std::popcount(a[i] ^ b[i]));
  return static_cast<std::uint32_t>(sum);
}

void bits_that_differ_rows(const std::uint64_t* query, std::size_t size, const std::uint64_t* rows, std::size_t stride,
                           const std::uint32_t* which, std::size_t count, std::uint32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 4 < count) fetch(rows + which[i + 4] * stride, size);
    out[i] = bits_that_differ(query, rows + which[i] * stride, size);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace souk::kernels {

HWY_EXPORT(float_squared_distance);
HWY_EXPORT(float_dot_rows);
HWY_EXPORT(float_distance_rows);
HWY_EXPORT(bf16_dot);
HWY_EXPORT(bf16_squared_distance);
HWY_EXPORT(bits_that_differ);
HWY_EXPORT(bits_that_differ_rows);

float squared_distance(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(float_squared_distance)(a.data(), b.data(), a.size());
}

float cosine(std::span<const float> a, std::span<const float> b) {
  const float lengths = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

void dot_rows(std::span<const float> query, const float* rows, std::size_t stride, std::span<const std::uint32_t> which, float* out) {
  HWY_DYNAMIC_DISPATCH(float_dot_rows)(query.data(), query.size(), rows, stride, which.data(), which.size(), out);
}

void squared_distance_rows(std::span<const float> query, const float* rows, std::size_t stride, std::span<const std::uint32_t> which,
                           float* out) {
  HWY_DYNAMIC_DISPATCH(float_distance_rows)(query.data(), query.size(), rows, stride, which.data(), which.size(), out);
}

Bf16 to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return {static_cast<std::uint16_t>((bits >> 16U) | 0x40U)};  // its fraction might lie in the lower half alone
  return {static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U)};
}

float to_float(Bf16 value) {
  return std::bit_cast<float>(std::uint32_t{value.bits} << 16U);
}

float dot(std::span<const float> a, std::span<const Bf16> b) {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(bf16_dot)(a.data(), b.data(), a.size());
}

float squared_distance(std::span<const float> a, std::span<const Bf16> b) {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(bf16_squared_distance)(a.data(), b.data(), a.size());
}

std::uint32_t hamming(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(bits_that_differ)(a.data(), b.data(), a.size());
}

void hamming_rows(std::span<const std::uint64_t> query, const std::uint64_t* rows, std::size_t stride, std::span<const std::uint32_t> which,
                  std::uint32_t* out) {
  HWY_DYNAMIC_DISPATCH(bits_that_differ_rows)(query.data(), query.size(), rows, stride, which.data(), which.size(), out);
}

}  // namespace souk::kernels
#endif  // HWY_ONCE
