// Any text as a record of a run, or of an evaluation of a shop: refused with a reason, or one that can be shown, and that is written so
// that it reads back and is written the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "souk/lab/run.h"
#include "souk/lab/shelves.h"

namespace {

using namespace souk;

// Older records say less: what they leave out is said from the first writing on.
template <class Record>
void check(std::string_view text) {
  const auto record = Record::from_json(text, "record.json");
  if (!record) {
    if (record.error().where != "record.json" || record.error().message().empty()) std::abort();
    return;
  }
  const auto again = Record::from_json(record->to_json(), "again");
  if (!again) std::abort();
  const std::string written = again->to_json();
  const auto last = Record::from_json(written, "last");
  if (!last || last->to_json() != written) std::abort();
  if constexpr (std::is_same_v<Record, lab::ShopReport>) {
    if (record->to_markdown().empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check<lab::RunRecord>(text);
  check<lab::ShopReport>(text);
  return 0;
}
