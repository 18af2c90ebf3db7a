#include "souk/base/config.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <sstream>
#include <toml++/toml.h>
#include <utility>

#include "souk/base/json_text.h"

namespace souk {
namespace {

std::string at(const std::string& name, const toml::source_position& position) {
  return position ? fmt::format("{}:{}:{}", name, position.line, position.column) : name;
}

// A key and its value, or nothing.
struct Found {
  const toml::key* key = nullptr;
  const toml::node* node = nullptr;
};

Found child(const toml::table& table, std::string_view name) {
  const auto entry = table.find(name);
  return entry == table.end() ? Found{} : Found{&entry->first, &entry->second};
}

// The whole text as a key first, so that quoted keys with a point in them are found; then as a path.
Found find(const toml::table* table, std::string_view path) {
  if (table == nullptr) return {};
  if (const Found found = child(*table, path); found.node != nullptr) return found;
  const std::size_t point = path.find('.');
  if (point == std::string_view::npos) return {};
  const Found first = child(*table, path.substr(0, point));
  return first.node == nullptr ? Found{} : find(first.node->as_table(), path.substr(point + 1));
}

std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return fmt::format("the text \"{}\"", text->get().substr(0, 64));
  if (const auto* integer = node.as_integer()) return fmt::format("the integer {}", integer->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("the number {}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  return "a date or time";
}

std::optional<std::string> text_of(const toml::node& node) {
  const auto* text = node.as_string();
  return text == nullptr ? std::nullopt : std::optional<std::string>(text->get());
}

std::optional<double> number_of(const toml::node& node) {
  std::optional<double> value;
  if (const auto* integer = node.as_integer()) value = static_cast<double>(integer->get());
  if (const auto* number = node.as_floating_point()) value = number->get();
  return value && std::isfinite(*value) ? value : std::nullopt;
}

template <class T, class Convert>
std::optional<std::vector<T>> each(const toml::node& node, const Convert& convert) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<T> values;
  for (const toml::node& element : *array) {
    std::optional<T> value = convert(element);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

Result<toml::table> parse_table(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return fail(ErrorKind::invalid, fmt::format("not valid TOML: {}", error.description()), at(name, error.source().begin));
  }
}

std::vector<Found> in_document_order(const toml::table* table) {
  std::vector<Found> entries;
  if (table == nullptr) return entries;
  for (const auto& [key, node] : *table) entries.push_back({&key, &node});
  // Keys set by with() have no position; they come last.
  std::ranges::stable_sort(entries, [](const Found& a, const Found& b) {
    const toml::source_position x = a.key->source().begin, y = b.key->source().begin;
    return x && y ? x < y : static_cast<bool>(x) && !y;
  });
  return entries;
}

// Keys in bytewise order, so that equal tables give equal text. Dates become texts; numbers that JSON lacks become null.
void append_json(std::string& json, const toml::node& node) {
  if (const toml::table* table = node.as_table()) {
    json += '{';
    for (const auto& [key, value] : *table) {
      if (json.back() != '{') json += ',';
      append_json_string(json, key.str());
      json += ':';
      append_json(json, value);
    }
    json += '}';
  } else if (const toml::array* array = node.as_array()) {
    json += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) json += ',';
      append_json(json, (*array)[i]);
    }
    json += ']';
  } else if (const auto* text = node.as_string()) {
    append_json_string(json, text->get());
  } else if (const auto* integer = node.as_integer()) {
    json += std::to_string(integer->get());
  } else if (const auto* number = node.as_floating_point()) {
    const std::string digits = std::isfinite(number->get()) ? fmt::format("{}", number->get()) : "null";
    json += digits;
    if (digits.find_first_not_of("-0123456789") == std::string::npos) json += ".0";  // 1.0 is another value than 1
  } else if (const auto* flag = node.as_boolean()) {
    json += flag->get() ? "true" : "false";
  } else {
    std::ostringstream date;
    node.visit([&](const auto& value) {
      if constexpr (toml::is_value<decltype(value)>) date << value.get();
    });
    append_json_string(json, date.view());
  }
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, without regard to ASCII case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<std::size_t> two_up(b.size() + 1), up(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    two_up.swap(up);
    up.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = fold(a[i - 1]) == fold(b[j - 1]);
      row[j] = std::min({up[j] + 1, row[j - 1] + 1, up[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_up[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

struct Config::Node {
  struct Document {
    toml::table root;
    std::string name;
  };
  std::shared_ptr<const Document> document;
  const toml::table* table = nullptr;  // of the document; null behaves as empty
  std::string path;                    // of the table, for messages
  toml::source_position position{};
  std::optional<Error> wrong;  // something else stands where this table was asked for: told by the first value read

  std::string name_of(std::string_view key) const { return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key); }

  Error wrong_type(const Found& found, std::string_view key, std::string_view expected) const {
    const std::string where = at(document->name, found.key->source().begin);
    return {ErrorKind::invalid, fmt::format("wrong value for {}", name_of(key)), where, std::string(expected), describe(*found.node), {}};
  }

  // The value of `key` as convert() reads it, or `otherwise` when it is absent.
  template <class T, class Convert>
  Result<T> value(std::string_view key, T otherwise, std::string_view expected, const Convert& convert) const {
    if (wrong) return fail(*wrong);
    const Found found = find(table, key);
    if (found.node == nullptr) return otherwise;
    if (std::optional<T> converted = convert(*found.node)) return std::move(*converted);
    return fail(wrong_type(found, key, expected));
  }
};

Config::Config() : node_(std::make_shared<Node>(Node{std::make_shared<Node::Document>(), nullptr, {}, {}, {}})) {}

Result<Config> Config::parse(std::string_view text, std::string name) {
  SOUK_TRY(toml::table root, parse_table(text, name));
  auto document = std::make_shared<const Node::Document>(Node::Document{std::move(root), std::move(name)});
  const toml::table* table = &document->root;
  Config config;
  config.node_ = std::make_shared<Node>(Node{std::move(document), table, {}, {}, {}});
  return config;
}

Result<Config> Config::load(const fs::path& path) {
  SOUK_TRY(const std::string text, read_file(path));
  return parse(text, path.string());
}

Config Config::table(std::string_view key) const {
  Node node{node_->document, nullptr, node_->name_of(key), {}, node_->wrong};
  if (const Found found = find(node_->table, key); found.node != nullptr) {
    node.table = found.node->as_table();
    node.position = found.key->source().begin;
    if (node.table == nullptr) node.wrong = node_->wrong_type(found, key, "a table");
  }
  Config config;
  config.node_ = std::make_shared<Node>(std::move(node));
  return config;
}

std::vector<Config> Config::tables(std::string_view key) const {
  const Found found = find(node_->table, key);
  if (found.node == nullptr) return {};
  const toml::array* array = found.node->as_array();
  std::vector<Config> configs(array == nullptr ? 1 : array->size());
  for (std::size_t i = 0; i < configs.size(); ++i) {
    Node node{node_->document, nullptr, fmt::format("{}[{}]", node_->name_of(key), i), found.key->source().begin, {}};
    const toml::node& element = array == nullptr ? *found.node : (*array)[i];
    if (array != nullptr) node.table = element.as_table();
    if (element.source().begin) node.position = element.source().begin;
    if (node.table == nullptr) node.wrong = node_->wrong_type({found.key, &element}, key, "an array of tables");
    configs[i].node_ = std::make_shared<Node>(std::move(node));
  }
  return configs;
}

std::vector<std::string> Config::keys() const {
  std::vector<std::string> names;
  for (const Found& entry : in_document_order(node_->table)) names.emplace_back(entry.key->str());
  return names;
}

bool Config::has(std::string_view key) const {
  return find(node_->table, key).node != nullptr;
}

Result<std::string> Config::text(std::string_view key, std::string_view otherwise) const {
  return node_->value(key, std::string(otherwise), "a text in quotes", text_of);
}

Result<std::int64_t> Config::integer(std::string_view key, std::int64_t otherwise) const {
  return node_->value(key, otherwise, "a whole number", [](const toml::node& node) {
    const auto* integer = node.as_integer();
    return integer == nullptr ? std::nullopt : std::optional<std::int64_t>(integer->get());
  });
}

Result<double> Config::number(std::string_view key, double otherwise) const {
  return node_->value(key, otherwise, "a finite number", number_of);
}

Result<bool> Config::flag(std::string_view key, bool otherwise) const {
  return node_->value(key, otherwise, "true or false", [](const toml::node& node) {
    const auto* flag = node.as_boolean();
    return flag == nullptr ? std::nullopt : std::optional<bool>(flag->get());
  });
}

Result<Duration> Config::duration(std::string_view key, Duration otherwise) const {
  return node_->value(key, otherwise, "a duration such as \"14d\", \"36h\", \"10m\", \"30s\" or \"250ms\"", [](const toml::node& node) {
    const auto* text = node.as_string();
    const auto parsed = text == nullptr ? Result<Duration>(fail(ErrorKind::invalid, {})) : parse_duration(text->get());
    return parsed ? std::optional<Duration>(*parsed) : std::nullopt;
  });
}

Result<std::vector<std::string>> Config::texts(std::string_view key, std::vector<std::string> otherwise) const {
  return node_->value(key, std::move(otherwise), "an array of texts in quotes",
                      [](const toml::node& node) { return each<std::string>(node, text_of); });
}

Result<std::vector<double>> Config::numbers(std::string_view key, std::vector<double> otherwise) const {
  return node_->value(key, std::move(otherwise), "an array of finite numbers",
                      [](const toml::node& node) { return each<double>(node, number_of); });
}

Status Config::only(const std::vector<std::string_view>& known) const {
  if (node_->wrong) return fail(*node_->wrong);
  const std::vector<std::string> candidates(known.begin(), known.end());
  Error error{ErrorKind::invalid, {}, {}, {}, {}, {}};
  for (const Found& entry : in_document_order(node_->table)) {
    const std::string_view name = entry.key->str();
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string where = at(node_->document->name, entry.key->source().begin);
    const std::optional<std::string> meant = nearest_name(name, candidates);
    const std::string question = meant ? fmt::format("Did you mean {}?", node_->name_of(*meant)) : "";
    if (error.what.empty()) {
      error.what = fmt::format("unknown key {}", node_->name_of(name));
      error.where = where;
      error.hint = meant ? question : candidates.empty() ? "No key is known here." : fmt::format("Known: {}.", fmt::join(known, ", "));
    } else {
      error.hint += fmt::format(" Also unknown: {} ({}).{}{}", node_->name_of(name), where, meant ? " " : "", question);
    }
  }
  if (error.what.empty()) return {};
  return fail(std::move(error));
}

std::string Config::where(std::string_view key) const {
  const Found found = key.empty() ? Found{} : find(node_->table, key);
  return at(node_->document->name, found.key == nullptr ? node_->position : found.key->source().begin);
}

std::string Config::where_element(std::string_view key, std::size_t element) const {
  const Found found = find(node_->table, key);
  const toml::array* array = found.node == nullptr ? nullptr : found.node->as_array();
  if (array == nullptr || element >= array->size() || !(*array)[element].source().begin) return where(key);
  return at(node_->document->name, (*array)[element].source().begin);
}

std::string Config::to_json() const {
  if (node_->table == nullptr) return "{}";
  std::string json;
  append_json(json, *node_->table);
  return json;
}

Result<Config> Config::with(std::string_view path, std::string_view value) const {
  if (node_->wrong) return fail(*node_->wrong);
  const std::string line = fmt::format("--set {}={}", path, value);
  // A line break would let the value bring further keys.
  Result<toml::table> parsed = value.find_first_of("\r\n") == std::string_view::npos
                                   ? parse_table(fmt::format("value = {}", value), line)
                                   : Result<toml::table>(fail(ErrorKind::invalid, "a value of more than one line", line));
  // A word that is no TOML value is meant as a text: --set model=bert4rec.
  if (!parsed) parsed = toml::table{{"value", std::string(value)}};

  auto document = std::make_shared<Node::Document>(Node::Document{{}, node_->document->name});
  if (node_->table != nullptr) document->root = *node_->table;
  toml::table* table = &document->root;
  std::string_view rest = path;
  for (std::size_t point = rest.find('.'); point != std::string_view::npos; point = rest.find('.')) {
    toml::node& next = table->insert(rest.substr(0, point), toml::table{}).first->second;
    table = next.as_table();
    if (table == nullptr) {
      return fail(Error{ErrorKind::invalid, "cannot set a key below a value", line, "a table", describe(next), {}});
    }
    rest.remove_prefix(point + 1);
  }
  if (rest.empty()) return fail(Error{ErrorKind::invalid, "no key to set", line, "a path such as train.epochs", {}, {}});
  table->erase(rest);
  table->insert(rest, std::move(*parsed->get("value")));
  Config config;
  const toml::table* root = &document->root;
  config.node_ = std::make_shared<Node>(Node{std::move(document), root, node_->path, node_->position, {}});
  return config;
}

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::optional<std::string> nearest;
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;  // one slip in three letters
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= best || distance >= std::max(name.size(), candidate.size())) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace souk
