// Any bytes as a finished stage of a run: refused with a reason, or one that is written so that it reads back as it was.
#include <cstdlib>
#include <cstring>

#include "souk/lab/journal.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;

// Bit by bit: a damaged figure may be no number.
template <class Numbers>
bool alike(const Numbers& a, const Numbers& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0);
}

void check(const fs::path& path) {
  static const testing::FuzzFolder folder;
  const auto stage = lab::read_stage(path);
  if (!stage) {
    if (stage.error().message().empty()) std::abort();
    return;
  }
  const fs::path copy = folder.path() / "copy.stage";
  if (!lab::write_stage(*stage, copy)) std::abort();
  const auto again = lab::read_stage(copy);
  if (!again || again->note != stage->note || again->epochs != stage->epochs || again->metrics.size() != stage->metrics.size())
    std::abort();
  if (!alike(again->shoppers, stage->shoppers) || again->per_case.size() != stage->per_case.size()) std::abort();
  for (const auto& [name, values] : stage->per_case) {
    if (!again->per_case.contains(name) || !alike(again->per_case.at(name), values)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::check_section_file(data, size, check);
  return 0;
}
