// A query's tokens as concepts. Every concept has an alternative made of tokens that analysing the query's text gives, and a text between
// blanks gives these tokens wherever it stands: so a document that holds the query matches all of its concepts. The other alternatives only
// find more.
#include <algorithm>

#include "souk/text/core.h"
#include "souk/text/unicode.h"

namespace souk::text {
namespace {

constexpr std::size_t kMaxNeighbours = 48;  // bytes of two neighbours tried as one word

bool same_place(const TokenRef& a, const TokenRef& b) {
  return a.begin == b.begin && a.end == b.end;
}

}  // namespace

class QueryReader {
 public:
  QueryReader(Tokenizer& tokenizer, const AnalyzerSettings& settings, std::string_view text)
      : tokenizer_(tokenizer), settings_(settings), text_(text) {}

  std::vector<Concept> read() {
    const std::span<const TokenRef> tokens = tokenizer_.analyze(text_);
    for (std::size_t i = 0; i < tokens.size();) {
      std::size_t end = i;
      while (end < tokens.size() && tokens[end].position == tokens[i].position) ++end;
      const std::span<const TokenRef> readings = tokens.subspan(i, end - i);
      const TokenRef& word = *std::find_if(readings.begin(), readings.end(), [](const TokenRef& token) { return !token.extra; });
      if (word.kind == TokenKind::gram) {
        for (; end < tokens.size() && tokens[end].begin < tokens[end - 1].end; ++end) {
        }
        read_run(tokens.subspan(i, end - i));
      } else {
        read_word(word, readings);
      }
      i = end;
    }
    spread_joined();
    if (settings_.codes) join_neighbours();
    return std::move(concepts_);
  }

 private:
  struct Segment {  // clusters of a run
    std::size_t begin = 0, end = 0;
  };

  QueryTerm term_of(const TokenRef& token) const {
    return {std::string(tokenizer_.term(token.word)), std::string(tokenizer_.surface(token.word))};
  }

  Concept& start(const TokenRef& word, std::uint32_t end) {
    Concept& made = concepts_.emplace_back();
    made.begin = word.begin;
    made.end = end;
    made.position = word.position;
    made.kind = word.kind;
    return made;
  }

  static void add(Concept& to, TokenKind kind, std::vector<QueryTerm> terms, bool prefix = false) {
    const auto same = [&](const Alternative& known) {
      return std::equal(known.terms.begin(), known.terms.end(), terms.begin(), terms.end(),
                        [](const QueryTerm& a, const QueryTerm& b) { return a.surface == b.surface && a.term == b.term; });
    };
    if (std::none_of(to.alternatives.begin(), to.alternatives.end(), same)) to.alternatives.push_back({kind, prefix, std::move(terms)});
  }

  // Does the mark of inches at byte `at` close a quotation ("the \"new 32\" model")? Asked from front to back.
  bool closes_quotation(std::size_t at) {
    for (; counted_ < at; ++counted_) {
      if (text_[counted_] == '"') opened_ = counted_ == 0 || text_[counted_ - 1] == ' ' || text_[counted_ - 1] == '(';
      if (text_.substr(counted_, 3) == "\u201C") opened_wide_ = true;
    }
    return text_[at] == '"' ? opened_ : text_.substr(at, 3) == "\u201D" && opened_wide_;
  }

  // The word as written, or its unit; its parts together; and, with those of its neighbours, what they make as one word.
  void read_word(const TokenRef& word, std::span<const TokenRef> readings) {
    if (word.kind == TokenKind::unit && closes_quotation(word.begin)) return;
    const std::size_t place = concepts_.size();
    const bool measured = place > 0 && concepts_.back().kind == TokenKind::number;
    Concept& made = start(word, word.end);
    made.surface = tokenizer_.surface(word.word);
    TokenRef first = word;
    std::vector<TokenRef> parts;
    for (const TokenRef& token : readings) {
      if (!token.extra) continue;
      if (token.kind == TokenKind::unit) {
        if (same_place(token, word)) first = token;
        for (TokenRef& part : parts) {
          if (same_place(part, token)) part = token;
        }
      } else if (token.kind == TokenKind::part) {
        parts.push_back(token);
      } else {
        joined_.push_back({token, place});
      }
    }
    add(made, first.kind, {term_of(first)});
    if (!measured) add(made, word.kind, {term_of(word)});  // "mm" without a number may be M/M, "cm 1015" a name
    if (parts.size() < 2) return;
    std::vector<QueryTerm> terms;
    for (const TokenRef& part : parts) terms.push_back(term_of(part));
    add(made, TokenKind::part, std::move(terms));
  }

  // Readings that span several words stand for each of them. Those inside a word (a code's) stand for none.
  void spread_joined() {
    for (const auto& [token, place] : joined_) {
      for (std::size_t c = place; c < concepts_.size() && concepts_[c].begin < token.end; ++c) {
        if (concepts_[c].begin >= token.begin && concepts_[c].end <= token.end) add(concepts_[c], TokenKind::joined, {term_of(token)});
      }
    }
  }

