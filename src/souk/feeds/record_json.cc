#include "souk/feeds/record_json.h"

#include "souk/base/hash.h"
#include "souk/base/time.h"
#include "souk/feeds/json_text.h"

namespace souk::feeds {
namespace {

void text_field(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) append_json_field(out, name, text);
}

void count_field(std::string& out, std::string_view name, std::uint64_t count) {  // 0: absent
  if (count == 0) return;
  append_json_name(out, name);
  append_json_number(out, count);
}

void time_field(std::string& out, std::string_view name, const std::optional<Timestamp>& time) {
  if (time) append_json_field(out, name, format_rfc3339(*time));
}

// A bare JSON number that keeps its digits: 29.90.
void decimal_field(std::string& out, std::string_view name, const std::optional<Decimal>& value) {
  if (!value) return;
  append_json_name(out, name);
  out += value->to_string();
}

void append_value(std::string& out, const store::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return append_json_string(out, *text);
  if (const auto* number = std::get_if<double>(&value)) return append_json_number(out, *number);
  out += std::get<bool>(value) ? "true" : "false";
}

template <class List, class Append>
void append_list(std::string& out, const List& list, const Append& append) {
  out += '[';
  bool first = true;
  for (const auto& element : list) {
    if (!first) out += ',';
    first = false;
    append(element);
  }
  out += ']';
}

// One value stands alone, more stand in a list: {"capacity_l":1.7,"colour":["blue","red"]}.
void attributes_field(std::string& out, const store::Attributes& attributes) {
  if (attributes.empty()) return;
  append_json_name(out, "attributes");
  out += '{';
  for (const auto& [name, values] : attributes) {
    append_json_name(out, name);
    if (values.size() == 1) {
      append_value(out, values.front());
    } else {
      append_list(out, values, [&](const store::Value& value) { append_value(out, value); });
    }
  }
  out += '}';
}

void texts_field(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  append_json_name(out, name);
  append_list(out, texts, [&](const std::string& text) { append_json_string(out, text); });
}

void append_offer(std::string& out, const store::Offer& offer) {
  out += '{';
  text_field(out, "market", offer.market);
  append_json_field(out, "amount", offer.amount.to_string());
  append_json_field(out, "currency", offer.currency);
  if (offer.was) append_json_field(out, "was", offer.was->to_string());
  append_json_field(out, "availability", name_of(offer.availability));
  time_field(out, "from", offer.from);
  time_field(out, "until", offer.until);
  out += '}';
}

void local_texts_field(std::string& out, const std::map<std::string, store::LocalText>& texts) {
  if (texts.empty()) return;
  append_json_name(out, "text");
  out += '{';
  for (const auto& [language, text] : texts) {
    append_json_name(out, language);
    out += '{';
    text_field(out, "title", text.title);
    text_field(out, "description", text.description);
    out += '}';
  }
  out += '}';
}

void vectors_field(std::string& out, const std::map<std::string, std::vector<float>>& vectors) {
  if (vectors.empty()) return;
  append_json_name(out, "vectors");
  out += '{';
  for (const auto& [space, vector] : vectors) {
    append_json_name(out, space);
    append_list(out, vector, [&](float number) { append_json_number(out, number); });
  }
  out += '}';
}

std::string event_json(const store::Event& event, bool with_received) {
  std::string out = "{";
  out.reserve(256);
  text_field(out, "id", event.id);
  text_field(out, "shopper", event.shopper);
  text_field(out, "session", event.session);
  text_field(out, "item", event.item);
  append_json_field(out, "kind", event.kind == store::EventKind::other ? std::string_view(event.kind_name) : name_of(event.kind));
  time_field(out, "time", event.time);
  decimal_field(out, "value", event.value);
  decimal_field(out, "quantity", event.quantity);
  text_field(out, "currency", event.currency);
  text_field(out, "order", event.order);
  text_field(out, "query", event.query);
  text_field(out, "shelf", event.shelf);
  count_field(out, "position", event.position);
  text_field(out, "request", event.request);
  attributes_field(out, event.attributes);
  if (with_received) time_field(out, "received", event.received);
  out += '}';
  return out;
}

}  // namespace

