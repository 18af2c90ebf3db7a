// Lines of research data sets: each holds several events, in order, of one shopper or of one session. Item and shopper names are whole
// numbers, as in the published files; the items of baskets are names.
//
//   sequences   7 12 15 3          shopper, items
//   sessions    12 15 3            items of one session
//   baskets     milk,bread         items of one order, commas between; no quotes
//   lists       7 TAB 12 15 TAB 3  by a header and FieldMap::lists: shopper, and the items of the parts train, validation and test
//   cases       12 15 TAB 3        what was known, and what came next; or two columns named by FieldMap::lists as history and target
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/feeds/import.h"

namespace souk::feeds {

bool is_line_form(Format format);

struct LineEvents {
  std::string_view shopper;  // empty: the line is a session of its own
  std::vector<std::string_view> items;
  // Of `items`: lists train with [0, train), validate with [train, known), test with the rest; of cases [0, known) is known. Else both
  // are the number of items.
  std::size_t train = 0, known = 0;
};

class LineForm {
 public:
  LineForm() = default;
  // `header` is the first line of lists, and of cases with named columns; empty for all others. Errors: columns that are not there.
  static Result<LineForm> of(Format format, std::string_view header, const FieldMap& map, const std::string& file);

  bool has_header() const { return columns_ != 0; }
  // Reads a line, without its line end, that is not blank. The views point into it. False: `problem` says what is wrong, without a line.
  bool read(std::string_view line, LineEvents& events, RowProblem& problem) const;

 private:
  static constexpr std::size_t kAbsent = SIZE_MAX;
  bool read_columns(std::string_view line, LineEvents& events, RowProblem& problem) const;
  bool read_basket(std::string_view line, LineEvents& events, RowProblem& problem) const;

  Format format_ = Format::sequences;
  std::size_t columns_ = 0;  // of the header; 0: none
  // Places of columns: lists use all four, cases `train` for what is known and `test` for the target.
  std::size_t shopper_ = kAbsent, train_ = kAbsent, validation_ = kAbsent, test_ = kAbsent;
};

}  // namespace souk::feeds
