// Text as JSON strings: the one escaping of the house, so that equal texts give equal bytes wherever they are written. Reading JSON is
// done by libraries in the rooms that need it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace souk {

// Appends `text` with quotes. Escapes only what JSON demands; bytes that are not UTF-8 become U+FFFD, so that the output is always valid.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

// The length of the valid UTF-8 sequence that `text` begins with (no overlong forms, no surrogates); 0 when there is none.
std::size_t utf8_sequence(std::string_view text);

}  // namespace souk
