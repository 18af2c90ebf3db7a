// Any bytes: an error with a place, or a tree that prints to text which reads back the same.
#include <cstdint>
#include <cstdlib>

#include "souk/index/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const souk::index::Schema schema = [] {
    souk::index::Schema made = souk::index::Schema::defaults();
    made.put({.name = "attributes.organic", .type = souk::index::FieldType::flag});
    return made;
  }();
  const auto filter = souk::index::parse_filter(std::string_view(reinterpret_cast<const char*>(data), size), schema);
  if (!filter) {
    if (!filter.error().where.starts_with("filter")) std::abort();
    return 0;
  }
  if (*filter == nullptr) return 0;
  const std::string printed = (*filter)->to_string();
  const auto again = souk::index::parse_filter(printed, schema);
  // Printing adds quotes and parentheses, so only the limits may stand in the way of reading it back.
  if (!again) return again.error().kind == souk::ErrorKind::limit ? 0 : (std::abort(), 0);
  if ((*again)->to_string() != printed) std::abort();
  return 0;
}
