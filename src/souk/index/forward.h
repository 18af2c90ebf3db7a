// The words of a document in their order: what the words of a query in quotation marks are held against. Kept for fields with `phrases`.
//
// Documents are few when they are asked for (they have all of the words), so that a row is decoded and walked through, and posting lists
// need no positions. The format is described in segment_builder.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/kernels/bit_pack.h"

namespace souk::index {

// A word of a row: 0 parts texts, no phrase goes across; else (number of the term + 1) << 1, and 1 when it stands at the position of the
// word before it, as another reading of it.
using ForwardWord = std::uint32_t;
inline constexpr ForwardWord kTextEnds = 0;
inline ForwardWord forward_word(std::uint32_t term, bool same_position) {
  return (term + 1) << 1U | (same_position ? 1U : 0U);
}
inline std::uint32_t term_of(ForwardWord word) {
  return (word >> 1U) - 1;
}

class ForwardTerms {  // a view; thread-safe
 public:
  ForwardTerms() = default;
  // rows: [documents + 1]; empty when nothing is kept. packed: rows.back() words of so many bits (bit_pack.h), and the bytes read beyond.
  ForwardTerms(std::span<const std::uint32_t> rows, unsigned bits, std::span<const std::byte> packed)
      : rows_(rows), packed_(packed), bits_(bits) {}
  // Do they hold together, for that many documents and terms?
  bool check(std::uint32_t documents, std::uint32_t terms) const;

  bool kept() const { return !rows_.empty(); }
  void row(std::uint32_t document, std::vector<ForwardWord>& words) const;

 private:
  std::span<const std::uint32_t> rows_;
  std::span<const std::byte> packed_;
  unsigned bits_ = 0;
};

// One reading of a word of a phrase: terms that stand one after the other, each any of some, by number, ascending.
struct PhraseRun {
  std::vector<std::vector<std::uint32_t>> terms;
  std::uint32_t length = 0;  // positions from its beginning to the next word, as the analyzer counts them in the phrase itself
};
using PhraseSlot = std::vector<PhraseRun>;  // a word: any of its readings

// Do the words stand one after the other in a row? A further reading in the row may span words ("wifi" of "wi-fi") or be a part of one, so
// that what follows it may stand at its own position or one of the next two. `starts` is scratch.
bool holds_phrase(std::span<const ForwardWord> row, std::span<const PhraseSlot> slots, std::vector<std::uint32_t>& starts);

}  // namespace souk::index
