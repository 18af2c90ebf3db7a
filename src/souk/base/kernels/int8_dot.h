// Exact dot products of int8 vectors: by VNNI (AVX-512), AVX2 or plain C++, chosen at run time, all equal to the last bit. Vectors have at
// most kMaxInt8Columns elements, so that no sum leaves 32 bits. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace souk::kernels {

inline constexpr std::size_t kMaxInt8Columns = 65'536;

std::int32_t dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b);  // equal sizes

// out[i] = query . row which[i], where row r begins at rows + r * stride. The rows may stand far apart: later ones are fetched while
// earlier ones are multiplied.
void dot_rows(std::span<const std::int8_t> query, const std::int8_t* rows, std::size_t stride, std::span<const std::uint32_t> which,
              std::int32_t* out);

// out[i]: the sum of the elements of the query whose bit is set in row which[i]: bit c % 64 of its word c / 64. A row has as many whole
// words as the query needs, its bits beyond the query are zero, and row r begins at rows + r * stride (bytes, a multiple of 8).
void masked_sum_rows(std::span<const std::int8_t> query, const std::byte* rows, std::size_t stride, std::span<const std::uint32_t> which,
                     std::int32_t* out);

// One way of doing it, for tests.
struct Int8Kernel {
  const char* name;
  std::int32_t (*dot)(const std::int8_t* a, const std::int8_t* b, std::size_t size);
  void (*dot_rows)(const std::int8_t* query, std::size_t size, const std::int8_t* rows, std::size_t stride, const std::uint32_t* which,
                   std::size_t count, std::int32_t* out);
  void (*masked_sum_rows)(const std::int8_t* query, std::size_t size, const std::byte* rows, std::size_t stride, const std::uint32_t* which,
                          std::size_t count, std::int32_t* out);
};
std::span<const Int8Kernel> int8_kernels();  // those that this machine can run, the fastest first

}  // namespace souk::kernels
