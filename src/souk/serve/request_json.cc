#include "souk/serve/request_json.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "souk/base/config.h"

namespace souk::serve {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxValues = 200'000;  // what the largest batch could ask for; empty objects would take twenty times the body's bytes

// Reads one JSON text without keeping it, and refuses what nlohmann's parser takes: equal keys (it keeps the last), any depth and size,
// U+0000. Not its callback, which looks at all that stands before an element each time one ends.
class Strict final : public json::json_sax_t {
 public:
  std::optional<Problem> problem;

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool string(string_t& text) override { return value() && is_text(text); }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (!is_text(name)) return false;
    if (keys_.back().insert(name).second) return true;
    return wrong("an object has the same key twice", {name, "every key once", "twice", 0});
  }
  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    std::string_view message = error.what();
    if (const auto end = message.find("] "); end != std::string_view::npos) message.remove_prefix(end + 2);
    return wrong("the body is not JSON", {"body", "JSON in UTF-8", std::string(message), 0});
  }

 private:
  bool wrong(std::string what, FieldProblem where) {
    problem = Problem::invalid(std::move(what), {std::move(where)});
    return false;
  }
  bool value() {
    if (++values_ <= kMaxValues) return true;
    return wrong("the JSON has too many values", {"body", fmt::format("at most {} values", kMaxValues), "more", 0});
  }
  bool is_text(const std::string& text) {
    if (text.find('\0') == std::string::npos) return true;
    return wrong("a string holds U+0000", {"body", "text without U+0000", "\\u0000", 0});
  }
  bool open() {
    keys_.emplace_back();  // an array has none
    if (keys_.size() <= kMaxDepth) return value();
    return wrong("the JSON is nested too deeply", {"body", fmt::format("at most {} levels", kMaxDepth), "more", 0});
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  // by level
  std::size_t values_ = 0;
};

Outcome<json> parse_strict(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return tl::unexpected(Problem::invalid("the body is empty", {{"body", "a JSON object", "nothing"}}));
  }
  Strict strict;
  if (!json::sax_parse(text, &strict)) return tl::unexpected(std::move(*strict.problem));
  return json::parse(text);
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return "\"" + value.get<std::string>() + "\"";
  return value.dump();
}

// The fields of one object: read by name and type, problems gathered.
class Fields {
 public:
  Fields(const json& object, std::string prefix, const AskLimits& limits) : object_(object), prefix_(std::move(prefix)), limits_(limits) {}

