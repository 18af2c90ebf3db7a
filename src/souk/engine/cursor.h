// Where the next page of a search begins, as a text that a client hands back unchanged. A server keeps nothing of it: cursors live on over
// restarts, and work with every server of the shop.
//
// While the shop is as it was, the next page begins at `offset`. When it changed since, it begins behind the last items that were shown,
// wherever they stand now (shelf/paging.h): no item that stayed in its place among the others is missed or comes twice. What moved from
// one side of the border between two pages to the other in the meantime is, and when all of the last items are gone, the page begins at
// the offset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"

namespace souk::engine {

inline constexpr std::size_t kCursorItems = 5;  // of `shown`, at most

struct Cursor {
  std::uint64_t question = 0;      // a hash of what was asked: a cursor fits no other question
  std::uint64_t state = 0;         // a hash of what the shop was when it was answered
  std::uint64_t offset = 0;        // how many items were shown so far
  std::vector<std::string> shown;  // keys of the last of them, in their order
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

std::string to_text(const Cursor& cursor);
// Only what to_text() wrote: anything else is an error of kind invalid.
Result<Cursor> read_cursor(std::string_view text);

}  // namespace souk::engine
