// The formats of columns; arrays as of blob.h.
//
//   codes    u32 bits, u8 packed[] (bit_pack.h, with the bytes that readers may read beyond)
//   numbers  u32 size, scale; i64 base; f64 table[size], none of decimals: ordinal o is (base + o) / 10^scale
//   column   char name[]; u32 kind, c codes; codes[n]; u32 begin[c + 1] of lists, none when code c is the ordinal c - 1; u32 ordinal[] of
//            the lists; of numbers: numbers; of keywords, sorted by (folded, original): codes: how the folded form follows from the
//            original (0: it stands by itself, 1: it is the same, 2: the same in ASCII's small letters); codes: lengths of the
//            originals; char[]; codes: lengths of the folded forms that stand by themselves; char[]; codes: titled documents
#include "souk/index/column.h"

#include <array>
#include <cmath>
#include <iterator>
#include <mutex>
#include <type_traits>

#include "souk/base/kernels/bit_pack.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kMaxScale = 6;
constexpr double kMostExact = 9007199254740992.0;  // 2^53: whole numbers up to it are doubles
constexpr std::array<double, kMaxScale + 1> kPowers = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000};

// Codes of another count than documents: lengths and the like.
std::vector<std::uint32_t> read_numbers(BlobReader& reader, std::size_t size, std::uint64_t limit) {
  const PackedCodes packed = PackedCodes::read(reader, size, limit);
  std::vector<std::uint32_t> numbers;
  if (reader.failed()) return numbers;
  numbers.reserve(size);
  for (std::size_t i = 0; i < size; ++i) numbers.push_back(packed.at(i));
  return numbers;
}

// Ends of strings from their lengths, beginning with 0.
std::vector<std::uint64_t> ends_of(std::span<const std::uint32_t> lengths) {
  std::vector<std::uint64_t> ends(1);
  ends.reserve(lengths.size() + 1);
  for (const std::uint32_t length : lengths) ends.push_back(ends.back() + length);
  return ends;
}

}  // namespace

struct PackedCodes::Unpacked {
  std::once_flag made;
  std::vector<std::byte> bytes;
  Codes codes;
};

void PackedCodes::write(BlobWriter& writer, std::span<const std::uint32_t> codes) {
  const std::uint32_t most = codes.empty() ? 0 : *std::ranges::max_element(codes);
  const std::array<std::uint32_t, 1> bits = {kernels::packed_width(most)};
  std::vector<std::byte> packed;
  kernels::pack(codes, bits[0], packed);
  packed.resize(packed.size() + kernels::kPackReadsBeyond);
  writer.add(std::span<const std::uint32_t>(bits));
  writer.add(packed);
}

PackedCodes PackedCodes::read(BlobReader& reader, std::size_t size, std::uint64_t limit) {
  PackedCodes codes;
  const auto bits = reader.array<std::uint32_t>();
  codes.bytes_ = reader.array<std::byte>();
  reader.expect(bits.size() == 1 && kernels::packed_width_valid(bits[0]) &&
                codes.bytes_.size() == kernels::packed_bytes(bits[0], size) + kernels::kPackReadsBeyond);
  if (reader.failed()) return {};
  codes.bits_ = bits[0];
  codes.size_ = size;
  codes.unpacked_ = std::make_shared<Unpacked>();
  constexpr std::size_t kPart = 1024;  // begins at a byte whatever the width
  std::array<std::uint32_t, kPart> part{};
  for (std::size_t begin = 0; begin < size; begin += kPart) {
    const std::size_t count = std::min(kPart, size - begin);
    kernels::unpack(codes.bytes_.data() + kernels::packed_bytes(codes.bits_, begin), codes.bits_, count, part.data());
    reader.expect(*std::max_element(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count)) < limit);
  }
  return codes;
}

std::uint32_t PackedCodes::at(std::size_t i) const {
  return kernels::packed_at(bytes_.data(), bits_, i);
}

const Codes& PackedCodes::codes() const {
  static const Codes kNothing;
  if (unpacked_ == nullptr) return kNothing;
  Unpacked& unpacked = *unpacked_;
  std::call_once(unpacked.made, [&] {
    const unsigned width = bits_ <= 8 ? 1 : bits_ <= 16 ? 2 : 4;
    unpacked.bytes.resize((size_ + kernels::kPackGroup) * width);
    constexpr std::size_t kPart = 1024;
    std::array<std::uint32_t, kPart> part{};
    for (std::size_t begin = 0; begin < size_; begin += kPart) {
      const std::size_t count = std::min(kPart, size_ - begin);
      kernels::unpack(bytes_.data() + kernels::packed_bytes(bits_, begin), bits_, count, part.data());
      const auto store = [&](auto* out) {
        for (std::size_t i = 0; i < count; ++i) out[begin + i] = static_cast<std::remove_pointer_t<decltype(out)>>(part[i]);
      };
      if (width == 1) store(reinterpret_cast<std::uint8_t*>(unpacked.bytes.data()));
      if (width == 2) store(reinterpret_cast<std::uint16_t*>(unpacked.bytes.data()));
      if (width == 4) store(reinterpret_cast<std::uint32_t*>(unpacked.bytes.data()));
    }
    unpacked.codes = Codes(unpacked.bytes.data(), width, size_);
  });
  return unpacked.codes;
}

