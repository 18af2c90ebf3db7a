// An HTTP exchange as plain values. Handlers see nothing else, so only transport.cc knows the HTTP library.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace souk::serve {

using Clock = std::chrono::steady_clock;

// One request. The views live as long as the call that receives it.
struct HttpRequest {
  std::string_view method;  // "GET"; unknown methods as sent
  std::string_view target;  // as sent: "/v1/items/a%2Fb?x=1"
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  std::string_view client;       // its address as limits count it: IPv4, or the /64 of an IPv6
  Clock::time_point deadline{};  // work that starts after it is answered with 503

  // The first header of that name (ASCII case ignored); nothing when absent.
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t header_count(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // sent instead of `body` when set: bytes that many answers share
  bool close = false;                              // close the connection afterwards

  std::string_view content() const { return shared_body ? std::string_view(*shared_body) : std::string_view(body); }
};

// "Not Found"; "Unknown" for numbers that are no HTTP status.
std::string_view status_phrase(int status);

// What answers requests. Called from several threads at once; must not throw (what is thrown anyway is answered with 500).
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Called when a request's header has been read, before its body. An answer refuses the request; the body is not read.
  virtual std::optional<HttpResponse> admit(const HttpRequest& head) = 0;
  // Whether handle() may wait for the disk; such requests run on threads of their own.
  virtual bool may_block(const HttpRequest& request) const = 0;
  virtual HttpResponse handle(const HttpRequest& request) = 0;
  // The transport's own refusals: 400 malformed, 413 body, 417, 431 header, 500, 503 overload.
  virtual HttpResponse refuse(int status, std::string_view detail) = 0;
};

}  // namespace souk::serve
