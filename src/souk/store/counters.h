// The numbers a shop goes on from: one small record in the meta family, written with every commit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "souk/base/result.h"
#include "souk/store/store.h"

namespace souk::store {

enum class Timed : std::uint8_t { unknown, timed, untimed };  // unknown until the first event

struct Counters {
  Seq seq = 0;
  std::uint64_t arrival = 0;  // of the next event
  std::uint32_t item_ids = 0, shopper_ids = 0;
  std::uint64_t items = 0, stubs = 0, events = 0, reviews = 0;
  std::uint64_t shoppers_gone = 0;  // of the ids given
  std::uint64_t epoch = 0, forgotten_epoch = 0;
  Timed timed = Timed::unknown;
  Timestamp first_event = 0, last_event = 0;

  Counts counts() const;
  std::string encode() const;
  static Result<Counters> decode(std::string_view value);
};

// Names in the meta family. Records of put_meta() stand behind kNamedPrefix, so that they never meet the store's own.
inline constexpr std::string_view kVersionName = "version", kCountersName = "counters", kNamedPrefix = "named:";
inline constexpr std::string_view kCompactedName = "compacted";  // when the store last was
std::string source_name(const Hash128& source);
// A session that was joined to a shopper, whether or not an event was moved: the prefix, the shopper's key, a NUL (no key has one), the
// session; the value is when, in milliseconds.
inline constexpr std::string_view kJoinedPrefix = "joined:";
std::string joined_prefix(std::string_view shopper);

}  // namespace souk::store
