// What the documents of a segment have of one field. A column gives every document a code: 0 stands for no value, any other for a list of
// values, so that a filter is decided once for all documents of a code and a facet counts codes. The formats are described in column.cc.
//
// Columns are views; the bytes must outlive them. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "souk/index/blob.h"

namespace souk::index {

// A number for every document, of 8, 16 or 32 bits as the largest asks.
class Codes {  // a view
 public:
  Codes() = default;
  Codes(const void* first, unsigned bytes, std::size_t size) : first_(first), bytes_(bytes), size_(size) {}
  std::size_t size() const { return size_; }
  unsigned bytes() const { return bytes_; }  // of a code
  // Calls visit with the codes as a span of their type.
  template <class Visit>
  decltype(auto) visit(Visit visit) const {
    if (bytes_ == 1) return visit(std::span(static_cast<const std::uint8_t*>(first_), size_));
    if (bytes_ == 2) return visit(std::span(static_cast<const std::uint16_t*>(first_), size_));
    return visit(std::span(static_cast<const std::uint32_t*>(first_), size_));
  }
  std::uint32_t operator[](std::size_t i) const {
    return visit([&](auto codes) { return std::uint32_t{codes[i]}; });
  }

 private:
  const void* first_ = nullptr;
  unsigned bytes_ = 4;
  std::size_t size_ = 0;
};

// Codes as they stand in a segment, packed; they are unpacked when first asked for.
class PackedCodes {
 public:
  static void write(BlobWriter& writer, std::span<const std::uint32_t> codes);
  // Marks the reader as failed unless there are `size` codes below `limit`.
  static PackedCodes read(BlobReader& reader, std::size_t size, std::uint64_t limit);
  std::size_t size() const { return size_; }
  std::uint32_t at(std::size_t i) const;  // one, without unpacking the others
  const Codes& codes() const;

 private:
  struct Unpacked;
  std::span<const std::byte> bytes_;
  unsigned bits_ = 0;
  std::size_t size_ = 0;
  std::shared_ptr<Unpacked> unpacked_;
};

// Different numbers, ascending, by ordinal: (base + ordinal) / 10^scale where they are decimals near each other, else a list.
class Numbers {
 public:
  static Numbers read(BlobReader& reader);
  std::uint32_t size() const { return size_; }
  double operator[](std::uint32_t ordinal) const {
    return table_.empty() ? static_cast<double>(base_ + ordinal) / power_ : table_[ordinal];
  }
  std::uint32_t below(double number) const;      // how many are
  std::uint32_t not_above(double number) const;  // how many are
  bool decimal() const { return table_.empty(); }

 private:
  friend class DecimalSum;
  std::uint32_t size_ = 0;
  std::int64_t base_ = 0;
  double power_ = 1;
  std::span<const double> table_;
};
// A sum of numbers; that of decimals is exact and rounded once, in whatever order and from however many segments they come.
class DecimalSum {
 public:
  void add(const Numbers& decimals, std::uint64_t ordinals, std::uint64_t count);  // so many, whose ordinals sum to that
  void add(double number) { rest_ += number; }
  double value() const { return static_cast<double>(mantissa_) / power_ + rest_; }

 private:
  std::int64_t mantissa_ = 0;
  double power_ = 1, rest_ = 0;
};
// Numbers made ready to be written.
struct CodedNumbers {
  std::uint32_t size = 0;
  std::int64_t base = 0;
  std::uint32_t scale = 0;
  std::vector<double> table;            // empty: decimals
  std::vector<std::uint32_t> ordinals;  // of the values given
  explicit CodedNumbers(std::span<const double> values);
  void write(BlobWriter& writer) const;
};

enum class ColumnKind : std::uint8_t { keyword, number, flag };

inline char small_letter(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

struct OrdinalRange {
  std::uint32_t begin = 0, end = 0;
};

class OrdinalList {  // the ordinals of one document
 public:
  OrdinalList() = default;
  explicit OrdinalList(std::uint32_t one) : one_(one), size_(1) {}
  explicit OrdinalList(std::span<const std::uint32_t> several) : several_(several.data()), size_(several.size()) {}
  const std::uint32_t* begin() const { return several_ == nullptr ? &one_ : several_; }
  const std::uint32_t* end() const { return begin() + size_; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::uint32_t front() const { return *begin(); }

 private:
  std::uint32_t one_ = 0;
  const std::uint32_t* several_ = nullptr;
  std::size_t size_ = 0;
};

// What codes stand for: code c for the ordinal c - 1, or for a list of ordinals.
struct Coding {
  std::uint32_t codes = 1;                     // every code is below
  std::span<const std::uint32_t> begins = {};  // [codes + 1] in ordinals; empty: one ordinal a code
  std::span<const std::uint32_t> ordinals = {};
  bool single() const { return begins.empty(); }
  OrdinalList of(std::uint32_t code) const {
    if (code == 0) return {};
    return single() ? OrdinalList(code - 1) : OrdinalList(ordinals.subspan(begins[code], begins[code + 1] - begins[code]));
  }
};

struct Column {
  std::string_view name;
  ColumnKind kind = ColumnKind::keyword;
  PackedCodes packed;                     // [documents]
  Coding coding;                          // a document's ordinals stand in the item's order
  Numbers numbers;                        // number, time (ms), flag (0 and 1)
  Strings original, folded;               // the keywords, sorted by (folded, original)
  std::span<const std::uint32_t> heads;   // ordinal -> the first with the same folded form
  std::span<const std::uint32_t> counts;  // titled documents an ordinal
  bool one_spelling = true;               // no folded form has several

  static Column read(BlobReader& reader, std::uint32_t documents);
  OrdinalList ordinals(std::uint32_t document) const { return coding.of(packed.at(document)); }
  template <class Visit>
  void each_number(std::uint32_t document, Visit visit) const {
    for (const std::uint32_t ordinal : ordinals(document)) visit(numbers[ordinal]);
  }
  OrdinalRange find(std::string_view folded_text) const;  // ordinals with this folded form

 private:
  struct Owned;
  std::shared_ptr<const Owned> owned_;  // what is made when the column is read
};

}  // namespace souk::index
