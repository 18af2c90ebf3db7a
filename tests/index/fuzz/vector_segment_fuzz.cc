// Any bytes as a segment of vectors: refused, or a segment that answers without reading outside its bytes.
#include <cstdlib>
#include <vector>

#include "souk/index/vectors/vector_segment.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;
using namespace souk::index;

constexpr std::uint32_t kFewRows = 100'000;  // marks are made for all of them

void check(const fs::path& path) {
  for (const bool in_memory : {false, true}) {
    const auto segment = VectorSegment::open(path, in_memory);
    if (!segment) {
      if (segment.error().message().empty()) std::abort();
      return;
    }
    if (segment->rows() > kFewRows) return;
    std::vector<float> query(segment->space().dimension, 0.25F);
    const std::vector<std::uint64_t> some((segment->rows() + 63) / 64, 0x5555'5555'5555'5555U);
    WalkScratch scratch;
    std::vector<Scored> found;
    for (const AllowedRows allowed : {AllowedRows{}, AllowedRows{some}}) {
      for (const std::size_t breadth : {1U, 40U}) {
        if (!segment->search(query, {.k = 1 + breadth / 4, .breadth = breadth, .allowed = allowed}, scratch, found)) continue;
        for (const Scored& next : found) {
          if (next.row >= segment->rows() || !allowed(next.row)) std::abort();
          (void)segment->number(next.row);
        }
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
