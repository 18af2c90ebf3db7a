// Where the files that come with Souk stand: beside the program when installed, in the source tree when built there.
#pragma once

#include <optional>
#include <string>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::cli {

// Storefront and console: $SOUK_CONSOLE, else share/souk/console beside the program's folder, else console/ above the build.
std::optional<fs::path> console_dir();

// Recorded runs: results/ in the shop's folder when there is one, else those that come with Souk, else results/ in the shop's folder all
// the same, where they would be.
fs::path results_dir(const fs::path& shop);

// A data set's descriptor: a file, or a name under data/ of the recipes.
Result<fs::path> descriptor_file(const std::string& name);

}  // namespace souk::cli
