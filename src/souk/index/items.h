// What all indexes over a shop's items speak in: what became of an item, and an item that was found.
#pragma once

#include "souk/base/ids.h"
#include "souk/store/records.h"

namespace souk::index {

struct ItemPut {
  ItemId id = kNoItem;
  const store::Item* item = nullptr;  // null: removed
};

struct Hit {
  ItemId item = kNoItem;
  float score = 0;  // the higher, the better
};

}  // namespace souk::index
