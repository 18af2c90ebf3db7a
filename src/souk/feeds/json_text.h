// Writing JSON text. Reading is record_reader.cc's.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace souk::feeds {

// `text` is UTF-8. Escapes only what JSON demands, so that equal texts give equal bytes.
inline void append_json_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

// The shortest text that reads back as the same number. Finite numbers only.
template <class Number>
void append_json_number(std::string& out, Number value) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  (void)error;  // 40 bytes hold every number
  out.append(buffer, end);
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
