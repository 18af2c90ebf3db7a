// What a shop's fields are: types, and what each may be used for. Item fields are always there; attributes are added when declared in
// shop.toml or seen in the catalogue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/result.h"

namespace souk::index {

enum class FieldType : std::uint8_t { keyword, text, number, flag, time };

struct Field {
  std::string name;  // full: "brand", "attributes.colour", "stats.popularity"
  FieldType type = FieldType::keyword;
  float search = 0;      // weight in full-text search, of words by their stem; 0: not searched
  float exact = 0;       // weight of the exact form beside it, so that the very word counts more than one of its stem
  bool phrases = false;  // the order of words is kept, so that words in quotation marks are found as they stand
  bool facet = false, filter = true, sort = false;
  friend bool operator==(const Field&, const Field&) = default;
};

class Schema {  // value; immutable use is thread-safe
 public:
  // title 3, brand 2, category 1, description 1, which know phrases, searchable keywords of attributes 1; facets: brand, category, price,
  // availability.
  static Schema defaults();
  // [fields.<name>] of shop.toml over the defaults. Errors name line and column.
  static Result<Schema> from_config(const Config& fields);

  // "colour" -> item field, attribute, stat, fact, in that order; full names always work.
  const Field* find(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }
  void put(Field field);  // adds or replaces by name
  std::vector<std::string> names() const;
  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
};

}  // namespace souk::index
