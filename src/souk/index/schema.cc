#include "souk/index/schema.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

namespace souk::index {
namespace {

constexpr std::array<std::string_view, 3> kSpaces = {"attributes", "stats", "facts"};  // the order in which short names resolve
constexpr std::string_view kAllAttributes = "attributes";

std::optional<FieldType> type_named(std::string_view name) {
  static const std::map<std::string_view, FieldType> types = {
      {"keyword", FieldType::keyword}, {"text", FieldType::text}, {"number", FieldType::number},
      {"bool", FieldType::flag},       {"flag", FieldType::flag}, {"time", FieldType::time},
  };
  const auto found = types.find(name);
  return found == types.end() ? std::nullopt : std::optional(found->second);
}

std::string_view name_of(FieldType type) {
  switch (type) {
    case FieldType::keyword:
      return "keyword";
    case FieldType::text:
      return "text";
    case FieldType::number:
      return "number";
    case FieldType::flag:
      return "bool";
    case FieldType::time:
      return "time";
  }
  return "";
}

bool in_a_space(std::string_view name) {
  return std::any_of(kSpaces.begin(), kSpaces.end(), [&](std::string_view space) {
    return name.size() > space.size() + 1 && name.starts_with(space) && name[space.size()] == '.';
  });
}

// A weight of words, or true for weight 1.
Result<float> weight_named(const Config& field, const char* name, float otherwise) {
  if (const Result<bool> flag = field.flag(name, otherwise > 0); flag && field.has(name)) return *flag ? 1.0F : 0.0F;
  SOUK_TRY(const double weight, field.number(name, otherwise));
  if (weight < 0 || weight > 1000) {
    return fail(Error{ErrorKind::invalid, fmt::format("bad {} weight", name), field.where(name), "0 to 1000", {}, {}});
  }
  return static_cast<float>(weight);
}

// How much words of a field count: the weights of stem and exact form, and what its length does.
Status weigh(Field& field, const Config& config) {
  SOUK_TRY(field.search, weight_named(config, "search", field.search));
  SOUK_TRY(field.exact, weight_named(config, "exact", field.exact));
  if (field.exact > 0 && field.search <= 0) {
    return fail(
        Error{ErrorKind::invalid, "an exact form counts beside the stem", config.where("exact"), "a search weight above 0", {}, {}});
  }
  SOUK_TRY(const double length, config.number("length", field.length));
  if (!(length >= 0 && length <= 1)) {
    return fail(Error{ErrorKind::invalid, "bad share of the length", config.where("length"), "0 to 1", fmt::format("{}", length), {}});
  }
  field.length = static_cast<float>(length);
  return {};
}

Status apply(Schema& schema, const std::string& name, const Config& config) {
  SOUK_CHECK(config.only({"type", "search", "exact", "length", "phrases", "facet", "filter", "sort"}));
  Field field;
  const Field* known = schema.find(name);
  const bool item_field = known != nullptr && !in_a_space(known->name);
  if (known != nullptr) {
    field = *known;
  } else {
    field.name = in_a_space(name) ? name : "attributes." + name;
  }
  SOUK_TRY(const std::string type, config.text("type", name_of(field.type)));
  const std::optional<FieldType> meant = type_named(type);
  if (!meant) {
    return fail(Error{ErrorKind::invalid, "unknown field type", config.where("type"), "keyword, text, number, bool or time", type, {}});
  }
  if (item_field && *meant != field.type) {
    return fail(
        Error{ErrorKind::invalid, "the type of an item field is fixed", config.where("type"), std::string(name_of(field.type)), type, {}});
  }
  field.type = *meant;
  const bool words = field.type == FieldType::text || field.type == FieldType::keyword;
  if (known == nullptr && field.type == FieldType::text) field.search = 1;
  SOUK_CHECK(weigh(field, config));
  if (field.search > 0 && !words) {
    return fail(Error{ErrorKind::invalid, "only words can be searched", config.where("search"), "type keyword or text", type, {}});
  }
  SOUK_TRY(field.phrases, config.flag("phrases", field.phrases));
  SOUK_TRY(field.facet, config.flag("facet", field.facet));
  SOUK_TRY(field.filter, config.flag("filter", field.filter));
  SOUK_TRY(field.sort, config.flag("sort", field.sort));
  if (field.name == "description" && (field.facet || field.filter || field.sort)) {
    return fail(ErrorKind::invalid, "the description can only be searched", config.where());
  }
  schema.put(std::move(field));
  return {};
}

// Of [fields.attributes]: a weight of all attributes together, where the tables in it are attributes.
bool is_weight(const Config& table, const std::string& key) {
  if (key != "search" && key != "exact" && key != "length") return false;
  return table.number(key, 0).has_value() || table.flag(key, false).has_value();
}

}  // namespace

Schema Schema::defaults() {
  using enum FieldType;
  Schema schema;
  schema.fields_ = {
      {.name = "title", .type = text, .search = 8, .length = 0.5F, .phrases = true, .sort = true},
      {.name = "brand", .type = keyword, .search = 4, .phrases = true, .facet = true, .sort = true},
      {.name = "category", .type = keyword, .search = 3, .phrases = true, .facet = true},
      {.name = "description", .type = text, .search = 2, .phrases = true, .filter = false},
      {.name = "price", .type = number, .facet = true, .sort = true},
      {.name = "availability", .type = keyword, .facet = true},
      {.name = "group", .type = keyword},
      {.name = "gtin", .type = keyword, .search = 4},
      {.name = "mpn", .type = keyword, .search = 4},
      {.name = "condition", .type = keyword},
      {.name = "language", .type = keyword},
      {.name = "released", .type = time, .sort = true},
      {.name = "updated", .type = time, .sort = true},
      {.name = "stats.popularity", .type = number, .sort = true},
      {.name = "stats.rating", .type = number, .sort = true},
      {.name = std::string(kAllAttributes), .type = text, .search = 1, .filter = false},
      {.name = "parts", .type = text, .search = 0.5F, .length = 0, .filter = false},
  };
  return schema;
}

Result<Schema> Schema::from_config(const Config& fields) {
  Schema schema = defaults();
  for (const std::string& name : fields.keys()) {
    const Config table = fields.table(name);
    if (std::find(kSpaces.begin(), kSpaces.end(), name) == kSpaces.end()) {
      SOUK_CHECK(apply(schema, name, table));
      continue;
    }
    for (const std::string& inner : table.keys()) {
      if (name == kAllAttributes && is_weight(table, inner)) {
        Field all = *schema.find(kAllAttributes);
        SOUK_CHECK(weigh(all, table));
        schema.put(std::move(all));
      } else {
        SOUK_CHECK(apply(schema, name + "." + inner, table.table(inner)));
      }
    }
  }
  return schema;
}

const Field* Schema::find(std::string_view name) const {
  const auto exact = [&](std::string_view full) -> const Field* {
    const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return field.name == full; });
    return found == fields_.end() ? nullptr : &*found;
  };
  if (const Field* field = exact(name)) return field;
  for (const std::string_view space : kSpaces) {
    if (const Field* field = exact(std::string(space) + "." + std::string(name))) return field;
  }
  return nullptr;
}

void Schema::put(Field field) {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const Field& known) { return known.name == field.name; });
  if (found == fields_.end()) {
    fields_.push_back(std::move(field));
  } else {
    *found = std::move(field);
  }
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> names;
  names.reserve(fields_.size());
  for (const Field& field : fields_) names.push_back(field.name);
  return names;
}

}  // namespace souk::index
