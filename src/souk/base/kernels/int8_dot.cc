// VPDPBUSD multiplies unsigned by signed bytes and adds four products to each lane of 32 bits. Flipping the highest bit of a signed byte
// adds 128 to it and makes it unsigned: (row + 128) . query = row . query + 128 sum(query), and the last term is one for all rows.
// Additions wrap, so the sum is right wherever the result fits 32 bits. Highway 1.0.3 knows neither the instruction nor AVX-512 VNNI,
// hence intrinsics and a dispatch of our own.
#include "souk/base/kernels/int8_dot.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#if defined(__x86_64__)
// GCC 12 takes the registers that its own header leaves undefined on purpose for mistakes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop
#define SOUK_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define SOUK_AVX2 __attribute__((target("avx2")))
#endif

namespace souk::kernels {
namespace {

std::int32_t plain_int8_dot(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += std::int32_t{a[i]} * b[i];
  return sum;
}

void plain_int8_rows(const std::int8_t* query, std::size_t size, const std::int8_t* rows, std::size_t stride, const std::uint32_t* which,
                     std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = plain_int8_dot(query, rows + which[i] * stride, size);
}

void plain_masked_rows(const std::int8_t* query, std::size_t size, const std::byte* rows, std::size_t stride, const std::uint32_t* which,
                       std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte* row = rows + which[i] * stride;
    std::int32_t sum = 0;
    for (std::size_t c = 0; c < size; ++c) {
      const auto bit = std::to_integer<std::int32_t>(row[c / 8] >> (c % 8)) & 1;
      sum += query[c] & -bit;
    }
    out[i] = sum;
  }
}

#if defined(__x86_64__)

// The rest of a vector whose size is no multiple of 64 is loaded under a mask; lanes beyond it are 0.
SOUK_VNNI inline __mmask64 rest_mask(std::size_t rest) {
  return rest == 0 ? 0 : ~std::uint64_t{0} >> (64 - rest);
}

SOUK_VNNI std::int32_t vnni_sum_times_128(const std::int8_t* query, std::size_t size) {
  const __m512i high = _mm512_set1_epi8(-128);  // 128 as an unsigned byte
  __m512i sum = _mm512_setzero_si512();
  std::size_t i = 0;
  for (; i + 64 <= size; i += 64) sum = _mm512_dpbusd_epi32(sum, high, _mm512_loadu_si512(query + i));
  sum = _mm512_dpbusd_epi32(sum, high, _mm512_maskz_loadu_epi8(rest_mask(size - i), query + i));
  return _mm512_reduce_add_epi32(sum);
}

SOUK_VNNI std::int32_t vnni_dot(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
  const __m512i flip = _mm512_set1_epi8(-128);
  __m512i s0 = _mm512_setzero_si512(), s1 = s0;
  std::size_t i = 0;
  for (; i + 128 <= size; i += 128) {
    s0 = _mm512_dpbusd_epi32(s0, _mm512_xor_si512(_mm512_loadu_si512(a + i), flip), _mm512_loadu_si512(b + i));
    s1 = _mm512_dpbusd_epi32(s1, _mm512_xor_si512(_mm512_loadu_si512(a + i + 64), flip), _mm512_loadu_si512(b + i + 64));
  }
  for (; i < size; i += 64) {
    const __mmask64 mask = size - i >= 64 ? ~std::uint64_t{0} : rest_mask(size - i);
    s0 = _mm512_dpbusd_epi32(s0, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, a + i), flip), _mm512_maskz_loadu_epi8(mask, b + i));
  }
  return _mm512_reduce_add_epi32(_mm512_add_epi32(s0, s1)) - vnni_sum_times_128(b, size);
}

