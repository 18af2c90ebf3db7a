// Who asks, and what they may: API keys on requests, and what a key that only searches may say of shoppers and sessions.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "souk/engine/api_keys.h"
#include "souk/serve/http.h"
#include "souk/serve/problem.h"
#include "souk/serve/routes.h"

namespace souk::store {
struct Event;
}

namespace souk::serve {

struct Caller {
  Scope scope = Scope::none;  // admin on a server that asks for no key
  std::string key;            // the key's id; empty: none was asked for
  double requests_per_second = 0;
  std::shared_ptr<const engine::KeyRing> ring;  // of whom a key was asked: shopper tokens are checked against the keys of the moment

  // Speaks for the shop, not for one visitor.
  bool trusted() const { return scope >= Scope::write; }
};

class Auth {  // thread-safe
 public:
  // `keys` must outlive it. `loopback`: without any key the server is open. Once a key was seen, or off loopback, it never is again:
  // revoking the last key must not open a server to everyone.
  Auth(const engine::ApiKeys& keys, bool loopback);

  bool open() const;
  // Whoever asks a route of this scope: from `Authorization: Bearer KEY`, or, for beacons (POST /v1/events as text/plain, as a browser
  // sends them while it leaves a page), from `?key=` with a key that only searches. 401 without a key that is known and has not expired,
  // 403 when its scope does not hold the route's.
  Outcome<Caller> identify(const HttpRequest& request, const Route& route, std::string_view query) const;

 private:
  Outcome<std::string> presented(const HttpRequest& request, const Route& route, std::string_view query, bool& in_address) const;

  const engine::ApiKeys& keys_;
  mutable std::atomic<bool> guarded_;
};

// A session that nobody can guess, as far as its form tells: at least 128 bits as hex (dashes apart) or as base64url.
bool unguessable(std::string_view session);

// Why the caller may not ask or tell this about the shopper and session; nothing when it may. One that only searches may speak for a
// shopper with a token made for them, and otherwise for a session that it could not have guessed.
std::optional<FieldProblem> refused_visitor(const Caller& caller, std::string_view shopper, std::string_view session,
                                            std::string_view token);
// The same for an event, whose kind must be one of those that happen in a browser.
std::optional<FieldProblem> refused_event(const Caller& caller, const store::Event& event, std::string_view token);
Problem not_theirs(std::vector<FieldProblem> errors);  // 403

}  // namespace souk::serve
