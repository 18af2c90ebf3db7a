// The manifest of a backup, of any bytes: refused with a name and a reason, or read as one that is written the same, whose files stay below
// the backup's folder. Also with its checksum made right, so that a mutation reaches the lines above.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "souk/base/hash.h"
#include "souk/engine/backup.h"

namespace {

using namespace souk;
using namespace souk::engine;

std::string sealed(std::string_view text) {
  const std::size_t last = text.rfind("\nend ");
  std::string above(text.substr(0, last));
  if (!above.empty()) above += '\n';
  return above + "end " + hash128(above).hex() + '\n';
}

void check(std::string_view text) {
  const auto manifest = parse_manifest(text, "backup.manifest");
  if (!manifest) {
    const Error& error = manifest.error();
    if ((error.kind != ErrorKind::corrupt && error.kind != ErrorKind::version) || error.where != "backup.manifest") std::abort();
    return;
  }
  if (manifest_text(*manifest) != text) std::abort();
  const fs::path folder = "/backup";
  for (const BackupFile& file : manifest->files) {
    const fs::path below = (folder / file.path).lexically_normal().lexically_relative(folder);
    if (below.generic_string() != file.path || *below.begin() == "..") std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(sealed(text));
  return 0;
}
