// What the analyzer knows of each language, in one table.
#pragma once

#include <span>
#include <string_view>

namespace souk::text {

struct Ending {  // of a folded word, and the same with its accents
  std::string_view folded, accented;
};

struct Language {
  std::string_view code;     // ISO 639-1
  std::string_view stemmer;  // Snowball's code for it; empty: words are not stemmed
  // Fold, then stem: a word typed without accents has the stem of the one with them. Stem, then fold: where the stemmer cannot do without.
  bool stem_first = false;
  bool decimal_comma = false;                     // "1,5" and "1.000"; else "1.5" and "1,000"
  bool spaced_groups = false;                     // "1 000" is one number
  std::span<const Ending> endings = {};           // get their accents back before stemming
  std::span<const std::string_view> elided = {};  // what stands before an apostrophe and is no word of its own: "l'huile"
  std::span<const std::string_view> links = {};   // what may join the parts of a compound; empty: words are not split
};

// Of a BCP 47 tag ("de-AT"). A language that is not in the table is segmented and folded, not stemmed.
Language language_of(std::string_view tag);

}  // namespace souk::text
