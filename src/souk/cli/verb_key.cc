#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/api_keys.h"
#include "souk/engine/json_writer.h"

namespace souk::cli {
namespace {

Result<engine::KeyRequest> key_request(const KeyFlags& flags) {
  engine::KeyRequest request;
  const auto scope = engine::scope_named(flags.scope);
  if (!scope) return fail(Error{ErrorKind::invalid, "unknown scope", "--scope", "search, write or admin", flags.scope, {}});
  request.scope = *scope;
  request.name = flags.name;
  request.requests_per_second = flags.rate;
  if (!flags.expires.empty()) {
    auto lifetime = parse_duration(flags.expires);
    if (!lifetime) {
      lifetime.error().where = "--expires";
      return fail(std::move(lifetime).error());
    }
    request.lifetime = *lifetime;
  }
  return request;
}

void write_key(engine::JsonWriter& json, const engine::ApiKey& key) {
  json.member("id", key.id).member("name", key.name).member("scope", engine::name_of(key.scope));
  json.member("created", format_rfc3339(key.created)).key("expires");
  key.expires ? json.value(format_rfc3339(*key.expires)) : json.raw("null");
  json.member("expired", key.expired(now())).key("requests_per_second");
  key.requests_per_second > 0 ? json.value(key.requests_per_second) : json.raw("null");
}

std::string may_do(engine::Scope scope) {
  switch (scope) {
    case engine::Scope::none:
      break;
    case engine::Scope::search:
      return "asks for answers, and tells what its own visitor did: safe in a browser";
    case engine::Scope::write:
      return "changes records, and asks for any shopper: for the shop's backend";
    case engine::Scope::admin:
      return "may everything: for the owner, the console and Prometheus";
  }
  return {};
}

void show_key(const Console& console, const engine::NewKey& made) {
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object();
    write_key(json, made.key);
    json.member("key", made.text);
    if (!made.key.token_secret.empty()) json.member("token_secret", made.key.token_secret);
    return print_line(console, json.end_object().text());
  }
  print_line(console, fmt::format("key            {}", made.text));
  if (!made.key.token_secret.empty()) print_line(console, fmt::format("token secret   {}", made.key.token_secret));
  print_line(console, fmt::format("id             {}", made.key.id));
  print_line(console, fmt::format("scope          {}: it {}", engine::name_of(made.key.scope), may_do(made.key.scope)));
  if (made.key.expires) print_line(console, fmt::format("expires        {}", format_rfc3339(*made.key.expires)));
}

}  // namespace

int key_add(const Console& console, const KeyFlags& flags) {
  const auto request = key_request(flags);
  if (!request) return report_usage(console, request.error());
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::write));
  const auto made = shop->api_keys().add(*request);
  if (!made) return made.error().kind == ErrorKind::invalid ? report_usage(console, made.error()) : report(console, made.error());
  show_key(console, *made);
  if (!console.caller->arrived()) {  // nobody will ever use it
    if (const auto revoked = shop->api_keys().revoke(made->key.id); !revoked) return report(console, revoked.error());
    return report(console, Error{ErrorKind::io,
                                 "the key could not be shown, and is revoked",
                                 "standard output",
                                 {},
                                 {},
                                 "Try again where the output can be written."});
  }
  if (!console.json) note(console, "Keep it now: it is not shown again.");
  return kDone;
}

int key_list(const Console& console, const std::string& directory) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, directory, Access::read));
  SOUK_OR_REPORT(const auto ring, console, shop->api_keys().current());
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().key("keys").begin_array();
    for (const engine::ApiKey& key : ring->keys()) {
      json.begin_object();
      write_key(json, key);
      json.end_object();
    }
    print_line(console, json.end_array().end_object().text());
    return kDone;
  }
  if (ring->empty()) {
    print_line(console, "no keys: a server on loopback is open to every program on this machine");
    return kDone;
  }
  Table table({"id", "scope", "created", "expires", "requests/s", "name"});
  for (const engine::ApiKey& key : ring->keys()) {
    const std::string expires = !key.expires ? "never" : format_rfc3339(*key.expires) + (key.expired(now()) ? " (expired)" : "");
    table.row({key.id, std::string(engine::name_of(key.scope)), format_rfc3339(key.created / kSecond * kSecond), expires,
               key.requests_per_second > 0 ? fmt::format("{:g}", key.requests_per_second) : "any", key.name});
  }
  print(console, table.text());
  return kDone;
}

int key_revoke(const Console& console, const KeyRevokeFlags& flags) {
  if (flags.all == !flags.id.empty()) {
    return report_usage(console,
                        Error{ErrorKind::invalid, "which key?", {}, "the id of a key, or --all", flags.all ? "both" : "neither", {}});
  }
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::write));
  std::size_t revoked = 1;
  if (flags.all) {
    SOUK_OR_REPORT(revoked, console, shop->api_keys().revoke_all());
  } else if (const auto key = shop->api_keys().revoke(flags.id); !key) {
    return report(console, key.error());
  }
  SOUK_OR_REPORT(const auto left, console, shop->api_keys().current());
  if (console.json) {
    engine::JsonWriter json;
    print_line(console, json.begin_object().member("revoked", revoked).member("left", left->keys().size()).end_object().text());
  } else {
    print_line(console, fmt::format("revoked {}: {} left", revoked == 1 ? "1 key" : fmt::format("{} keys", revoked), left->keys().size()));
  }
  if (left->empty())
    note(console, "There is no key any more: a server on loopback is open from its next start, and off loopback none starts.");
  return kDone;
}

}  // namespace souk::cli
