// Text to terms. One analyzer object serves indexing, queries, highlighting and title similarity, so that they always agree.
//
// A term is made by: word boundaries (ICU, UAX 29, dictionary for Han/Kana/Thai) -> NFKC and case folding -> accents removed -> stem of
// the language (Snowball; English by default, none for languages without one). Numbers and codes stay whole ("17 OZ" -> "17", "oz").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"

namespace souk::text {

struct Token {
  std::string term;         // as indexed
  std::string surface;      // folded, not stemmed
  std::uint32_t begin = 0;  // byte offsets into the original text
  std::uint32_t end = 0;
  std::uint32_t position = 0;  // counts words from 0
};

class Analyzer {  // immutable and thread-safe (per-thread ICU state inside)
 public:
  // language: BCP 47 ("en", "de-AT"); unknown languages are folded and segmented, not stemmed. not found: never.
  static std::shared_ptr<const Analyzer> for_language(std::string_view language);
  virtual ~Analyzer() = default;
  // Appends nothing for text without words. Invalid UTF-8 is read with U+FFFD in its place; offsets stay those of the input.
  virtual std::vector<Token> analyze(std::string_view text) const = 0;
  virtual std::string_view language() const = 0;
};

// Case and accents folded, NFKC, blanks trimmed and collapsed: how filter strings and prefixes are compared. Thread-safe.
std::string fold(std::string_view text);

// `text` with the words whose terms are in `terms` between `before` and `after`, everything else HTML-escaped. With prefix_last, a word
// whose surface begins with the last term is marked too. max_bytes > 0 cuts to a window around the first hit, at word borders.
std::string highlight(const Analyzer& analyzer, std::string_view text, const std::vector<std::string>& terms, bool prefix_last,
                      std::string_view before = "<mark>", std::string_view after = "</mark>", std::size_t max_bytes = 0);
std::string escape_html(std::string_view text);

}  // namespace souk::text