  // "wi fi" may be "wifi", "head phones" "headphones".
  void join_neighbours() {
    for (std::size_t i = 0; i + 1 < concepts_.size(); ++i) {
      Concept &one = concepts_[i], &two = concepts_[i + 1];
      const auto joins = [](const Concept& word) {
        return word.kind <= TokenKind::code && word.alternatives.front().kind != TokenKind::unit;
      };
      if (!joins(one) || !joins(two) || (one.kind == TokenKind::number && two.kind == TokenKind::number)) continue;
      if (one.surface.size() + two.surface.size() > kMaxNeighbours || one.end >= two.begin) continue;
      const std::string_view gap = text_.substr(one.end, two.begin - one.end);
      if (gap.find_first_not_of(" \t\r\n\xC2\xA0") != std::string_view::npos) continue;
      const std::uint32_t word = tokenizer_.add_word(one.surface + two.surface);
      const QueryTerm term{std::string(tokenizer_.term(word)), std::string(tokenizer_.surface(word))};
      add(one, TokenKind::joined, {term});
      add(two, TokenKind::joined, {term});
    }
  }

  // A run of a script without blanks: its words by dictionary, each as all of its pairs. Pairs across words are not asked for, so that the
  // words may stand elsewhere in the document; a dictionary that errs costs precision, never a document that holds the query.
  void read_run(std::span<const TokenRef> run) {
    std::vector<TokenRef> pairs;
    std::vector<std::uint32_t> begins;  // of clusters
    for (const TokenRef& token : run) {
      begins.push_back(token.begin);
      if (!token.extra) pairs.push_back(token);
    }
    const std::uint32_t end = run.back().end;
    if (pairs.size() == begins.size()) {  // no last one beside the pairs: a single character
      Concept& made = start(pairs.front(), end);
      made.surface = tokenizer_.surface(pairs.front().word);
      add(made, TokenKind::gram, {term_of(pairs.front())}, true);
      return;
    }
    for (const Segment& word : segments(begins, end)) {
      const bool last = word.end == begins.size();
      const std::uint32_t word_end = last ? end : begins[word.end];
      const TokenRef& first = pairs[std::min(word.begin, pairs.size() - 1)];
      Concept& made = start(first, word_end);
      made.begin = begins[word.begin];
      made.surface = fold(text_.substr(made.begin, made.end - made.begin));
      if (word.end - word.begin == 1) {
        add(made, TokenKind::gram, {term_of(first)});  // with its neighbour
        add(made, TokenKind::gram, {QueryTerm{made.surface, made.surface}}, true);
        continue;
      }
      std::vector<QueryTerm> terms;
      for (std::size_t i = word.begin; i + 1 < word.end; ++i) terms.push_back(term_of(pairs[i]));
      add(made, TokenKind::gram, std::move(terms));
    }
  }

  // ICU's words of the run that ends at byte `end`, in clusters. Single characters side by side are one word: a name that no dictionary
  // has.
  std::vector<Segment> segments(const std::vector<std::uint32_t>& begins, std::uint32_t end) {
    std::vector<WordSpan> spans;
    tokenizer_.breaker().words(text_.substr(begins.front(), end - begins.front()), spans);
    std::vector<Segment> words;
    std::size_t span = 0;
    for (std::size_t i = 0; i < begins.size(); ++i) {
      const std::uint32_t at = begins[i] - begins.front();
      const std::size_t before = span;
      while (span < spans.size() && spans[span].end <= at) ++span;
      const bool goes_on =
          i > 0 && span == before && span < spans.size() && at > spans[span].begin && begins[i - 1] - begins.front() >= spans[span].begin;
      if (goes_on) {
        words.back().end = i + 1;
      } else {
        words.push_back({i, i + 1});
      }
    }
    std::vector<Segment> merged;
    bool single = false;
    for (const Segment& word : words) {
      const bool one = word.end - word.begin == 1;
      if (one && single) {
        merged.back().end = word.end;
      } else {
        merged.push_back(word);
      }
      single = one;
    }
    return merged;
  }

  Tokenizer& tokenizer_;
  const AnalyzerSettings& settings_;
  const std::string_view text_;
  std::vector<Concept> concepts_;
  std::vector<std::pair<TokenRef, std::size_t>> joined_;  // with the place of their first concept
  std::size_t counted_ = 0;                               // bytes of the text in which quotation marks were counted
  bool opened_ = false, opened_wide_ = false;
};

std::vector<Concept> Analyzer::analyze_query(std::string_view text) const {
  const TokenizerLoan tokenizer(*this);
  return QueryReader(*tokenizer, core_->settings, text).read();
}

}  // namespace souk::text
