// A saved SparseTable is a section file (base/section_file.h), kind STAB, version 1. Numbers are little-endian.
//
//   head    u64 rows, u32 dim, u32 rule (0 sgd, 1 adagrad, 2 adam), f32 beta1, beta2, epsilon, deviation
//   value   f32 [rows, dim]
//   first   f32 [rows, dim]  adagrad: sums of squares; adam: means
//   second  f32 [rows, dim]  adam: means of squares
//   steps   u32 [rows]       adam: steps that the row has taken
//
// Sections that a rule does not need are not there.
#include <cmath>
#include <fmt/format.h>

#include "souk/learn/sparse_table.h"

namespace souk::learn {
namespace {

using Rule = SparseTableConfig::Rule;

constexpr std::string_view kKind = "STAB";
constexpr std::uint32_t kVersion = 1;

struct Head {
  std::uint64_t rows;
  std::uint32_t dim, rule;
  float beta1, beta2, epsilon, deviation;
};
static_assert(sizeof(Head) == 32);

tl::unexpected<Error> corrupt(const SectionFile& file, std::string what) {
  return fail(ErrorKind::corrupt, std::move(what), file.path().string(), "Restore the file from a backup, or train again.");
}

Result<Head> read_head(const SectionFile& file) {
  SOUK_TRY(const auto heads, file.array<Head>("head"));
  if (heads.size() != 1) return corrupt(file, fmt::format("an embedding table has one head, this one has {}", heads.size()));
  const Head head = heads.front();
  const auto is_rate = [](float beta) { return beta >= 0 && beta < 1; };
  if (head.rows == 0 || head.rows > UINT32_MAX || head.dim == 0 || head.rule > static_cast<std::uint32_t>(Rule::adam) ||
      !is_rate(head.beta1) || !is_rate(head.beta2) || !(head.epsilon >= 0) || !(head.deviation >= 0)) {
    return corrupt(file, fmt::format("no embedding table has {} rows of {} values under rule {}", head.rows, head.dim, head.rule));
  }
  return head;
}

template <class T>
Result<std::span<const T>> read_values(const SectionFile& file, std::string_view name, std::uint64_t count) {
  SOUK_TRY(const auto values, file.array<T>(name));
  if (values.size() != count) return corrupt(file, fmt::format("section \"{}\" has {} values, not {}", name, values.size(), count));
  return values;
}

}  // namespace

Status SparseTable::save(const fs::path& path) const {
  const Head head{rows_, dim_, static_cast<std::uint32_t>(config_.rule), config_.beta1, config_.beta2, config_.epsilon, config_.deviation};
  SectionWriter writer(kKind, kVersion);
  writer.add("head", std::span(&head, 1));
  writer.add("value", values_);
  if (!first_.empty()) writer.add("first", first_);
  if (!second_.empty()) writer.add("second", second_);
  if (!steps_.empty()) writer.add("steps", steps_);
  return writer.write(path);
}

Result<SparseTable> SparseTable::load(const fs::path& path) {
  SOUK_TRY(const SectionFile file, SectionFile::open(path, kKind, kVersion, kVersion));
  SOUK_CHECK(file.verify());
  SOUK_TRY(const Head head, read_head(file));
  SparseTable table;
  table.config_ = {.rule = Rule{head.rule}, .beta1 = head.beta1, .beta2 = head.beta2, .epsilon = head.epsilon, .deviation = head.deviation};
  table.rows_ = static_cast<std::uint32_t>(head.rows);
  table.dim_ = head.dim;
  const auto take = [&]<class T>(std::string_view name, std::uint64_t count, std::vector<T>& to) -> Status {
    SOUK_TRY(const auto values, read_values<T>(file, name, count));
    to.assign(values.begin(), values.end());
    return {};
  };
  const std::uint64_t count = head.rows * head.dim;  // below 2^64: both are below 2^32
  SOUK_CHECK(take("value", count, table.values_));
  if (table.config_.rule != Rule::sgd) SOUK_CHECK(take("first", count, table.first_));
  if (table.config_.rule == Rule::adam) {
    SOUK_CHECK(take("second", count, table.second_));
    SOUK_CHECK(take("steps", head.rows, table.steps_));
  }
  return table;
}

Result<MappedTable> MappedTable::open(const fs::path& path) {
  MappedTable table;
  SOUK_TRY(table.file_, SectionFile::open(path, kKind, kVersion, kVersion));
  SOUK_TRY(const Head head, read_head(table.file_));
  SOUK_TRY(const auto values, read_values<float>(table.file_, "value", head.rows * head.dim));
  table.values_ = {values.data(), static_cast<std::size_t>(head.rows), head.dim, head.dim};
  return table;
}

}  // namespace souk::learn
