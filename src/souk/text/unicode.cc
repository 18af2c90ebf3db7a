#include "souk/text/unicode.h"

#include <algorithm>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "souk/base/log.h"
#include "souk/text/analyzer.h"

namespace souk::text {
namespace {

bool ascii_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

UScriptCode script_of(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(c, &status);
}

bool is_accent(UChar32 mark, UChar32 letter) {
  if (u_charType(mark) == U_ENCLOSING_MARK) return true;  // keycaps
  if (u_charType(mark) != U_NON_SPACING_MARK || u_getCombiningClass(mark) == 0) return false;
  const UScriptCode own = script_of(mark);
  if (own == USCRIPT_HEBREW || own == USCRIPT_ARABIC) return true;
  if (own != USCRIPT_INHERITED) return false;
  switch (script_of(letter)) {
    case USCRIPT_LATIN:
    case USCRIPT_GREEK:
    case USCRIPT_HEBREW:
    case USCRIPT_ARABIC:
      return true;
    case USCRIPT_CYRILLIC:
      return mark == 0x0301 || mark == 0x0300 || (mark == 0x0308 && letter == 0x0435);
    default:
      return false;
  }
}

// What NFKC leaves as it is and keyboards do not have.
void append_plain(icu::UnicodeString& result, UChar32 c) {
  switch (c) {
    case 0x00D7:  // the multiplication sign, between the sides of a parcel
      result.append(static_cast<UChar32>('x'));
      return;
    case 0x00E6:
      result.append(static_cast<UChar32>('a')).append(static_cast<UChar32>('e'));
      return;
    case 0x0153:
      result.append(static_cast<UChar32>('o')).append(static_cast<UChar32>('e'));
      return;
    case 0x00FE:
      result.append(static_cast<UChar32>('t')).append(static_cast<UChar32>('h'));
      return;
    case 0x00F8:
      result.append(static_cast<UChar32>('o'));
      return;
    case 0x00F0:
    case 0x0111:
      result.append(static_cast<UChar32>('d'));
      return;
    case 0x0127:
      result.append(static_cast<UChar32>('h'));
      return;
    case 0x0131:
      result.append(static_cast<UChar32>('i'));
      return;
    case 0x0142:
      result.append(static_cast<UChar32>('l'));
      return;
    case 0x0167:
      result.append(static_cast<UChar32>('t'));
      return;
    default:
      break;
  }
  if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) {
    result.append(static_cast<UChar32>('0' + u_charDigitValue(c)));
  } else if (const char joiner = c > 0x7F ? joiner_of(static_cast<char32_t>(c)) : '\0'; joiner == '\'' || joiner == '-' || joiner == '/') {
    result.append(static_cast<UChar32>(joiner));
  } else {
    result.append(c);
  }
}

icu::UnicodeString plain(const icu::UnicodeString& decomposed) {
  icu::UnicodeString result;
  UChar32 letter = 0;
  for (std::int32_t i = 0; i < decomposed.length();) {
    const UChar32 c = decomposed.char32At(i);
    i += U16_LENGTH(c);
    if (is_accent(c, letter)) continue;
    if (u_getCombiningClass(c) == 0) letter = c;
    // NFKC takes the Thai and Lao vowel am apart, so that one character would become two.
    const char16_t before = result.isEmpty() ? u'\0' : result[result.length() - 1];
    if ((c == 0x0E32 && before == 0x0E4D) || (c == 0x0EB2 && before == 0x0ECD)) {
      result.setCharAt(result.length() - 1, static_cast<char16_t>(c + 1));
      continue;
    }
    append_plain(result, c);
  }
  return result;
}

// Letters and numbers of Unicode that are not told apart by script.
CharClass class_by_type(UChar32 c) {
  switch (u_charType(c)) {
    case U_DECIMAL_DIGIT_NUMBER:
      return CharClass::digit;
    case U_OTHER_NUMBER:  // superscripts, circled digits, fractions
      return u_charDigitValue(c) >= 0 || is_fraction(static_cast<char32_t>(c)) ? CharClass::digit : CharClass::separator;
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_COMBINING_SPACING_MARK:
      return CharClass::mark;
    case U_FORMAT_CHAR:
      return c == 0x200B ? CharClass::separator : CharClass::mark;  // the blank of zero width parts words
    case U_UPPERCASE_LETTER:
    case U_LOWERCASE_LETTER:
    case U_TITLECASE_LETTER:
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
    case U_LETTER_NUMBER:
      return CharClass::letter;
    default:
      return u_isUAlphabetic(c) != 0 ? CharClass::letter : CharClass::separator;
  }
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char32_t next_character(std::string_view text, std::size_t& i) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(bytes, i, text.size(), c);
  return static_cast<char32_t>(c);
}

char joiner_of(char32_t c) {
  switch (c) {
    case '\'':
    case 0x2019:  // right single quotation mark, the typographic apostrophe
    case 0x02BC:  // modifier letter apostrophe
    case 0x05F3:  // Hebrew geresh
    case 0xFF07:
      return '\'';
    case '-':
    case 0x2010:
    case 0x2011:
    case 0xFF0D:
      return '-';
    case '.':
    case 0x00B7:  // the middle dot of Catalan
    case 0xFF0E:
      return '.';
    case '/':
    case 0x2044:  // what NFKC puts into fractions
    case 0xFF0F:
      return '/';
    case '"':  // inside Hebrew abbreviations
    case 0x05F4:
      return '"';
    case '&':
    case 0xFF06:
      return '&';
    case '+':
    case 0xFF0B:
      return '+';
    case '_':
    case 0xFF3F:
      return '_';
    default:
      return '\0';
  }
}

bool is_fraction(char32_t c) {
  if (c < 0x80 || u_charType(static_cast<UChar32>(c)) != U_OTHER_NUMBER) return false;
  const double value = u_getNumericValue(static_cast<UChar32>(c));
  return value > 0 && value < 1;
}

CharClass class_of(char32_t c) {
  if (c < 0x80) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return CharClass::letter;
    if (c >= '0' && c <= '9') return CharClass::digit;
    return joiner_of(c) != '\0' ? CharClass::joiner : CharClass::separator;
  }
  if ((c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3)) return CharClass::cjk;
  if (joiner_of(c) != '\0') return CharClass::joiner;
  if (c == 0x00D7) return CharClass::letter;                                                 // folds to x
  if ((c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FF)) return CharClass::mark;  // vowels and finals of a Hangul syllable
  if (c == 0x0E33 || c == 0x0EB3) return CharClass::mark;                                    // the vowel am of Thai and Lao
  if (c == 0xFF9E || c == 0xFF9F) return CharClass::mark;                                    // voicing in half width
  if (c == 0x30FC || c == 0xFF70) return CharClass::cjk;                                     // the long vowel of Kana
  if (c >= 0x3380 && c <= 0x33DF) return CharClass::letter;                                  // units in a square
  const auto point = static_cast<UChar32>(c);
  const CharClass kind = class_by_type(point);
  if (kind != CharClass::letter) return kind;
  switch (script_of(point)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
      return CharClass::cjk;
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return CharClass::southeast;
    default:
      return CharClass::letter;
  }
}

