#include "souk/text/unicode.h"

#include <algorithm>
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

bool ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool ascii_digit(char c) {
  return c >= '0' && c <= '9';
}
bool ascii_word(char c) {
  return ascii_letter(c) || ascii_digit(c) || c == '_';
}
bool ascii_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// A ruled line, which ICU takes for a word when it is long enough.
bool only_underscores(std::string_view word) {
  return word.find_first_not_of('_') == std::string_view::npos;
}

// May `c` stand inside a word between `before` and `after`? (UAX 29, rules WB6, WB7, WB11 and WB12)
bool joins(char before, char c, char after) {
  if (ascii_letter(before) && ascii_letter(after)) return c == '.' || c == '\'';
  if (ascii_digit(before) && ascii_digit(after)) return c == '.' || c == '\'' || c == ',' || c == ';';
  return false;
}

UScriptCode script_of(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(c, &status);
}

bool is_accent(UChar32 mark, UChar32 letter) {
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

icu::UnicodeString without_accents(const icu::UnicodeString& decomposed) {
  icu::UnicodeString result;
  UChar32 letter = 0;
  for (std::int32_t i = 0; i < decomposed.length();) {
    const UChar32 c = decomposed.char32At(i);
    i += U16_LENGTH(c);
    if (is_accent(c, letter)) continue;
    if (u_getCombiningClass(c) == 0) letter = c;
    result.append(c);
  }
  return result;
}

// A break iterator keeps state, so every thread has its own; opening one costs far more than using it.
class WordBreaker {
 public:
  WordBreaker() {
    UErrorCode status = U_ZERO_ERROR;
    iterator_ = ubrk_open(UBRK_WORD, "", nullptr, 0, &status);
    if (U_FAILURE(status) != 0) {
      log::error("ICU cannot find word boundaries: {}", u_errorName(status));
      iterator_ = nullptr;
    }
  }
  ~WordBreaker() {
    if (iterator_ != nullptr) ubrk_close(iterator_);
  }
  WordBreaker(const WordBreaker&) = delete;
  WordBreaker& operator=(const WordBreaker&) = delete;

  template <class Visit>  // visit(begin, end) in UTF-16 units
  void words(const std::vector<char16_t>& units, Visit visit) {
    if (iterator_ == nullptr) return;
    UErrorCode status = U_ZERO_ERROR;
    ubrk_setText(iterator_, units.data(), static_cast<std::int32_t>(units.size()), &status);
    if (U_FAILURE(status) != 0) return;
    std::int32_t begin = ubrk_first(iterator_);
    for (std::int32_t end = ubrk_next(iterator_); end != UBRK_DONE; begin = end, end = ubrk_next(iterator_)) {
      if (ubrk_getRuleStatus(iterator_) >= UBRK_WORD_NONE_LIMIT) visit(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
    }
  }

 private:
  UBreakIterator* iterator_ = nullptr;
};

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Utf16 to_utf16(std::string_view text) {
  Utf16 result;
  result.units.reserve(text.size());
  result.offsets.reserve(text.size() + 1);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const auto start = static_cast<std::uint32_t>(i);
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, i, size, c);
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
    next = compose->normalize(without_accents(decompose->normalize(next, status)), status);
    if (U_FAILURE(status) != 0 || next == current) break;
    current = next;
  }
  return current;
}

std::vector<WordSpan> ascii_words(std::string_view text) {
  std::vector<WordSpan> result;
  for (std::size_t i = 0; i < text.size();) {
    if (!ascii_word(text[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i++;
    while (i < text.size() && (ascii_word(text[i]) || (i + 1 < text.size() && joins(text[i - 1], text[i], text[i + 1])))) ++i;
    if (only_underscores(text.substr(begin, i - begin))) continue;
    result.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i)});
  }
  return result;
}

std::vector<WordSpan> unicode_words(std::string_view text) {
  thread_local WordBreaker breaker;
  Utf16 decoded = to_utf16(text);
  // ICU 72 takes the at sign for a letter (CLDR 42), other versions do not; here it always parts words.
  std::replace(decoded.units.begin(), decoded.units.end(), u'@', u' ');
  std::vector<WordSpan> result;
  breaker.words(decoded.units, [&](std::size_t begin, std::size_t end) {
    const WordSpan word{decoded.offsets[begin], decoded.offsets[end]};
    if (!only_underscores(text.substr(word.begin, word.end - word.begin))) result.push_back(word);
  });
  return result;
}

std::vector<WordSpan> words_of(std::string_view text) {
  return is_ascii(text) ? ascii_words(text) : unicode_words(text);
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