  void text(const char* name, std::string& out) {
    if (const json* value = find(name)) read_text(prefix_ + name, *value, out);
  }
  // A key: text, or an integer that becomes its decimal text.
  void key(const char* name, std::string& out) {
    if (const json* value = find(name)) read_key_text(prefix_ + name, *value, out);
  }
  void flag(const char* name, bool& out) {
    const json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_boolean()) return wrong(prefix_ + name, "true or false", shown(*value));
    out = value->get<bool>();
  }
  void size(const char* name, std::size_t least, std::size_t most, std::size_t& out) {
    const json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least || value->get<std::uint64_t>() > most) {
      return wrong(prefix_ + name, fmt::format("a whole number from {} to {}", least, most), shown(*value));
    }
    out = value->get<std::size_t>();
  }
  // One key or an array of them.
  void keys(const char* name, std::vector<std::string>& out) {
    const json* value = find(name);
    if (value != nullptr) read_list(prefix_ + name, *value, out);
  }
  void texts_by_name(const char* name, std::map<std::string, std::vector<std::string>>& out) {
    for_each_entry(name, [&](const std::string& path, const std::string& entry, const json& value) { read_list(path, value, out[entry]); });
  }
  void text_by_name(const char* name, std::map<std::string, std::string>& out) {
    for_each_entry(name, [&](const std::string& path, const std::string& entry, const json& value) {
      if (value.is_number() || value.is_boolean()) {
        out[entry] = value.dump();
      } else {
        read_text(path, value, out[entry]);
      }
    });
  }
  const json* find(const char* name) {
    known_.emplace_back(name);
    const auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  void wrong(std::string path, std::string expected, std::string found) {
    errors_.push_back({std::move(path), std::move(expected), std::move(found), 0});
  }

  // After every field was read: what else the object holds is unknown.
  Outcome<void> done() {
    bool unknown = false;
    for (const auto& [name, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      unknown = true;
      const auto near = nearest_name(name, known_);
      wrong(prefix_ + name,
            near ? fmt::format("a known field; did you mean '{}'?", *near) : fmt::format("one of {}", fmt::join(known_, ", ")),
            "an unknown field");
    }
    if (errors_.empty()) return {};
    Problem problem =
        Problem::invalid(unknown ? "the request has a field that is not known" : "the request cannot be understood", std::move(errors_));
    if (unknown) problem.type = "unknown-field";
    return tl::unexpected(std::move(problem));
  }

 private:
  void read_text(const std::string& path, const json& value, std::string& out) {
    if (!value.is_string()) return wrong(path, "text", shown(value));
    const auto& text = value.get_ref<const std::string&>();
    const std::size_t most = path.ends_with("filter") ? 4 * limits_.text_bytes : limits_.text_bytes;  // a filter may be 16 KiB
    if (text.size() > most) return wrong(path, fmt::format("at most {} bytes", most), fmt::format("{} bytes", text.size()));
    out = text;
  }
  void read_key_text(const std::string& path, const json& value, std::string& out) {
    if (value.is_number_integer()) {
      out = value.dump();
    } else {
      read_text(path, value, out);
    }
  }
  void read_list(const std::string& path, const json& value, std::vector<std::string>& out) {
    if (!value.is_array()) {
      read_key_text(path, value, out.emplace_back());
      return;
    }
    if (value.size() > limits_.list) return wrong(path, fmt::format("at most {} entries", limits_.list), fmt::format("{}", value.size()));
    for (std::size_t i = 0; i < value.size(); ++i) read_key_text(fmt::format("{}[{}]", path, i), value[i], out.emplace_back());
  }
  template <class Fn>
  void for_each_entry(const char* name, const Fn& fn) {
    const json* value = find(name);
    if (value == nullptr) return;
    const std::string path = prefix_ + name;
    if (!value->is_object()) return wrong(path, "an object", shown(*value));
    if (value->size() > limits_.list) return wrong(path, fmt::format("at most {} entries", limits_.list), fmt::format("{}", value->size()));
    for (const auto& [entry, content] : value->items()) fn(path + "." + entry, entry, content);
  }

  const json& object_;
  const std::string prefix_;
  const AskLimits& limits_;
  std::vector<std::string> known_;
  std::vector<FieldProblem> errors_;
};

Outcome<void> need_object(const json& value, const std::string& path) {
  if (value.is_object()) return {};
  return tl::unexpected(Problem::invalid("the request must be an object", {{path, "a JSON object", shown(value)}}));
}

// What searches and shelves have in common.
template <class Request>
void read_common(Fields& fields, const AskLimits& limits, Asked<Request>& out) {
  fields.size("k", 1, limits.k, out.k);
  fields.size("offset", 0, limits.offset, out.offset);
  fields.text("filter", out.filter);
  fields.key("shopper", out.shopper);
  fields.key("session", out.session);
  fields.text("shopper_token", out.shopper_token);
  fields.keys("exclude", out.exclude);
  fields.text("language", out.language);
  fields.text("market", out.market);
  fields.text_by_name("context", out.context);
  fields.flag("explain", out.explain);
}

void read_match(Fields& fields, const std::string& prefix, index::Match& out) {
  std::string name = "auto";
  fields.text("match", name);
  if (name == "auto") {
    out = index::Match::automatic;
  } else if (name == "all") {
    out = index::Match::all;
  } else if (name == "any") {
    out = index::Match::any;
  } else {
    fields.wrong(prefix + "match", "auto, all or any", name);
  }
}

Outcome<AskedSearch> search_of(const json& object, const std::string& prefix, const AskLimits& limits) {
  if (auto ok = need_object(object, prefix.empty() ? "body" : prefix.substr(0, prefix.size() - 1)); !ok) return tl::unexpected(ok.error());
  Fields fields(object, prefix, limits);
  AskedSearch out;
  out.shelf = "search";
  fields.text("query", out.query);
  read_common(fields, limits, out);
  fields.text("cursor", out.cursor);
  fields.texts_by_name("facet_filters", out.facet_filters);
  out.default_facets = fields.find("facets") == nullptr;
  fields.keys("facets", out.facets);
  fields.size("facet_values", 1, limits.k, out.facet_values);
  fields.keys("sort", out.sort);
  fields.keys("fields", out.fields);
  fields.flag("prefix", out.prefix_last);
  read_match(fields, prefix, out.match);
  std::string group = "group";
  fields.text("group_by", group);
  if (group != "group" && group != "none") fields.wrong(prefix + "group_by", "group or none", group);
  out.group = group == "group";
  if (const json* typos = fields.find("typos"); typos != nullptr && *typos != false && *typos != 0) {
    fields.wrong(prefix + "typos", "false: this version corrects no typing errors", shown(*typos));
  }
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  return out;
}

Outcome<AskedShelf> shelf_of(const json& object, const AskLimits& limits) {
  if (auto ok = need_object(object, "body"); !ok) return tl::unexpected(ok.error());
  Fields fields(object, "", limits);
  AskedShelf out;
  read_common(fields, limits, out);
  fields.keys("item", out.items);
  fields.keys("basket", out.basket);
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  return out;
}

void append_parts(json& list, std::string_view text) {
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(','), text.size());
    if (at > 0) list.push_back(std::string(text.substr(0, at)));
    text.remove_prefix(std::min(at + 1, text.size()));
  }
}

