#include "souk/cli/places.h"

#include <cstdlib>

#include "souk/lab/recipe.h"
#include "souk/lab/shipped.h"

namespace souk::cli {

std::optional<fs::path> console_dir() {
  if (const char* const given = std::getenv("SOUK_CONSOLE"); given != nullptr && *given != '\0') return fs::path(given);
  return lab::shipped_folder(lab::program_folder(), "console");
}

fs::path results_dir(const fs::path& shop) {
  fs::path own = shop / "results";
  std::error_code ignored;
  if (fs::is_directory(own, ignored)) return own;
  return lab::shipped_folder(lab::program_folder(), "results").value_or(own);
}

Result<fs::path> descriptor_file(const std::string& name) {
  std::error_code ignored;
  if (fs::is_regular_file(name, ignored)) return fs::path(name);
  const fs::path described = lab::recipe_root() / "data" / (name + ".toml");
  if (fs::is_regular_file(described, ignored)) return described;
  return fail(Error{ErrorKind::not_found,
                    "there is no such data set",
                    "--data",
                    "a descriptor file, or the name of one under " + described.parent_path().string(),
                    "'" + name + "'",
                    {}});
}

}  // namespace souk::cli
