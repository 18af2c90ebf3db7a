// Descriptors of data sets: read or refused with a message; one that is read never harms, whatever files it names.
#include "fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::feeds;
  static FuzzFile toml, table;
  const auto set = Descriptor::load(toml.write({reinterpret_cast<const char*>(data), size}));
  if (!set) {
    if (set.error().message().empty()) std::abort();
    return 0;
  }
  // Every file of the set is this one.
  const auto& path = table.write("user\titem\ttimestamp\ttrain\n1\t2\t1430623510\t3 4\n5\t6\t1430623511\t7\n");
  Descriptor all = *set;
  for (DataFile& file : all.files) {
    file.path = path;
    file.sha256.clear();
    check_passes(path, file.options);
  }
  check_log(read_set(all, {}, 1, souk::Progress::none()), std::nullopt);
  return 0;
}
