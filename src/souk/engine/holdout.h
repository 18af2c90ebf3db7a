// A shop as it was at a point in time: tables learned from events before the cut, shoppers' pasts that end there. What evaluation asks.
// The catalogue is today's; nothing asked here is written to the served log.
#pragma once

#include <memory>

#include "souk/engine/answerer.h"
#include "souk/engine/shop.h"
#include "souk/store/interactions.h"

namespace souk::engine {

class Holdout {  // immutable, thread-safe; must not outlive the shop it was made from
 public:
  Timestamp cut() const { return cut_; }
  const store::Interactions& train() const { return train_; }  // events before the cut
  const shelf::ShopView& view() const { return *answerer_.view(); }

  // As Shop::shelf and Shop::search, with now = cut unless the request says otherwise.
  Result<ShelfAnswer> shelf(ShelfRequest request) const;
  Result<SearchAnswer> search(SearchRequest request) const;
  // The ranking alone, best first: many times faster than a whole answer.
  Result<std::vector<ItemId>> rank(ShelfRequest request) const;
  Result<std::shared_ptr<const shelf::Plan>> plan(std::string_view shelf) const { return answerer_.plan(shelf); }

 private:
  friend class Shop;
  Holdout(Answerer answerer, store::Interactions train, Timestamp cut);

  Answerer answerer_;
  store::Interactions train_;
  Timestamp cut_;
};

}  // namespace souk::engine
