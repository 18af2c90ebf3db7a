// Folders that come with Souk, such as recipes and console.
#pragma once

#include <optional>
#include <string>

#include "souk/base/file.h"

namespace souk::lab {

// The folder of the running program; where that cannot be told, the working folder.
fs::path program_folder();

// ../share/souk/NAME of a program installed as PREFIX/bin/souk, else ../../NAME of one built in build/<preset>/: the first there is.
std::optional<fs::path> shipped_folder(const fs::path& program_folder, const std::string& name);

}  // namespace souk::lab
