// RecBole's atomic files, promised and found by their header.
#include "fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::feeds;
  static FuzzFile file;
  const auto& path = file.write({reinterpret_cast<const char*>(data), size});
  ImportOptions options;
  options.format = Format::recbole;
  check_file_as(path, options, "test");
  check_log(read_log(path, 1, souk::Progress::none()), std::nullopt);
  return 0;
}
