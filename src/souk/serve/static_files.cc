#include "souk/serve/static_files.h"

#include <array>
#include <utility>

#include "souk/base/hash.h"

namespace souk::serve {

namespace {

constexpr std::uintmax_t kMostBytes = 16 * 1024 * 1024;
constexpr std::string_view kChart = "vendor/chart.js";
constexpr std::string_view kPackagedChart = "chart.js/chart.min.js";  // of Debian's libjs-chart.js

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
}};

bool plain_name(std::string_view segment) {
  return !segment.empty() && segment.front() != '.' && segment.find_first_of(std::string_view("\\\0", 2)) == std::string_view::npos;
}

// The console's pages load nothing from elsewhere but pictures of products, and may not be framed.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

// RFC 9110, section 13.1.2: a list of entity tags, weak ones compared by their value, or "*".
bool lists_tag(std::string_view header, std::string_view tag) {
  return header == "*" || header.find(tag) != std::string_view::npos;
}

}  // namespace

StaticFiles::StaticFiles(const fs::path& root, fs::path scripts) : scripts_(std::move(scripts)) {
  std::error_code ec;
  if (!root.empty() && fs::is_directory(root, ec)) root_ = fs::canonical(root, ec);
}

std::optional<fs::path> file_below(const fs::path& root, std::string_view path) {
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (!plain_name(segment)) return std::nullopt;
    rest.remove_prefix(segment.size());
    if (rest == "/") return std::nullopt;
    if (!rest.empty()) rest.remove_prefix(1);
  }
  std::error_code ec;
  fs::path file = fs::canonical(root / path, ec);
  if (ec || !fs::is_regular_file(file, ec)) return std::nullopt;
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  if (end != root.end()) return std::nullopt;
  return file;
}

std::optional<HttpResponse> StaticFiles::get(std::string_view path, std::optional<std::string_view> if_none_match) const {
  if (root_.empty()) return std::nullopt;
  auto file = file_below(root_, path);
  if (!file && path == kChart && !scripts_.empty()) file = scripts_ / kPackagedChart;
  std::error_code ec;
  if (!file || fs::file_size(*file, ec) > kMostBytes || ec) return std::nullopt;
  auto bytes = read_file(*file);
  if (!bytes) return std::nullopt;
  HttpResponse response = cacheable(std::move(*bytes), std::string(content_type_of(path)), if_none_match);
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  return response;
}

HttpResponse cacheable(std::string bytes, std::string content_type, std::optional<std::string_view> if_none_match) {
  HttpResponse response;
  const std::string tag = '"' + hash128(bytes).hex() + '"';
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", "no-cache");  // keep it, but ask each time
  response.content_type = std::move(content_type);
  if (if_none_match && lists_tag(*if_none_match, tag)) {
    response.status = 304;
  } else {
    response.body = std::move(bytes);
  }
  return response;
}

std::string_view content_type_of(std::string_view name) {
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

}  // namespace souk::serve
