// Any text is a shop.toml that can be used, or an error that says where; so is any text as exported settings.
#include <cstdlib>

#include "souk/engine/settings.h"

namespace {

void check(std::string_view text) {
  const auto config = souk::engine::parse_shop_toml(text, "shop.toml");
  if (!config) {
    if (config.error().message().empty()) std::abort();
    return;
  }
  if (config->shelves.size() < 7 || config->schema.find("title") == nullptr) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(souk::engine::toml_of_json(text));
  return 0;
}
