// Any bytes are interactions whose rows hold together, or an error.
#include <cstdlib>

#include "souk/store/interactions.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;

void check(const fs::path& path) {
  const auto log = store::Interactions::open(path);
  if (!log) {
    if (log.error().message().empty()) std::abort();
    return;
  }
  std::uint64_t events = 0;
  for (std::uint32_t shopper = 0; shopper < log->shoppers(); ++shopper) {
    const auto row = log->row(shopper);
    events += row.size();
    if (row.times.size() != row.size() || row.kinds.size() != row.size() || row.weights.size() != row.size()) std::abort();
    for (const std::uint32_t item : row.items) {
      if (item >= log->items()) std::abort();
      (void)log->item_keys().key(item).size();
      (void)log->item_id(item);
    }
    (void)log->shopper_id(shopper);
  }
  if (events != log->events()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
