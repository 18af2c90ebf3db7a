#include "souk/store/prepare.h"

#include <fmt/format.h>

#include "souk/store/codec.h"

namespace souk::store {
namespace {

// Puts "events[3]." in front of the field an error names.
Status located(Status status, std::string_view list, std::size_t index) {
  if (status) return status;
  Error error = std::move(status).error();
  error.where = fmt::format("{}[{}]{}{}", list, index, error.where.empty() ? "" : ".", error.where);
  return fail(std::move(error));
}

Status wrong(std::string_view field, std::string expected, std::string found) {
  return fail(Error{ErrorKind::invalid, "not a usable record", std::string(field), std::move(expected), std::move(found), {}});
}

bool needs_item(EventKind kind) {
  return kind != EventKind::search && kind != EventKind::filter && kind != EventKind::checkout;
}

Status check_shopper_key(std::string_view key) {
  SOUK_CHECK(check_key(key, "shopper"));
  if (!key.starts_with(kVisitorPrefix)) return {};
  return wrong("shopper", "a key that does not begin with \"session:\", which is kept for visitors", "a key that does");
}

Status check_event(const Event& event, bool timed) {
  SOUK_CHECK(check_key(event.id, "id"));
  if (event.shopper.empty()) {
    if (event.session.empty()) return wrong("shopper", "a shopper or a session", "neither");
    SOUK_CHECK(check_key(event.session, "session"));
    if (event.session.size() + kVisitorPrefix.size() > 512) return wrong("session", "at most 504 bytes", "more");
  } else {
    SOUK_CHECK(check_shopper_key(event.shopper));
  }
  if (!event.item.empty()) {
    SOUK_CHECK(check_key(event.item, "item"));
  } else if (needs_item(event.kind)) {
    return wrong("item", fmt::format("an item's key, for the kind {}", name_of(event.kind)), "none");
  }
  if (event.kind == EventKind::other && event.kind_name.empty()) return wrong("kind", "the name of the kind", "none");
  if (event.time.has_value() != timed) {
    return wrong("time", timed ? "a time, as the events before it have" : "no time, as the events before it", timed ? "none" : "a time");
  }
  return {};
}

Status check_review(const Review& review) {
  SOUK_CHECK(check_key(review.id, "id"));
  SOUK_CHECK(check_key(review.item, "item"));
  return review.shopper.empty() ? Status() : check_shopper_key(review.shopper);
}

Status check_item(const Item& item) {
  return check_key(item.key, "key");
}

}  // namespace

Status check_served(const Served& served) {
  SOUK_CHECK(check_key(served.request, "request"));
  if (!served.shopper.empty()) SOUK_CHECK(check_key(served.shopper, "shopper"));
  for (const std::string& item : served.items) SOUK_CHECK(check_key(item, "items"));
  if (!served.propensities.empty() && served.propensities.size() != served.items.size()) {
    return wrong("propensities", "none, or one for each item",
                 fmt::format("{} for {} items", served.propensities.size(), served.items.size()));
  }
  return {};
}

Result<Prepared> prepare(const Changes& changes) {
  for (std::size_t i = 0; i < changes.items.size(); ++i) SOUK_CHECK(located(check_item(changes.items[i]), "items", i));
  for (std::size_t i = 0; i < changes.removed_items.size(); ++i) {
    SOUK_CHECK(located(check_key(changes.removed_items[i], ""), "removed_items", i));
  }
  for (std::size_t i = 0; i < changes.shoppers.size(); ++i) {
    SOUK_CHECK(located(check_key(changes.shoppers[i].key, "key"), "shoppers", i));
  }
  for (std::size_t i = 0; i < changes.reviews.size(); ++i) SOUK_CHECK(located(check_review(changes.reviews[i]), "reviews", i));
  for (std::size_t i = 0; i < changes.served.size(); ++i) SOUK_CHECK(located(check_served(changes.served[i]), "served", i));

  Prepared prepared;
  if (changes.events.empty()) return prepared;
  prepared.timed = changes.events.front().time.has_value();
  prepared.events.resize(changes.events.size());
  prepared.bytes.reserve(changes.events.size() * 128);
  for (std::size_t i = 0; i < changes.events.size(); ++i) {
    const Event& event = changes.events[i];
    if (Status checked = check_event(event, prepared.timed); !checked) SOUK_CHECK(located(std::move(checked), "events", i));
    PreparedEvent& to = prepared.events[i];
    to.id = hash128(event.id);
    const std::size_t begin = prepared.bytes.size();
    to.content = append_event(event, prepared.bytes);
    if (prepared.bytes.size() > UINT32_MAX)
      return fail(ErrorKind::limit, "a commit's events must stay below 4 GiB", {}, "Commit fewer at a time");
    to.begin = static_cast<std::uint32_t>(begin);
    to.size = static_cast<std::uint32_t>(prepared.bytes.size() - begin);
  }
  return prepared;
}

std::string_view shopper_key_of(const Event& event, std::string& scratch) {
  if (!event.shopper.empty()) return event.shopper;
  scratch.assign(kVisitorPrefix).append(event.session);
  return scratch;
}

}  // namespace souk::store
