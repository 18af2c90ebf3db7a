// Who holds a shop: for the message of a process that could not open it.
#pragma once

#include <optional>
#include <string>

#include "souk/base/file.h"

namespace souk::engine {

// "process 4711 (souk)" that holds a POSIX lock on the file, as far as the system tells. Does not open the file: closing it would drop a
// lock that this very process holds.
std::optional<std::string> lock_holder(const fs::path& file);

}  // namespace souk::engine
