// Text to terms. One analyzer object serves indexing, queries, highlighting and title similarity, so that they always agree.
//
// Segmentation is by script. Blanks and punctuation part words; scripts without blanks (Han, Kana, Hangul, Thai, Lao, Khmer, Burmese) are
// indexed as overlapping pairs of characters. A word is folded (NFKC, case, accents: its surface) and stemmed (Snowball: its term).
// At the position of a word stand further readings of it, so that every usual way to write it is found:
//   wi-fi          "wi" "fi", and at the position of "wi": "wifi"
//   WH-1000XM4     "wh" "1000xm4", with "wh1000xm4", "1000", "xm4", "xm", "4"
//   5.5oz, 5.5 oz  "5.5" "oz", with the unit "#ounce" at the position of "oz"
//   Kaffeemaschine with "kaffee" and "maschine", where the shop's own words tell (Compounds)
// A query reads the same tokens as concepts: a document that holds the text of a query as it stands matches all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/text/compounds.h"

namespace souk::text {

enum class TokenKind : std::uint8_t {
  word,    // letters
  number,  // "1,000" is "1000", "1,5" is "1.5" where the comma is decimal
  code,    // letters and digits: "xm4"
  gram,    // two neighbours of a script without blanks, or one that stands alone
  unit,    // of a quantity: "#inch"
  part,    // of a code, of a compound, the last character of a run of grams
  joined,  // several words written as one
};

struct Token {
  std::string term;         // as indexed: the stem
  std::string surface;      // folded, not stemmed: the exact form
  std::uint32_t begin = 0;  // byte offsets into the original text, at borders of characters
  std::uint32_t end = 0;
  std::uint32_t position = 0;  // counts words from 0
  TokenKind kind = TokenKind::word;
  bool extra = false;  // another reading of what stands at this position. Words, and the length of a text, are counted without these
};

// A token without its text: `word` numbers the pairs of surface and term that a Tokenizer has met.
struct TokenRef {
  std::uint32_t word = 0;
  std::uint32_t begin = 0, end = 0;
  std::uint32_t position = 0;
  TokenKind kind = TokenKind::word;
  bool extra = false;
};

struct QueryTerm {
  std::string term, surface;  // as in Token
};

struct Alternative {  // one way in which a document may say a concept: all terms must be there
  TokenKind kind = TokenKind::word;
  bool prefix = false;  // every surface that begins so: a single character of a script without blanks
  std::vector<QueryTerm> terms;
};

struct Concept {                     // one word of a query
  std::string surface;               // folded: what the word is called, and what completing it begins with
  std::uint32_t begin = 0, end = 0;  // bytes of the query
  std::uint32_t position = 0;
  TokenKind kind = TokenKind::word;
  std::vector<Alternative> alternatives;  // any of them will do; the word as written first. Never empty
};

struct AnalyzerSettings {  // each can be switched off, to see what it is worth; all off: words in small letters, cut at blanks, punctuation
                           // and joiners
  bool stems = true;
  bool codes = true;                           // parts and joined forms; else a word with digits is one term
  bool units = true;                           // numbers are normalised, quantities come apart, units have one spelling
  bool grams = true;                           // else words by ICU's dictionaries
  bool folds = true;                           // accents come off; else letters are only made small
  std::shared_ptr<const Compounds> compounds;  // null: compounds stay whole
  // Each text is read as of the language that it seems to be in (detect.h), with the analyzer's as prior. Off: a query is mostly too short
  // to tell, and is then stemmed otherwise than the texts it should find (docs/benchmarks.md).
  bool detects = false;
};

class Tokenizer;
class WordBreaker;
struct AnalyzerCore;

class Analyzer {  // immutable and thread-safe; keeps the state of a few tokenizers for its callers
 public:
  // language: BCP 47 ("en", "de-AT"); unknown languages are folded and segmented, not stemmed. not found: never.
  static std::shared_ptr<const Analyzer> for_language(std::string_view language, AnalyzerSettings settings = {});
  ~Analyzer();
  Analyzer(const Analyzer&) = delete;
  Analyzer& operator=(const Analyzer&) = delete;

  // Tokens ordered by position, then by where they begin. Nothing for text without words. Invalid UTF-8 is read with U+FFFD in its place;
  // offsets stay those of the input. Many texts on one thread: use a Tokenizer.
  std::vector<Token> analyze(std::string_view text) const;
  // The words of a query in order. Time and memory grow with the length of the text; the caller limits it.
  std::vector<Concept> analyze_query(std::string_view text) const;

  std::string_view language() const;  // as asked for
  // Is the term a function of the surface, and analysing a surface gives its term again? Not where stems are taken before accents come off
  // (Hungarian, Lithuanian, Turkish), nor where languages are detected.
  bool term_follows_surface() const;

 private:
  friend class Tokenizer;
  friend class TokenizerLoan;
  struct Pool;
  explicit Analyzer(std::shared_ptr<const AnalyzerCore> core);
  std::shared_ptr<const AnalyzerCore> core_;
  std::unique_ptr<Pool> pool_;
};

// An analyzer at work on one thread, made for many texts: it remembers how words are read, so that a word met again costs a look-up, and
// allocates nothing after warm-up. Not thread-safe. May outlive the analyzer.
class Tokenizer {
 public:
  // Forgets all words when it has met more than max_words different ones.
  explicit Tokenizer(const Analyzer& analyzer, std::size_t max_words = std::size_t{1} << 20U);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // As Analyzer::analyze. Valid until the next call. Reads at most the first 4 GB.
  std::span<const TokenRef> analyze(std::string_view text);

  // Of a token's `word`, which is below words(). A word keeps its number, and these keep valid, while generation() stays the same; it
  // changes only when analyze begins.
  std::string_view surface(std::uint32_t word) const;
  std::string_view term(std::uint32_t word) const;
  std::uint32_t words() const;
  std::uint64_t generation() const;

 private:
  friend class QueryReader;
  struct State;
  std::uint32_t add_word(std::string_view surface);
  WordBreaker& breaker();
  std::unique_ptr<State> state_;
};

// Case and accents folded, NFKC, blanks trimmed and collapsed: how filter strings and prefixes are compared. Thread-safe.
std::string fold(std::string_view text);

// `text` with the words whose terms are in `terms` between `before` and `after`, everything else HTML-escaped. With prefix_last, a word
// whose surface begins with the last term is marked too. max_bytes > 0 cuts to a window around the first hit, at word borders.
std::string highlight(const Analyzer& analyzer, std::string_view text, const std::vector<std::string>& terms, bool prefix_last,
                      std::string_view before = "<mark>", std::string_view after = "</mark>", std::size_t max_bytes = 0);
// The same for the words of a query: of each, the first alternative whose terms all stand in the text. With prefix_last, words that begin
// as the last concept does are marked too.
std::string highlight(const Analyzer& analyzer, std::string_view text, std::span<const Concept> concepts, bool prefix_last,
                      std::string_view before = "<mark>", std::string_view after = "</mark>", std::size_t max_bytes = 0);
std::string escape_html(std::string_view text);

}  // namespace souk::text
