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
  float length = 0.75F;  // how much less a word counts in a text longer than the average, 0 to 1: the b of BM25F
  bool phrases = false;  // the order of words is kept, so that words in quotation marks are found as they stand
  bool facet = false, filter = true, sort = false;
  friend bool operator==(const Field&, const Field&) = default;
};

class Schema {  // value; immutable use is thread-safe
 public:
  // What a shop has that declares nothing. Searched: title 8, brand, mpn and gtin 4, category 3, description 2, "attributes" 1 (the words
  // of all attributes without a weight of their own) and "parts" 0.5 (parts of codes and compounds, in whatever field, which tell less than
  // a word that stands by itself); the first two, category and description know phrases. Facets: brand, category, price, availability.
  // docs/benchmarks.md says how the weights were found.
  static Schema defaults();
  // [fields.<name>] of shop.toml over the defaults; [fields.attributes] also weighs all attributes together. Errors name line and column.
  static Result<Schema> from_config(const Config& fields);

  // "colour" -> item field, attribute, stat, fact, in that order; full names always work.
  const Field* find(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }
  void put(Field field);  // adds or replaces by name
  std::vector<std::string> names() const;
  // How soon more of a word adds nothing to a score: the k1 of BM25F.
  float k1() const { return k1_; }
  void set_k1(float k1) { k1_ = k1; }
  // Are compounds found by their parts, where the language writes them as one word?
  bool compounds() const { return compounds_; }
  void set_compounds(bool compounds) { compounds_ = compounds; }
  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
  float k1_ = 1.2F;
  bool compounds_ = true;
};

}  // namespace souk::index