json number_or_text(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? json(number) : json(text);
}

json flag_or_text(const std::string& text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return text;
}

// Query parameters as the object that a body would have been; the types of the names are those of the fields above.
Outcome<json> object_of(const Parameters& parameters) {
  static const std::set<std::string, std::less<>> kLists{"facets", "sort", "fields", "item", "basket", "exclude"};
  static const std::set<std::string, std::less<>> kNumbers{"k", "offset", "facet_values"};
  static const std::set<std::string, std::less<>> kFlags{"explain", "prefix", "typos"};
  json object = json::object();
  for (const auto& [given, value] : parameters) {
    const std::string name = given == "q" ? "query" : given;
    if (name == "facet_filters" || name == "context") {
      const std::string_view form = name == "context" ? "context.<name>=<value>" : "facet.<field>=<value>";
      return tl::unexpected(Problem::invalid("a parameter has another form", {{given, std::string(form), given + "=" + value}}));
    }
    if (kLists.contains(name)) {
      if (!object.contains(name)) object[name] = json::array();
      append_parts(object[name], value);
    } else if (name.starts_with("facet.")) {
      object["facet_filters"][name.substr(6)].push_back(value);
    } else if (name.starts_with("context.")) {
      object["context"][name.substr(8)] = value;
    } else if (object.contains(name)) {
      return tl::unexpected(Problem::invalid("a parameter is given twice", {{given, "every parameter once", "twice"}}));
    } else {
      object[name] = kNumbers.contains(name) ? number_or_text(value) : kFlags.contains(name) ? flag_or_text(value) : json(value);
    }
  }
  return object;
}

}  // namespace

