// Posting lists as they stand in a segment: documents ascending, with a code each (which fields hold the word how often), in packed
// blocks of 128 that carry their last document and a bound on what their best posting is worth. The format is described in postings.cc.
//
// Lists are views; the bytes must outlive them. Thread-safe: a list has no state, a cursor belongs to one query.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "souk/base/kernels/bit_pack.h"

namespace souk::index {

inline constexpr std::uint32_t kBlockPostings = 128;

// What a posting is worth, in a byte. The weighted, normalised frequency x of BM25F (see scoring.h) is stored as the part x / (x + 1.2) of
// its limit, rounded up or down, so that a byte bounds x whatever k1 a query uses.
std::uint8_t impact_above(float x);  // the least byte b with impact_value(b) >= x; 255 stands for infinity
std::uint8_t impact_below(float x);  // the greatest byte b with impact_value(b) <= x
float impact_value(std::uint8_t impact);

// Depths at which a list of more than a block knows the worth of its so-manieth best posting: where the threshold of a top k may begin.
inline constexpr std::array<std::uint32_t, 3> kKnownDepths = {10, 100, 1000};

class PostingList {
 public:
  PostingList() = default;
  // The list of one posting, which stands in the dictionary.
  PostingList(std::uint32_t document, std::uint32_t code) : frequency_(1), document_(document), code_(code), max_impact_(255) {}
  // A list in `bytes`, which go on for at least kPackReadsBeyond beyond it. Unchecked: see check().
  PostingList(const std::byte* bytes, std::uint32_t frequency);

  // Does `size` bytes hold a list of that many documents below `documents`, ascending, with codes below `codes`?
  static bool check(const std::byte* bytes, std::size_t size, std::uint32_t frequency, std::uint32_t documents, std::uint32_t codes);

  std::uint32_t frequency() const { return frequency_; }
  std::uint32_t blocks() const { return (frequency_ + kBlockPostings - 1) / kBlockPostings; }
  std::uint32_t count(std::uint32_t block) const { return block + 1 == blocks() ? frequency_ - block * kBlockPostings : kBlockPostings; }
  std::uint8_t max_impact() const { return max_impact_; }
  std::uint8_t impact(std::uint32_t block) const { return frequency_ <= kBlockPostings ? max_impact_ : byte(impacts_ + block); }
  // At least so many postings are worth impact_value(known_impact(i)), for kKnownDepths[i]; 0 when the list does not know.
  std::uint8_t known_impact(std::size_t i) const { return frequency_ <= kBlockPostings ? std::uint8_t{0} : byte(known_ + i); }
  // The last document of a block, known without decoding it; of lists of one block it is not, and is the largest number.
  std::uint32_t last(std::uint32_t block) const {
    return frequency_ <= kBlockPostings ? UINT32_MAX : word(lasts_ + 4 * std::size_t{block});
  }
  // The first block, from `block` on, whose last document is not before `document`; blocks() when there is none.
  std::uint32_t seek(std::uint32_t block, std::uint32_t document) const;

  // out: room for kBlockPostings + kernels::kPackGroup. Returns count(block).
  std::uint32_t documents(std::uint32_t block, std::uint32_t* out) const;
  void codes(std::uint32_t block, std::uint32_t* out) const;
  std::uint32_t code(std::uint32_t block, std::uint32_t i) const {
    if (frequency_ == 1) return code_;
    const Packed packed = packed_codes(block);
    return kernels::packed_at(packed.bytes, packed.bits, i);
  }

 private:
  struct Packed {
    const std::byte* bytes;
    unsigned bits;
  };
  static std::uint8_t byte(const std::byte* at) { return static_cast<std::uint8_t>(*at); }
  static std::uint32_t word(const std::byte* at) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  unsigned document_bits(std::uint32_t block) const { return byte(widths_ + 2 * std::size_t{block}); }
  Packed packed_documents(std::uint32_t block) const {
    return {frequency_ <= kBlockPostings ? data_ : data_ + word(offsets_ + 4 * std::size_t{block}), document_bits(block)};
  }
  Packed packed_codes(std::uint32_t block) const {
    const Packed documents = packed_documents(block);
    return {documents.bytes + kernels::packed_bytes(documents.bits, count(block)), byte(widths_ + 2 * std::size_t{block} + 1)};
  }

  std::uint32_t frequency_ = 0;
  std::uint32_t document_ = 0, code_ = 0;  // of a list of one
  std::uint8_t max_impact_ = 0;
  const std::byte *lasts_ = nullptr, *offsets_ = nullptr, *impacts_ = nullptr, *known_ = nullptr, *widths_ = nullptr, *data_ = nullptr;
};

// Appends one list of at least two postings. impacts: x of each posting. Scratch is kept between lists.
class PostingsWriter {
 public:
  void add(std::span<const std::uint32_t> documents, std::span<const std::uint32_t> codes, std::span<const float> impacts);
  std::size_t size() const { return bytes_.size(); }
  std::vector<std::byte> take();  // with the bytes that readers may read beyond

 private:
  void add_block(std::span<const std::uint32_t> documents, std::span<const std::uint32_t> codes, std::uint32_t before);
  std::vector<std::byte> bytes_, data_, widths_;
  std::vector<std::uint32_t> gaps_, offsets_;
  std::vector<float> sorted_;
};

}  // namespace souk::index
