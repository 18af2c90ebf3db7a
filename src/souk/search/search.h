// Search as a shelf: its nodes for plans, and what a search box asks for while typing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "souk/shelf/shelf.h"

namespace souk::search {

// Adds what this room has for plans:
// - retriever "lexical": full-text search over the item fields. It passes request.lexical on to the index (facets, sort, match, stats) with
//   text, concepts, filter, market, time and exclusions taken from the request, applies the filter itself, and fills Candidates::lexical.
//   Setting: popularity = 1.0, the most that popularity may add to a score (BM25F); 0: nothing.
// - relaxer "drop-words" (drop_words.cc): leaves words out of a search that finds too little.
// - scorers "popularity", "recency", "field" (scorers.cc): numbers from 0 to 1 that a shelf may rank by.
// - arranger "mmr" (mmr.cc): trades relevance for variety.
void register_all(shelf::Registry& registry);

// Completions for a search box: categories, brands and items with a word that begins with the prefix, best first, each text once.
// Blank prefixes complete to nothing.
struct Suggestion {
  std::string text, kind;   // kind: "category", "brand", "item"
  ItemId item = kNoItem;    // of an item, the first with this text
  std::uint64_t count = 0;  // items behind it
};
std::vector<Suggestion> suggest(const shelf::ShopView& view, std::string_view prefix, std::size_t k);

}  // namespace souk::search
