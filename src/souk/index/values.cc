#include "souk/index/values.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "souk/text/analyzer.h"

namespace souk::index {

std::string tidy_path(std::string_view path) {
  std::string tidy;
  while (true) {
    const std::size_t cut = path.find('>');
    std::string_view part = path.substr(0, cut);
    const std::size_t first = part.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos) {
      part = part.substr(first, part.find_last_not_of(" \t\r\n") - first + 1);
      if (!tidy.empty()) tidy += " > ";
      tidy += part;
    }
    if (cut == std::string_view::npos) return tidy;
    path.remove_prefix(cut + 1);
  }
}

std::string comparable(std::string_view field, std::string_view text) {
  return field == "category" ? tidy_path(text::fold(text)) : text::fold(text);
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string number_text(double value) {
  return fmt::format("{}", value);
}

LocalText local_text(const store::Item& item, std::string_view language) {
  LocalText text{item.title, item.description};
  if (const auto local = item.text.find(std::string(language)); local != item.text.end()) {
    if (!local->second.title.empty()) text.title = local->second.title;
    if (!local->second.description.empty()) text.description = local->second.description;
  }
  return text;
}

}  // namespace souk::index
