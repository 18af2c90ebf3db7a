// Unicode inside this room: decoding with a way back to bytes, folding, classes of characters, ICU's words. Other rooms use analyzer.h.
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
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The character at byte `i`, which moves behind it; U+FFFD for an ill-formed sequence. i < text.size().
char32_t next_character(std::string_view text, std::size_t& i);

// What a character is to the segmentation. Scripts that are written without blanks are told apart: their runs become bigrams.
enum class CharClass : std::uint8_t {
  separator,  // blanks, punctuation, symbols, emoji
  joiner,     // joins words that touch it: hyphens, apostrophes, full stop, & + / _
  letter,
  digit,
  mark,       // goes on with what stands before it: combining marks, joiners of zero width, soft hyphen
  cjk,        // Han, Kana, Hangul
  southeast,  // Thai, Lao, Khmer, Burmese
};
CharClass class_of(char32_t c);
// The ASCII character that stands for a joiner: ' for the apostrophes, - for the hyphens, / for slashes, . for the middle dot of Catalan.
char joiner_of(char32_t c);
bool is_fraction(char32_t c);  // one half and the like

// NFKC and case folding, then accents off: marks on Latin and Greek letters, vowel points of Hebrew and Arabic, stress and the dots of
// Cyrillic io. Marks that make another letter (short i in Cyrillic, voicing in Kana, vowel signs in Indic scripts) stay. Letters that
// Unicode takes for ones of their own lose their stroke (o, l, d), ligatures come apart, Turkish dotless i is i, digits are ASCII,
// typographic apostrophes and hyphens are those of keyboards.
icu::UnicodeString fold_units(const icu::UnicodeString& text);
// As fold() of one word, but accents stay.
std::string fold_case(std::string_view word);
// `text` lower-cased by the rules of Turkish, or of all other languages; NFKC, with its accents. For stemmers that need them.
std::string lower(std::string_view text, bool turkish);

struct WordSpan {  // bytes of the original text
  std::uint32_t begin = 0, end = 0;
};
// ICU's words of UAX 29, by dictionary in scripts without blanks (letters, numbers, ideographs; not blanks, punctuation or emoji), in
// order.
class WordBreaker {  // costs far more to open than to use; not thread-safe
 public:
  WordBreaker();
  ~WordBreaker();
  WordBreaker(const WordBreaker&) = delete;
  WordBreaker& operator=(const WordBreaker&) = delete;
  void words(std::string_view text, std::vector<WordSpan>& spans);

 private:
  void* iterator_ = nullptr;
};

}  // namespace souk::text
