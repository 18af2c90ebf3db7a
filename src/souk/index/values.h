// How values of a field are compared, in filters and in segments alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "souk/store/records.h"

namespace souk::index {

// Category paths: parts trimmed, joined by " > ", empty parts left out. "Home>Kitchen" -> "Home > Kitchen".
std::string tidy_path(std::string_view path);
// What `text` is compared by: folded, and tidied where the field holds paths.
std::string comparable(std::string_view field, std::string_view text);
// A finite decimal number, all of the text; not "inf", "nan" or hexadecimal.
std::optional<double> number_in(std::string_view text);
// The texts of an item in a language, or those without one.
struct LocalText {
  std::string_view title, description;
};
LocalText local_text(const store::Item& item, std::string_view language);
std::string number_text(double value);  // shortest that reads back: "1.7", "10"

}  // namespace souk::index
