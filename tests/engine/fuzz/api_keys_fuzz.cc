// The record of a shop's API keys. Whatever it holds, it is read as keys that write the same record again, or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "souk/base/hash.h"
#include "souk/engine/api_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace souk::engine;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)read_keys(text);
  const std::string sealed = "souk-keys 1 " + souk::hash128(text).hex() + "\n" + std::string(text);
  if (const auto keys = read_keys(sealed)) {
    const auto again = read_keys(write_keys(*keys));
    if (!again || again->size() != keys->size() || write_keys(*again) != write_keys(*keys)) std::abort();
  }
  return 0;
}
