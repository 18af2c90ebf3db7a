// Under which names a server answers, and which web sites' pages may ask it (CORS).
//
// A server that asks for no key must not be reached by pages of other sites: its own name in Host shows a rebound DNS name, its own Origin
// a request across sites. Where keys are asked for, no page has a power that its key does not give, so any name is answered unless names
// are configured; pages of other sites still have to be configured, and then reach what a search key may, never more.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/serve/http.h"
#include "souk/serve/problem.h"
#include "souk/serve/routes.h"

namespace souk::serve {

struct SiteOptions {
  std::string address;               // that the server listens on
  bool tls = false;                  // its own pages are https
  std::vector<std::string> hosts;    // further names
  std::vector<std::string> origins;  // "https://shop.example"; "*": any
};

class Sites {  // immutable, thread-safe
 public:
  // invalid: a name or origin that cannot be one.
  static Result<Sites> make(SiteOptions options);

  // `authority`: what the request was sent to. `open`: the server asks for no key.
  std::optional<Problem> refused(const HttpRequest& request, std::string_view authority, bool open) const;
  // Whether a page of another site that may ask, does.
  bool from_elsewhere(const HttpRequest& request, std::string_view authority, bool open) const;
  // Lets that page read the answer.
  void add_headers(const HttpRequest& request, HttpResponse& response) const;
  // What OPTIONS answers: the methods of the path, and to a browser that asks on behalf of another site's page, what that page may send.
  HttpResponse options(const HttpRequest& request, std::string allow) const;

 private:
  explicit Sites(SiteOptions options) : options_(std::move(options)) {}
  bool own_page(std::string_view origin, std::string_view authority, bool open) const;
  bool allowed(std::string_view origin) const;

  SiteOptions options_;
};

}  // namespace souk::serve
