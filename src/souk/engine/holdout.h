// A shop that learned from a part of its events only, at a point in time: what evaluation asks. The catalogue is today's; nothing asked
// here is written to the served log.
#pragma once

#include <memory>

#include "souk/engine/answerer.h"
#include "souk/engine/shop.h"

namespace souk::engine {

class Holdout {  // immutable, thread-safe; must not outlive the shop it was made from
 public:
  Timestamp now() const { return now_; }
  const shelf::ShopView& view() const { return *answerer_.view(); }

  // As Shop::shelf and Shop::search, with now() unless the request says otherwise. A shopper's past is the request's, else what the store
  // has before the request's time: for a split that is not by time, the request must bring it.
  Result<ShelfAnswer> shelf(ShelfRequest request) const;
  Result<SearchAnswer> search(SearchRequest request) const;
  // The ranking alone, best first: many times faster than a whole answer.
  Result<std::vector<ItemId>> rank(ShelfRequest request) const;
  Result<std::shared_ptr<const shelf::Plan>> plan(std::string_view shelf) const { return answerer_.plan(shelf); }

 private:
  friend class Shop;
  Holdout(Answerer answerer, Timestamp now);

  Answerer answerer_;
  Timestamp now_;
};

}  // namespace souk::engine
