#include "souk/serve/routes.h"

#include <algorithm>
#include <array>

#include "souk/serve/handlers.h"
#include "souk/serve/url.h"

namespace souk::serve {

namespace {

constexpr std::string_view kAnyFile = "/{path...}";

constexpr std::array kRoutes{
    Route{"GET", "/v1/search", Scope::search, false, get_search},
    Route{"POST", "/v1/search", Scope::search, false, post_search},
    Route{"GET", "/v1/shelves/{shelf}", Scope::search, false, get_shelf},
    Route{"POST", "/v1/shelves/{shelf}", Scope::search, false, post_shelf},
    Route{"GET", "/v1/suggest", Scope::search, false, get_suggest},
    Route{"PUT", "/v1/items", Scope::write, true, put_items},
    Route{"PATCH", "/v1/items", Scope::write, true, patch_items},
    Route{"PUT", "/v1/vectors/{space}", Scope::write, true, put_vectors},
    Route{"GET", "/v1/items/{key}", Scope::search, false, get_item},
    Route{"DELETE", "/v1/items/{key}", Scope::write, true, delete_item},
    Route{"POST", "/v1/events", Scope::search, true, post_events},
    Route{"POST", "/v1/reviews", Scope::write, true, post_reviews},
    Route{"PUT", "/v1/shoppers", Scope::write, true, put_shoppers},
    Route{"GET", "/v1/shoppers/{key}", Scope::write, false, get_shopper, true},
    Route{"DELETE", "/v1/shoppers/{key}", Scope::write, true, delete_shopper},
    Route{"GET", "/v1/shoppers/{key}/events", Scope::write, false, get_shopper_events, true},
    Route{"GET", "/v1/shoppers/{key}/reviews", Scope::write, false, get_shopper_reviews, true},
    Route{"GET", "/v1/shoppers/{key}/served", Scope::write, false, get_shopper_served, true},
    Route{"POST", "/v1/shoppers/{key}/merge", Scope::write, true, merge_shopper},
    Route{"GET", "/v1/config/shop", Scope::search, false, get_shop_config},
    Route{"GET", "/v1/config/shelves", Scope::admin, false, get_shelf_configs},
    Route{"GET", "/v1/config/shelves/{name}", Scope::admin, false, get_shelf_config},
    Route{"GET", "/v1/lab/runs", Scope::admin, false, get_lab_runs, true},
    Route{"GET", "/v1/lab/runs/{name...}", Scope::admin, false, get_lab_run, true},
    Route{"GET", "/v1/lab/shops", Scope::admin, false, get_lab_shops, true},
    Route{"GET", "/healthz", Scope::none, false, get_health},
    Route{"GET", "/readyz", Scope::none, false, get_ready},
    Route{"GET", "/metrics", Scope::admin, false, get_metrics},
    Route{"GET", "/openapi.json", Scope::none, false, get_openapi},
    Route{"GET", "/", Scope::none, false, get_page},
    Route{"GET", "/souk.js", Scope::none, false, get_file},
    Route{"GET", kAnyFile, Scope::none, false, get_file},
};

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// Both begin with '/'. `values` are the encoded segments that stand for names.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& values) {
  values.clear();
  if (pattern == kAnyFile && path.starts_with("/v1/")) return false;
  while (!pattern.empty()) {
    if (path.empty()) return false;
    if (pattern.ends_with("...}") && pattern.rfind('/') == 0) {
      values.push_back(path.substr(1));
      return path.size() > 1;
    }
    const std::string_view want = take_segment(pattern), have = take_segment(path);
    if (want.starts_with('{')) {
      if (have.empty()) return false;
      values.push_back(have);
    } else if (want != have) {
      return false;
    }
  }
  return path.empty();
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

Matched match(std::string_view method, std::string_view path) {
  Matched out;
  std::vector<std::string_view> values;
  std::string_view pattern;  // of the first row that fits; rows of one pattern stand together
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const Route& route : kRoutes) {
    if (!pattern.empty() ? route.pattern != pattern : !fits(route.pattern, path, values)) continue;
    if (pattern.empty()) {
      pattern = route.pattern;
      for (const std::string_view value : values) {
        auto decoded = percent_decoded(value, false);
        out.bad_escape |= !decoded;
        out.values.push_back(decoded.value_or(""));
      }
    }
    if (!out.allow.empty()) out.allow += ", ";
    out.allow += route.method == "GET" ? std::string("GET, HEAD") : std::string(route.method);
    if (route.method == wanted) out.route = &route;
  }
  if (!out.allow.empty()) out.allow += ", OPTIONS";
  return out;
}

}  // namespace souk::serve
