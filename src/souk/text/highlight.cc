#include <algorithm>

#include "souk/text/core.h"

namespace souk::text {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
}

struct Range {  // bytes of the text
  std::size_t begin = 0, end = 0;
};

// At most max_bytes around `hit`, a third of them before it, beginning and ending at words where any fit.
Range window_around(std::string_view text, const std::vector<Range>& words, const Range* hit, std::size_t max_bytes) {
  if (max_bytes == 0 || text.size() <= max_bytes) return {0, text.size()};
  Range window;
  if (hit != nullptr && hit->end > max_bytes) {
    window.begin = hit->begin;
    auto word =
        std::lower_bound(words.begin(), words.end(), hit->begin, [](const Range& range, std::size_t at) { return range.begin < at; });
    for (; word != words.begin() && hit->begin - std::prev(word)->begin <= max_bytes / 3; --word) window.begin = std::prev(word)->begin;
  }
  const std::size_t limit = window.begin + max_bytes;
  if (limit >= text.size()) return {window.begin, text.size()};
  for (const Range& word : words) {
    if (word.begin >= window.begin && word.end <= limit) window.end = std::max(window.end, word.end);
  }
  if (window.end <= window.begin) {  // not even one word fits
    window.end = limit;
    while (window.end > window.begin && (static_cast<unsigned char>(text[window.end]) & 0xC0U) == 0x80U) --window.end;
  }
  return window;
}

struct Style {
  std::string_view before, after;
  std::size_t max_bytes = 0;
};

// The text with the tokens for which is_hit(token) marked. What touches is marked as one.
template <class IsHit>
std::string mark(std::string_view text, std::span<const TokenRef> tokens, const Style& style, IsHit is_hit) {
  std::vector<Range> words, hits;
  for (const TokenRef& token : tokens) {
    if (!token.extra) words.push_back({token.begin, token.end});
    if (is_hit(token)) hits.push_back({token.begin, token.end});
  }
  const Range window = window_around(text, words, hits.empty() ? nullptr : &hits.front(), style.max_bytes);
  std::erase_if(hits, [&](const Range& hit) { return hit.begin < window.begin || hit.end > window.end; });
  std::sort(hits.begin(), hits.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });

  std::string out;
  if (window.begin > 0) out += "…";
  std::size_t done = window.begin;
  for (std::size_t i = 0; i < hits.size();) {
    Range hit = hits[i];
    for (++i; i < hits.size() && hits[i].begin <= hit.end; ++i) hit.end = std::max(hit.end, hits[i].end);
    append_escaped(out, text.substr(done, hit.begin - done));
    out += style.before;
    append_escaped(out, text.substr(hit.begin, hit.end - hit.begin));
    out += style.after;
    done = hit.end;
  }
  append_escaped(out, text.substr(done, window.end - done));
  if (window.end < text.size()) out += "…";
  return out;
}

// What of a query the text holds: terms, and beginnings of surfaces.
struct Wanted {
  std::vector<std::string_view> terms, beginnings;
};

Wanted found_in(std::span<const Concept> concepts, const Tokenizer& tokenizer, std::span<const TokenRef> tokens) {
  std::vector<std::string_view> terms;
  for (const TokenRef& token : tokens) terms.push_back(tokenizer.term(token.word));
  std::sort(terms.begin(), terms.end());
  Wanted wanted;
  for (const Concept& one : concepts) {
    for (const Alternative& alternative : one.alternatives) {
      if (alternative.prefix) {
        wanted.beginnings.push_back(alternative.terms.front().surface);
        continue;
      }
      const auto is_there = [&](const QueryTerm& term) {
        return std::binary_search(terms.begin(), terms.end(), std::string_view(term.term));
      };
      if (!std::all_of(alternative.terms.begin(), alternative.terms.end(), is_there)) continue;
      for (const QueryTerm& term : alternative.terms) wanted.terms.push_back(term.term);
      break;
    }
  }
  return wanted;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text);
  return out;
}

std::string highlight(const Analyzer& analyzer, std::string_view text, const std::vector<std::string>& terms, bool prefix_last,
                      std::string_view before, std::string_view after, std::size_t max_bytes) {
  const TokenizerLoan tokenizer(analyzer);
  std::vector<std::string_view> wanted(terms.begin(), terms.end());
  std::sort(wanted.begin(), wanted.end());
  return mark(text, tokenizer->analyze(text), {before, after, max_bytes}, [&](const TokenRef& token) {
    if (std::binary_search(wanted.begin(), wanted.end(), tokenizer->term(token.word))) return true;
    return prefix_last && !terms.empty() && !terms.back().empty() && tokenizer->surface(token.word).starts_with(terms.back());
  });
}

std::string highlight(const Analyzer& analyzer, std::string_view text, std::span<const Concept> concepts, bool prefix_last,
                      std::string_view before, std::string_view after, std::size_t max_bytes) {
  const TokenizerLoan tokenizer(analyzer);
  const std::span<const TokenRef> tokens = tokenizer->analyze(text);
  Wanted wanted = found_in(concepts, *tokenizer, tokens);
  std::sort(wanted.terms.begin(), wanted.terms.end());
  if (prefix_last && !concepts.empty()) wanted.beginnings.push_back(concepts.back().surface);
  return mark(text, tokens, {before, after, max_bytes}, [&](const TokenRef& token) {
    if (std::binary_search(wanted.terms.begin(), wanted.terms.end(), tokenizer->term(token.word))) return true;
    const std::string_view surface = tokenizer->surface(token.word);
    return std::any_of(wanted.beginnings.begin(), wanted.beginnings.end(),
                       [&](std::string_view beginning) { return surface.starts_with(beginning); });
  });
}

}  // namespace souk::text
