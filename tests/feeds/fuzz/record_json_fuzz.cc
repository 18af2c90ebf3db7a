// Whatever is read as a record must be written so that it reads back as the same record.
#include <cstdlib>

#include "souk/feeds/record_json.h"

namespace {

using namespace souk::feeds;

template <class Record>
using Read = tl::expected<Record, RowProblem> (RecordReader::*)(std::string_view json, std::uint64_t& unknown_fields);

template <class Record>
void check(std::string_view text, Read<Record> read) {
  std::uint64_t unknown = 0;
  RecordReader reader{ReadOptions{}};
  const auto once = (reader.*read)(text, unknown);
  if (!once) return;
  const std::string json = to_json(*once);
  const auto twice = (reader.*read)(json, unknown);
  if (!twice || to_json(*twice) != json) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check<souk::store::Item>(text, &RecordReader::item);
  check<souk::store::Event>(text, &RecordReader::event);
  check<souk::store::Shopper>(text, &RecordReader::shopper);
  check<souk::store::Review>(text, &RecordReader::review);
  souk::store::Item base;
  base.key = "k";
  base.attributes["a"] = {1.0};
  std::uint64_t unknown = 0;
  RecordReader reader{ReadOptions{}};
  (void)reader.patched(base, text, unknown);
  (void)split_body(text);
  return 0;
}