// The sums of four vectors of lanes at once: [sum a, sum b, sum c, sum d].
SOUK_VNNI inline __m128i sum_four(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
  const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// Four rows at a time, which share the loads of the query, while the same columns of the next four are fetched.
SOUK_VNNI void vnni_rows(const std::int8_t* query, std::size_t size, const std::int8_t* rows, std::size_t stride,
                         const std::uint32_t* which, std::size_t count, std::int32_t* out) {
  const __m512i flip = _mm512_set1_epi8(-128);
  const std::int32_t moved = vnni_sum_times_128(query, size);
  for (std::size_t r = 0; r < count; r += 4) {
    const std::size_t last = count - 1;  // a group that is not full repeats the last row
    const std::int8_t* r0 = rows + which[r] * stride;
    const std::int8_t* r1 = rows + which[std::min(r + 1, last)] * stride;
    const std::int8_t* r2 = rows + which[std::min(r + 2, last)] * stride;
    const std::int8_t* r3 = rows + which[std::min(r + 3, last)] * stride;
    const std::int8_t* n0 = rows + which[std::min(r + 4, last)] * stride;
    const std::int8_t* n1 = rows + which[std::min(r + 5, last)] * stride;
    const std::int8_t* n2 = rows + which[std::min(r + 6, last)] * stride;
    const std::int8_t* n3 = rows + which[std::min(r + 7, last)] * stride;
    __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
    for (std::size_t i = 0; i < size; i += 64) {
      const __mmask64 mask = size - i >= 64 ? ~std::uint64_t{0} : rest_mask(size - i);
      const __m512i q = _mm512_maskz_loadu_epi8(mask, query + i);
      _mm_prefetch(reinterpret_cast<const char*>(n0 + i), _MM_HINT_T0);
      s0 = _mm512_dpbusd_epi32(s0, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, r0 + i), flip), q);
      _mm_prefetch(reinterpret_cast<const char*>(n1 + i), _MM_HINT_T0);
      s1 = _mm512_dpbusd_epi32(s1, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, r1 + i), flip), q);
      _mm_prefetch(reinterpret_cast<const char*>(n2 + i), _MM_HINT_T0);
      s2 = _mm512_dpbusd_epi32(s2, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, r2 + i), flip), q);
      _mm_prefetch(reinterpret_cast<const char*>(n3 + i), _MM_HINT_T0);
      s3 = _mm512_dpbusd_epi32(s3, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, r3 + i), flip), q);
    }
    alignas(16) std::array<std::int32_t, 4> sums;
    _mm_store_si128(reinterpret_cast<__m128i*>(sums.data()), _mm_sub_epi32(sum_four(s0, s1, s2, s3), _mm_set1_epi32(moved)));
    std::copy_n(sums.begin(), std::min<std::size_t>(4, count - r), out + r);
  }
}

// 64 bits are a mask of 64 lanes: where they are set, 1 times the query is added.
SOUK_VNNI void vnni_masked_rows(const std::int8_t* query, std::size_t size, const std::byte* rows, std::size_t stride,
                                const std::uint32_t* which, std::size_t count, std::int32_t* out) {
  const __m512i one = _mm512_set1_epi8(1);
  for (std::size_t r = 0; r < count; ++r) {
    const std::byte* row = rows + which[r] * stride;
    const std::byte* next = rows + which[std::min(r + 4, count - 1)] * stride;
    for (std::size_t i = 0; i * 8 < size; i += 64) _mm_prefetch(reinterpret_cast<const char*>(next + i), _MM_HINT_T0);
    __m512i s0 = _mm512_setzero_si512(), s1 = s0;
    std::size_t i = 0;
    std::uint64_t word = 0;
    for (; i + 128 <= size; i += 128) {
      std::memcpy(&word, row + i / 8, sizeof word);
      s0 = _mm512_dpbusd_epi32(s0, _mm512_maskz_mov_epi8(word, one), _mm512_loadu_si512(query + i));
      std::memcpy(&word, row + i / 8 + 8, sizeof word);
      s1 = _mm512_dpbusd_epi32(s1, _mm512_maskz_mov_epi8(word, one), _mm512_loadu_si512(query + i + 64));
    }
    for (; i < size; i += 64) {
      const __mmask64 mask = size - i >= 64 ? ~std::uint64_t{0} : rest_mask(size - i);
      std::memcpy(&word, row + i / 8, sizeof word);
      s0 = _mm512_dpbusd_epi32(s0, _mm512_maskz_mov_epi8(word, one), _mm512_maskz_loadu_epi8(mask, query + i));
    }
    out[r] = _mm512_reduce_add_epi32(_mm512_add_epi32(s0, s1));
  }
}

