// The matrix that neighbourhood models start from: what each shopper chose, and how strongly.
#pragma once

#include <cstdint>

#include "souk/index/sparse_rows.h"
#include "souk/store/interactions.h"

namespace souk::index {

struct UserItemsRule {
  bool sum = false;           // an item chosen several times counts the sum of its events' weights; false: its largest
  std::uint32_t longest = 0;  // only the so many items a shopper chose last; 0: all
};

// X [shoppers, items], columns ascending, each item of a shopper once. Weights of 0 and below count as no event.
SparseRows user_items(const store::Interactions& log, const UserItemsRule& rule);

}  // namespace souk::index