Utf16 to_utf16(std::string_view text) {
  Utf16 result;
  result.units.reserve(text.size());
  result.offsets.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size();) {
    const auto start = static_cast<std::uint32_t>(i);
    const auto c = static_cast<UChar32>(next_character(text, i));
    if (U_IS_BMP(c)) {
      result.units.push_back(static_cast<char16_t>(c));
    } else {
      result.units.push_back(U16_LEAD(c));
      result.units.push_back(U16_TRAIL(c));
      result.offsets.push_back(start);
    }
    result.offsets.push_back(start);
  }
  result.offsets.push_back(static_cast<std::uint32_t>(text.size()));
  return result;
}

icu::UnicodeString fold_units(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* casefold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFDInstance(status);
  const icu::Normalizer2* compose = icu::Normalizer2::getNFCInstance(status);
  icu::UnicodeString current = text;
  // Taking a mark away can uncover something to fold or compose; a few rounds reach a fixed point, so folding twice changes nothing.
  for (int round = 0; round < 4 && U_SUCCESS(status) != 0; ++round) {
    icu::UnicodeString next = casefold->normalize(current, status);
    next = compose->normalize(plain(decompose->normalize(next, status)), status);
    if (U_FAILURE(status) != 0 || next == current) break;
    current = next;
  }
  return current;
}

