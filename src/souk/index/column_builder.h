// Builds columns from what documents have, from other columns, or both.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "souk/index/column.h"

namespace souk::index {

// Strings numbered in order of arrival.
class StringTable {
 public:
  std::uint32_t add(std::string_view text);  // its number; new ones are appended
  std::size_t size() const { return strings_.size(); }
  std::string_view operator[](std::size_t i) const { return *strings_[i]; }
  std::vector<std::uint32_t> sorted() const;  // numbers by string

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<const std::string*> strings_;
};

// What each document has, from (document, value) pairs in the builder's order: document d has values [begins[d], begins[d + 1]).
struct Rows {
  std::vector<std::uint32_t> begins;
  std::vector<std::uint32_t> pairs;  // which pair each value is
  // rank: builder's document -> ordinal, or kNone.
  template <class T>
  Rows(const std::vector<std::pair<std::uint32_t, T>>& all, std::span<const std::uint32_t> rank, std::uint32_t documents)
      : begins(std::size_t{documents} + 1) {
    for (const auto& [document, value] : all) {
      if (rank[document] != UINT32_MAX) ++begins[rank[document] + 1];
    }
    for (std::size_t d = 0; d < documents; ++d) begins[d + 1] += begins[d];
    std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
    pairs.resize(begins.back());
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      if (rank[all[i].first] != UINT32_MAX) pairs[next[rank[all[i].first]]++] = i;
    }
  }
  bool single() const {  // no document has several
    return std::adjacent_find(begins.begin(), begins.end(), [](std::uint32_t a, std::uint32_t b) { return b - a > 1; }) == begins.end();
  }
};

class ColumnBuilder {
 public:
  ColumnBuilder(std::string name, ColumnKind kind) : name_(std::move(name)), kind_(kind) {}
  ColumnKind kind() const { return kind_; }
  // Documents come in ascending order, as builders number them. A text twice in one document counts once.
  void add_text(std::uint32_t document, std::string_view original);
  void add_number(std::uint32_t document, double value);
  void widen();  // to a keyword column
  // place: [documents of the column] -> document here, or kNone.
  void absorb(const Column& column, std::span<const std::uint32_t> place);
  // rank: builder's document -> ordinal, or kNone.
  void write(BlobWriter& writer, std::span<const std::uint32_t> rank, std::uint32_t documents, std::span<const std::uint64_t> titled) const;

 private:
  void write_numbers(BlobWriter& writer, const Rows& rows) const;
  void write_words(BlobWriter& writer, const Rows& rows, std::span<const std::uint64_t> titled) const;
  std::string name_;
  ColumnKind kind_;
  StringTable texts_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> values_;  // document, text
  std::vector<std::pair<std::uint32_t, double>> numbers_;
};

}  // namespace souk::index
