#include "souk/base/log.h"

#include <array>
#include <memory>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace souk::log {
namespace {

constexpr std::array<std::string_view, 6> kNames{"trace", "debug", "info", "warn", "error", "off"};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

// The process has one stderr, hence one logger; it stands in no registry, so a program that uses spdlog itself is not disturbed.
spdlog::logger& logger() {
  static const std::unique_ptr<spdlog::logger> instance = [] {
    auto made = std::make_unique<spdlog::logger>("souk", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  return *instance;
}

}  // namespace

Status set_level(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name != kNames[i]) continue;
    logger().set_level(to_spdlog(static_cast<Level>(i)));
    return {};
  }
  return fail(
      Error{ErrorKind::invalid, "unknown log level", {}, "trace, debug, info, warn, error or off", fmt::format("\"{}\"", name), {}});
}

bool enabled(Level level) {
  return logger().should_log(to_spdlog(level));
}

void write(Level level, std::string_view message) {
  // A line break inside a message would let outside text forge log lines.
  if (message.find_first_of("\r\n") == std::string_view::npos) {
    logger().log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
    return;
  }
  std::string line;
  for (const char c : message) line += c == '\n' ? std::string("\\n") : c == '\r' ? std::string("\\r") : std::string(1, c);
  logger().log(to_spdlog(level), line);
}

}  // namespace souk::log
