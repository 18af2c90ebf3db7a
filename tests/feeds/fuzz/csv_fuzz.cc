// Reading record by record and cutting at record borders must agree, and every field must lie inside the text or be unescaped from it.
#include <cstdlib>

#include "souk/feeds/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t whole = souk::feeds::whole_records(text, ',');
  if (whole > text.size()) std::abort();
  souk::feeds::TableRecord record;
  bool border = whole == 0;
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = souk::feeds::read_record(text, at, ',', record);
    if (next <= at || next > text.size() || (record.fields.empty() && !record.unterminated)) std::abort();
    for (const std::string_view field : record.fields) bytes += field.size();
    at = next;
    border = border || at == whole;
  }
  if (!border || bytes > text.size()) std::abort();
  return 0;
}
