#include "souk/serve/auth.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "souk/serve/url.h"
#include "souk/store/records.h"

namespace souk::serve {

namespace {

constexpr std::string_view kScheme = "Bearer ";
constexpr std::size_t kHexDigits = 32, kBase64Digits = 22;  // of 128 bits

constexpr std::array kBrowserKinds{store::EventKind::impression, store::EventKind::click, store::EventKind::view,
                                   store::EventKind::wishlist,   store::EventKind::cart,  store::EventKind::remove,
                                   store::EventKind::search,     store::EventKind::filter};

Problem unauthorized(std::string_view type, std::string detail) {
  Problem problem;
  problem.status = 401;
  problem.type = type;
  problem.detail = std::move(detail);
  return problem;
}

bool is_beacon(const HttpRequest& request, const Route& route) {
  return route.pattern == "/v1/events" && parse_media_type(request.header("content-type").value_or("")).type == "text/plain";
}

std::optional<std::string> key_in(std::string_view query) {
  const auto parameters = parse_query(query);
  if (!parameters) return std::nullopt;
  const auto it = std::find_if(parameters->begin(), parameters->end(), [](const auto& parameter) { return parameter.first == "key"; });
  return it == parameters->end() ? std::nullopt : std::optional(it->second);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_base64url(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

std::string_view words(engine::TokenState state) {
  switch (state) {
    case engine::TokenState::good:
      return "a good token";
    case engine::TokenState::malformed:
      return "something that is no token";
    case engine::TokenState::forged:
      return "a token with another signature";
    case engine::TokenState::expired:
      return "a token that has expired";
    case engine::TokenState::of_another:
      return "a token for another shopper";
  }
  return "";
}

}  // namespace

Auth::Auth(const engine::ApiKeys& keys, bool loopback) : keys_(keys), guarded_(!loopback) {
  (void)open();
}

bool Auth::open() const {
  if (guarded_) return false;
  const auto ring = keys_.current();
  if (ring && (*ring)->empty()) return true;
  guarded_ = true;
  return false;
}

Outcome<std::string> Auth::presented(const HttpRequest& request, const Route& route, std::string_view query, bool& in_address) const {
  const std::size_t headers = request.header_count("authorization");
  if (headers > 1) return tl::unexpected(Problem::invalid("a request may have one Authorization header"));
  if (headers == 1) {
    const std::string_view value = *request.header("authorization");
    if (value.size() > kScheme.size() && same_ignoring_case(value.substr(0, kScheme.size()), kScheme)) {
      return std::string(value.substr(kScheme.size()));
    }
    return tl::unexpected(unauthorized("key-needed", "the Authorization header has another form than: Bearer KEY"));
  }
  auto key = key_in(query);
  if (key && is_beacon(request, route)) {
    in_address = true;
    return std::move(*key);
  }
  std::string detail = "this server asks for an API key, in the header Authorization: Bearer KEY";
  if (key) detail += "; in the address, where logs would keep it, it is only taken from beacons (POST /v1/events as text/plain)";
  return tl::unexpected(unauthorized("key-needed", std::move(detail)));
}

Outcome<Caller> Auth::identify(const HttpRequest& request, const Route& route, std::string_view query) const {
  Caller caller;
  if (route.scope == Scope::none) return caller;
  if (open()) {
    caller.scope = Scope::admin;
    return caller;
  }
  auto ring = keys_.current();
  if (!ring) return tl::unexpected(problem_of(ring.error()));
  caller.ring = std::move(*ring);
  bool in_address = false;
  const auto text = presented(request, route, query, in_address);
  if (!text) return tl::unexpected(text.error());
  const engine::ApiKey* const key = caller.ring->find(*text);
  if (key == nullptr) return tl::unexpected(unauthorized("unknown-key", "the shop has no such key, or it was revoked"));
  if (key->expired(now())) return tl::unexpected(unauthorized("expired-key", fmt::format("the key {} has expired", key->id)));
  if (in_address && key->scope != Scope::search) {
    return tl::unexpected(
        Problem{403, "key-in-address", "a key in the address must be of scope search: revoke this one, as logs have it", {}, {}, 0});
  }
  if (key->scope < route.scope) {
    return tl::unexpected(Problem{
        403,
        "insufficient-scope",
        fmt::format("this needs a key of scope {}", name_of(route.scope)),
        {{"Authorization", fmt::format("a key of scope {}", name_of(route.scope)), fmt::format("one of scope {}", name_of(key->scope)), 0}},
        {},
        0});
  }
  caller.scope = key->scope;
  caller.key = key->id;
  caller.requests_per_second = key->requests_per_second;
  return caller;
}

bool unguessable(std::string_view session) {
  const auto hex = static_cast<std::size_t>(std::count_if(session.begin(), session.end(), is_hex));
  const auto dashes = static_cast<std::size_t>(std::count(session.begin(), session.end(), '-'));
  if (hex + dashes == session.size()) return hex >= kHexDigits;
  return session.size() >= kBase64Digits && std::all_of(session.begin(), session.end(), is_base64url);
}

std::optional<FieldProblem> refused_visitor(const Caller& caller, std::string_view shopper, std::string_view session,
                                            std::string_view token) {
  if (caller.trusted()) return std::nullopt;
  if (!session.empty() && !unguessable(session)) {
    return FieldProblem{"session", "128 random bits or more: 32 hex digits, or 22 characters of base64url",
                        fmt::format("{} characters", session.size()), 0};
  }
  if (shopper.empty()) return std::nullopt;
  const std::string expected = "a token of the shop's backend for this shopper, or a key of scope write";
  if (token.empty()) return FieldProblem{"shopper_token", expected, "none", 0};
  const auto state = caller.ring->check_token(token, shopper, now());
  if (state == engine::TokenState::good) return std::nullopt;
  return FieldProblem{"shopper_token", expected, std::string(words(state)), 0};
}

std::optional<FieldProblem> refused_event(const Caller& caller, const store::Event& event, std::string_view token) {
  if (caller.trusted()) return std::nullopt;
  if (std::find(kBrowserKinds.begin(), kBrowserKinds.end(), event.kind) == kBrowserKinds.end()) {
    std::vector<std::string_view> kinds;
    for (const store::EventKind kind : kBrowserKinds) kinds.push_back(store::name_of(kind));
    const std::string_view found = event.kind == store::EventKind::other ? std::string_view(event.kind_name) : store::name_of(event.kind);
    return FieldProblem{"kind", fmt::format("{}; other kinds need a key of scope write", fmt::join(kinds, ", ")), std::string(found), 0};
  }
  return refused_visitor(caller, event.shopper, event.session, token);
}

Problem not_theirs(std::vector<FieldProblem> errors) {
  return Problem{403, "not-yours", "a key of scope search speaks for its own visitor alone", std::move(errors), {}, 0};
}

}  // namespace souk::serve
