// Sessions, baskets and test cases: lines that are shoppers of their own.
#include "fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::feeds;
  static FuzzFile file;
  const auto& path = file.write({reinterpret_cast<const char*>(data), size});
  ImportOptions options;
  options.as = RecordKind::events;
  for (const Format format : {Format::sessions, Format::baskets, Format::cases}) {
    options.format = format;
    check_file_as(path, options, "test");
  }
  options.format = Format::cases;
  options.map.lists = {{"history", "h"}, {"target", "t"}};
  check_file_as(path, options, "validation");
  return 0;
}
