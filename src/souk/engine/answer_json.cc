#include "souk/engine/answer_json.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "souk/base/config.h"
#include "souk/engine/json_writer.h"
#include "souk/feeds/record_json.h"

namespace souk::engine {
namespace {

struct Member {
  std::string_view name, value;  // the name as written between its quotes; the value as JSON
};

// Where the JSON value that begins at `at` ends. The text is JSON that Souk wrote: without blanks, and valid.
std::size_t end_of_value(std::string_view json, std::size_t at) {
  int depth = 0;
  bool quoted = false;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

std::vector<Member> members_of(std::string_view object) {
  std::vector<Member> members;
  std::size_t at = 1;
  while (at < object.size() && object[at] == '"') {
    const std::size_t name_end = object.find('"', at + 1);
    const std::size_t value_end = end_of_value(object, name_end + 2);
    members.push_back({object.substr(at + 1, name_end - at - 1), object.substr(name_end + 2, value_end - name_end - 2)});
    at = value_end + 1;
  }
  return members;
}

void write_explanation(JsonWriter& json, const index::Explanation& explanation) {
  json.begin_object().member("value", explanation.value).member("what", explanation.what);
  if (!explanation.parts.empty()) {
    json.key("parts").begin_array();
    for (const index::Explanation& part : explanation.parts) write_explanation(json, part);
    json.end_array();
  }
  json.end_object();
}

// In the order of the reference page; the last four are shorthand for the current offer.
constexpr std::array kItemFields = {"key",     "title",     "description", "brand",  "category", "attributes",  "group", "gtin",
                                    "mpn",     "condition", "text",        "offers", "released", "images",      "url",   "language",
                                    "vectors", "updated",   "price",       "was",    "currency", "availability"};

void write_offer(JsonWriter& json, const store::Offer& offer, const std::vector<std::string>& fields) {
  for (const std::string& field : fields) {
    if (field == "price") json.member(field, offer.amount.to_string());
    if (field == "was" && offer.was) json.member(field, offer.was->to_string());
    if (field == "currency") json.member(field, offer.currency);
    if (field == "availability") json.member(field, store::name_of(offer.availability));
  }
}

void write_item(JsonWriter& json, const AnswerItem& shown, const std::vector<std::string>& fields, const index::Explanation* explanation) {
  const std::string record = feeds::to_json(shown.item);
  json.begin_object().member("key", shown.key).member("score", shown.score);
  for (const Member& member : members_of(record)) {
    if (member.name == "key") continue;
    const bool wanted = fields.empty() ? member.name != "vectors" : std::find(fields.begin(), fields.end(), member.name) != fields.end();
    if (wanted) json.key(member.name).raw(member.value);
  }
  if (shown.offer) write_offer(json, *shown.offer, fields);
  if (!shown.highlight.empty()) {
    json.key("highlight").begin_object();
    for (const auto& [field, html] : shown.highlight) json.member(field, html);
    json.end_object();
  }
  json.key("why").begin_array();
  for (const Why& why : shown.why) {
    json.begin_object().member("source", why.source).member("detail", why.detail).member("score", why.score).end_object();
  }
  json.end_array();
  if (explanation != nullptr) {
    json.key("explanation");
    write_explanation(json, *explanation);
  }
  json.end_object();
}

void write_facets(JsonWriter& json, const std::map<std::string, index::FacetResult>& facets) {
  json.begin_object();
  for (const auto& [field, facet] : facets) {
    json.key(field).begin_object();
    json.key("values").begin_array();
    for (const index::FacetValue& value : facet.values)
      json.begin_object().member("value", value.value).member("count", value.count).end_object();
    json.end_array();
    if (facet.stats) {
      json.key("stats").begin_object().member("min", facet.stats->min).member("max", facet.stats->max);
      json.member("sum", facet.stats->sum).member("count", facet.stats->count).end_object();
    }
    json.end_object();
  }
  json.end_object();
}

void write_items(JsonWriter& json, const ShelfAnswer& answer, const std::vector<std::string>& fields) {
  json.begin_array();
  for (std::size_t i = 0; i < answer.items.size(); ++i) {
    write_item(json, answer.items[i], fields, i < answer.explanations.size() ? &answer.explanations[i] : nullptr);
  }
  json.end_array();
}

// What searches and shelves end with.
void write_tail(JsonWriter& json, const ShelfAnswer& answer) {
  json.key("by").begin_object().member("model", answer.trained ? "tables" : "none").member("version", answer.version);
  if (answer.trained) json.member("trained", format_rfc3339(*answer.trained));
  if (!answer.marked.empty()) json.member("marked", answer.marked);
  json.end_object();
  json.member("cold_start", answer.cold_start);
  if (!answer.notes.empty()) {
    json.key("notes").begin_array();
    for (const std::string& note : answer.notes) json.value(note);
    json.end_array();
  }
  if (answer.explained) {
    json.key("timings").begin_array();
    for (const shelf::NodeTiming& timing : answer.timings) {
      json.begin_object()
          .member("node", timing.node)
          .member("ms", timing.milliseconds)
          .member("candidates", timing.candidates)
          .end_object();
    }
    json.end_array();
  }
  json.member("request", answer.request).member("took_ms", answer.took_ms);
}

}  // namespace

Status check_item_fields(const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (std::find(kItemFields.begin(), kItemFields.end(), fields[i]) != kItemFields.end()) continue;
    const auto near = nearest_name(fields[i], {kItemFields.begin(), kItemFields.end()});
    return fail(Error{ErrorKind::invalid, fmt::format("'{}' is not a field of items", fields[i]), fmt::format("fields[{}]", i),
                      fmt::format("one of {}", fmt::join(kItemFields, ", ")), fields[i],
                      near ? fmt::format("Did you mean '{}'?", *near) : ""});
  }
  return {};
}

std::string to_json(const SearchAnswer& answer, const std::vector<std::string>& fields) {
  JsonWriter json;
  json.begin_object().key("items");
  write_items(json, answer, fields);
  json.member("total", answer.total).member("total_exact", answer.total_exact);
  json.key("facets");
  write_facets(json, answer.facets);
  json.key("dropped").begin_array();
  for (const std::string& word : answer.dropped) json.value(word);
  json.end_array();
  if (!answer.cursor.empty()) json.member("cursor", answer.cursor);
  write_tail(json, answer);
  return json.end_object().take();
}

std::string to_json(const ShelfAnswer& answer, const std::vector<std::string>& fields) {
  JsonWriter json;
  json.begin_object().member("shelf", answer.shelf).key("items");
  write_items(json, answer, fields);
  write_tail(json, answer);
  return json.end_object().take();
}

std::string to_json(const store::CommitReport& report) {
  JsonWriter json;
  json.begin_object().member("seq", report.seq).member("accepted", report.accepted).member("changed", report.changed);
  json.member("unchanged", report.unchanged).member("duplicates", report.duplicates).member("conflicts", report.conflicts);
  json.member("removed", report.removed).member("unknown_kinds", report.unknown_kinds).member("stubs", report.stubs);
  return json.end_object().take();
}

}  // namespace souk::engine
