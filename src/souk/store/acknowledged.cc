#include "souk/store/acknowledged.h"

#include <charconv>
#include <fmt/format.h>

#include "souk/base/hash.h"
#include "souk/base/log.h"

namespace souk::store {
namespace {

constexpr std::string_view kMagic = "souk-acknowledged 1 ";

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

}  // namespace

std::string to_text(const Acknowledged& acknowledged) {
  const std::string text = fmt::format("{}{} {} ", kMagic, acknowledged.sequence, acknowledged.log);
  return text + hash128(text).hex() + '\n';
}

std::optional<Acknowledged> parse_acknowledged(std::string_view text) {
  std::string_view rest = text;
  if (!rest.starts_with(kMagic)) return std::nullopt;
  rest.remove_prefix(kMagic.size());
  const auto sequence = take_number(rest);
  const auto log = sequence ? take_number(rest) : std::nullopt;
  if (!log) return std::nullopt;
  const Acknowledged acknowledged{*sequence, *log};
  return to_text(acknowledged) == text ? std::optional(acknowledged) : std::nullopt;
}

Result<std::optional<Acknowledged>> read_acknowledged(const fs::path& directory) {
  const fs::path path = directory / kAcknowledgedName;
  const auto text = read_file(path);
  if (!text && text.error().kind == ErrorKind::not_found) return std::nullopt;
  if (!text) return fail(text.error());
  const auto acknowledged = parse_acknowledged(*text);
  if (!acknowledged) log::warn("{}: the file is damaged; whether a write-ahead log was lost cannot be told this time", path.string());
  return acknowledged;
}

Status write_acknowledged(const fs::path& directory, const Acknowledged& acknowledged) {
  return write_file(directory / kAcknowledgedName, to_text(acknowledged));
}

tl::unexpected<Error> acknowledged_is_lost(const fs::path& directory, const Acknowledged& acknowledged, std::uint64_t found) {
  const fs::path log = directory / fmt::format("{:06}.log", acknowledged.log);
  std::error_code ignored;
  const bool there = fs::exists(log, ignored);
  return fail(Error{ErrorKind::corrupt,
                    there ? "the write-ahead log has lost writes that were acknowledged"
                          : "a write-ahead log is missing, with writes that were acknowledged",
                    log.string(), fmt::format("writes up to number {}", acknowledged.sequence), fmt::format("up to {}", found),
                    fmt::format("Put the file back, or restore the shop from a backup. To go on without those writes, delete {}",
                                (directory / kAcknowledgedName).string())});
}

}  // namespace souk::store
