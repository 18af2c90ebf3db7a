// Writing JSON objects field by field. Reading is record_reader.cc's.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "souk/base/json_text.h"

namespace souk::feeds {

// The shortest text that reads back as the same number. Finite numbers only.
template <class Number>
void append_json_number(std::string& out, Number value) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  (void)error;  // 40 bytes hold every number
  out.append(buffer, end);
  if constexpr (std::is_floating_point_v<Number>) {
    // Readers take digits alone for a whole number, and refuse one of more than 64 bits.
    constexpr Number kLargestWhole = 9223372036854775807.0;
    const bool digits = std::find_if(buffer, end, [](char c) { return c == '.' || c == 'e'; }) == end;
    if (digits && (value >= kLargestWhole || value <= -kLargestWhole)) out += ".0";
  }
}

// Whether `text` is what a number is written as: shortest digits, no exponent, no more than 2^53 for whole numbers. A text that is not
// would come back as another one: 007, 1.10, -0, 9007199254740993.
inline bool reads_back(std::string_view text, double value) {
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53: doubles hold every whole number up to it
  if (text == "-0" || value > kExactIntegers || value < -kExactIntegers) return false;
  char buffer[400];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return error == std::errc() && text == std::string_view(buffer, static_cast<std::size_t>(end - buffer));
}

// Adds `"name":` to an object that is being written, with a comma where one is due.
inline void append_json_name(std::string& out, std::string_view name) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
}

inline void append_json_field(std::string& out, std::string_view name, std::string_view text) {
  append_json_name(out, name);
  append_json_string(out, text);
}

}  // namespace souk::feeds