std::string lower(std::string_view text, bool turkish) {
  const Utf16 decoded = to_utf16(text);
  icu::UnicodeString units(decoded.units.data(), static_cast<std::int32_t>(decoded.units.size()));
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* compose = icu::Normalizer2::getNFKCInstance(status);
  if (U_SUCCESS(status) != 0) units = compose->normalize(units, status);
  units.toLower(turkish ? icu::Locale("tr") : icu::Locale::getRoot());
  std::string result;
  units.toUTF8String(result);
  return result;
}

std::string fold_case(std::string_view word) {
  return is_ascii(word) ? fold(word) : lower(word, false);
}

WordBreaker::WordBreaker() {
  UErrorCode status = U_ZERO_ERROR;
  UBreakIterator* iterator = ubrk_open(UBRK_WORD, "", nullptr, 0, &status);
  if (U_FAILURE(status) != 0) {
    log::error("ICU cannot find word boundaries: {}", u_errorName(status));
    return;
  }
  iterator_ = iterator;
}

WordBreaker::~WordBreaker() {
  if (iterator_ != nullptr) ubrk_close(static_cast<UBreakIterator*>(iterator_));
}

void WordBreaker::words(std::string_view text, std::vector<WordSpan>& spans) {
  spans.clear();
  if (iterator_ == nullptr) return;
  auto* iterator = static_cast<UBreakIterator*>(iterator_);
  const Utf16 decoded = to_utf16(text);
  UErrorCode status = U_ZERO_ERROR;
  ubrk_setText(iterator, decoded.units.data(), static_cast<std::int32_t>(decoded.units.size()), &status);
  if (U_FAILURE(status) != 0) return;
  std::int32_t begin = ubrk_first(iterator);
  for (std::int32_t end = ubrk_next(iterator); end != UBRK_DONE; begin = end, end = ubrk_next(iterator)) {
    if (ubrk_getRuleStatus(iterator) < UBRK_WORD_NONE_LIMIT) continue;
    spans.push_back({decoded.offsets[static_cast<std::size_t>(begin)], decoded.offsets[static_cast<std::size_t>(end)]});
  }
}

std::string fold(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool blank = false;
  if (is_ascii(text)) {
    for (const char c : text) {
      if (ascii_blank(c)) {
        blank = true;
        continue;
      }
      if (blank && !result.empty()) result.push_back(' ');
      blank = false;
      result.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return result;
  }
  const Utf16 decoded = to_utf16(text);
  const icu::UnicodeString folded = fold_units(icu::UnicodeString(decoded.units.data(), static_cast<std::int32_t>(decoded.units.size())));
  icu::UnicodeString collapsed;
  for (std::int32_t i = 0; i < folded.length();) {
    const UChar32 c = folded.char32At(i);
    i += U16_LENGTH(c);
    if (u_isUWhiteSpace(c) != 0) {
      blank = true;
      continue;
    }
    if (blank && !collapsed.isEmpty()) collapsed.append(static_cast<UChar32>(' '));
    blank = false;
    collapsed.append(c);
  }
  collapsed.toUTF8String(result);
  return result;
}

}  // namespace souk::text
