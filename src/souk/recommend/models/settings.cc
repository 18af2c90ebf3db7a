#include "souk/recommend/models/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "souk/base/file.h"

namespace souk::recommend {
namespace {

constexpr std::string_view kWeights = "weights";

tl::unexpected<Error> out_of_range(const Config& settings, std::string_view key, std::string expected, std::string found) {
  return fail(Error{ErrorKind::invalid,
                    fmt::format("the setting '{}' is out of range", key),
                    settings.where(key),
                    std::move(expected),
                    std::move(found),
                    {}});
}

double half_of_memory() {  // in gigabytes
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  double bytes = pages > 0 && size > 0 ? static_cast<double>(pages) * static_cast<double>(size) : 2e9;
  if (const auto limit = read_file("/sys/fs/cgroup/memory.max"); limit) {
    double most = 0;
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), most);
    if (error == std::errc() && most > 0) bytes = std::min(bytes, most);  // "max" where there is no limit
  }
  return bytes / 2e9;
}

}  // namespace

Status only_settings(const Config& settings, std::span<const std::string_view> known) {
  std::vector<std::string_view> names(known.begin(), known.end());
  names.push_back(kWeights);
  return settings.only(names);
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

Result<std::size_t> choice_setting(const Config& settings, std::string_view key, const std::vector<std::string_view>& names,
                                   std::size_t otherwise) {
  SOUK_TRY(const std::string value, settings.text(key, names[otherwise]));
  const auto found = std::find(names.begin(), names.end(), value);
  if (found == names.end()) return out_of_range(settings, key, fmt::format("one of {}", fmt::join(names, ", ")), value);
  return static_cast<std::size_t>(found - names.begin());
}

Result<std::optional<store::KindWeights>> kind_weights(const Config& settings) {
  if (!settings.has(kWeights)) return std::nullopt;
  const Config table = settings.table(kWeights);
  std::vector<std::string> known;
  for (std::size_t kind = 0; kind < store::kEventKinds; ++kind) {
    const std::string_view name = store::name_of(static_cast<store::EventKind>(kind));
    if (store::event_kind_named(name)) known.emplace_back(name);
  }
  SOUK_CHECK(table.only({known.begin(), known.end()}));
  const auto keys = table.keys();
  if (keys.empty()) return out_of_range(settings, kWeights, "a table such as {view = 0.2, purchase = 1}", "no kind of event");
  store::KindWeights weights{};
  for (const std::string& key : keys) {
    SOUK_TRY(weights[static_cast<std::size_t>(*store::event_kind_named(key))], number_setting(table, key, 0));
  }
  return weights;
}

Result<double> memory_setting(const Config& settings) {
  SOUK_TRY(const float gigabytes, number_setting(settings, "max_memory", static_cast<float>(half_of_memory()), Bound::above));
  return static_cast<double>(gigabytes);
}

Result<Duration> span_setting(const Config& settings, std::string_view key, Duration otherwise) {
  SOUK_TRY(const Duration value, settings.duration(key, otherwise));
  if (value < 0) return out_of_range(settings, key, "a duration of 0 or more", format_duration(value));
  return value;
}

}  // namespace souk::recommend
