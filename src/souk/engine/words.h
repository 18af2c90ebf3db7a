// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace souk::engine {

inline std::string with_commas(std::uint64_t number) {  // 1,469,307
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

inline std::string counted(std::uint64_t number, const std::string& one) {  // "1 event", "1,200 events"
  return with_commas(number) + " " + one + (number == 1 ? "" : "s");
}

}  // namespace souk::engine
