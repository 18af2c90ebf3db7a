// The published systems this project sets out to build, and how far it is: recipes/systems.tsv, and docs/systems.md made of it.
//
// systems.tsv: a header line, then number, name, title, year and room (src/souk/<room>), separated by tabs; numbers ascending from 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::lab {

struct PublishedSystem {
  std::int64_t number = 0;
  std::string name, title;
  int year = 0;
  std::string room;
};
// An error names file and line.
Result<std::vector<PublishedSystem>> read_systems(const fs::path& file);

// docs/systems.md, from <recipes>/systems.tsv, the recipes that name a system, and the runs recorded below `results`. A system is done
// when a recipe of it has a recorded run, begun when it has a recipe, else planned. A recipe of a system that is not in the table is an
// error.
Result<std::string> render_systems(const fs::path& recipes, const fs::path& results);

}  // namespace souk::lab
