// The cursor of a search, as a client hands it back. Any text is a cursor that writes the same text again, or an error that says what is
// wrong; and any cursor reads back as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "souk/engine/cursor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::engine;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto cursor = read_cursor(text)) {
    if (to_text(*cursor) != text) std::abort();
  } else if (cursor.error().where != "cursor") {
    std::abort();
  }
  Cursor made{size, size / 2, size / 3, {}};
  for (std::size_t at = 0; at < text.size() && made.shown.size() < kCursorItems; at += 7)
    made.shown.emplace_back(text.substr(at, 1 + at % 512));
  const auto again = read_cursor(to_text(made));
  if (!again || *again != made) std::abort();
  return 0;
}
