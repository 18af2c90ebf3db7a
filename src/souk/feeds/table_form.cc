#include "souk/feeds/table_form.h"

#include <algorithm>
#include <array>

#include "souk/feeds/fields.h"
#include "souk/feeds/line_form.h"

namespace souk::feeds {
namespace {

struct Renamed {
  std::string_view column, field;
};
constexpr std::array kEventColumns = {Renamed{"user_id", "shopper"}, Renamed{"session_id", "session"}, Renamed{"item_id", "item"},
                                      Renamed{"rating", "value"},    Renamed{"timestamp", "time"},     Renamed{"behavior", "kind"},
                                      Renamed{"behaviour", "kind"}};
// Of columns that mean the same the first that a file has is taken, the others become attributes.
constexpr std::array kItemColumns = {
    Renamed{"item_id", "key"},    Renamed{"title", "title"},       Renamed{"movie_title", "title"},      Renamed{"item_name", "title"},
    Renamed{"name", "title"},     Renamed{"category", "category"}, Renamed{"categories", "category"},    Renamed{"genre", "category"},
    Renamed{"class", "category"}, Renamed{"brand", "brand"},       Renamed{"description", "description"}};
constexpr std::array kShopperColumns = {Renamed{"user_id", "key"}, Renamed{"session_id", "key"}};

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string_view field_of(RecordKind kind, std::string_view column) {
  const auto find = [&](const auto& known) -> std::string_view {
    const auto at = std::ranges::find(known, column, &Renamed::column);
    return at == known.end() ? std::string_view() : at->field;
  };
  if (kind == RecordKind::events) return find(kEventColumns);
  return kind == RecordKind::items ? find(kItemColumns) : find(kShopperColumns);
}

bool fills(const FieldMap& map, const std::string& field) {
  return map.fields.contains(field) || map.constants.contains(field) || map.templates.contains(field);
}

void map_atomic(const FileForm& form, RecordKind kind, FieldMap& map) {
  std::vector<std::string_view> used;
  for (const auto& [field, source] : map.fields) used.push_back(source.column);
  for (std::size_t i = 0; i < form.columns.size(); ++i) {
    const std::string& column = form.columns[i];
    if (std::ranges::find(used, column) != used.end()) continue;
    std::string field(field_of(kind, column));
    // A set's users are its shoppers; the session of an event that has both stays beside.
    if (field.empty() || fills(map, field)) {
      if (map.drop_others) continue;
      field = "attributes." + column;
    }
    map.fields[field] = FieldMap::Source{column, field == "time" ? "s" : "", form.types[i].ends_with("_seq") ? ' ' : '|'};
  }
}

}  // namespace

std::optional<TypedHeader> typed_header(const std::vector<std::string>& columns) {
  constexpr std::array<std::string_view, 4> kTypes = {"token", "token_seq", "float", "float_seq"};
  TypedHeader header;
  for (const std::string& column : columns) {
    const auto colon = column.rfind(':');
    if (colon == std::string::npos || colon == 0) return std::nullopt;
    header.names.push_back(column.substr(0, colon));
    header.types.push_back(column.substr(colon + 1));
    if (std::ranges::find(kTypes, header.types.back()) == kTypes.end()) return std::nullopt;
  }
  if (columns.empty()) return std::nullopt;
  return header;
}

std::optional<RecordKind> kind_of_atomic(const std::vector<std::string>& names) {
  const bool shopper = has(names, "user_id") || has(names, "session_id");
  if (has(names, "item_id")) return shopper ? RecordKind::events : RecordKind::items;
  if (shopper) return RecordKind::shoppers;
  return std::nullopt;
}

FieldMap with_form(const FieldMap& map, const FileForm& form, RecordKind kind) {
  FieldMap filled = map;
  if (!form.types.empty()) map_atomic(form, kind, filled);
  if (kind == RecordKind::events && form.research && !fills(filled, "kind")) {
    const bool rated = !form.types.empty() && filled.fields.contains("value") && filled.fields["value"].column == "rating";
    filled.constants["kind"] = rated ? "rating" : "purchase";
  }
  return filled;
}

}  // namespace souk::feeds
