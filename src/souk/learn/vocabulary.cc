#include "souk/learn/vocabulary.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace souk::learn {
namespace {

std::string section(std::string_view prefix, std::string_view name) {
  return fmt::format("{}.{}", prefix, name);
}

// The place of a key among the shared rows. Keys may be hashes of few bits: they are mixed first (splitmix64's last step).
std::uint32_t spread(std::uint64_t key, std::uint32_t rows) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
  return static_cast<std::uint32_t>((key ^ (key >> 31)) % rows);
}

}  // namespace

Result<Vocabulary> Vocabulary::of(std::span<const std::uint64_t> keys, std::span<const std::uint32_t> counts,
                                  const VocabularyConfig& config) {
  if (keys.size() != counts.size()) {
    return fail(ErrorKind::invalid, fmt::format("a vocabulary of {} keys has counts of {}", keys.size(), counts.size()));
  }
  if (config.shared_rows == 0 || keys.size() + config.shared_rows > UINT32_MAX) {
    return fail(ErrorKind::invalid, fmt::format("a vocabulary cannot have {} keys and {} shared rows", keys.size(), config.shared_rows));
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> own;  // key, row
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (counts[i] >= config.min_count) own.emplace_back(keys[i], static_cast<std::uint32_t>(own.size()));
  }
  std::ranges::sort(own);
  Vocabulary vocabulary;
  vocabulary.shared_ = config.shared_rows;
  for (const auto& [key, row] : own) {
    if (!vocabulary.keys_.empty() && vocabulary.keys_.back() == key) {
      return fail(ErrorKind::invalid, fmt::format("a vocabulary has the key {:016x} twice", key));
    }
    vocabulary.keys_.push_back(key);
    vocabulary.rows_.push_back(row);
  }
  return vocabulary;
}

std::uint32_t Vocabulary::row(std::uint64_t key) const {
  const auto found = std::ranges::lower_bound(keys_, key);
  if (found != keys_.end() && *found == key) return rows_[static_cast<std::size_t>(found - keys_.begin())];
  return known() + spread(key, shared_);
}

void Vocabulary::add_to(SectionWriter& writer, std::string_view prefix) const {
  writer.add(section(prefix, "key"), keys_);
  writer.add(section(prefix, "row"), rows_);
  writer.add(section(prefix, "shared"), std::span(&shared_, 1));
}

Result<Vocabulary> Vocabulary::read(const SectionFile& file, std::string_view prefix) {
  SOUK_TRY(const auto keys, file.array<std::uint64_t>(section(prefix, "key")));
  SOUK_TRY(const auto rows, file.array<std::uint32_t>(section(prefix, "row")));
  SOUK_TRY(const auto shared, file.array<std::uint32_t>(section(prefix, "shared")));
  // Every row once: a permutation, so that no key leads outside a table.
  std::vector<bool> taken(rows.size());
  const bool permutation = std::ranges::all_of(rows, [&](std::uint32_t row) {
    if (row >= taken.size() || taken[row]) return false;
    taken[row] = true;
    return true;
  });
  const bool rising = std::ranges::adjacent_find(keys, std::ranges::greater_equal()) == keys.end();
  if (keys.size() != rows.size() || !permutation || !rising || shared.size() != 1 || shared[0] == 0 ||
      rows.size() + shared[0] > UINT32_MAX) {
    return fail(ErrorKind::corrupt, fmt::format("the vocabulary \"{}\" does not hold together", prefix), file.path().string(),
                "Restore the file from a backup, or train again.");
  }
  Vocabulary vocabulary;
  vocabulary.keys_.assign(keys.begin(), keys.end());
  vocabulary.rows_.assign(rows.begin(), rows.end());
  vocabulary.shared_ = shared[0];
  return vocabulary;
}

}  // namespace souk::learn
