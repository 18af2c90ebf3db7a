// What clients ask, read from JSON bodies and from query parameters. Strict: an unknown field, a wrong type or a duplicate key is an error
// that names its path; nothing is guessed. Limits: nesting 32; no U+0000 in any string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "souk/engine/shop.h"
#include "souk/serve/problem.h"
#include "souk/serve/url.h"

namespace souk::serve {

struct AskLimits {
  std::size_t k = 1000, offset = 10'000, searches = 50, text_bytes = 4096, list = 1000;
};

// A body of POST /v1/search: one search, or {"searches": [...]}, where one that is wrong does not spoil the others.
struct SearchBody {
  bool batch = false;
  std::vector<Outcome<engine::SearchRequest>> searches;
};
Outcome<SearchBody> read_search(std::string_view body, const AskLimits& limits);
Outcome<engine::ShelfRequest> read_shelf(std::string_view body, const AskLimits& limits);

// The same from a query string. Lists are separated by commas or repeated ("facets=brand,colour"); `q` is short for `query`;
// facet.brand=Sony is a facet's choice, context.device=phone an entry of the context.
Outcome<engine::SearchRequest> read_search(const Parameters& parameters, const AskLimits& limits);
Outcome<engine::ShelfRequest> read_shelf(const Parameters& parameters, const AskLimits& limits);

struct SuggestRequest {
  std::string prefix;
  std::size_t k = 8;
};
Outcome<SuggestRequest> read_suggest(const Parameters& parameters, const AskLimits& limits);

// The `key` of a record given as a JSON object.
tl::expected<std::string, FieldProblem> read_key(std::string_view record);

}  // namespace souk::serve
