#include "souk/lab/shipped.h"

namespace souk::lab {

fs::path program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path(".") : program.parent_path();
}

std::optional<fs::path> shipped_folder(const fs::path& program_folder, const std::string& name) {
  std::error_code ignored;
  for (const fs::path& place : {program_folder / "../share/souk" / name, program_folder / "../.." / name}) {
    if (fs::is_directory(place, ignored)) return place.lexically_normal();
  }
  return {};
}

}  // namespace souk::lab
