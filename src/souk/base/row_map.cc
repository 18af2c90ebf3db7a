#include "souk/base/row_map.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <numeric>

#include "souk/base/hash.h"

namespace souk {
namespace {

template <class T>
Result<std::vector<T>> copy_of(const SectionFile& file, std::string_view prefix, std::string_view suffix) {
  SOUK_TRY(const std::span<const T> values, file.array<T>(fmt::format("{}.{}", prefix, suffix)));
  return std::vector<T>(values.begin(), values.end());
}

}  // namespace

RowMap RowMap::of(std::span<const std::string> keys) {
  RowMap map;
  map.offsets_.reserve(keys.size() + 1);
  map.offsets_.push_back(0);
  std::vector<std::uint64_t> hash_of_row(keys.size());
  for (std::size_t row = 0; row < keys.size(); ++row) {
    map.text_.insert(map.text_.end(), keys[row].begin(), keys[row].end());
    map.offsets_.push_back(map.text_.size());
    hash_of_row[row] = hash64(keys[row]);
  }
  map.rows_.resize(keys.size());
  std::iota(map.rows_.begin(), map.rows_.end(), 0U);
  std::ranges::sort(map.rows_, [&](std::uint32_t a, std::uint32_t b) {
    return hash_of_row[a] != hash_of_row[b] ? hash_of_row[a] < hash_of_row[b] : a < b;
  });
  map.hashes_.reserve(keys.size());
  for (const std::uint32_t row : map.rows_) map.hashes_.push_back(hash_of_row[row]);
  return map;
}

std::string_view RowMap::key(std::uint32_t row) const {
  assert(row < size());
  return {text_.data() + offsets_[row], offsets_[row + 1] - offsets_[row]};
}

std::optional<std::uint32_t> RowMap::find(std::string_view wanted) const {
  const std::uint64_t hash = hash64(wanted);
  for (auto at = std::ranges::lower_bound(hashes_, hash); at != hashes_.end() && *at == hash; ++at) {
    const std::uint32_t row = rows_[static_cast<std::size_t>(at - hashes_.begin())];
    if (key(row) == wanted) return row;
  }
  return std::nullopt;
}

void RowMap::add_to(SectionWriter& writer, std::string_view prefix) const {
  writer.add(fmt::format("{}.key", prefix), text_);
  writer.add(fmt::format("{}.off", prefix), offsets_);
  writer.add(fmt::format("{}.hash", prefix), hashes_);
  writer.add(fmt::format("{}.row", prefix), rows_);
}

Result<RowMap> RowMap::read(const SectionFile& file, std::string_view prefix) {
  RowMap map;
  SOUK_TRY(map.text_, copy_of<char>(file, prefix, "key"));
  SOUK_TRY(map.offsets_, copy_of<std::uint64_t>(file, prefix, "off"));
  SOUK_TRY(map.hashes_, copy_of<std::uint64_t>(file, prefix, "hash"));
  SOUK_TRY(map.rows_, copy_of<std::uint32_t>(file, prefix, "row"));
  const std::size_t size = map.rows_.size();
  const bool offsets_fit = map.offsets_.empty() ? size == 0 && map.text_.empty()
                                                : map.offsets_.size() == size + 1 && map.offsets_.front() == 0 &&
                                                      map.offsets_.back() == map.text_.size() && std::ranges::is_sorted(map.offsets_);
  const bool hashes_fit = map.hashes_.size() == size && std::ranges::is_sorted(map.hashes_);
  const bool rows_fit = std::ranges::all_of(map.rows_, [&](std::uint32_t row) { return row < size; });
  if (!offsets_fit || !hashes_fit || !rows_fit) {
    return fail(ErrorKind::corrupt, fmt::format("the row map \"{}\" contradicts itself", prefix), file.path().string());
  }
  return map;
}

}  // namespace souk
