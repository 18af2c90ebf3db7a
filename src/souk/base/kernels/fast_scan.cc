#include "souk/base/kernels/fast_scan.h"

#include <array>
#include <cassert>

#if defined(__x86_64__)
// GCC 12 takes the registers that its own header leaves undefined on purpose for mistakes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop
#define SOUK_SCAN_AVX512 __attribute__((target("avx512f,avx512bw")))
#define SOUK_SCAN_AVX2 __attribute__((target("avx2")))
#endif

namespace souk::kernels {
namespace {

void plain_scan_sums(const std::uint8_t* tables, std::size_t parts, const std::byte* blocks, std::size_t stride, std::size_t count,
                     std::uint16_t* sums) {
  for (std::size_t b = 0; b < count; ++b, blocks += stride, sums += kScanRows) {
    for (std::size_t i = 0; i < kScanRows; ++i) {
      unsigned sum = 0;
      for (std::size_t part = 0; part < parts; ++part) sum += tables[part * 16 + scan_code(blocks, part, i)];
      sums[i] = static_cast<std::uint16_t>(sum);
    }
  }
}

#if defined(__x86_64__)

// Bytes are added up as numbers of 16 bits: one sum takes the pairs of bytes as they are, its upper bytes spilling over, another the upper
// bytes alone; the latter, shifted, is taken off the former at the end. Sums are modulo 2^16, so the result is right as it fits.

// Two sums of eight numbers, of the even and of the odd rows, into sixteen in the order of the rows.
SOUK_SCAN_AVX2 inline void store_rows(__m128i even, __m128i odd, std::uint16_t* sums) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(sums), _mm_unpacklo_epi16(even, odd));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + 8), _mm_unpackhi_epi16(even, odd));
}

SOUK_SCAN_AVX2 inline __m128i add_halves(__m256i sums) {
  return _mm_add_epi16(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

SOUK_SCAN_AVX2 void avx2_scan_sums(const std::uint8_t* tables, std::size_t parts, const std::byte* blocks, std::size_t stride,
                                   std::size_t count, std::uint16_t* sums) {
  const __m256i low = _mm256_set1_epi8(0xF);
  for (std::size_t b = 0; b < count; ++b, blocks += stride, sums += kScanRows) {
    __m256i first = _mm256_setzero_si256(), first_odd = first, second = first, second_odd = first;
    for (std::size_t at = 0; at < parts * 16; at += 32) {  // two parts, a lane each
      const __m256i table = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(tables + at));
      const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(blocks + at));
      const __m256i a = _mm256_shuffle_epi8(table, _mm256_and_si256(codes, low));
      const __m256i c = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(codes, 4), low));
      first = _mm256_add_epi16(first, a);
      first_odd = _mm256_add_epi16(first_odd, _mm256_srli_epi16(a, 8));
      second = _mm256_add_epi16(second, c);
      second_odd = _mm256_add_epi16(second_odd, _mm256_srli_epi16(c, 8));
    }
    first = _mm256_sub_epi16(first, _mm256_slli_epi16(first_odd, 8));
    second = _mm256_sub_epi16(second, _mm256_slli_epi16(second_odd, 8));
    store_rows(add_halves(first), add_halves(first_odd), sums);
    store_rows(add_halves(second), add_halves(second_odd), sums + 16);
  }
}

SOUK_SCAN_AVX512 inline __m128i add_quarters(__m512i sums) {
  const __m256i half = _mm256_add_epi16(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64(sums, 1));
  return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

SOUK_SCAN_AVX512 void avx512_scan_sums(const std::uint8_t* tables, std::size_t parts, const std::byte* blocks, std::size_t stride,
                                       std::size_t count, std::uint16_t* sums) {
  const __m512i low = _mm512_set1_epi8(0xF);
  for (std::size_t b = 0; b < count; ++b, blocks += stride, sums += kScanRows) {
    __m512i first = _mm512_setzero_si512(), first_odd = first, second = first, second_odd = first;
    for (std::size_t at = 0; at < parts * 16; at += 64) {  // four parts, a lane each
      const __m512i table = _mm512_loadu_si512(tables + at);
      const __m512i codes = _mm512_loadu_si512(blocks + at);
      const __m512i a = _mm512_shuffle_epi8(table, _mm512_and_si512(codes, low));
      const __m512i c = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(codes, 4), low));
      first = _mm512_add_epi16(first, a);
      first_odd = _mm512_add_epi16(first_odd, _mm512_srli_epi16(a, 8));
      second = _mm512_add_epi16(second, c);
      second_odd = _mm512_add_epi16(second_odd, _mm512_srli_epi16(c, 8));
    }
    first = _mm512_sub_epi16(first, _mm512_slli_epi16(first_odd, 8));
    second = _mm512_sub_epi16(second, _mm512_slli_epi16(second_odd, 8));
    const __m128i e0 = add_quarters(first), o0 = add_quarters(first_odd), e1 = add_quarters(second), o1 = add_quarters(second_odd);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums), _mm_unpacklo_epi16(e0, o0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + 8), _mm_unpackhi_epi16(e0, o0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + 16), _mm_unpacklo_epi16(e1, o1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + 24), _mm_unpackhi_epi16(e1, o1));
  }
}

#endif  // x86-64

struct ScanKernels {
  std::array<ScanKernel, 3> kernels{};
  std::size_t count = 0;

  ScanKernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw")) kernels[count++] = {"avx512", avx512_scan_sums};
    if (__builtin_cpu_supports("avx2")) kernels[count++] = {"avx2", avx2_scan_sums};
#endif
    kernels[count++] = {"plain", plain_scan_sums};
  }
};

const ScanKernels& found_scan_kernels() {
  static const ScanKernels found;
  return found;
}

}  // namespace

std::span<const ScanKernel> scan_kernels() {
  const ScanKernels& found = found_scan_kernels();
  return std::span(found.kernels).first(found.count);
}

void scan_sums(std::span<const std::uint8_t> tables, const std::byte* blocks, std::size_t stride, std::size_t count, std::uint16_t* sums) {
  const std::size_t parts = tables.size() / 16;
  assert(parts <= kMostParts && parts % kScanParts == 0 && parts * 16 == tables.size());
  found_scan_kernels().kernels[0].sums(tables.data(), parts, blocks, stride, count, sums);
}

}  // namespace souk::kernels
