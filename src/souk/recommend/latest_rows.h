// What a request's shopper chose last, for retrievers that go from items to items. Inside the room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "souk/shelf/shelf.h"

namespace souk::recommend {

// Rows of at most `most` items, newest first: on an item page the items looked at; else the basket, which is the latest choice, then
// session and history. Only kinds of event that speak for an item, and items the tables know.
std::vector<std::uint32_t> latest_rows(const shelf::Request& request, const shelf::JoinedTables& tables, std::size_t most);

}  // namespace souk::recommend
