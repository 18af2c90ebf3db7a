// Any bytes are a section file whose every section can be read, or an error that names the file; a row map in it finds its own keys'
// rows or is refused. The corpus is interactions, the smallest files with a row map.
#include <cstdlib>

#include "souk/base/row_map.h"
#include "souk/base/section_file.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;

void check(const fs::path& path) {
  const auto file = SectionFile::open(path, "INTR", 0, UINT32_MAX);
  if (!file) {
    if (file.error().where != path.string()) std::abort();
    return;
  }
  const bool whole = file->verify().has_value();
  for (const char* const name : {"offset", "item", "facts", ""}) {
    const auto bytes = file->bytes(name);
    if (whole && bytes.has_value() != file->has(name)) std::abort();
  }
  const auto map = RowMap::read(*file, "item");
  if (!map) return;
  for (std::uint32_t row = 0; row < map->size(); ++row) {
    const auto found = map->find(map->key(row));
    if (found && map->key(*found) != map->key(row)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
