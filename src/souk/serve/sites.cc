#include "souk/serve/sites.h"

#include <algorithm>
#include <fmt/format.h>

#include "souk/serve/url.h"

namespace souk::serve {

namespace {

constexpr std::string_view kAsked = "Authorization, Content-Type, Idempotency-Key, Souk-Shopper-Token, X-Request-Id";
constexpr std::string_view kTold = "Retry-After, Souk-Request";

bool is_origin(std::string_view text) {
  if (text == "*" || text == "null") return true;
  const std::size_t scheme = text.find("://");
  if (scheme == 0 || scheme == std::string_view::npos) return false;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != ','; });
  return plain && text.find_first_of("/?#@", scheme + 3) == std::string_view::npos && host_of(text.substr(scheme + 3)).has_value();
}

bool any_of_names(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [name](const std::string& known) { return same_ignoring_case(known, name); });
}

Problem foreign_host(std::string expected, std::string_view found) {
  return Problem{
      403, "foreign-host", "this server does not answer under this name", {{"Host", std::move(expected), std::string(found), 0}}, {}, 0};
}

}  // namespace

Result<Sites> Sites::make(SiteOptions options) {
  for (const std::string& origin : options.origins) {
    if (is_origin(origin)) continue;
    return fail(Error{ErrorKind::invalid,
                      "cannot allow this origin",
                      "--allow-origin",
                      "a scheme and a host, such as https://shop.example, or *",
                      origin,
                      {}});
  }
  for (const std::string& host : options.hosts) {
    const auto named = host_of(host);
    if (named && *named == host) continue;
    return fail(
        Error{ErrorKind::invalid, "cannot answer under this name", "--host", "a name without a port, such as shop.example", host, {}});
  }
  return Sites(std::move(options));
}

bool Sites::own_page(std::string_view origin, std::string_view authority, bool open) const {
  if (same_ignoring_case(origin, fmt::format("{}://{}", options_.tls ? "https" : "http", authority))) return true;
  // A proxy before this server may speak TLS for it.
  return !open && same_ignoring_case(origin, fmt::format("https://{}", authority));
}

bool Sites::allowed(std::string_view origin) const {
  return any_of_names(options_.origins, "*") || any_of_names(options_.origins, origin);
}

std::optional<Problem> Sites::refused(const HttpRequest& request, std::string_view authority, bool open) const {
  const auto host = host_of(authority);
  if (!host) return foreign_host("a name or address, with or without a port", authority);
  if (open || !options_.hosts.empty()) {
    const bool v6 = options_.address.find(':') != std::string::npos;
    const std::vector<std::string> local{"localhost", "127.0.0.1", "[::1]", v6 ? "[" + options_.address + "]" : options_.address};
    if (!any_of_names(local, *host) && !any_of_names(options_.hosts, *host)) {
      return foreign_host("localhost, 127.0.0.1, [::1] or a name given as --host, with any port", authority);
    }
  }
  const auto origin = request.header("origin");
  if (!origin || own_page(*origin, authority, open) || allowed(*origin)) return std::nullopt;
  return Problem{403,
                 "foreign-origin",
                 "pages of this site may not ask this server",
                 {{"Origin", "the server's own, or one given as --allow-origin", std::string(*origin), 0}},
                 {},
                 0};
}

bool Sites::from_elsewhere(const HttpRequest& request, std::string_view authority, bool open) const {
  const auto origin = request.header("origin");
  return origin && !own_page(*origin, authority, open);
}

void Sites::add_headers(const HttpRequest& request, HttpResponse& response) const {
  if (options_.origins.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const auto origin = request.header("origin");
  if (!origin || !allowed(*origin)) return;
  // The configured text, not what was sent.
  const auto named = std::find_if(options_.origins.begin(), options_.origins.end(),
                                  [&](const std::string& known) { return same_ignoring_case(known, *origin); });
  response.headers.emplace_back("Access-Control-Allow-Origin", named == options_.origins.end() ? "*" : *named);
  response.headers.emplace_back("Access-Control-Expose-Headers", kTold);
}

HttpResponse Sites::options(const HttpRequest& request, std::string allow) const {
  HttpResponse response;
  response.status = 204;
  const bool preflight = request.header("origin") && request.header("access-control-request-method");
  if (preflight) response.headers.emplace_back("Access-Control-Allow-Methods", allow);
  response.headers.emplace_back("Allow", std::move(allow));
  if (!preflight) return response;
  response.headers.emplace_back("Access-Control-Allow-Headers", kAsked);
  response.headers.emplace_back("Access-Control-Max-Age", "600");
  return response;
}

}  // namespace souk::serve
