#include "souk/text/detect.h"

#include <algorithm>
#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>
#include <cstdio>  // the detector's header names FILE without including it

#include "souk/text/languages.h"
#include "souk/text/unicode.h"

namespace souk::text {
namespace {

constexpr std::size_t kMaxBytes = 65'536;
constexpr std::size_t kMinLetters = 24;  // of a script that several languages share

// The script, of those that tell languages apart, in which most letters of a text are written.
struct Letters {
  std::size_t latin = 0, others = 0;
};
Letters letters_of(std::string_view text) {
  Letters letters;
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = next_character(text, i);
    const CharClass kind = class_of(c);
    if (kind != CharClass::letter && kind != CharClass::cjk && kind != CharClass::southeast) continue;
    ++(c < 0x0250 || (c >= 0x1E00 && c < 0x1F00) ? letters.latin : letters.others);
  }
  return letters;
}

bool written_in_latin(std::string_view language) {
  constexpr std::string_view kOthers[] = {"ar", "be", "bg", "el", "fa", "he", "hi", "hy", "ja", "ka", "kk",
                                          "ko", "mk", "ne", "ru", "sr", "ta", "th", "uk", "ur", "yi", "zh"};
  return std::find(std::begin(kOthers), std::end(kOthers), language) == std::end(kOthers);
}

std::string base_of(std::string_view tag) {
  std::string base;
  for (const char c : tag.substr(0, tag.find_first_of("-_"))) base.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  return base;
}

// The detector's names for some languages are older than ours.
std::string name_of(CLD2::Language language) {
  const std::string code = base_of(CLD2::LanguageCode(language));
  return code == "iw" ? "he" : code == "jw" ? "jv" : code == "nb" || code == "nn" ? "no" : code;
}

}  // namespace

DetectedLanguage detect_language(std::string_view text, std::string_view hint) {
  DetectedLanguage unknown{std::string(hint), 0};
  text = text.substr(0, kMaxBytes);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U && text.size() == kMaxBytes) text.remove_suffix(1);
  const std::string base = base_of(hint);
  const Letters letters = letters_of(text);
  const bool foreign = written_in_latin(base) ? letters.others > letters.latin : letters.latin > letters.others;
  if (letters.latin + letters.others < (foreign && letters.others > 0 ? 2 : kMinLetters)) return unknown;

  CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING,
                          base.empty() ? CLD2::UNKNOWN_LANGUAGE : CLD2::GetLanguageFromName(base == "he" ? "iw" : base.c_str())};
  CLD2::Language found[3] = {};
  int percent[3] = {}, bytes = 0, valid = 0;
  double scores[3] = {};
  bool reliable = false;
  CLD2::ExtDetectLanguageSummaryCheckUTF8(text.data(), static_cast<int>(text.size()), true, &hints, 0, found, percent, scores, nullptr,
                                          &bytes, &reliable, &valid);
  if (!reliable || found[0] == CLD2::UNKNOWN_LANGUAGE || percent[0] < 50) return unknown;
  std::string name = name_of(found[0]);
  if (name == base) name = hint;  // "de-AT" stays what it is
  return {std::move(name), percent[0] / 100.0};
}

}  // namespace souk::text
