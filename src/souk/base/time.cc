#include "souk/base/time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>
#include <optional>

namespace souk {
namespace {

// Reads a text from left to right; every step says whether it matched, and moves only then.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` decimal digits.
  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  // One or more digits after a decimal point, as milliseconds; what is finer than a millisecond is cut off.
  std::optional<int> milliseconds() {
    int value = 0, weight = 100;
    std::size_t digits = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      value += (rest_[digits++] - '0') * weight;
      weight /= 10;
    }
    if (digits == 0) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view rest_;
};

std::optional<Timestamp> parse_date(Cursor& cursor) {
  const auto year = cursor.number(4);
  if (!year || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.number(2);
  if (!month || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

// "Z", "+02:00", nothing; the offset in milliseconds to subtract.
std::optional<Duration> parse_zone(Cursor& cursor) {
  if (cursor.done() || cursor.take('Z') || cursor.take('z')) return 0;
  const bool west = cursor.take('-');
  if (!west && !cursor.take('+')) return std::nullopt;
  const auto hours = cursor.number(2);
  if (!hours || *hours > 23 || !cursor.take(':')) return std::nullopt;
  const auto minutes = cursor.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const Duration offset = *hours * kHour + *minutes * kMinute;
  return west ? -offset : offset;
}

std::optional<Timestamp> parse_time(std::string_view text) {
  Cursor cursor(text);
  const auto date = parse_date(cursor);
  if (!date || cursor.done()) return date;
  if (!cursor.take('T') && !cursor.take('t') && !cursor.take(' ')) return std::nullopt;
  const auto hour = cursor.number(2);
  if (!hour || *hour > 23 || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.number(2);
  if (!minute || *minute > 59 || !cursor.take(':')) return std::nullopt;
  const auto second = cursor.number(2);
  if (!second || *second > 60) return std::nullopt;
  std::optional<int> fraction = 0;
  if (cursor.take('.')) fraction = cursor.milliseconds();
  if (!fraction) return std::nullopt;
  const auto zone = parse_zone(cursor);
  if (!zone || !cursor.done()) return std::nullopt;
  const Timestamp minutes = *date + *hour * kHour + *minute * kMinute - *zone;
  if (*second < 60) return minutes + *second * kSecond + *fraction;
  // A leap second exists only at the end of a UTC day; like POSIX we count it as the first second of the next.
  const Timestamp next = minutes + kMinute;
  if (next % kDay != 0) return std::nullopt;
  return next + *fraction;
}

}  // namespace

Timestamp now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  if (const auto time = parse_time(text)) return *time;
  return fail(
      Error{ErrorKind::invalid, "not a time", {}, "RFC 3339 such as 2017-01-01T11:53:26Z", fmt::format("\"{}\"", text.substr(0, 64)), {}});
}

std::string format_rfc3339(Timestamp time) {
  constexpr Timestamp kYear0 = -62167219200000, kYear10000 = 253402300800000;
  if (time < kYear0 || time >= kYear10000) return fmt::format("{} ms", time);
  const Timestamp in_day = ((time % kDay) + kDay) % kDay;
  const std::chrono::sys_days days{std::chrono::days((time - in_day) / kDay)};
  const std::chrono::year_month_day date(days);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()), in_day / kHour, in_day / kMinute % 60, in_day / kSecond % 60);
  if (const auto fraction = in_day % kSecond; fraction != 0) text += fmt::format(".{:03}", fraction);
  return text + "Z";
}

Result<Duration> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    Duration length;
  };
  constexpr Duration kLongest = 36'500 * kDay;  // a time of today and one after the other stay far from what their type holds
  constexpr std::array<Unit, 5> kUnits{{{"ms", 1}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}, {"d", kDay}}};
  Duration count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && count >= 0) {
    const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const Unit& unit : kUnits) {
      if (name == unit.name && count <= kLongest / unit.length) return count * unit.length;
    }
  }
  return fail(Error{ErrorKind::invalid,
                    "not a duration",
                    {},
                    "a whole number with a unit, at most 36500d: 14d, 36h, 10m, 30s or 250ms",
                    fmt::format("\"{}\"", text.substr(0, 64)),
                    {}});
}

std::string format_duration(Duration duration) {
  if (duration < 0) return "-" + format_duration(duration == std::numeric_limits<Duration>::min() ? -(duration + 1) : -duration);
  if (duration < kSecond) return fmt::format("{} ms", duration);
  if (duration < 10 * kSecond) return fmt::format("{}.{} s", duration / kSecond, duration % kSecond / 100);
  if (duration < kMinute) return fmt::format("{} s", duration / kSecond);
  if (duration < kHour) return fmt::format("{} m {} s", duration / kMinute, duration / kSecond % 60);
  if (duration < kDay) return fmt::format("{} h {} m", duration / kHour, duration / kMinute % 60);
  return fmt::format("{} d {} h", duration / kDay, duration / kHour % 24);
}

}  // namespace souk
