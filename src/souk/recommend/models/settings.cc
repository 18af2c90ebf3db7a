#include "souk/recommend/models/settings.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace souk::recommend {
namespace {

tl::unexpected<Error> out_of_range(const Config& settings, std::string_view key, std::string expected, std::string found) {
  return fail(Error{ErrorKind::invalid,
                    fmt::format("the setting '{}' is out of range", key),
                    settings.where(key),
                    std::move(expected),
                    std::move(found),
                    {}});
}

}  // namespace

Status only_settings(const Config& settings, std::span<const std::string_view> known) {
  return settings.only({known.begin(), known.end()});
}

Result<std::uint32_t> count_setting(const Config& settings, std::string_view key, std::uint32_t otherwise, std::uint32_t lowest) {
  SOUK_TRY(const std::int64_t value, settings.integer(key, otherwise));
  if (value < lowest || value > std::numeric_limits<std::uint32_t>::max()) {
    return out_of_range(settings, key, fmt::format("a whole number of at least {}", lowest), std::to_string(value));
  }
  return static_cast<std::uint32_t>(value);
}

Result<float> number_setting(const Config& settings, std::string_view key, float otherwise, Bound bound, float lowest) {
  SOUK_TRY(const double value, settings.number(key, static_cast<double>(otherwise)));
  const auto read = static_cast<float>(value);
  if (!std::isfinite(read) || read < lowest || (bound == Bound::above && read <= lowest)) {
    return out_of_range(settings, key, fmt::format("a number {} {}", bound == Bound::above ? "above" : "of at least", lowest),
                        fmt::format("{}", value));
  }
  return read;
}

Result<Duration> span_setting(const Config& settings, std::string_view key, Duration otherwise) {
  SOUK_TRY(const Duration value, settings.duration(key, otherwise));
  if (value < 0) return out_of_range(settings, key, "a duration of 0 or more", format_duration(value));
  return value;
}

}  // namespace souk::recommend
