// Texts built from several columns, as data set descriptors write them:
//
//   {product_type!|readable}[, {package_size|lower}][ ({brand|lookup:brand})]
//
// {column} is the column's text; filters follow bars and run from left to right. A part in square brackets is left out when one of its
// columns is empty; "!" leaves the whole text out. Filters: lower, upper, trim, readable (sentence case with tidy spaces), hash (XXH3 as
// 16 hexadecimal digits), path (the first of "[[A,B & C],[D]]" as "A > B & C"; a comma before a blank belongs to a name), lookup:NAME (the
// descriptor's table [lookup.NAME]; a text that is not in it stays as it is).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"

namespace souk::feeds {

using Lookups = std::map<std::string, std::map<std::string, std::string>>;

class Template {
 public:
  // `slot_of` gives each named column a number. `filters` ("", "hash", "readable|hash") run over the finished text.
  static Result<Template> parse(std::string_view text, std::string_view filters, const Lookups& lookups,
                                const std::function<std::uint32_t(std::string_view)>& slot_of);
  // Replaces `out`, which is empty when the text is left out. `columns` holds the row's texts by slot.
  void render(const std::vector<std::string_view>& columns, std::string& out) const;

 private:
  struct Filter {
    enum class Kind : std::uint8_t { lower, upper, trim, readable, hash, path, lookup } kind = Kind::lower;
    std::map<std::string, std::string> table;
  };
  struct Part {
    std::string literal;              // stands before the column
    std::uint32_t slot = UINT32_MAX;  // UINT32_MAX: literal only
    bool required = false;
    std::uint32_t group = 0;  // 0: always; else the optional part it belongs to
    std::vector<Filter> filters;
  };
  static Result<Filter> parse_filter(std::string_view name, const Lookups& lookups);
  static Result<std::vector<Filter>> parse_filters(std::string_view names, const Lookups& lookups);
  static void apply(const std::vector<Filter>& filters, std::string& text);
  std::vector<Part> parts_;
  std::vector<Filter> filters_;
};

// Sentence case, one space between words, a space after , ; : and around & where they divide words: "FITNESS&DIET - BARS" becomes
// "Fitness & diet - bars". ASCII letters only.
std::string readable(std::string_view text);

}  // namespace souk::feeds
