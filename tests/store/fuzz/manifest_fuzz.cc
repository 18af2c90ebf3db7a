// CURRENT and the list of files that it names, of any bytes: taken, or refused as damaged with the name of one of the two; and what is
// whole before the damage is taken. Bits of the first byte: 1 asks for right checksums, 2 for a CURRENT that is the first line of the rest
// instead of the right one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "souk/store/manifest.h"
#include "souk/store/wal.h"

#include "tests/store/fuzz/sealed_log.h"
#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;
using namespace souk::store;

constexpr std::string_view kName = "MANIFEST-000007";

// The two files in memory, each under its name in a folder.
struct Files {
  testing::FuzzFolder folder;
  testing::FuzzFile current, manifest;
  Files() {
    fs::create_symlink(current.write({}), folder.path() / "CURRENT");
    fs::create_symlink(manifest.write({}), folder.path() / kName);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Files files;
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string current = std::string(kName) + '\n';
  if ((data[0] & 2) != 0) {
    current = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);  // of an empty rest: nothing
    rest.remove_prefix(current.size());
  }
  const std::string log = (data[0] & 1) != 0 ? testing::sealed_log(rest) : std::string(rest);
  files.current.write(current);
  files.manifest.write(log);
  const Status checked = check_manifest(files.folder.path());
  if (current != std::string(kName) + '\n') {
    if (checked || checked.error().where != (files.folder.path() / "CURRENT").string()) std::abort();
    return 0;
  }
  const WalTail tail = examine_wal(log, true);
  if (checked) {
    if (tail.valid_after_damage) std::abort();
    return 0;
  }
  if (checked.error().kind != ErrorKind::corrupt || checked.error().where != (files.folder.path() / kName).string()) std::abort();
  files.manifest.write(std::string_view(log).substr(0, tail.good));
  if (!check_manifest(files.folder.path())) std::abort();
  return 0;
}
