#include "souk/index/column_builder.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "souk/index/bits.h"
#include "souk/index/values.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kUnused = UINT32_MAX;

// The codes of documents, and what they stand for. ordinals: beside rows.pairs.
struct Coded {
  std::vector<std::uint32_t> codes;             // [documents]
  std::vector<std::uint32_t> begins, ordinals;  // of lists, when some document has several
  std::uint32_t count = 1;

  Coded(const Rows& rows, std::span<const std::uint32_t> of_rows, std::uint32_t size) : codes(rows.begins.size() - 1) {
    if (rows.single()) {
      count = size + 1;
      for (std::size_t d = 0; d < codes.size(); ++d) {
        if (rows.begins[d] < rows.begins[d + 1]) codes[d] = of_rows[rows.begins[d]] + 1;
      }
      return;
    }
    begins = {0, 0};
    std::unordered_map<std::string_view, std::uint32_t> lists;  // by the bytes of their ordinals
    for (std::size_t d = 0; d < codes.size(); ++d) {
      const auto list = of_rows.subspan(rows.begins[d], rows.begins[d + 1] - rows.begins[d]);
      if (list.empty()) continue;
      const std::string_view bytes(reinterpret_cast<const char*>(list.data()), list.size_bytes());
      const auto [found, fresh] = lists.try_emplace(bytes, count);
      codes[d] = found->second;
      if (!fresh) continue;
      ++count;
      ordinals.insert(ordinals.end(), list.begin(), list.end());
      begins.push_back(static_cast<std::uint32_t>(ordinals.size()));
    }
  }
  void write(BlobWriter& writer, ColumnKind kind, std::uint32_t size) const {
    const std::array<std::uint32_t, 3> shape = {static_cast<std::uint32_t>(kind), count, size};
    writer.add(std::span<const std::uint32_t>(shape));
    PackedCodes::write(writer, codes);
    writer.add(begins);
    writer.add(ordinals);
  }
};

// Keywords in their order: codes say how a folded form follows from its original.
void write_dictionary(BlobWriter& writer, std::span<const std::string_view> originals, std::span<const std::string_view> folded,
                      std::span<const std::uint32_t> counts) {
  std::vector<std::uint32_t> ways, lengths, folded_lengths;
  std::vector<char> text, folded_text;
  for (std::size_t i = 0; i < originals.size(); ++i) {
    lengths.push_back(static_cast<std::uint32_t>(originals[i].size()));
    text.insert(text.end(), originals[i].begin(), originals[i].end());
    ways.push_back(originals[i] == folded[i] ? 1 : std::ranges::equal(originals[i], folded[i], {}, small_letter) ? 2 : 0);
    if (ways.back() != 0) continue;
    folded_lengths.push_back(static_cast<std::uint32_t>(folded[i].size()));
    folded_text.insert(folded_text.end(), folded[i].begin(), folded[i].end());
  }
  PackedCodes::write(writer, ways);
  PackedCodes::write(writer, lengths);
  writer.add(text);
  PackedCodes::write(writer, folded_lengths);
  writer.add(folded_text);
  PackedCodes::write(writer, counts);
}

}  // namespace

std::uint32_t StringTable::add(std::string_view text) {
  if (const auto found = numbers_.find(text); found != numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(strings_.size());
  strings_.push_back(&numbers_.emplace(std::string(text), number).first->first);
  return number;
}

std::vector<std::uint32_t> StringTable::sorted() const {
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return *strings_[a] < *strings_[b]; });
  return order;
}

void ColumnBuilder::add_text(std::uint32_t document, std::string_view original) {
  const std::uint32_t text = texts_.add(original);
  for (auto last = values_.rbegin(); last != values_.rend() && last->first == document; ++last) {
    if (last->second == text) return;
  }
  values_.emplace_back(document, text);
}

void ColumnBuilder::add_number(std::uint32_t document, double value) {
  numbers_.emplace_back(document, value);
}

