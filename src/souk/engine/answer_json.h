// Answers as JSON, in the shape of the HTTP reference: what both the server and `--json` print.
#pragma once

#include <string>

#include "souk/engine/shop.h"

namespace souk::engine {

// That the names are fields of items as answers show them; else an error that names near ones.
Status check_item_fields(const std::vector<std::string>& fields);

// `fields`: names of item fields to return; empty: all but vectors. `price`, `was`, `currency` and `availability` are those of the
// current offer.
std::string to_json(const SearchAnswer& answer, const std::vector<std::string>& fields);
std::string to_json(const ShelfAnswer& answer, const std::vector<std::string>& fields = {});
std::string to_json(const store::CommitReport& report);

}  // namespace souk::engine
