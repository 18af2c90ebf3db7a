// The note of how far a store's writes were acknowledged, of any bytes: nothing, or a note that is written the same. Also with the hash
// behind the last blank made right, so that a mutation reaches the numbers.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "souk/base/hash.h"
#include "souk/base/log.h"
#include "souk/store/acknowledged.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk::store;

std::string sealed(std::string_view text) {
  const std::string before(text.substr(0, text.rfind(' ') + 1));  // npos + 1 is 0
  return before + souk::hash128(before).hex() + '\n';
}

void check(std::string_view text) {
  static const souk::testing::FuzzFolder folder;
  const auto note = parse_acknowledged(text);
  if (note && to_text(*note) != text) std::abort();
  if (!souk::write_file(folder.path() / kAcknowledgedName, text)) std::abort();
  const auto read = read_acknowledged(folder.path());
  if (!read || *read != note) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  return souk::log::set_level("off") ? 0 : 1;  // every damaged note is logged
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(sealed(text));
  return 0;
}
