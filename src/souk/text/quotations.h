// What stands in quotation marks: words of a query that are meant as they stand.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace souk::text {

struct Quotation {                 // bytes of the text
  std::size_t from = 0, to = 0;    // with the marks
  std::size_t begin = 0, end = 0;  // between them
};

// In order, none inside another: "..." whose marks stand before and behind words (elsewhere they mean inches: 32" tv), and the pairs of
// typographers. A mark that nothing closes is none.
std::vector<Quotation> quotations(std::string_view text);

}  // namespace souk::text
