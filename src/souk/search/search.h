// Search as a shelf: the lexical retriever (with popularity as a bounded prior) and what a search box asks for while typing.
#pragma once

#include <string>
#include <vector>

#include "souk/shelf/shelf.h"

namespace souk::search {

void register_all(shelf::Registry& registry);  // retriever "lexical"

// Completions for a search box: past queries made by at least 5 shoppers, categories, brands, items; best first.
struct Suggestion {
  std::string text, kind, key;
  std::uint64_t count = 0;
};
std::vector<Suggestion> suggest(const shelf::ShopView& view, std::string_view prefix, std::size_t k);

}  // namespace souk::search
