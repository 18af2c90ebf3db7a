// The filter language: one expression everywhere.
//
//   filter  = or ;  or = and { OR and } ;  and = not { AND not } ;  not = [NOT] ( "(" or ")" | test )
//   test    = field op value | field [NOT] IN "[" value {"," value} "]" | field EXISTS | field number TO number      op: = != < <= > >=
//   field   = name | `odd name` ;  value = "string" | 'string' | number | true | false | bare word
//
// NOT binds before AND before OR; != is NOT =; TO is inclusive; strings escape with a backslash. `=` holds when any value of the field
// matches, case and accents folded; a comparison with a missing value is false; category matches a path or an ancestor of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "souk/base/result.h"
#include "souk/index/schema.h"

namespace souk::index {

struct Filter {  // an expression tree, immutable once parsed; shared freely between threads
  enum class Op : std::uint8_t { all, any, none_of, equals, less, less_equal, greater, greater_equal, range, in, exists };
  using Value = std::variant<std::string, double, bool>;  // strings are folded
  Op op = Op::all;
  std::string field;                                    // full name, for tests
  std::vector<Value> values;                            // equals 1, comparisons 1, range 2, in n
  std::vector<std::shared_ptr<const Filter>> children;  // all, any: n; none_of: 1
  std::string to_string() const;                        // parses back to the same tree
};
using FilterPtr = std::shared_ptr<const Filter>;

// Unknown fields are an error that lists near names; errors carry the column ("filter:14"). Empty or blank text: a null pointer, which
// matches everything. Limits: 16 KiB of text, nesting 100, 1,000 values.
Result<FilterPtr> parse_filter(std::string_view text, const Schema& schema);
FilterPtr both(FilterPtr a, FilterPtr b);  // AND; either may be null
// {"brand": ["Sony", "LG"]}: any of a field's values, all fields.
Result<FilterPtr> facet_filter(std::string_view field, const std::vector<std::string>& values, const Schema& schema);

}  // namespace souk::index
