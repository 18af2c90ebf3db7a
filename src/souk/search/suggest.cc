#include <algorithm>
#include <set>

#include "souk/search/search.h"

namespace souk::search {
namespace {

std::string_view trimmed_front(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

}  // namespace

std::vector<Suggestion> suggest(const shelf::ShopView& view, std::string_view prefix, std::size_t k) {
  std::vector<Suggestion> suggestions;
  prefix = trimmed_front(prefix);
  if (view.lexical == nullptr || prefix.empty() || k == 0) return suggestions;
  // Variants of one product often share a title: more are asked for than are shown.
  std::set<std::pair<std::string, std::string>> seen;
  for (index::Completion& found : view.lexical->complete(prefix, 4 * k)) {
    if (suggestions.size() == k) break;
    if (!seen.insert({found.kind, found.text}).second) continue;
    suggestions.push_back({std::move(found.text), std::move(found.kind), std::move(found.key), found.count});
  }
  return suggestions;
}

}  // namespace souk::search
