// Answers as JSON, in the shape of the HTTP reference: what both the server and `--json` print.
#pragma once

#include <string>

#include "souk/engine/shop.h"

namespace souk::engine {

// `fields`: names of item fields to return; empty: all but vectors.
std::string to_json(const SearchAnswer& answer, const std::vector<std::string>& fields);
std::string to_json(const ShelfAnswer& answer, const std::vector<std::string>& fields = {});
std::string to_json(const store::CommitReport& report);

}  // namespace souk::engine
