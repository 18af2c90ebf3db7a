#include <limits>
#include <unicode/basictz.h>
#include <unicode/timezone.h>

#include "souk/feeds/fields.h"

namespace souk::feeds {
namespace {

constexpr std::string_view kExpectedTime = "a time: RFC 3339 such as 2017-01-01T11:53:26Z, or milliseconds since 1970";
constexpr double kLeastMilliseconds = 1e11;  // below it, the number is almost surely seconds
constexpr Timestamp kYear1 = -62135596800000, kYear10000 = 253402300800000;

bool is_decimal(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  bool digits = false, point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      digits = true;
    } else {
      return false;
    }
  }
  return digits;
}

// "2017-01-01 11:53:26", with 'T' or a fraction too, but without a zone of its own; or a date alone.
bool is_local(std::string_view text) {
  if (text.size() < 19) return text.size() == 10;
  return text.find_first_not_of("0123456789.", 19) == std::string_view::npos;
}

}  // namespace

struct TimeUnit::Zone {
  std::unique_ptr<icu::BasicTimeZone> rules;  // only its const members are used: thread-safe
};

Result<TimeUnit> TimeUnit::named(std::string_view name) {
  TimeUnit unit;
  if (name.empty()) return unit;
  if (name == "s") {
    unit.per_second_ = 1;
  } else if (name == "ms") {
    unit.per_second_ = 1000;
  } else if (name == "us") {
    unit.per_second_ = 1'000'000;
  } else if (name == "ns") {
    unit.per_second_ = 1'000'000'000;
  } else if (name == "yyyymmdd") {
    unit.days_ = true;
  } else {
    const auto id = icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())));
    std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(id));
    auto* rules = dynamic_cast<icu::BasicTimeZone*>(zone.get());
    if (rules == nullptr || *zone == icu::TimeZone::getUnknown()) {
      return fail(Error{ErrorKind::invalid,
                        "unknown unit of times",
                        {},
                        "s, ms, us, ns, yyyymmdd or a zone such as America/New_York",
                        std::string(name),
                        {}});
    }
    static_cast<void>(zone.release());
    unit.zone_ = std::make_shared<const Zone>(Zone{std::unique_ptr<icu::BasicTimeZone>(rules)});
  }
  return unit;
}

std::string_view TimeUnit::read_number(std::string_view text, Timestamp& time) const {
  const std::int64_t per_second = per_second_ == 0 ? 1000 : per_second_;
  const auto number = read_decimal(text);
  // Fractions finer than a millisecond are cut off, as those of RFC 3339 texts are.
  const auto milliseconds = number ? number->to_double() * 1000.0 / static_cast<double>(per_second) : 0.0;
  if (!number || milliseconds > 9e15 || milliseconds < -9e15) return kExpectedTime;
  if (per_second_ == 0 && milliseconds < kLeastMilliseconds && milliseconds > -kLeastMilliseconds) {
    return "milliseconds since 1970 (1e11 and more); for seconds map the column with its unit: time=COLUMN:s";
  }
  time = static_cast<Timestamp>(milliseconds);
  return {};
}

std::string_view TimeUnit::read(std::string_view text, Timestamp& time) const {
  if (days_) {
    constexpr std::string_view kExpectedDay = "a day written yyyymmdd, such as 20170131";
    if (text.size() != 8 || text.find_first_not_of("0123456789") != std::string_view::npos) return kExpectedDay;
    const auto parsed =
        parse_rfc3339(std::string(text.substr(0, 4)) + '-' + std::string(text.substr(4, 2)) + '-' + std::string(text.substr(6)));
    if (!parsed) return kExpectedDay;
    time = *parsed;
    return {};
  }
  const std::string_view expected = per_second_ != 0 || is_decimal(text) ? read_number(text, time) : read_text(text, time);
  if (expected.empty() && (time < kYear1 || time >= kYear10000)) return "a time in the years 1 to 9999";
  return expected;
}

std::string_view TimeUnit::read_text(std::string_view text, Timestamp& time) const {
  const auto parsed = parse_rfc3339(text);
  if (!parsed) return kExpectedTime;
  time = *parsed;
  if (zone_ == nullptr || !is_local(text)) return {};
  std::int32_t raw = 0, daylight = 0;
  UErrorCode status = U_ZERO_ERROR;
  // A time skipped in spring is read with the offset before the jump; one that comes twice in autumn is the first of the two.
  zone_->rules->getOffsetFromLocal(static_cast<UDate>(time), UCAL_TZ_LOCAL_FORMER, UCAL_TZ_LOCAL_FORMER, raw, daylight, status);
  if (U_FAILURE(status)) return kExpectedTime;
  time -= raw + daylight;
  return {};
}

}  // namespace souk::feeds
