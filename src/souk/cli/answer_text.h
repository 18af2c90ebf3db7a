// Answers as people read them: a table of items with prices and reasons, and what is to be said about the answer.
#pragma once

#include <string>

#include "souk/engine/shop.h"

namespace souk::cli {

std::string items_text(const engine::ShelfAnswer& answer, std::size_t first = 1);  // first: the number of the first item
std::string notes_text(const engine::ShelfAnswer& answer);
std::string explanations_text(const engine::ShelfAnswer& answer);  // a tree an item, when it was asked to explain
std::string timings_text(const engine::ShelfAnswer& answer);       // empty unless asked to explain

}  // namespace souk::cli
