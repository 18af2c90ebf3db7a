#include "souk/text/analyzer.h"

#include <algorithm>
#include <libstemmer.h>
#include <map>

#include "souk/text/unicode.h"

namespace souk::text {
namespace {

// Longer words are cut: nobody types them, and they would bloat the dictionary.
constexpr std::size_t kMaxTermBytes = 255;

void cut_at_character(std::string& word) {
  if (word.size() <= kMaxTermBytes) return;
  std::size_t end = kMaxTermBytes;
  while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xC0U) == 0x80U) --end;
  word.resize(end);
}

bool has_digit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "de-AT" -> "de"; Snowball knows Norwegian by the code of the macrolanguage.
std::string stemmer_name(std::string_view language) {
  std::string name;
  for (const char c : language) {
    if (c == '-' || c == '_') break;
    name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return name == "nb" || name == "nn" ? "no" : name;
}

// The Snowball stemmers of one thread: a stemmer keeps its last result inside.
class Stemmers {
 public:
  Stemmers() = default;
  ~Stemmers() {
    for (auto& [name, stemmer] : stemmers_) {
      if (stemmer != nullptr) sb_stemmer_delete(stemmer);
    }
  }
  Stemmers(const Stemmers&) = delete;
  Stemmers& operator=(const Stemmers&) = delete;

  sb_stemmer* get(const std::string& name) {
    const auto found = stemmers_.find(name);
    if (found != stemmers_.end()) return found->second;
    sb_stemmer* stemmer = name.empty() ? nullptr : sb_stemmer_new(name.c_str(), "UTF_8");
    stemmers_.emplace(name, stemmer);
    return stemmer;
  }

 private:
  std::map<std::string, sb_stemmer*> stemmers_;  // null: the language has none
};

std::string stem(sb_stemmer* stemmer, const std::string& word) {
  if (stemmer == nullptr || has_digit(word)) return word;
  const sb_symbol* stemmed = sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
  const int length = sb_stemmer_length(stemmer);
  if (stemmed == nullptr || length <= 0) return word;
  return {reinterpret_cast<const char*>(stemmed), static_cast<std::size_t>(length)};
}

class LanguageAnalyzer final : public Analyzer {
 public:
  explicit LanguageAnalyzer(std::string_view language) : language_(language), stemmer_name_(stemmer_name(language)) {}

  std::vector<Token> analyze(std::string_view text) const override {
    thread_local Stemmers stemmers;
    sb_stemmer* stemmer = stemmers.get(stemmer_name_);
    const std::vector<WordSpan> words = words_of(text);
    std::vector<Token> tokens;
    tokens.reserve(words.size());
    for (const WordSpan& word : words) {
      Token token;
      token.surface = fold(text.substr(word.begin, word.end - word.begin));
      cut_at_character(token.surface);
      if (token.surface.empty()) continue;  // only invisible characters
      token.term = stem(stemmer, token.surface);
      token.begin = word.begin;
      token.end = word.end;
      token.position = static_cast<std::uint32_t>(tokens.size());
      tokens.push_back(std::move(token));
    }
    return tokens;
  }
  std::string_view language() const override { return language_; }

 private:
  std::string language_;
  std::string stemmer_name_;
};

}  // namespace

std::shared_ptr<const Analyzer> Analyzer::for_language(std::string_view language) {
  return std::make_shared<const LanguageAnalyzer>(language);
}

}  // namespace souk::text
