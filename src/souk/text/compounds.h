// Splits compounds ("Kaffeemaschine") into words of the shop ("kaffee", "maschine"), so that "Maschine" finds them.
//
// Source: Koehn and Knight, "Empirical Methods for Compound Splitting", EACL 2003: of all ways to read a word as a row of known words,
// joined by the linking elements of its language, the one whose parts have the highest geometric mean of frequency. What is known and how
// often is learned from the shop's own texts. Other than there, the whole word is no such reading: the commonest compounds of a shop name
// what it sells, and are to be found by their parts before all others.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/text/languages.h"

namespace souk::text {

struct WordCount {
  std::string word;             // a surface: folded, not stemmed
  std::uint32_t documents = 0;  // how many hold it
};

struct CompoundPart {  // bytes of the word; without the linking element that follows
  std::uint32_t begin = 0, end = 0;
  friend bool operator==(const CompoundPart&, const CompoundPart&) = default;
};

class Compounds {  // immutable, thread-safe
 public:
  static constexpr std::size_t kMinCharacters = 4;  // of a part: shorter ones ("ein", "ist") are found in every long word
  static constexpr std::size_t kMaxParts = 5;
  static constexpr std::size_t kMaxBytes = 64;  // longer words are not split

  static bool written_in(std::string_view language);  // as one word

  // Null for a language that does not write compounds as one word. Counts of one word add up; words that cannot be parts (shorter than
  // kMinCharacters, with digits, in fewer than min_documents) are left out.
  static std::shared_ptr<const Compounds> learn(std::string_view language, std::span<const WordCount> counts,
                                                std::uint32_t min_documents = 2);

  // The parts in order, two at least, or none where the word is no row of known words. A tie goes to fewer parts, then to the longer first
  // part.
  std::vector<CompoundPart> split(std::string_view word) const;

  // What it knows, in the order of bytes. Learning again from these (with min_documents 1) gives the same object.
  std::span<const WordCount> words() const { return words_; }

 private:
  Compounds() = default;
  const double* log_count(std::string_view word) const;  // null: not known

  std::vector<std::string_view> links_;
  std::vector<WordCount> words_;      // sorted
  std::vector<double> log_counts_;    // of words_
  std::vector<std::uint32_t> slots_;  // a hash table into words_: place + 1, or 0
  std::size_t longest_ = 0;           // bytes of the longest word
};

}  // namespace souk::text
