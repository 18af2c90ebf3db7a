// Answers requests at one point in time: resolves keys, gathers the shopper's past, runs a plan, loads the items and says why. The shop
// publishes a new one whenever its index or tables change; a held-out shop has its own. Immutable, thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "souk/engine/cursor.h"
#include "souk/engine/shop.h"
#include "souk/search/query_reader.h"
#include "souk/shelf/plan.h"
#include "souk/text/analyzer.h"

namespace souk::engine {

using Plans = std::map<std::string, std::shared_ptr<const shelf::Plan>, std::less<>>;

inline constexpr std::size_t kMaxAnswer = 1000;   // items of one answer
inline constexpr std::size_t kMaxOffset = 10000;  // that may be asked for; cursors go on to the end
inline constexpr std::size_t kMaxQueryBytes = 2048;
inline constexpr std::size_t kMaxKeys = 1000;  // items, basket or exclude of one request

struct Setup {  // what shop.toml decides, the same for every answerer of a shop
  Plans plans;
  std::shared_ptr<const search::QueryReader> reader;
  std::vector<std::string> default_facets;  // of a search that names none: those declared, not all that were seen
};

class Answerer {
 public:
  Answerer(std::shared_ptr<const shelf::ShopView> view, std::shared_ptr<const Setup> setup, std::optional<Timestamp> trained);

  const std::shared_ptr<const shelf::ShopView>& view() const { return view_; }

  // not_found for an unknown shelf, naming near ones.
  Result<std::shared_ptr<const shelf::Plan>> plan(std::string_view shelf) const;
  Result<SearchAnswer> search(const SearchRequest& request) const;
  Result<ShelfAnswer> shelf(const ShelfRequest& request) const;
  // The ranking alone, without loading items or wording reasons: what evaluation asks for.
  Result<shelf::Candidates> candidates(const ShelfRequest& request) const;
  // Keys of the request that this shop does not know: (field, key).
  Result<std::vector<std::pair<std::string, std::string>>> unknown_keys(const ShelfRequest& request) const;

 private:
  struct Resolved {  // the request in ids, and what is to be said about it
    shelf::Request request;
    bool cold_start = false;
    std::vector<std::string> notes;
    Cursor cursor;  // of a search: the question and the state of the shop, and what the pages before this one showed last
  };
  Result<Resolved> resolve(const ShelfRequest& asked, const shelf::Plan& plan) const;
  Status resolve_items(const ShelfRequest& asked, const shelf::Plan& plan, Resolved& resolved) const;
  Status resolve_shopper(const ShelfRequest& asked, Resolved& resolved) const;
  Status resolve_lexical(const SearchRequest& asked, Resolved& resolved) const;
  Status resolve_cursor(const SearchRequest& asked, Resolved& resolved) const;
  Status fill(const shelf::Candidates& candidates, const Resolved& resolved, shelf::RunReport report, ShelfAnswer& answer) const;
  void highlight(const SearchRequest& asked, const shelf::Candidates& candidates, SearchAnswer& answer) const;

  std::shared_ptr<const shelf::ShopView> view_;
  std::shared_ptr<const Setup> setup_;
  std::optional<Timestamp> trained_;
};

}  // namespace souk::engine
