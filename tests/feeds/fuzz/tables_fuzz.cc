// Tables of research sets: pairs, columns between blanks, lists in cells, and JSON objects of records.
#include "fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::feeds;
  static FuzzFile file;
  const auto& path = file.write({reinterpret_cast<const char*>(data), size});
  ImportOptions options;
  options.format = Format::pairs;
  options.as = RecordKind::events;
  check_file_as(path, options, "train");
  options.format = Format::spaces;
  options.map.fields = {{"shopper", {"u", "", '|'}}, {"item", {"i", "", '|'}}, {"time", {"t", "yyyymmdd", '|'}}};
  options.map.constants = {{"kind", "view"}};
  check_file_as(path, options, "test");
  options.map = {};
  options.format = Format::lists;
  options.map.lists = {{"shopper", "u"}, {"train", "a"}, {"validation", "b"}, {"test", "c"}};
  check_file_as(path, options, "train");
  options.map = {};
  options.map.fields = {{"attributes.x", {"values", "", ' '}}};
  options.format = Format::json_map;
  options.as = RecordKind::items;
  check_passes(path, options);
  options.merge = true;
  check_passes(path, options);
  return 0;
}