Outcome<SearchBody> read_search(std::string_view body, const AskLimits& limits) {
  auto parsed = parse_strict(body);
  if (!parsed) return tl::unexpected(parsed.error());
  SearchBody out;
  const bool batch = parsed->is_object() && parsed->contains("searches");
  if (!batch) {
    out.searches.push_back(search_of(*parsed, "", limits));
    return out;
  }
  out.batch = true;
  const json& searches = (*parsed)["searches"];
  if (parsed->size() != 1) {
    return tl::unexpected(Problem::invalid("a batch holds nothing but its searches", {{"body", "only the field searches", "more fields"}}));
  }
  if (!searches.is_array() || searches.empty() || searches.size() > limits.searches) {
    const std::string found = searches.is_array() ? fmt::format("{}", searches.size()) : shown(searches);
    return tl::unexpected(Problem::invalid("the batch cannot be answered",
                                           {{"searches", fmt::format("an array of 1 to {} searches", limits.searches), found}}));
  }
  std::size_t items = 0;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    out.searches.push_back(search_of(searches[i], fmt::format("searches[{}].", i), limits));
    if (out.searches.back()) items += out.searches.back()->k;
  }
  if (items > limits.batch_k) {
    return tl::unexpected(Problem::invalid(
        "the batch asks for too many items",
        {{"searches", fmt::format("at most {} items together (the sum of k)", limits.batch_k), fmt::format("{}", items)}}));
  }
  return out;
}

Outcome<AskedShelf> read_shelf(std::string_view body, const AskLimits& limits) {
  auto parsed = parse_strict(body);
  if (!parsed) return tl::unexpected(parsed.error());
  return shelf_of(*parsed, limits);
}

Outcome<AskedSearch> read_search(const Parameters& parameters, const AskLimits& limits) {
  auto object = object_of(parameters);
  if (!object) return tl::unexpected(object.error());
  return search_of(*object, "", limits);
}

Outcome<AskedShelf> read_shelf(const Parameters& parameters, const AskLimits& limits) {
  auto object = object_of(parameters);
  if (!object) return tl::unexpected(object.error());
  return shelf_of(*object, limits);
}

Outcome<SuggestRequest> read_suggest(const Parameters& parameters, const AskLimits& limits) {
  SuggestRequest out;
  json object = json::object();
  for (const auto& [name, value] : parameters) object[name] = name == "k" ? number_or_text(value) : json(value);
  Fields fields(object, "", limits);
  fields.text("q", out.prefix);
  fields.size("k", 1, 50, out.k);
  if (!object.contains("q")) fields.wrong("q", "the beginning of what to look for", "nothing");
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  return out;
}

Outcome<Page> read_page(const Parameters& parameters) {
  constexpr std::size_t kMostOffset = 1'000'000'000, kMostLimit = 10'000;
  Page out;
  json object = json::object();
  for (const auto& [name, value] : parameters) object[name] = number_or_text(value);
  const AskLimits limits;
  Fields fields(object, "", limits);
  fields.size("offset", 0, kMostOffset, out.offset);
  fields.size("limit", 1, kMostLimit, out.limit);
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  return out;
}

Outcome<std::string> read_session(std::string_view body) {
  auto parsed = parse_strict(body);
  if (!parsed) return tl::unexpected(parsed.error());
  if (auto ok = need_object(*parsed, "body"); !ok) return tl::unexpected(ok.error());
  const AskLimits limits;
  Fields fields(*parsed, "", limits);
  std::string session;
  fields.key("session", session);
  if (session.empty()) fields.wrong("session", "the session to join to the shopper", "nothing");
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  return session;
}

tl::expected<std::string, FieldProblem> read_key(std::string_view record) {
  auto parsed = parse_strict(record);
  if (!parsed) return tl::unexpected(parsed.error().errors.front());
  if (!parsed->is_object()) return tl::unexpected(FieldProblem{"", "a JSON object", shown(*parsed)});
  const auto it = parsed->find("key");
  if (it == parsed->end()) return tl::unexpected(FieldProblem{"key", "the item's key", "nothing"});
  if (it->is_string()) return it->get<std::string>();
  if (it->is_number_integer()) return it->dump();
  return tl::unexpected(FieldProblem{"key", "text or an integer", shown(*it)});
}

}  // namespace souk::serve
