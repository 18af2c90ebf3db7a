// Who may ask a shop's server for what: its API keys, and the tokens with which the shop's backend vouches for a shopper.
//
// A key is `souk_<s|w|a>_<43 base64url characters of 32 random bytes>`, shown once; only its SHA-256 is kept. A plain digest is enough:
// nobody can try 2^256 keys, so the salt and slowness that passwords need would only slow down every request.
//
// A key that may write comes with a token secret. A server checks a MAC by computing it anew, so the secret itself is kept, in the same
// record of the store: keys and secrets change in one durable commit, are in every backup and checkpoint, and cannot be lost one without
// the other, as a file beside the store could. Whoever can read the shop's folder can read everything the shop knows anyway.
//
// The record "api-keys" (Store::put_meta) is text:
//   souk-keys 1 <XXH3-128 of all that follows the line>
//   id \t scope \t created, ms \t expires, ms (0: never) \t requests per second (0: any) \t SHA-256, hex \t token secret or - \t name
// A record that cannot be read is an error wherever keys are asked for; it never counts as "no keys".
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/engine/crypto.h"

namespace souk::store {
class Store;
}

namespace souk::engine {

// Each scope holds those before it: a key that may write may also search.
enum class Scope : std::uint8_t {
  none,    // whoever asks
  search,  // safe in a browser: answers, and events of the visitor's own session
  write,   // the shop's backend: records, and answers for any shopper
  admin,   // the shop's owner: configuration, metrics, recorded runs
};
std::string_view name_of(Scope scope);
std::optional<Scope> scope_named(std::string_view name);  // of a key: never `none`

struct ApiKey {
  std::string id;  // the first 12 hex digits of its SHA-256: whoever holds a key can tell which it is
  std::string name;
  Scope scope = Scope::search;
  Timestamp created = 0;
  std::optional<Timestamp> expires;
  double requests_per_second = 0;  // 0: no limit
  Digest digest{};
  std::string token_secret;  // of scope write, else empty

  bool expired(Timestamp at) const { return expires && *expires <= at; }
};

enum class TokenState : std::uint8_t { good, malformed, forged, expired, of_another };

// The keys of a moment. Immutable.
class KeyRing {
 public:
  explicit KeyRing(std::vector<ApiKey> keys = {}) : keys_(std::move(keys)) {}
  std::span<const ApiKey> keys() const { return keys_; }
  bool empty() const { return keys_.empty(); }
  // The key with this text, expired or not; null when there is none. The time it takes says nothing of what a key looks like.
  const ApiKey* find(std::string_view text) const;
  // A shopper token: v1.<base64url shopper>.<expiry, s>.<base64url HMAC-SHA256 of what precedes the last dot>, made with the token secret
  // (its text, as shown) of any key here that has not expired.
  TokenState check_token(std::string_view token, std::string_view shopper, Timestamp at) const;

 private:
  std::vector<ApiKey> keys_;
};

struct KeyRequest {
  Scope scope = Scope::search;
  std::string name;                  // for people; at most 100 bytes, no control characters
  std::optional<Duration> lifetime;  // above 0, at most ApiKeys::kLongestLife
  double requests_per_second = 0;
};

struct NewKey {
  ApiKey key;
  std::string text;  // to be shown, this once
};

class ApiKeys {  // thread-safe
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr std::size_t kNameBytes = 100;
  static constexpr Duration kLongestLife = 36'500 * kDay;

  // `store` must outlive it.
  explicit ApiKeys(store::Store& store);

  // The keys as they stand. corrupt when their record cannot be read.
  Result<std::shared_ptr<const KeyRing>> current() const;
  // Durable, and known to every request that begins after it returns. limit: kMost keys; invalid: a name, lifetime or rate.
  Result<NewKey> add(const KeyRequest& request);
  Result<ApiKey> revoke(std::string_view id);  // not_found
  // Begins anew without any key, also where the record cannot be read; says how many there were (0 when nobody can tell).
  Result<std::size_t> revoke_all();
  // Reads the record again: for openings that only read, after the store caught up.
  void reload();

 private:
  Status write(std::vector<ApiKey> keys);  // under mutex_

  store::Store& store_;
  std::mutex changing_;       // one change at a time
  mutable std::mutex mutex_;  // guards current_
  Result<std::shared_ptr<const KeyRing>> current_;
};

// The record's text, and back.
std::string write_keys(std::span<const ApiKey> keys);
Result<std::vector<ApiKey>> read_keys(std::string_view record);

// What a shop's backend makes; for tests and tools.
Result<std::string> make_token(std::string_view secret, std::string_view shopper, Timestamp expires);

}  // namespace souk::engine
