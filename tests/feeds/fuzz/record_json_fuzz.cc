// Whatever is read as a record must be written so that it reads back as the same record.
#include <cstdlib>

#include "souk/feeds/record_json.h"

namespace {

template <class Read>
void check(const Read& read) {
  std::uint64_t unknown = 0;
  const auto once = read(unknown);
  if (!once) return;
  const std::string json = souk::feeds::to_json(*once);
  souk::feeds::RecordReader reader{souk::feeds::ReadOptions{}};
  if constexpr (std::is_same_v<std::decay_t<decltype(*once)>, souk::store::Item>) {
    const auto twice = reader.item(json, unknown);
    if (!twice || souk::feeds::to_json(*twice) != json) std::abort();
  } else {
    const auto twice = reader.event(json, unknown);
    if (!twice || souk::feeds::to_json(*twice) != json) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  souk::feeds::RecordReader reader{souk::feeds::ReadOptions{}};
  check([&](std::uint64_t& unknown) { return reader.item(text, unknown); });
  check([&](std::uint64_t& unknown) { return reader.event(text, unknown); });
  std::uint64_t unknown = 0;
  (void)reader.shopper(text, unknown);
  souk::store::Item base;
  base.key = "k";
  base.attributes["a"] = {1.0};
  (void)reader.patched(base, text, unknown);
  (void)souk::feeds::split_body(text);
  return 0;
}
