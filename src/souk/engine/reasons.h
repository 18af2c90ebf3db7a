// Reasons in words: from (source, score, because) to "Often bought with Whole milk, 1 gal".
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "souk/engine/shop.h"
#include "souk/shelf/shelf.h"

namespace souk::engine {

// The name a person knows an item by: its title, or its key while it has none.
using TitleOf = std::function<std::string(ItemId)>;

// Why candidates.items[position] is shown: one sentence a source, in the order the plan gave the sources.
std::vector<Why> words_for(const shelf::Candidates& candidates, std::size_t position, const shelf::Request& request,
                           const TitleOf& title_of);

}  // namespace souk::engine
