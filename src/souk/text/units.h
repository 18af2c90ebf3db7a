// Spellings of units, and words that are written apart, with a hyphen, or as one: small tables with their reasons in units.cc.
#pragma once

#include <string_view>

namespace souk::text {

struct Unit {
  std::string_view term;      // "#inch": no word of a text begins so. Empty: this is no unit
  bool after_number = false;  // a unit only after a number: "in", "g"
};
Unit unit_of(std::string_view folded);

// "wi" and "fi" side by side are one word.
bool one_word(std::string_view first, std::string_view second);
bool begins_one_word(std::string_view first);  // is `first` the first half of any such word?

}  // namespace souk::text
