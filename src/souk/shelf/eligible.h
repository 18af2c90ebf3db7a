// Which items may answer a request. Every retriever asks this before an item takes one of its k places, so that a filter or an exclusion
// never leaves a shelf shorter than it must be; the plan asks again, so that a retriever that forgets does no harm.
#pragma once

#include <cstdint>
#include <vector>

#include "souk/shelf/shelf.h"

namespace souk::shelf {

// Eligible: shown, allowed by the filter, not excluded, not what is looked at or in the basket already, and not another variant (same
// group) of what is looked at. Borrows its arguments; thread-safe once made.
class Eligible {
 public:
  Eligible(const Request& request, const Roaring* allowed, const ShopView& view);
  bool operator()(ItemId item) const;

 private:
  const Roaring* allowed_;
  const index::Reader* reader_;
  std::vector<ItemId> excluded_;       // sorted
  std::vector<std::uint32_t> groups_;  // of the items looked at
};

}  // namespace souk::shelf
