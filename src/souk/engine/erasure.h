// What of a shop's derived data outlives a person who was forgotten, and how it says so.
#pragma once

#include <string>
#include <string_view>

#include "souk/engine/shop.h"
#include "souk/engine/tables_keeper.h"
#include "souk/store/store.h"

namespace souk::engine {

// Said by answers, status and doctor while true of what answers.
inline constexpr std::string_view kMarked =
    "it learned from someone who was forgotten since: `souk train` learns without them, and until then it answers as before";

// Whether the tables learned from someone who was forgotten since.
bool is_marked(const ActiveTables& tables, const store::Store& store);

std::string to_json(const ErasureReport& report);

}  // namespace souk::engine
