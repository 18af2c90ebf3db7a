// What this very build is made from.
#pragma once

#include <cstdint>
#include <string_view>

namespace souk {

// The abbreviated commit, with "-dirty" when files differed from it; empty where the sources were no git checkout.
std::string_view build_commit();

// Equal in two libraries that were made from the same headers, and so can hand objects to each other.
std::uint64_t build_id();

}  // namespace souk
