#include "souk/engine/api_keys.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "souk/base/hash.h"
#include "souk/store/store.h"

namespace souk::engine {

namespace {

constexpr std::string_view kRecord = "api-keys";
constexpr std::string_view kMagic = "souk-keys 1 ";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kColumns = 8;
constexpr double kMostPerSecond = 1e6;

std::string hex_of(const Digest& digest) {
  std::string out;
  for (const unsigned char byte : digest) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  return out;
}

std::optional<Digest> digest_of_hex(std::string_view text) {
  Digest out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* const begin = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, out[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
  }
  return out;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<ApiKey> key_of_line(std::string_view line) {
  const auto columns = split_at(line, '\t');
  if (columns.size() != kColumns) return std::nullopt;
  const auto scope = scope_named(columns[1]);
  const auto created = number_of<Timestamp>(columns[2]), expires = number_of<Timestamp>(columns[3]);
  const auto rate = number_of<double>(columns[4]);
  const auto digest = digest_of_hex(columns[5]);
  if (!scope || !created || !expires || !rate || !digest) return std::nullopt;
  ApiKey key;
  key.id = columns[0];
  key.scope = *scope;
  key.created = *created;
  if (*expires != 0) key.expires = *expires;
  key.requests_per_second = *rate;
  key.digest = *digest;
  if (columns[6] != "-") key.token_secret = columns[6];
  key.name = columns[7];
  return key;
}

tl::unexpected<Error> damaged_keys(std::string found) {
  return fail(Error{ErrorKind::corrupt, "the shop's API keys cannot be read", "store: the record api-keys",
                    "the list of keys under its checksum", std::move(found),
                    "Restore the shop from a backup, or `souk key SHOP revoke --all` and give out new keys"});
}

char letter_of(Scope scope) {
  return name_of(scope).front();
}

Status check_request(const KeyRequest& request) {
  if (request.scope == Scope::none) {
    return fail(Error{ErrorKind::invalid, "cannot make this key", "scope", "search, write or admin", "none", {}});
  }
  const bool control = std::any_of(request.name.begin(), request.name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (request.name.size() > ApiKeys::kNameBytes || control || !store::valid_utf8(request.name)) {
    return fail(Error{ErrorKind::invalid,
                      "cannot use this name for a key",
                      "name",
                      fmt::format("at most {} bytes of UTF-8 without control characters", ApiKeys::kNameBytes),
                      fmt::format("{} bytes", request.name.size()),
                      {}});
  }
  if (request.lifetime && *request.lifetime <= 0) {
    return fail(Error{ErrorKind::invalid, "cannot make a key that has expired already", "expires", "a time such as 90d", "none", {}});
  }
  if (request.lifetime && *request.lifetime > ApiKeys::kLongestLife) {
    return fail(Error{ErrorKind::invalid, "cannot make a key for so long", "expires",
                      fmt::format("at most {}d", ApiKeys::kLongestLife / kDay), fmt::format("{}d", *request.lifetime / kDay),
                      "A key without it never expires."});
  }
  if (!(request.requests_per_second >= 0 && request.requests_per_second <= kMostPerSecond)) {
    return fail(Error{ErrorKind::invalid,
                      "cannot use this rate",
                      "rate",
                      fmt::format("requests a second, 0 (any) to {}", kMostPerSecond),
                      fmt::format("{}", request.requests_per_second),
                      {}});
  }
  return {};
}

Result<std::string> secret_text(std::string_view prefix) {
  SOUK_TRY(const std::string bytes, random_bytes(kSecretBytes));
  return std::string(prefix) + base64url(bytes);
}

}  // namespace

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::none:
      return "none";
    case Scope::search:
      return "search";
    case Scope::write:
      return "write";
    case Scope::admin:
      return "admin";
  }
  return "none";
}

std::optional<Scope> scope_named(std::string_view name) {
  for (const Scope scope : {Scope::search, Scope::write, Scope::admin}) {
    if (name == name_of(scope)) return scope;
  }
  return std::nullopt;
}

const ApiKey* KeyRing::find(std::string_view text) const {
  const auto digest = sha256(text);
  if (!digest) return nullptr;
  const ApiKey* found = nullptr;
  for (const ApiKey& key : keys_) {  // all of them: which one matched does not show in the time
    if (equal_in_constant_time(key.digest, *digest)) found = &key;
  }
  return found;
}

TokenState KeyRing::check_token(std::string_view token, std::string_view shopper, Timestamp at) const {
  const auto parts = split_at(token, '.');
  if (parts.size() != 4 || parts[0] != "v1") return TokenState::malformed;
  const auto expiry = number_of<std::uint32_t>(parts[2]);  // seconds; enough until 2106
  if (!expiry) return TokenState::malformed;
  const std::string_view signed_part = token.substr(0, token.rfind('.'));
  bool genuine = false;
  for (const ApiKey& key : keys_) {
    if (key.token_secret.empty() || key.expired(at)) continue;
    const auto mac = hmac_sha256(key.token_secret, signed_part);
    if (mac && equal_in_constant_time(base64url(*mac), parts[3])) genuine = true;
  }
  if (!genuine) return TokenState::forged;
  if (static_cast<Timestamp>(*expiry) * kSecond <= at) return TokenState::expired;
  return parts[1] == base64url(shopper) ? TokenState::good : TokenState::of_another;
}

Result<std::string> make_token(std::string_view secret, std::string_view shopper, Timestamp expires) {
  const std::string signed_part = fmt::format("v1.{}.{}", base64url(shopper), expires / kSecond);
  SOUK_TRY(const Digest mac, hmac_sha256(secret, signed_part));
  return signed_part + "." + base64url(mac);
}

std::string write_keys(std::span<const ApiKey> keys) {
  std::string lines;
  for (const ApiKey& key : keys) {
    fmt::format_to(std::back_inserter(lines), "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", key.id, name_of(key.scope), key.created,
                   key.expires.value_or(0), key.requests_per_second, hex_of(key.digest), key.token_secret.empty() ? "-" : key.token_secret,
                   key.name);
  }
  return fmt::format("{}{}\n{}", kMagic, hash128(lines).hex(), lines);
}

Result<std::vector<ApiKey>> read_keys(std::string_view record) {
  const std::size_t end = record.find('\n');
  if (!record.starts_with(kMagic) || end == std::string_view::npos) return damaged_keys("another beginning");
  const std::string_view checksum = record.substr(kMagic.size(), end - kMagic.size());
  std::string_view lines = record.substr(end + 1);
  if (checksum != hash128(lines).hex()) return damaged_keys("another checksum");
  std::vector<ApiKey> keys;
  while (!lines.empty()) {
    const std::size_t stop = lines.find('\n');
    auto key = key_of_line(lines.substr(0, stop));
    if (stop == std::string_view::npos || !key) return damaged_keys(fmt::format("line {}", keys.size() + 2));
    keys.push_back(std::move(*key));
    lines.remove_prefix(stop + 1);
  }
  return keys;
}

ApiKeys::ApiKeys(store::Store& store) : store_(store) {
  reload();
}

void ApiKeys::reload() {
  const std::lock_guard changing(changing_);
  const auto read = [&]() -> Result<std::shared_ptr<const KeyRing>> {
    SOUK_TRY(const auto record, store_.get_meta(kRecord));
    if (!record) return std::make_shared<const KeyRing>();
    SOUK_TRY(auto keys, read_keys(*record));
    return std::make_shared<const KeyRing>(std::move(keys));
  };
  auto ring = read();
  const std::lock_guard lock(mutex_);
  current_ = std::move(ring);
}

Result<std::shared_ptr<const KeyRing>> ApiKeys::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Status ApiKeys::write(std::vector<ApiKey> keys) {
  SOUK_CHECK(store_.put_meta(kRecord, write_keys(keys)));
  auto ring = std::make_shared<const KeyRing>(std::move(keys));
  const std::lock_guard lock(mutex_);
  current_ = std::move(ring);
  return {};
}

Result<NewKey> ApiKeys::add(const KeyRequest& request) {
  SOUK_CHECK(check_request(request));
  NewKey made;
  SOUK_TRY(made.text, secret_text(fmt::format("souk_{}_", letter_of(request.scope))));
  SOUK_TRY(made.key.digest, sha256(made.text));
  if (request.scope == Scope::write) {
    SOUK_TRY(made.key.token_secret, secret_text("souk_t_"));
  }
  made.key.id = hex_of(made.key.digest).substr(0, kIdDigits);
  made.key.name = request.name;
  made.key.scope = request.scope;
  made.key.created = now();
  if (request.lifetime) made.key.expires = made.key.created + *request.lifetime;
  made.key.requests_per_second = request.requests_per_second;

  const std::lock_guard changing(changing_);
  SOUK_TRY(const auto ring, current());
  std::vector<ApiKey> keys(ring->keys().begin(), ring->keys().end());
  if (keys.size() >= kMost) {
    return fail(Error{ErrorKind::limit,
                      "the shop has as many keys as it may",
                      {},
                      fmt::format("at most {}", kMost),
                      fmt::format("{}", keys.size()),
                      "`souk key SHOP revoke` those that are not used"});
  }
  keys.push_back(made.key);
  SOUK_CHECK(write(std::move(keys)));
  return made;
}

Result<ApiKey> ApiKeys::revoke(std::string_view id) {
  const std::lock_guard changing(changing_);
  SOUK_TRY(const auto ring, current());
  std::vector<ApiKey> keys(ring->keys().begin(), ring->keys().end());
  const auto it = std::find_if(keys.begin(), keys.end(), [id](const ApiKey& key) { return key.id == id; });
  if (it == keys.end()) {
    return fail(
        Error{ErrorKind::not_found, "the shop has no such key", {}, "the id of a key", std::string(id), "`souk key SHOP list` shows them"});
  }
  ApiKey revoked = std::move(*it);
  keys.erase(it);
  SOUK_CHECK(write(std::move(keys)));
  return revoked;
}

Result<std::size_t> ApiKeys::revoke_all() {
  const std::lock_guard changing(changing_);
  const auto ring = current();
  SOUK_CHECK(write({}));
  return ring ? (*ring)->keys().size() : 0;
}

}  // namespace souk::engine
