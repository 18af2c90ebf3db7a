#include <algorithm>
#include <iterator>
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
  prefix = trimmed_front(prefix);
  if (view.lexical == nullptr || prefix.empty() || k == 0) return {};
  // Variants of one product often share a title: more are asked for than are shown.
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<Suggestion> places, items;  // places: brands and categories
  for (index::Completion& found : view.lexical->complete(prefix, 4 * k)) {
    if (!seen.insert({found.kind, found.text}).second) continue;
    std::vector<Suggestion>& list = found.kind == "item" ? items : places;
    list.push_back({std::move(found.text), std::move(found.kind), found.item, found.count});
  }
  // Half of the lines are for items, when there are so many, however many places begin with the prefix.
  const std::size_t for_items = std::min(items.size(), std::max(k / 2, k - std::min(k, places.size())));
  places.resize(std::min(places.size(), k - for_items));
  items.resize(for_items);
  places.insert(places.end(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
  return places;
}

}  // namespace souk::search
