#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "souk/engine/backup.h"

namespace souk::engine {
namespace {

constexpr std::string_view kFirstLine = "souk-backup 1";

tl::unexpected<Error> damaged(const std::string& name, std::string expected, std::string_view found) {
  return fail(Error{ErrorKind::corrupt, "the backup's manifest is damaged", name, std::move(expected), std::string(found.substr(0, 200)),
                    "Use another backup."});
}

// A whole line's text without its end; nothing when no line ends.
std::optional<std::string_view> next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// The rest of a line that begins with these words.
std::optional<std::string_view> after(std::optional<std::string_view> line, std::string_view words) {
  if (!line || !line->starts_with(words)) return {};
  return line->substr(words.size());
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return {};
  return value;
}

std::optional<Hash128> hash_of(std::string_view hex) {
  Hash128 hash;
  const auto half = [](std::string_view digits, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (hex.size() != 32 || !half(hex.substr(0, 16), hash.high) || !half(hex.substr(16), hash.low) || hash.hex() != hex) return {};
  return hash;
}

bool stays_below(const std::string& path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string::npos) return false;
  const fs::path parts(path);
  return parts.lexically_normal().generic_string() == path &&
         std::none_of(parts.begin(), parts.end(), [](const fs::path& part) { return part == ".." || part == "." || part.empty(); });
}

// "<32 hex digits> <bytes> <path>"
std::optional<BackupFile> file_of(std::string_view text) {
  const std::size_t size_at = text.find(' '), path_at = size_at == std::string_view::npos ? size_at : text.find(' ', size_at + 1);
  if (path_at == std::string_view::npos) return {};
  const auto hash = hash_of(text.substr(0, size_at));
  const auto size = number(text.substr(size_at + 1, path_at - size_at - 1));
  std::string path(text.substr(path_at + 1));
  if (!hash || !size || !stays_below(path)) return {};
  return BackupFile{std::move(path), *size, *hash};
}

}  // namespace

std::string manifest_text(const BackupManifest& manifest) {
  std::string shop = manifest.shop;
  std::replace_if(
      shop.begin(), shop.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  std::string text =
      fmt::format("{}\nshop {}\nmade {} by {}\nseq {}\n", kFirstLine, shop, format_rfc3339(manifest.made), manifest.souk, manifest.seq);
  for (const BackupFile& file : manifest.files) text += fmt::format("file {} {} {}\n", file.hash.hex(), file.size, file.path);
  return text + fmt::format("end {}\n", hash128(text).hex());
}

Result<BackupManifest> parse_manifest(std::string_view text, const std::string& name) {
  std::string_view rest = text;
  if (const auto magic = next_line(rest); magic != kFirstLine) {
    if (magic && magic->starts_with("souk-backup ")) {
      return fail(Error{ErrorKind::version, "a newer Souk made this backup", name, std::string(kFirstLine), std::string(*magic),
                        "Use that Souk, or a newer one."});
    }
    return damaged(name, std::string(kFirstLine), magic.value_or(text));
  }
  BackupManifest manifest;
  const auto shop = after(next_line(rest), "shop ");
  const auto made = after(next_line(rest), "made ");
  const auto seq = after(next_line(rest), "seq ");
  const std::size_t by = made ? made->find(" by ") : std::string_view::npos;
  if (!shop || by == std::string_view::npos || !seq || !number(*seq)) return damaged(name, "shop, made and seq", rest);
  manifest.shop = *shop;
  manifest.souk = made->substr(by + 4);
  const auto time = parse_rfc3339(made->substr(0, by));
  if (!time) return damaged(name, "the time when it was made", *made);
  manifest.made = *time;
  manifest.seq = *number(*seq);
  while (true) {
    const std::string_view before = rest;
    const auto line = next_line(rest);
    if (!line) return damaged(name, "a line that begins with 'end'", "the end of the file");
    if (const auto entry = after(line, "file ")) {
      auto file = file_of(*entry);
      if (!file || (!manifest.files.empty() && manifest.files.back().path >= file->path))
        return damaged(name, "a file with hash and size", *line);
      manifest.files.push_back(std::move(*file));
      continue;
    }
    const std::string above(text.substr(0, text.size() - before.size()));
    if (after(line, "end ") != hash128(above).hex() || !rest.empty()) return damaged(name, "the checksum of all that stands above", *line);
    if (manifest_text(manifest) != text) return damaged(name, "times and numbers as Souk writes them", "others");
    return manifest;
  }
}

}  // namespace souk::engine