std::string_view name_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::items:
      return "items";
    case RecordKind::events:
      return "events";
    case RecordKind::reviews:
      return "reviews";
    case RecordKind::shoppers:
      break;
  }
  return "shoppers";
}

Result<RecordKind> record_kind_named(std::string_view name) {
  for (const RecordKind kind : {RecordKind::items, RecordKind::events, RecordKind::shoppers, RecordKind::reviews}) {
    if (name_of(kind) == name) return kind;
  }
  return fail(Error{ErrorKind::invalid, "unknown kind of records", {}, "items, events, shoppers or reviews", std::string(name), {}});
}

std::string RowProblem::to_json() const {
  std::string out = "{";
  append_json_name(out, "line");
  append_json_number(out, line);
  if (!file.empty()) append_json_field(out, "file", file);
  append_json_field(out, "path", path);
  append_json_field(out, "expected", expected);
  append_json_field(out, "found", found);
  out += '}';
  return out;
}

std::string to_json(const store::Item& item) {
  std::string out = "{";
  out.reserve(512);
  append_json_field(out, "key", item.key);
  text_field(out, "title", item.title);
  text_field(out, "description", item.description);
  text_field(out, "brand", item.brand);
  texts_field(out, "category", item.category);
  attributes_field(out, item.attributes);
  text_field(out, "group", item.group);
  text_field(out, "gtin", item.gtin);
  text_field(out, "mpn", item.mpn);
  text_field(out, "condition", item.condition);
  local_texts_field(out, item.text);
  time_field(out, "released", item.released);
  if (!item.offers.empty()) {
    append_json_name(out, "offers");
    append_list(out, item.offers, [&](const store::Offer& offer) { append_offer(out, offer); });
  }
  texts_field(out, "images", item.images);
  text_field(out, "url", item.url);
  text_field(out, "language", item.language);
  vectors_field(out, item.vectors);
  time_field(out, "updated", item.updated);
  out += '}';
  return out;
}

std::string to_json(const store::Event& event) {
  return event_json(event, true);
}

std::string to_json(const store::Shopper& shopper) {
  std::string out = "{";
  append_json_field(out, "key", shopper.key);
  attributes_field(out, shopper.attributes);
  if (!shopper.personalise || !shopper.train) {
    append_json_name(out, "consent");
    out += shopper.personalise ? "{\"personalise\":true," : "{\"personalise\":false,";
    out += shopper.train ? "\"train\":true}" : "\"train\":false}";
  }
  time_field(out, "created", shopper.created);
  out += '}';
  return out;
}

std::string to_json(const store::Review& review) {
  std::string out = "{";
  out.reserve(256 + review.text.size());
  text_field(out, "id", review.id);
  append_json_field(out, "item", review.item);
  text_field(out, "shopper", review.shopper);
  decimal_field(out, "rating", review.rating);
  text_field(out, "title", review.title);
  text_field(out, "text", review.text);
  text_field(out, "language", review.language);
  time_field(out, "time", review.time);
  count_field(out, "helpful", review.helpful);
  texts_field(out, "images", review.images);
  if (review.verified) {
    append_json_name(out, "verified");
    out += "true";
  }
  attributes_field(out, review.attributes);
  out += '}';
  return out;
}

std::string content_id(const store::Review& review) {
  return hash128(to_json(review)).hex();
}

Hash128 content_hash(const store::Event& event) {
  return hash128(event_json(event, false));
}

std::string content_id(const Hash128& content, std::uint64_t equal_before) {
  std::string id = content.hex();
  if (equal_before != 0) id += "-" + std::to_string(equal_before);
  return id;
}

std::string content_id(const store::Event& event, std::uint64_t equal_before) {
  return content_id(content_hash(event), equal_before);
}

}  // namespace souk::feeds
