// Lines of a shopper and items, in each part of a split.
#include "fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::feeds;
  static FuzzFile file;
  const auto& path = file.write({reinterpret_cast<const char*>(data), size});
  ImportOptions options;
  options.as = RecordKind::events;
  options.format = Format::sequences;
  for (const char* part : {"train", "validation", "test"}) check_file_as(path, options, part);
  return 0;
}
