// What this very build is made from.
#pragma once

#include <string_view>

namespace souk {

// The abbreviated commit, with "-dirty" when files differed from it; empty where the sources were no git checkout.
std::string_view build_commit();

}  // namespace souk
