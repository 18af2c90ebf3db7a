// The format of a posting list of f documents, little-endian, unaligned. Lists of one stand in the dictionary.
//
//   f <= 128   u8 largest impact; u8 bits of a gap, u8 bits of a code; gaps; codes
//   f > 128    u8 largest impact; u8 impact at the 10th, 100th, 1000th best posting (0: fewer); for B = ceil(f / 128) blocks:
//              u32 last document[B]; u32 where its bytes begin, from the end of these[B]; u8 impact[B]; (u8 bits of a gap, u8 bits of a
//              code)[B]; then for each block its gaps and its codes
//
// Gaps and codes are packed (base/kernels/bit_pack.h). The gap of a document is its distance to the one before, less one; before the first
// document of the list stands -1.
#include "souk/index/postings.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace souk::index {
namespace {

constexpr float kImpactK = 1.2F;
constexpr std::size_t kSmallHeader = 3, kLargeHeader = 1 + kKnownDepths.size();
constexpr std::size_t kBlockBytes = 4 + 4 + 1 + 2;  // of the directory

constexpr std::array<float, 256> make_impact_values() {
  std::array<float, 256> values{};
  for (std::size_t b = 0; b < 255; ++b) values[b] = kImpactK * static_cast<float>(b) / static_cast<float>(255 - b);
  values[255] = std::numeric_limits<float>::infinity();
  return values;
}
constexpr std::array<float, 256> kImpactValues = make_impact_values();

void append_word(std::vector<std::byte>& bytes, std::uint32_t value) {
  const auto* raw = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), raw, raw + sizeof(value));
}

}  // namespace

float impact_value(std::uint8_t impact) {
  return kImpactValues[impact];
}

std::uint8_t impact_above(float x) {
  return static_cast<std::uint8_t>(std::lower_bound(kImpactValues.begin(), kImpactValues.end() - 1, x) - kImpactValues.begin());
}

std::uint8_t impact_below(float x) {
  return static_cast<std::uint8_t>(std::upper_bound(kImpactValues.begin(), kImpactValues.end() - 1, x) - kImpactValues.begin() - 1);
}

PostingList::PostingList(const std::byte* bytes, std::uint32_t frequency) : frequency_(frequency), max_impact_(byte(bytes)) {
  if (frequency <= kBlockPostings) {
    widths_ = bytes + 1;
    data_ = bytes + kSmallHeader;
    return;
  }
  const std::size_t n = blocks();
  known_ = bytes + 1;
  lasts_ = bytes + kLargeHeader;
  offsets_ = lasts_ + 4 * n;
  impacts_ = offsets_ + 4 * n;
  widths_ = impacts_ + n;
  data_ = widths_ + 2 * n;
}

bool PostingList::check(const std::byte* bytes, std::size_t size, std::uint32_t frequency, std::uint32_t documents, std::uint32_t codes) {
  if (frequency < 2 || frequency > documents) return false;
  const std::size_t n = (std::size_t{frequency} + kBlockPostings - 1) / kBlockPostings;
  const std::size_t header = frequency <= kBlockPostings ? kSmallHeader : kLargeHeader + n * kBlockBytes;
  if (size < header) return false;
  const PostingList list(bytes, frequency);
  std::array<std::uint32_t, kBlockPostings + kernels::kPackGroup> decoded{};
  std::uint64_t before = 0;  // one past the last document
  std::size_t used = 0;
  for (std::uint32_t b = 0; b < n; ++b) {
    const unsigned gap_bits = list.document_bits(b), code_bits = byte(list.widths_ + 2 * std::size_t{b} + 1);
    if (!kernels::packed_width_valid(gap_bits) || !kernels::packed_width_valid(code_bits)) return false;
    if (frequency > kBlockPostings && word(list.offsets_ + 4 * std::size_t{b}) != used) return false;
    used += kernels::packed_bytes(gap_bits, list.count(b)) + kernels::packed_bytes(code_bits, list.count(b));
    if (used > size - header) return false;
    // Gaps are added up in 64 bits here: a sum that wraps around would pass for ascending.
    kernels::unpack(list.packed_documents(b).bytes, gap_bits, list.count(b), decoded.data());
    for (std::uint32_t i = 0; i < list.count(b); ++i) before += std::uint64_t{decoded[i]} + 1;
    if (before > documents || (frequency > kBlockPostings && list.last(b) + std::uint64_t{1} != before)) return false;
    list.codes(b, decoded.data());
    for (std::uint32_t i = 0; i < list.count(b); ++i) {
      if (decoded[i] >= codes) return false;
    }
  }
  return used == size - header;
}

