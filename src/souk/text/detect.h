// The language of a text.
#pragma once

#include <string>
#include <string_view>

namespace souk::text {

struct DetectedLanguage {
  std::string language;   // ISO 639, as in "de" or "zh"; the hint where the text does not tell
  double confidence = 0;  // 0: the hint was taken; else the share of the text that is in this language, up to 1
};

// By compact language detector 2 (n-grams of letters), with the shop's language as prior. Titles are short and full of names: where the
// detector is not sure, or the text has fewer letters than it needs, the hint stands. Scripts that the hint is not written in count however
// short the text is. Reads at most the first 64 KB; ill-formed UTF-8 tells nothing. Thread-safe.
DetectedLanguage detect_language(std::string_view text, std::string_view hint);

}  // namespace souk::text
