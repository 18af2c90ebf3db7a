#include <algorithm>

#include "souk/text/analyzer.h"

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

struct Window {
  std::size_t begin = 0, end = 0;  // bytes of the text
};

// At most max_bytes around `hit`, a third of them before it, beginning and ending at words where any fit.
Window window_around(std::string_view text, const std::vector<Token>& tokens, std::size_t hit, std::size_t max_bytes) {
  if (max_bytes == 0 || text.size() <= max_bytes) return {0, text.size()};
  Window window;
  if (hit < tokens.size() && tokens[hit].end > max_bytes) {
    std::size_t first = hit;
    while (first > 0 && tokens[hit].end - tokens[first - 1].begin <= max_bytes / 3 + (tokens[hit].end - tokens[hit].begin)) --first;
    window.begin = tokens[first].begin;
  }
  const std::size_t limit = window.begin + max_bytes;
  if (limit >= text.size()) return {window.begin, text.size()};
  for (const Token& token : tokens) {
    if (token.begin >= window.begin && token.end <= limit) window.end = token.end;
  }
  if (window.end <= window.begin) {  // not even one word fits
    window.end = limit;
    while (window.end > window.begin && (static_cast<unsigned char>(text[window.end]) & 0xC0U) == 0x80U) --window.end;
  }
  return window;
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
  const std::vector<Token> tokens = analyzer.analyze(text);
  std::vector<std::string_view> wanted(terms.begin(), terms.end());
  std::sort(wanted.begin(), wanted.end());
  const auto is_hit = [&](const Token& token) {
    if (std::binary_search(wanted.begin(), wanted.end(), std::string_view(token.term))) return true;
    return prefix_last && !terms.empty() && !terms.back().empty() && token.surface.starts_with(terms.back());
  };
  const auto first = std::find_if(tokens.begin(), tokens.end(), is_hit);
  const Window window = window_around(text, tokens, static_cast<std::size_t>(first - tokens.begin()), max_bytes);

  std::string out;
  if (window.begin > 0) out += "…";
  std::size_t done = window.begin;
  for (const Token& token : tokens) {
    if (token.begin < window.begin || token.end > window.end || !is_hit(token)) continue;
    append_escaped(out, text.substr(done, token.begin - done));
    out += before;
    append_escaped(out, text.substr(token.begin, token.end - token.begin));
    out += after;
    done = token.end;
  }
  append_escaped(out, text.substr(done, window.end - done));
  if (window.end < text.size()) out += "…";
  return out;
}

}  // namespace souk::text