std::uint32_t PostingList::seek(std::uint32_t block, std::uint32_t document) const {
  if (frequency_ <= kBlockPostings) return block;  // the only block may hold it
  const std::uint32_t n = blocks();
  // Near blocks one by one, far ones by doubling steps and bisection.
  std::uint32_t step = 1, low = block;
  while (block < n && last(block) < document) {
    low = block + 1;
    block += step;
    if (block - low >= 4) step *= 2;
  }
  std::uint32_t high = std::min(block, n);
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (last(middle) < document) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::uint32_t PostingList::documents(std::uint32_t block, std::uint32_t* out) const {
  if (frequency_ == 1) {
    out[0] = document_;
    return 1;
  }
  const Packed packed = packed_documents(block);
  const std::uint32_t n = count(block);
  kernels::unpack_ascending(packed.bytes, packed.bits, n, block == 0 ? UINT32_MAX : last(block - 1), out);
  return n;
}

void PostingList::codes(std::uint32_t block, std::uint32_t* out) const {
  if (frequency_ == 1) {
    out[0] = code_;
    return;
  }
  const Packed packed = packed_codes(block);
  kernels::unpack(packed.bytes, packed.bits, count(block), out);
}

void PostingsWriter::add_block(std::span<const std::uint32_t> documents, std::span<const std::uint32_t> codes, std::uint32_t before) {
  gaps_.clear();
  for (const std::uint32_t document : documents) {
    gaps_.push_back(document - before - 1);
    before = document;
  }
  const unsigned gap_bits = kernels::packed_width(*std::max_element(gaps_.begin(), gaps_.end()));
  const unsigned code_bits = kernels::packed_width(*std::max_element(codes.begin(), codes.end()));
  widths_.push_back(static_cast<std::byte>(gap_bits));
  widths_.push_back(static_cast<std::byte>(code_bits));
  kernels::pack(gaps_, gap_bits, data_);
  kernels::pack(codes, code_bits, data_);
}

void PostingsWriter::add(std::span<const std::uint32_t> documents, std::span<const std::uint32_t> codes, std::span<const float> impacts) {
  const auto largest = [](std::span<const float> some) {
    return static_cast<std::byte>(impact_above(*std::max_element(some.begin(), some.end())));
  };
  const std::size_t n = documents.size();
  data_.clear();
  widths_.clear();
  bytes_.push_back(largest(impacts));
  if (n <= kBlockPostings) {
    add_block(documents, codes, UINT32_MAX);
  } else {
    sorted_.assign(impacts.begin(), impacts.end());
    for (const std::uint32_t depth : kKnownDepths) {
      if (depth > n) {
        bytes_.push_back(std::byte{0});
        continue;
      }
      const auto at = sorted_.begin() + static_cast<std::ptrdiff_t>(depth - 1);
      std::nth_element(sorted_.begin(), at, sorted_.end(), std::greater<>());
      bytes_.push_back(static_cast<std::byte>(impact_below(*at)));
    }
    offsets_.clear();
    for (std::size_t i = 0; i < n; i += kBlockPostings) {
      const std::size_t size = std::min<std::size_t>(kBlockPostings, n - i);
      offsets_.push_back(static_cast<std::uint32_t>(data_.size()));
      append_word(bytes_, documents[i + size - 1]);
      add_block(documents.subspan(i, size), codes.subspan(i, size), i == 0 ? UINT32_MAX : documents[i - 1]);
    }
    for (const std::uint32_t offset : offsets_) append_word(bytes_, offset);
    for (std::size_t i = 0; i < n; i += kBlockPostings)
      bytes_.push_back(largest(impacts.subspan(i, std::min<std::size_t>(kBlockPostings, n - i))));
  }
  bytes_.insert(bytes_.end(), widths_.begin(), widths_.end());
  bytes_.insert(bytes_.end(), data_.begin(), data_.end());
}

std::vector<std::byte> PostingsWriter::take() {
  bytes_.resize(bytes_.size() + kernels::kPackReadsBeyond);
  return std::move(bytes_);
}

}  // namespace souk::index
