// Unicode inside this room: UTF-8 to UTF-16 with a way back, folding, and word boundaries. Other rooms use analyzer.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unicode/unistr.h>
#include <vector>

namespace souk::text {

// UTF-16 of a UTF-8 text, and for each unit (and one past the end) the byte where its code point begins in the original.
// Every ill-formed sequence becomes one U+FFFD.
struct Utf16 {
  std::vector<char16_t> units;
  std::vector<std::uint32_t> offsets;  // [units + 1]
};
Utf16 to_utf16(std::string_view text);

bool is_ascii(std::string_view text);

// NFKC and case folding, then accents off: marks on Latin and Greek letters, vowel points of Hebrew and Arabic, stress and the dots of
// Cyrillic io. Marks that make another letter (short i in Cyrillic, voicing in Kana, vowel signs in Indic scripts) stay.
icu::UnicodeString fold_units(const icu::UnicodeString& text);

struct WordSpan {  // bytes of the original text
  std::uint32_t begin = 0, end = 0;
};
// The words of UAX 29 (letters, numbers, ideographs; not blanks, punctuation or emoji), in order.
std::vector<WordSpan> words_of(std::string_view text);
// The two ways words_of works: by a scanner for ASCII, by ICU for everything. They agree on ASCII.
std::vector<WordSpan> ascii_words(std::string_view text);
std::vector<WordSpan> unicode_words(std::string_view text);

}  // namespace souk::text