// ---- numbers

CodedNumbers::CodedNumbers(std::span<const double> values) {
  if (values.empty()) return;
  std::vector<std::int64_t> mantissas(values.size());
  const auto decimals = [&](double power) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double scaled = std::round(values[i] * power);
      if (!(std::abs(scaled) < kMostExact) || scaled / power != values[i]) return false;
      mantissas[i] = static_cast<std::int64_t>(scaled);
    }
    return true;
  };
  while (scale <= kMaxScale && !decimals(kPowers[scale])) ++scale;
  std::uint64_t range = UINT64_MAX;
  if (scale <= kMaxScale) {
    const auto [least, most] = std::ranges::minmax_element(mantissas);
    base = *least;
    range = static_cast<std::uint64_t>(*most - *least);
  }
  ordinals.reserve(values.size());
  constexpr std::uint64_t kNear = std::uint64_t{1} << 24U, kFar = std::uint64_t{1} << 31U;
  if (range >= kNear) {  // a list may be smaller
    table.assign(values.begin(), values.end());
    std::ranges::sort(table);
    table.erase(std::ranges::unique(table).begin(), table.end());
    const std::size_t listed = table.size() * sizeof(double) +
                               kernels::packed_bytes(kernels::packed_width(static_cast<std::uint32_t>(table.size())), values.size());
    if (range < kFar && listed >= kernels::packed_bytes(kernels::packed_width(static_cast<std::uint32_t>(range + 1)), values.size()))
      table.clear();
  }
  if (table.empty()) {
    size = static_cast<std::uint32_t>(range + 1);
    for (const std::int64_t mantissa : mantissas) ordinals.push_back(static_cast<std::uint32_t>(mantissa - base));
    return;
  }
  scale = 0;
  base = 0;
  size = static_cast<std::uint32_t>(table.size());
  for (const double value : values) {
    ordinals.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(table, value) - table.begin()));
  }
}

void CodedNumbers::write(BlobWriter& writer) const {
  const std::array<std::uint32_t, 2> shape = {size, scale};
  const std::array<std::int64_t, 1> first = {base};
  writer.add(std::span<const std::uint32_t>(shape));
  writer.add(std::span<const std::int64_t>(first));
  writer.add(table);
}

Numbers Numbers::read(BlobReader& reader) {
  const auto shape = reader.array<std::uint32_t>();
  const auto base = reader.array<std::int64_t>();
  Numbers numbers;
  numbers.table_ = reader.array<double>();
  const std::span<const double> table = numbers.table_;
  reader.expect(shape.size() == 2 && base.size() == 1 && shape[0] < UINT32_MAX && shape[1] <= kMaxScale);
  if (reader.failed()) return {};
  reader.expect(table.empty() || (table.size() == shape[0] && std::isfinite(table.front()) && std::isfinite(table.back()) &&
                                  std::ranges::adjacent_find(table, [](double a, double b) { return !(a < b); }) == table.end()));
  reader.expect(std::abs(static_cast<double>(base[0])) <= kMostExact);
  numbers.size_ = shape[0];
  numbers.base_ = base[0];
  numbers.power_ = kPowers[std::min(shape[1], kMaxScale)];
  return numbers;
}

