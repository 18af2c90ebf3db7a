// Any text is a shop.toml that can be used, or an error that says where.
#include <cstdlib>

#include "souk/engine/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = souk::engine::parse_shop_toml(std::string_view(reinterpret_cast<const char*>(data), size), "shop.toml");
  if (!config) {
    if (config.error().message().empty()) std::abort();
    return 0;
  }
  if (config->shelves.size() < 7 || config->schema.find("title") == nullptr) std::abort();
  return 0;
}
