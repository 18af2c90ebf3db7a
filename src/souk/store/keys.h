// Keys of the column families as bytes: numbers big-endian, signed ones with the sign bit flipped, so that byte order is number order.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "souk/base/hash.h"
#include "souk/base/ids.h"
#include "souk/base/time.h"

namespace souk::store {

template <class Number>
void put_big_endian(char* to, Number value) {
  for (std::size_t i = sizeof(Number); i-- > 0; value = static_cast<Number>(value >> 8)) to[i] = static_cast<char>(value & 0xFF);
}

template <class Number>
Number get_big_endian(const char* from) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) value = static_cast<Number>((value << 8) | static_cast<unsigned char>(from[i]));
  return value;
}

constexpr std::uint64_t ordered(Timestamp time) {
  return static_cast<std::uint64_t>(time) ^ (1ull << 63);
}
constexpr Timestamp unordered(std::uint64_t bits) {
  return static_cast<Timestamp>(bits ^ (1ull << 63));
}

// About 99 days; earlier periods have smaller numbers.
constexpr std::uint32_t period_of(Timestamp time) {
  return static_cast<std::uint32_t>(ordered(time) >> 33);
}

template <std::size_t N>
struct FixedKey {
  std::array<char, N> bytes{};
  std::string_view view() const { return {bytes.data(), N}; }
};

using IdKey = FixedKey<4>;
inline IdKey id_key(std::uint32_t id) {
  IdKey key;
  put_big_endian(key.bytes.data(), id);
  return key;
}

using SeqKey = FixedKey<8>;
inline SeqKey seq_key(Seq seq) {
  SeqKey key;
  put_big_endian(key.bytes.data(), seq);
  return key;
}

// ItemId, ~version time, ~seq: the newest version of an item comes first, behind the head, whose key is the ItemId alone.
using ItemVersionKey = FixedKey<20>;
inline ItemVersionKey item_version_key(std::uint32_t item, Timestamp version, Seq seq) {
  ItemVersionKey key;
  put_big_endian(key.bytes.data(), item);
  put_big_endian(key.bytes.data() + 4, ~ordered(version));
  put_big_endian(key.bytes.data() + 12, ~seq);
  return key;
}
inline Timestamp version_of(std::string_view item_version_key) {
  return unordered(~get_big_endian<std::uint64_t>(item_version_key.data() + 4));
}

// period, ShopperId, time, arrival.
using EventKey = FixedKey<24>;
inline EventKey event_key(std::uint32_t period, std::uint32_t shopper, std::uint64_t ordered_time, std::uint64_t arrival) {
  EventKey key;
  put_big_endian(key.bytes.data(), period);
  put_big_endian(key.bytes.data() + 4, shopper);
  put_big_endian(key.bytes.data() + 8, ordered_time);
  put_big_endian(key.bytes.data() + 16, arrival);
  return key;
}
struct EventKeyParts {
  std::uint32_t period = 0, shopper = 0;
  Timestamp time = 0;
  std::uint64_t arrival = 0;
};
inline EventKeyParts event_key_parts(std::string_view key) {  // key: 24 bytes
  return {get_big_endian<std::uint32_t>(key.data()), get_big_endian<std::uint32_t>(key.data() + 4),
          unordered(get_big_endian<std::uint64_t>(key.data() + 8)), get_big_endian<std::uint64_t>(key.data() + 16)};
}

inline void put_hash(char* to, const Hash128& hash) {
  put_big_endian(to, hash.high);
  put_big_endian(to + 8, hash.low);
}

using EventIdKey = FixedKey<16>;
inline EventIdKey event_id_key(const Hash128& id) {
  EventIdKey key;
  put_hash(key.bytes.data(), id);
  return key;
}

// Of a review: the record under its id's hash, and two entries without a value that find it, by item and time, and by shopper.
using ReviewKey = FixedKey<17>;
inline ReviewKey review_key(const Hash128& id) {
  ReviewKey key;
  key.bytes[0] = 'r';
  put_hash(key.bytes.data() + 1, id);
  return key;
}
using ItemReviewKey = FixedKey<29>;
inline ItemReviewKey item_review_key(std::uint32_t item, Timestamp time, const Hash128& id) {
  ItemReviewKey key;
  key.bytes[0] = 'i';
  put_big_endian(key.bytes.data() + 1, item);
  put_big_endian(key.bytes.data() + 5, ordered(time));
  put_hash(key.bytes.data() + 13, id);
  return key;
}
using ShopperReviewKey = FixedKey<21>;
inline ShopperReviewKey shopper_review_key(std::uint32_t shopper, const Hash128& id) {
  ShopperReviewKey key;
  key.bytes[0] = 's';
  put_big_endian(key.bytes.data() + 1, shopper);
  put_hash(key.bytes.data() + 5, id);
  return key;
}
inline Hash128 review_id_of(std::string_view key) {  // of any of the three: it stands last
  const char* const from = key.data() + key.size() - 16;
  return {get_big_endian<std::uint64_t>(from), get_big_endian<std::uint64_t>(from + 8)};
}

}  // namespace souk::store