std::uint32_t Numbers::below(double number) const {
  std::uint32_t low = 0, high = size_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if ((*this)[middle] < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::uint32_t Numbers::not_above(double number) const {
  std::uint32_t low = 0, high = size_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if ((*this)[middle] <= number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void DecimalSum::add(const Numbers& decimals, std::uint64_t ordinals, std::uint64_t count) {
  std::int64_t more = 0;
  if (__builtin_mul_overflow(decimals.base_, count, &more) || __builtin_add_overflow(more, ordinals, &more)) {
    rest_ += (static_cast<double>(decimals.base_) * static_cast<double>(count) + static_cast<double>(ordinals)) / decimals.power_;
    return;
  }
  // Both to the finer of the two scales.
  std::int64_t total = mantissa_;
  const double finer = std::max(power_, decimals.power_);
  const bool fits = !__builtin_mul_overflow(total, static_cast<std::int64_t>(finer / power_), &total) &&
                    !__builtin_mul_overflow(more, static_cast<std::int64_t>(finer / decimals.power_), &more) &&
                    !__builtin_add_overflow(total, more, &total);
  if (fits) {
    mantissa_ = total;
    power_ = finer;
  } else {
    rest_ += static_cast<double>(mantissa_) / power_;
    mantissa_ = more;
    power_ = decimals.power_;
  }
}

// ---- columns

struct Column::Owned {
  std::vector<std::uint64_t> originals, folds;  // where the strings end
  std::vector<char> folded;
  std::vector<std::uint32_t> heads, counts;
};

namespace {

void read_coding(BlobReader& reader, std::uint32_t codes, std::uint32_t size, Coding& coding) {
  coding.codes = codes;
  coding.begins = reader.array<std::uint32_t>();
  coding.ordinals = reader.array<std::uint32_t>();
  if (coding.begins.empty()) {
    reader.expect(coding.ordinals.empty() && codes <= std::uint64_t{size} + 1);
    return;
  }
  reader.expect(coding.begins.size() == std::size_t{codes} + 1 && coding.begins.front() == 0 && coding.begins[1] == 0 &&
                std::ranges::is_sorted(coding.begins) && coding.begins.back() == coding.ordinals.size());
  reader.expect(std::ranges::all_of(coding.ordinals, [&](std::uint32_t ordinal) { return ordinal < size; }));
}

}  // namespace

Column Column::read(BlobReader& reader, std::uint32_t documents) {
  Column column;
  const std::span<const char> name = reader.array<char>();
  column.name = {name.data(), name.size()};
  const auto shape = reader.array<std::uint32_t>();
  reader.expect(shape.size() == 3 && shape[0] <= static_cast<std::uint32_t>(ColumnKind::flag) && shape[1] > 0);
  if (reader.failed()) return column;
  column.kind = static_cast<ColumnKind>(shape[0]);
  column.packed = PackedCodes::read(reader, documents, shape[1]);
  if (column.kind != ColumnKind::keyword) {
    read_coding(reader, shape[1], shape[2], column.coding);
    column.numbers = Numbers::read(reader);
    reader.expect(column.numbers.size() == shape[2]);
    return column;
  }
  const std::uint32_t size = shape[2];
  read_coding(reader, shape[1], size, column.coding);
  // Every keyword stands in a document, which bounds how many a damaged count may ask for.
  reader.expect(size <= std::uint64_t{documents} + column.coding.ordinals.size());
  if (reader.failed()) return column;
  const std::vector<std::uint32_t> ways = read_numbers(reader, size, 3), lengths = read_numbers(reader, size, UINT32_MAX);
  const auto original_text = reader.array<char>();
  const auto apart = static_cast<std::size_t>(std::ranges::count(ways, 0U));
  const std::vector<std::uint32_t> folded_lengths = read_numbers(reader, apart, UINT32_MAX);
  const auto folded_text = reader.array<char>();
  auto owned = std::make_shared<Owned>();
  owned->counts = read_numbers(reader, size, std::uint64_t{documents} + 1);
  if (reader.failed()) return column;
  owned->originals = ends_of(lengths);
  const std::vector<std::uint64_t> folds = ends_of(folded_lengths);
  reader.expect(owned->originals.back() == original_text.size() && folds.back() == folded_text.size());
  if (reader.failed()) return column;
  column.original = {owned->originals, original_text};
  if (std::ranges::all_of(ways, [](std::uint32_t way) { return way == 1; })) {
    column.folded = column.original;
  } else {
    owned->folds.assign(1, 0);
    for (std::size_t i = 0, next = 0; i < size; ++i) {
      const std::string_view original = column.original[i];
      if (ways[i] == 0) {
        owned->folded.insert(owned->folded.end(), folded_text.begin() + static_cast<std::ptrdiff_t>(folds[next]),
                             folded_text.begin() + static_cast<std::ptrdiff_t>(folds[next + 1]));
        ++next;
      } else {
        std::ranges::transform(original, std::back_inserter(owned->folded),
                               [&](char letter) { return ways[i] == 1 ? letter : small_letter(letter); });
      }
      owned->folds.push_back(owned->folded.size());
    }
    column.folded = {owned->folds, owned->folded};
  }
  for (std::uint32_t i = 0; i < size; ++i) {
    owned->heads.push_back(i > 0 && column.folded[i] == column.folded[i - 1] ? owned->heads[i - 1] : i);
  }
  for (std::uint32_t i = 0; i < size; ++i) column.one_spelling = column.one_spelling && owned->heads[i] == i;
  column.heads = owned->heads;
  column.counts = owned->counts;
  column.owned_ = std::move(owned);
  return column;
}

OrdinalRange Column::find(std::string_view folded_text) const {
  const std::uint32_t begin = folded.lower_bound(folded_text);
  std::uint32_t end = begin;
  while (end < folded.size() && folded[end] == folded_text) ++end;
  return {begin, end};
}

}  // namespace souk::index
