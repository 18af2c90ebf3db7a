#include "souk/serve/wire.h"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>

#include "souk/serve/url.h"

namespace souk::serve {

namespace {

constexpr std::size_t kLengthDigits = 18;  // fit 64 bits

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// IMF-fixdate of RFC 9110, section 5.6.7: independent of the process's locale.
std::string http_date() {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::time(nullptr);
  std::tm t{};
  gmtime_r(&seconds, &t);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[t.tm_wday], t.tm_mday, kMonths[t.tm_mon], t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
}

}  // namespace

std::size_t HeadScan::end(std::string_view bytes) {
  for (; scanned_ < bytes.size() && fault_.empty(); ++scanned_) {
    const char c = bytes[scanned_];
    const char before = scanned_ == 0 ? '\0' : bytes[scanned_ - 1];
    if (before == '\r' && c != '\n') {
      fault_ = "a CR without its LF";
    } else if (c == '\n' && before != '\r') {
      fault_ = "a line that ends in LF alone";
    } else if (c == '\n') {
      if (scanned_ >= 3 && bytes.substr(scanned_ - 3, 4) == "\r\n\r\n") return ++scanned_;
    } else if ((c == ' ' || c == '\t') && (scanned_ == 0 || before == '\n')) {
      fault_ = "a line that begins with a space";
    } else if (is_control(c) && c != '\r' && c != '\t') {
      fault_ = "a control character";
    }
  }
  return 0;
}

std::string_view framing_fault(const HttpRequest& request, unsigned version) {
  const std::size_t lengths = request.header_count("content-length"), codings = request.header_count("transfer-encoding");
  if (lengths > 1) return "more than one Content-Length";
  if (codings > 1) return "more than one Transfer-Encoding";
  if (lengths > 0 && codings > 0) return "both Content-Length and Transfer-Encoding";
  if (lengths > 0) {
    const std::string_view length = *request.header("content-length");
    const bool digits = std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (length.empty() || length.size() > kLengthDigits || !digits) return "a Content-Length that is no number";
  }
  if (codings > 0) {
    if (version < 11) return "a Transfer-Encoding in HTTP/1.0";
    if (!same_ignoring_case(*request.header("transfer-encoding"), "chunked")) return "a Transfer-Encoding other than chunked";
  }
  return {};
}

std::string_view chunk_extension_fault(std::string_view extension) {
  if (!extension.empty() && extension.front() != ';') return "a chunk's size that is no number";
  if (std::any_of(extension.begin(), extension.end(), [](char c) { return is_control(c) && c != '\t'; })) {
    return "a control character in a chunk's extension";
  }
  return {};
}

std::string_view line_fault(std::string_view bytes, std::size_t from) {
  for (std::size_t at = from > 0 ? from - 1 : 0; (at = bytes.find_first_of("\r\n", at)) != std::string_view::npos; ++at) {
    if (bytes[at] == '\n' && (at == 0 || bytes[at - 1] != '\r')) return "a line that ends in LF alone";
    if (bytes[at] == '\r' && at + 1 < bytes.size() && bytes[at + 1] != '\n') return "a CR without its LF";
  }
  return {};
}

bool has_content(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string render_head(const HttpResponse& response, bool keep_alive) {
  std::string head;
  head.reserve(512);
  auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, status_phrase(response.status), http_date());
  if (has_content(response.status)) {
    fmt::format_to(out, "Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type, response.content().size());
  }
  for (const auto& [name, value] : response.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
  fmt::format_to(out, "Connection: {}\r\n\r\n", keep_alive ? "keep-alive" : "close");
  return head;
}

}  // namespace souk::serve
