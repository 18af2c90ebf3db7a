// The records a shop is made of, as people and machines exchange them (external keys, not ids). Plain values; the stored form is
// records.proto, the exchanged form JSON (feeds/record_json.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "souk/base/decimal.h"
#include "souk/base/result.h"
#include "souk/base/time.h"

namespace souk::store {

enum class Availability : std::uint8_t { in_stock, out_of_stock, preorder, backorder, discontinued };
std::string_view name_of(Availability value);
std::optional<Availability> availability_named(std::string_view name);

struct Offer {
  std::string market;    // empty: the shop's first market
  Decimal amount;        // in the currency's minor digits: 29.90
  std::string currency;  // ISO 4217
  std::optional<Decimal> was;
  Availability availability = Availability::in_stock;
  std::optional<Timestamp> from, until;
  friend bool operator==(const Offer&, const Offer&) = default;
};

using Value = std::variant<std::string, double, bool>;
using Attributes = std::map<std::string, std::vector<Value>>;  // every attribute has one or more values

struct LocalText {
  std::string title, description;
  friend bool operator==(const LocalText&, const LocalText&) = default;
};

struct Item {
  std::string key;
  std::string title;  // empty: trainable, never shown
  std::string description;
  std::string brand;
  std::vector<std::string> category;  // paths: "Home > Kitchen > Kettles"
  Attributes attributes;
  std::string group;  // variants of one product share it
  std::string gtin, mpn, condition;
  std::map<std::string, LocalText> text;  // by BCP 47 language
  std::optional<Timestamp> released;
  std::vector<Offer> offers;
  std::vector<std::string> images;
  std::string url, language;
  std::map<std::string, std::vector<float>> vectors;  // by space
  std::optional<Timestamp> updated;
  friend bool operator==(const Item&, const Item&) = default;
};

// The kinds Souk knows; others are kept by name and reported.
enum class EventKind : std::uint8_t {
  search,
  filter,
  impression,
  click,
  view,
  wishlist,
  cart,
  remove,
  checkout,
  purchase,
  refund,
  rating,
  promo_view,
  promo_click,
  skip,
  other
};
inline constexpr std::size_t kEventKinds = 16;
std::string_view name_of(EventKind kind);
std::optional<EventKind> event_kind_named(std::string_view name);  // never `other`

struct Event {
  std::string id;  // empty: made from the content at import
  std::string shopper, session, item;
  EventKind kind = EventKind::view;
  std::string kind_name;  // of an `other`
  std::optional<Timestamp> time;
  std::optional<Decimal> value, quantity;
  std::string currency, order, query, shelf, request;
  std::uint32_t position = 0;  // from 1; 0: absent
  Attributes attributes;
  std::optional<Timestamp> received;  // set by the server
  friend bool operator==(const Event&, const Event&) = default;
};

struct Shopper {
  std::string key;
  Attributes attributes;
  bool personalise = true, train = true;  // consent
  std::optional<Timestamp> created;
  friend bool operator==(const Shopper&, const Shopper&) = default;
};

// What a person says of an item. Put again under its id, it replaces the one before: votes and texts change.
struct Review {
  std::string id;  // empty: made from the content at import
  std::string item, shopper;
  std::optional<Decimal> rating;  // stars
  std::string title, text, language;
  std::optional<Timestamp> time;
  std::uint64_t helpful = 0;  // votes
  std::vector<std::string> images;
  bool verified = false;  // by a purchase
  Attributes attributes;
  friend bool operator==(const Review&, const Review&) = default;
};

// What was shown, one record a request: written from the first day so that shelves can be judged later.
struct Served {
  std::string request;  // unguessable id, also in the answer
  Timestamp time = 0;
  std::string shelf, shopper, session, query, version;
  std::vector<std::string> items;   // keys, in order shown
  std::vector<float> propensities;  // empty, or one an item
};

// Keys: UTF-8, 1 to 512 bytes, no control characters. The error's `expected` and `found` are filled; `where` is the field's name.
Status check_key(std::string_view key, std::string_view field);
bool valid_utf8(std::string_view text);

// "session:<session>" is the key of the visitor of an event without a shopper; no other shopper key may start so.
inline constexpr std::string_view kVisitorPrefix = "session:";

}  // namespace souk::store