void ColumnBuilder::widen() {
  if (kind_ == ColumnKind::keyword) return;
  const bool flag = kind_ == ColumnKind::flag;
  kind_ = ColumnKind::keyword;
  for (const auto& [document, value] : numbers_) add_text(document, flag ? (value != 0 ? "true" : "false") : number_text(value));
  numbers_.clear();
}

void ColumnBuilder::absorb(const Column& column, std::span<const std::uint32_t> place) {
  std::vector<std::uint32_t> texts(column.original.size(), kUnused);
  for (std::uint32_t row = 0; row < place.size(); ++row) {
    if (place[row] == kUnused) continue;
    if (column.kind != ColumnKind::keyword) {
      column.each_number(row, [&](double value) {
        if (kind_ != ColumnKind::keyword) {
          add_number(place[row], value);
        } else {
          add_text(place[row], column.kind == ColumnKind::flag ? (value != 0 ? "true" : "false") : number_text(value));
        }
      });
      continue;
    }
    for (const std::uint32_t ordinal : column.ordinals(row)) {
      if (texts[ordinal] == kUnused) texts[ordinal] = texts_.add(column.original[ordinal]);
      values_.emplace_back(place[row], texts[ordinal]);
    }
  }
}

void ColumnBuilder::write(BlobWriter& writer, std::span<const std::uint32_t> rank, std::uint32_t documents,
                          std::span<const std::uint64_t> titled) const {
  writer.add(std::span<const char>(name_.data(), name_.size()));
  if (kind_ == ColumnKind::keyword) {
    write_words(writer, Rows(values_, rank, documents), titled);
  } else {
    write_numbers(writer, Rows(numbers_, rank, documents));
  }
}

void ColumnBuilder::write_numbers(BlobWriter& writer, const Rows& rows) const {
  std::vector<double> numbers;
  numbers.reserve(rows.pairs.size());
  for (const std::uint32_t pair : rows.pairs) numbers.push_back(numbers_[pair].second);
  const CodedNumbers coded(numbers);
  Coded(rows, coded.ordinals, coded.size).write(writer, kind_, coded.size);
  coded.write(writer);
}

void ColumnBuilder::write_words(BlobWriter& writer, const Rows& rows, std::span<const std::uint64_t> titled) const {
  std::vector<std::uint32_t> ordinal_of(texts_.size(), kUnused), order;
  for (const std::uint32_t pair : rows.pairs) {  // texts of documents that were replaced are left out
    std::uint32_t& ordinal = ordinal_of[values_[pair].second];
    if (ordinal == kUnused) order.push_back(values_[pair].second);
    ordinal = 0;
  }
  std::vector<std::string> folded(texts_.size());
  for (const std::uint32_t text : order) folded[text] = comparable(name_, texts_[text]);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    const int compared = folded[a].compare(folded[b]);
    return compared != 0 ? compared < 0 : texts_[a] < texts_[b];
  });
  std::vector<std::string_view> originals_sorted, folded_sorted;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    ordinal_of[order[i]] = i;
    originals_sorted.push_back(texts_[order[i]]);
    folded_sorted.emplace_back(folded[order[i]]);
  }
  std::vector<std::uint32_t> ordinals;
  ordinals.reserve(rows.pairs.size());
  for (const std::uint32_t pair : rows.pairs) ordinals.push_back(ordinal_of[values_[pair].second]);
  std::vector<std::uint32_t> counts(order.size());
  for (std::uint32_t row = 0; row + 1 < rows.begins.size(); ++row) {
    if (!test_bit(titled, row)) continue;
    for (std::uint32_t i = rows.begins[row]; i < rows.begins[row + 1]; ++i) ++counts[ordinals[i]];
  }
  const auto size = static_cast<std::uint32_t>(order.size());
  Coded(rows, ordinals, size).write(writer, kind_, size);
  write_dictionary(writer, originals_sorted, folded_sorted, counts);
}

}  // namespace souk::index
