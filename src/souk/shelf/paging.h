// Which places of an answer make a page, also when the shop changed since the page before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/ids.h"

namespace souk::shelf {

// `after`: the last items that were shown, in their order, or none; `offset`: how many had been shown. At most k places, ascending: behind
// the one of `after` that stands in the middle of those that are still there (of an even number the earlier), without the others of them;
// from the offset on when none is left. So while one of `after` is there, what came or went around them neither hides an item that stayed
// nor shows it twice; and one of them that moved far does no harm while two others stayed.
std::vector<std::uint32_t> page_of(std::span<const ItemId> items, std::span<const ItemId> after, std::size_t offset, std::size_t k);

}  // namespace souk::shelf
