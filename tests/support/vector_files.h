// Files of vectors as other programs write them, for tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace souk::testing {

// T: float, double, or an integer that the numbers fit.
template <class T, class From = float>
std::string bytes_of(const std::vector<std::vector<From>>& rows) {
  std::string bytes;
  for (const auto& row : rows) {
    for (const From value : row) {
      const T number = static_cast<T>(value);
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
  }
  return bytes;
}

inline std::string fvecs(const std::vector<std::vector<float>>& rows) {
  std::string bytes;
  for (const auto& row : rows) {
    const auto dimension = static_cast<std::int32_t>(row.size());
    bytes.append(reinterpret_cast<const char*>(&dimension), sizeof dimension);
    bytes.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float));
  }
  return bytes;
}

// As numpy.save writes it, in version 1 or 2 of the format.
inline std::string npy(std::string_view type, std::string_view shape, std::string_view numbers, char version = 1) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type, shape);
  const std::size_t before = version == 1 ? 10 : 12;
  header.append(64 - (before + header.size() + 1) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY");
  bytes += version;
  bytes += '\0';
  const auto length = static_cast<std::uint32_t>(header.size());
  bytes.append(reinterpret_cast<const char*>(&length), version == 1 ? 2 : 4);
  return bytes + header + std::string(numbers);
}

inline std::string safetensors(std::string_view header, std::string_view numbers) {
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  return bytes.append(header).append(numbers);
}
inline std::string safetensors(std::string_view type, std::size_t rows, std::size_t columns, std::string_view numbers) {
  return safetensors(
      fmt::format(R"({{"vectors":{{"dtype":"{}","shape":[{},{}],"data_offsets":[0,{}]}}}})", type, rows, columns, numbers.size()), numbers);
}

}  // namespace souk::testing
