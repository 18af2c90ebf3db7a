// Times are milliseconds since 1970-01-01T00:00:00Z. Durations in configuration are written "14d", "36h", "10m", "30s", "250ms".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "souk/base/result.h"

namespace souk {

using Timestamp = std::int64_t;  // milliseconds since the epoch, UTC
using Duration = std::int64_t;   // milliseconds

inline constexpr Duration kSecond = 1000;
inline constexpr Duration kMinute = 60 * kSecond;
inline constexpr Duration kHour = 60 * kMinute;
inline constexpr Duration kDay = 24 * kHour;

Timestamp now();

// RFC 3339 ("2017-01-01T11:53:26Z", "2017-01-01 11:53:26.5+02:00"; a time without a zone is UTC; a date alone is its midnight).
// Digits beyond the millisecond are cut off; a leap second counts as the first second of the next day.
Result<Timestamp> parse_rfc3339(std::string_view text);
// "2017-01-01T11:53:26Z", or with milliseconds when they are not zero; outside the years 0 to 9999 the bare number of milliseconds.
std::string format_rfc3339(Timestamp time);

// A whole number that is not negative, and one unit.
Result<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);  // for people: "2 m 13 s"

}  // namespace souk
