// Any bytes are count tables that answer about every row, or an error.
#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "souk/index/counts.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;

void check_row(const index::SparseRows::Row& row, std::uint32_t items) {
  for (const std::uint32_t column : row.columns) {
    if (column >= items) std::abort();
  }
}

void check(const fs::path& path) {
  const auto tables = index::Tables::open(path);
  if (!tables) {
    if (tables.error().message().empty()) std::abort();
    return;
  }
  const auto items = static_cast<std::uint32_t>(tables->item_ids.size());
  for (std::uint32_t item = 0; item < items; ++item) {
    check_row(tables->co_visit.neighbours(item), items);
    check_row(tables->basket.neighbours(item), items);
    check_row(tables->item_knn.neighbours(item), items);
    (void)tables->item_keys.key(item).size();
  }
  std::vector<std::uint32_t> history(std::min<std::uint32_t>(items, 20));
  std::iota(history.begin(), history.end(), 0U);
  std::vector<float> scores(items);
  tables->co_visit.score(history, scores);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