SOUK_AVX2 std::int32_t avx2_dot(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
  __m256i s0 = _mm256_setzero_si256(), s1 = s0;
  std::size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    const __m256i a0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)));
    const __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
    const __m256i a1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i + 16)));
    const __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i + 16)));
    s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(a0, b0));
    s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(a1, b1));
  }
  const __m256i both = _mm256_add_epi32(s0, s1);
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
  return _mm_cvtsi128_si32(sum) + plain_int8_dot(a + i, b + i, size - i);
}

SOUK_AVX2 void avx2_rows(const std::int8_t* query, std::size_t size, const std::int8_t* rows, std::size_t stride,
                         const std::uint32_t* which, std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::int8_t* next = rows + which[std::min(i + 1, count - 1)] * stride;
    for (std::size_t c = 0; c < size; c += 64) _mm_prefetch(reinterpret_cast<const char*>(next + c), _MM_HINT_T0);
    out[i] = avx2_dot(query, rows + which[i] * stride, size);
  }
}

// Each of 32 bits becomes a byte of ones or of zeros: its byte is brought to the lane, and the bit of the lane is asked for.
SOUK_AVX2 void avx2_masked_rows(const std::int8_t* query, std::size_t size, const std::byte* rows, std::size_t stride,
                                const std::uint32_t* which, std::size_t count, std::int32_t* out) {
  const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i bit_of = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201));
  const __m256i one8 = _mm256_set1_epi8(1), one16 = _mm256_set1_epi16(1);
  for (std::size_t r = 0; r < count; ++r) {
    const std::byte* row = rows + which[r] * stride;
    __m256i sums = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 32 <= size; i += 32) {
      std::int32_t word = 0;
      std::memcpy(&word, row + i / 8, sizeof word);
      const __m256i bits = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), byte_of), bit_of);
      const __m256i chosen =
          _mm256_and_si256(_mm256_cmpeq_epi8(bits, bit_of), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query + i)));
      sums = _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(one8, chosen), one16));
    }
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    out[r] = _mm_cvtsi128_si32(sum);
    for (; i < size; ++i) out[r] += query[i] & -(std::to_integer<std::int32_t>(row[i / 8] >> (i % 8)) & 1);
  }
}

#endif  // x86-64

struct Int8Kernels {
  std::array<Int8Kernel, 3> kernels{};
  std::size_t count = 0;

  Int8Kernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni"))
      kernels[count++] = {"vnni", vnni_dot, vnni_rows, vnni_masked_rows};
    if (__builtin_cpu_supports("avx2")) kernels[count++] = {"avx2", avx2_dot, avx2_rows, avx2_masked_rows};
#endif
    kernels[count++] = {"plain", plain_int8_dot, plain_int8_rows, plain_masked_rows};
  }
};

const Int8Kernels& found_int8_kernels() {
  static const Int8Kernels found;
  return found;
}

}  // namespace

std::span<const Int8Kernel> int8_kernels() {
  const Int8Kernels& found = found_int8_kernels();
  return std::span(found.kernels).first(found.count);
}

std::int32_t dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b) {
  assert(a.size() == b.size() && a.size() <= kMaxInt8Columns);
  return found_int8_kernels().kernels[0].dot(a.data(), b.data(), a.size());
}

void dot_rows(std::span<const std::int8_t> query, const std::int8_t* rows, std::size_t stride, std::span<const std::uint32_t> which,
              std::int32_t* out) {
  assert(query.size() <= kMaxInt8Columns);
  if (!which.empty()) found_int8_kernels().kernels[0].dot_rows(query.data(), query.size(), rows, stride, which.data(), which.size(), out);
}

void masked_sum_rows(std::span<const std::int8_t> query, const std::byte* rows, std::size_t stride, std::span<const std::uint32_t> which,
                     std::int32_t* out) {
  assert(query.size() <= kMaxInt8Columns && stride % 8 == 0);
  if (which.empty()) return;
  found_int8_kernels().kernels[0].masked_sum_rows(query.data(), query.size(), rows, stride, which.data(), which.size(), out);
}

}  // namespace souk::kernels
