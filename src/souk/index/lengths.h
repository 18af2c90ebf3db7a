// The length of a field in a byte, as segments store it: exact to 127 words, beyond in sixteen steps an octave, rounded down; at most
// 31,744.
#pragma once

#include <bit>
#include <cstdint>

namespace souk::index {

inline std::uint8_t length_code(std::uint32_t length) {
  if (length < 128) return static_cast<std::uint8_t>(length);
  const auto octave = static_cast<std::uint32_t>(std::bit_width(length)) - 8;  // 0 for 128 to 255
  if (octave > 7) return 255;
  return static_cast<std::uint8_t>(128 + 16 * octave + ((length >> (octave + 3)) - 16));
}

inline std::uint32_t length_of_code(std::uint8_t code) {
  if (code < 128) return code;
  const std::uint32_t octave = (code - 128U) / 16, step = (code - 128U) % 16;
  return (16 + step) << (octave + 3);
}

}  // namespace souk::index
