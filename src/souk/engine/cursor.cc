// base64url of: 1 byte version (1), 8 bytes question, 8 state, 8 offset, 1 number of items, for each 2 bytes length and its key, 4 bytes
// checksum (XXH3 of all before it, the lower half). Numbers are little-endian. The checksum is against accidents; whoever writes a cursor
// of their own with a right one gets a page that they could have had with an offset.
#include "souk/engine/cursor.h"

#include <algorithm>

#include "souk/base/hash.h"
#include "souk/engine/crypto.h"

namespace souk::engine {
namespace {

constexpr char kCursorVersion = 1;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kMostKeyBytes = 512;  // as for items

void append(std::string& bytes, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>((number >> (8 * i)) & 255U));
}

std::uint64_t checksum(std::string_view bytes) {
  return hash64(bytes) & 0xffff'ffffU;
}

// The bytes of a text that base64url() made.
std::string decoded(std::string_view text) {
  std::string bytes;
  unsigned held = 0, bits = 0;
  for (const char c : text) {
    const unsigned digit = c >= 'A' && c <= 'Z'   ? static_cast<unsigned>(c - 'A')
                           : c >= 'a' && c <= 'z' ? static_cast<unsigned>(c - 'a') + 26
                           : c >= '0' && c <= '9' ? static_cast<unsigned>(c - '0') + 52
                           : c == '-'             ? 62
                           : c == '_'             ? 63
                                                  : 64;
    if (digit == 64) return {};
    held = ((held << 6U) | digit) & 0xffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>((held >> bits) & 255U));
  }
  return bytes;
}

class Reader {  // of bytes; what is beyond their end is 0 and makes them wrong
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number(std::size_t size) {
    const std::string_view bytes = take(size);
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) number = (number << 8U) | static_cast<unsigned char>(bytes[i]);
    return number;
  }
  std::string_view take(std::size_t size) {
    right_ = right_ && size <= rest_.size();
    const std::string_view taken = rest_.substr(0, right_ ? size : 0);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool at_end() const { return right_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool right_ = true;
};

}  // namespace

std::string to_text(const Cursor& cursor) {
  std::string bytes(1, kCursorVersion);
  append(bytes, cursor.question, 8);
  append(bytes, cursor.state, 8);
  append(bytes, cursor.offset, 8);
  const std::size_t items = std::min(cursor.shown.size(), kCursorItems);
  append(bytes, items, 1);
  for (std::size_t i = cursor.shown.size() - items; i < cursor.shown.size(); ++i) {
    append(bytes, cursor.shown[i].size(), 2);
    bytes += cursor.shown[i];
  }
  append(bytes, checksum(bytes), kChecksumBytes);
  return base64url(bytes);
}

Result<Cursor> read_cursor(std::string_view text) {
  const std::string bytes = decoded(text);
  const std::string_view content = std::string_view(bytes).substr(0, bytes.size() - std::min(bytes.size(), kChecksumBytes));
  Reader reader(bytes);
  Cursor cursor;
  const std::uint64_t version = reader.number(1);
  cursor.question = reader.number(8);
  cursor.state = reader.number(8);
  cursor.offset = reader.number(8);
  const std::uint64_t items = reader.number(1);
  bool right = version == kCursorVersion && items <= kCursorItems;
  for (std::uint64_t i = 0; right && i < items; ++i) {
    const std::uint64_t size = reader.number(2);
    right = size > 0 && size <= kMostKeyBytes;
    if (right) cursor.shown.emplace_back(reader.take(size));
  }
  right = right && reader.number(kChecksumBytes) == checksum(content) && reader.at_end() && base64url(bytes) == text;
  if (right) return cursor;
  return fail(Error{ErrorKind::invalid,
                    "cannot read the cursor",
                    "cursor",
                    "a cursor from an earlier answer, unchanged",
                    std::string(text.substr(0, 100)),
                    {}});
}

}  // namespace souk::engine
