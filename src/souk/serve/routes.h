// The table of routes. Every row stands in openapi.cc too; a test compares them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/engine/api_keys.h"
#include "souk/serve/http.h"

namespace souk::serve {

class Service;
struct Caller;  // auth.h

using engine::Scope;

// A request on its way to a handler.
struct Call {
  const HttpRequest& request;
  std::vector<std::string> values;  // of the pattern's {names}, decoded
  std::string_view query;           // still encoded
  const Caller& caller;             // who asks
};

struct Route {
  std::string_view method;     // GET answers HEAD as well
  std::string_view pattern;    // "/v1/items/{key}"; a last segment "{path...}" takes all that is left
  Scope scope = Scope::admin;  // that a key must have; none: everyone may ask
  bool writes = false;         // changes the shop: waits for the disk
  HttpResponse (*handle)(Service& service, const Call& call) = nullptr;
  bool reads_files = false;  // many of them: kept off the threads that answer storefronts
};

std::span<const Route> routes();

struct Matched {
  const Route* route = nullptr;  // null: no such path, or not this method
  std::vector<std::string> values;
  std::string allow;        // the methods of the path: "GET, HEAD, OPTIONS"; empty: no such path
  bool bad_escape = false;  // a value could not be decoded
};
Matched match(std::string_view method, std::string_view path);

}  // namespace souk::serve
