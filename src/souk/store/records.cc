#include "souk/store/records.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "souk/base/json_text.h"

namespace souk::store {
namespace {

constexpr std::array<std::string_view, 5> kAvailabilities{"in_stock", "out_of_stock", "preorder", "backorder", "discontinued"};
constexpr std::array<std::string_view, kEventKinds> kKinds{"search",     "filter",      "impression", "click",    "view",   "wishlist",
                                                           "cart",       "remove",      "checkout",   "purchase", "refund", "rating",
                                                           "promo_view", "promo_click", "skip",       "other"};
constexpr std::size_t kMaxKeyBytes = 512;

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

Error key_error(std::string_view field, std::string found) {
  return Error{ErrorKind::invalid, "not a usable key",
               std::string(field), "UTF-8 text of 1 to 512 bytes without control characters",
               std::move(found),   {}};
}

}  // namespace

std::string_view name_of(Availability value) {
  return kAvailabilities[static_cast<std::size_t>(value)];
}
std::optional<Availability> availability_named(std::string_view name) {
  return named<Availability>(kAvailabilities, name);
}

std::string_view name_of(EventKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::optional<EventKind> event_kind_named(std::string_view name) {
  const auto kind = named<EventKind>(kKinds, name);
  return kind == EventKind::other ? std::nullopt : kind;
}

bool valid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ull;
  while (!text.empty()) {
    if (std::uint64_t word = 0; text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & kHighBits) == 0) {
        text.remove_prefix(sizeof word);
        continue;
      }
    }
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

namespace {

// All bytes from 0x20 to 0x7E, eight at a time: an import checks three keys an event.
bool printable_ascii(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ull, kHighBits = 0x8080808080808080ull, kBlanks = 0x2020202020202020ull;
  std::uint64_t others = 0;  // high bits of what does not belong
  const auto take = [&](std::uint64_t word) { others |= word | (word + kOnes) | (word - kBlanks); };
  if (text.size() < sizeof(std::uint64_t)) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  }
  for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + std::min(at, text.size() - sizeof word), sizeof word);
    take(word);
  }
  return (others & kHighBits) == 0;
}

}  // namespace

Status check_key(std::string_view key, std::string_view field) {
  if (key.empty()) return fail(key_error(field, "empty text"));
  if (key.size() > kMaxKeyBytes) return fail(key_error(field, std::to_string(key.size()) + " bytes"));
  if (printable_ascii(key)) return {};
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return fail(key_error(field, "the control character " + std::to_string(byte)));
  }
  if (!valid_utf8(key)) return fail(key_error(field, "bytes that are not UTF-8"));
  for (std::size_t i = 0; i + 1 < key.size(); ++i) {  // U+0080 to U+009F
    if (key[i] == '\xC2' && static_cast<unsigned char>(key[i + 1]) < 0xA0) return fail(key_error(field, "a control character"));
  }
  return {};
}

}  // namespace souk::store
