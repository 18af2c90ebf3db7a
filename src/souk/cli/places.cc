#include "souk/cli/places.h"

#include <cstdlib>

#include "souk/lab/recipe.h"

namespace souk::cli {
namespace {

fs::path program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path() : program.parent_path();
}

}  // namespace

std::optional<fs::path> console_dir() {
  if (const char* const given = std::getenv("SOUK_CONSOLE"); given != nullptr && *given != '\0') return fs::path(given);
  const fs::path here = program_folder();
  std::error_code ignored;
  // PREFIX/bin/souk, and build/<preset>/souk of a source tree.
  for (const fs::path& place : {here / "../share/souk/console", here / "../../console"}) {
    if (fs::exists(place / "index.html", ignored)) return place.lexically_normal();
  }
  return {};
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
