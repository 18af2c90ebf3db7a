// Any bytes are a saved embedding table with a vocabulary beside it, all of whose values can be read and trained on, or an error that names
// the file. The corpus is one table of each rule.
#include <cstdlib>

#include "souk/learn/sparse_table.h"
#include "souk/learn/vocabulary.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;

template <class T>
void expect_named(const Result<T>& result, const fs::path& path) {
  if (!result && result.error().where != path.string()) std::abort();
}

void check(const fs::path& path) {
  auto table = learn::SparseTable::load(path);
  expect_named(table, path);
  const auto mapped = learn::MappedTable::open(path);
  expect_named(mapped, path);
  if (table) {
    if (!mapped || mapped->values().rows != table->rows()) std::abort();
    const std::vector<std::uint32_t> rows{table->rows() - 1, 0, table->rows() - 1};
    if (table->dim() < 1000) table->step(rows, Matrix(rows.size(), table->dim()).view(), 0.1F);
  }
  const auto file = SectionFile::open(path, "STAB", 0, UINT32_MAX);
  if (!file) return;
  const auto vocabulary = learn::Vocabulary::read(*file, "item");
  expect_named(vocabulary, path);
  if (!vocabulary) return;
  for (std::uint64_t key = 0; key < 100; ++key) {
    if (vocabulary->row(key) >= vocabulary->rows()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::testing::check_section_file(data, size, check);
  return 0;
}
