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
  std::size_t batch_k = 5000;  // of all searches of a body together
};

// A question, and the token that vouches for its shopper.
template <class Request>
struct Asked : Request {
  std::string shopper_token;
};
using AskedSearch = Asked<engine::SearchRequest>;
using AskedShelf = Asked<engine::ShelfRequest>;

// A body of POST /v1/search: one search, or {"searches": [...]}, where one that is wrong does not spoil the others.
struct SearchBody {
  bool batch = false;
  std::vector<Outcome<AskedSearch>> searches;
};
Outcome<SearchBody> read_search(std::string_view body, const AskLimits& limits);
Outcome<AskedShelf> read_shelf(std::string_view body, const AskLimits& limits);

// The same from a query string. Lists are separated by commas or repeated ("facets=brand,colour"); `q` is short for `query`;
// facet.brand=Sony is a facet's choice, context.device=phone an entry of the context.
Outcome<AskedSearch> read_search(const Parameters& parameters, const AskLimits& limits);
Outcome<AskedShelf> read_shelf(const Parameters& parameters, const AskLimits& limits);

struct SuggestRequest {
  std::string prefix;
  std::size_t k = 8;
};
Outcome<SuggestRequest> read_suggest(const Parameters& parameters, const AskLimits& limits);

// Which part of a list: ?offset=0&limit=1000.
struct Page {
  std::size_t offset = 0, limit = 1000;
};
Outcome<Page> read_page(const Parameters& parameters);

// The body of POST /v1/shoppers/{key}/merge: {"session": "..."}.
Outcome<std::string> read_session(std::string_view body);

// The `key` of a record given as a JSON object.
tl::expected<std::string, FieldProblem> read_key(std::string_view record);

}  // namespace souk::serve
