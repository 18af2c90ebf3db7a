#include "souk/text/quotations.h"

#include <algorithm>
#include <array>

namespace souk::text {
namespace {

struct Marks {
  std::string_view open, close;
};
constexpr std::array<Marks, 5> kQuotationMarks = {
    {{"\"", "\""}, {"\u201C", "\u201D"}, {"\u201E", "\u201C"}, {"\u00AB", "\u00BB"}, {"\u300C", "\u300D"}}};

// A straight mark opens before a word and closes behind one; elsewhere it means inches.
bool opens(std::string_view text, std::size_t at) {
  return at == 0 || text[at - 1] == ' ' || text[at - 1] == '(';
}
bool closes(std::string_view text, std::size_t after) {
  return after == text.size() || std::string_view(" ,.;:!?)").find(text[after]) != std::string_view::npos;
}

}  // namespace

std::vector<Quotation> quotations(std::string_view text) {
  std::vector<Quotation> found;
  std::array<bool, kQuotationMarks.size()> unclosed{};  // nothing further on closes this pair: looked for once
  for (std::size_t at = 0; at < text.size();) {
    const auto marks = std::ranges::find_if(kQuotationMarks, [&](const Marks& pair) {
      return text.substr(at).starts_with(pair.open) && !unclosed[static_cast<std::size_t>(&pair - kQuotationMarks.data())];
    });
    const bool straight = marks != kQuotationMarks.end() && marks->open == "\"";
    if (marks == kQuotationMarks.end() || (straight && !opens(text, at))) {
      ++at;
      continue;
    }
    const std::size_t begin = at + marks->open.size();
    std::size_t end = text.find(marks->close, begin);
    while (straight && end != std::string_view::npos && !closes(text, end + 1)) end = text.find('"', end + 1);
    if (end == std::string_view::npos) {
      unclosed[static_cast<std::size_t>(marks - kQuotationMarks.begin())] = true;
      at = begin;
      continue;
    }
    const std::size_t behind = end + marks->close.size();
    found.push_back({at, behind, begin, end});
    at = behind;
  }
  return found;
}

}  // namespace souk::text
