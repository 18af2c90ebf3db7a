#include "souk/search/query_reader.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "souk/text/quotations.h"

namespace souk::search {
namespace {

// Units as shops write them, folded. Sorted.
constexpr auto kUnits = std::to_array<std::string_view>(
    {"ah", "bag", "bags", "btu", "cl",  "cm", "count", "ct",    "cup", "dl",   "dpi",  "fl",     "floz", "fps",
     "ft", "g",   "gal",  "gb",  "ghz", "gr", "gram",  "grams", "hz",  "in",   "inch", "inches", "kg",   "khz",
     "km", "kw",  "l",    "lb",  "lbs", "lm", "lumen", "m",     "mah", "mb",   "mg",   "mhz",    "ml",   "mm",
     "mp", "oz",  "pack", "pc",  "pcs", "pk", "pt",    "qt",    "rpm", "sqft", "tb",   "v",      "w",    "yd"});

// A number as people write it: digits, with points, commas or a slash between them.
bool is_number(std::string_view word) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto part = [&](char c) { return digit(c) || c == '.' || c == ',' || c == '/'; };
  return !word.empty() && digit(word.front()) && std::all_of(word.begin(), word.end(), part);
}

bool is_unit(const text::Token& token) {
  return token.kind == text::TokenKind::unit || std::binary_search(kUnits.begin(), kUnits.end(), token.surface);
}

shelf::Concept concept_of(std::string_view query, std::span<const text::Token> tokens) {
  shelf::Concept made;
  made.text = query.substr(tokens.front().begin, tokens.back().end - tokens.front().begin);
  for (const text::Token& token : tokens) made.words.emplace_back(query.substr(token.begin, token.end - token.begin));
  return made;
}

std::size_t words_in(const text::Quotation& quotation, std::span<const text::Token> tokens) {
  const auto beyond = std::ranges::find_if(tokens, [&](const text::Token& token) { return token.end > quotation.end; });
  return static_cast<std::size_t>(beyond - tokens.begin());
}

// The quotation of several words whose first is `tokens`' first; null: none.
const text::Quotation* beginning_at(std::span<const text::Quotation> quoted, std::span<const text::Token> tokens) {
  const auto found = std::ranges::find_if(quoted, [&](const text::Quotation& quotation) {
    return quotation.begin <= tokens.front().begin && tokens.front().begin < quotation.end;
  });
  return found == quoted.end() || words_in(*found, tokens) < 2 ? nullptr : &*found;
}

}  // namespace

QueryReader::QueryReader(std::shared_ptr<const text::Analyzer> analyzer, Synonyms synonyms, std::string language)
    : analyzer_(std::move(analyzer)), synonyms_(std::move(synonyms)), language_(std::move(language)) {}

std::vector<shelf::Concept> QueryReader::read(std::string_view query, std::string_view language, bool unfinished) const {
  std::vector<text::Token> tokens = analyzer_->analyze(query);
  std::erase_if(tokens, [](const text::Token& token) { return token.extra; });  // the words as they stand
  const std::string_view asked = language.empty() ? std::string_view(language_) : language;
  const std::vector<text::Quotation> quoted = text::quotations(query);
  std::vector<shelf::Concept> concepts;
  std::set<std::vector<std::string_view>> seen;  // terms of the concepts
  for (std::size_t at = 0; at < tokens.size();) {
    const std::span<const text::Token> rest = std::span(tokens).subspan(at);
    if (const text::Quotation* quotation = beginning_at(quoted, rest)) {
      const std::size_t words = words_in(*quotation, rest);
      shelf::Concept made = concept_of(query, rest.first(words));
      made.text = query.substr(quotation->from, quotation->to - quotation->from);
      made.whole = true;
      concepts.push_back(std::move(made));
      at += words;
      continue;
    }
    Synonyms::Match synonyms = synonyms_.longest(rest, asked);
    const bool measure = rest.size() > 1 && is_number(rest[0].surface) && is_unit(rest[1]) && synonyms.words < 2;
    if (measure) synonyms = {};
    const std::size_t words = measure ? 2 : std::max<std::size_t>(synonyms.words, 1);
    at += words;
    const bool last = unfinished && at == tokens.size();
    std::vector<std::string_view> terms;
    for (const text::Token& token : rest.first(words)) terms.emplace_back(token.term);
    if (!seen.insert(std::move(terms)).second && !last) continue;
    shelf::Concept made = concept_of(query, rest.first(words));
    made.others = std::move(synonyms.others);
    made.whole = measure;
    made.unfinished = last;
    concepts.push_back(std::move(made));
  }
  return concepts;
}

}  // namespace souk::search
