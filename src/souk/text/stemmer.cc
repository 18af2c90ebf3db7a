#include "souk/text/stemmer.h"

#include <libstemmer.h>

#include "souk/text/analyzer.h"
#include "souk/text/unicode.h"

namespace souk::text {
namespace {

// Who has no umlauts on the keyboard writes "ae", "oe", "ue". Folding makes "a" of the umlaut; this does the same to the two letters, but
// not after a vowel or q ("neue", "quer"), nor at the end of a word, where they are mostly foreign ("blue").
void drop_written_umlauts(std::string& word) {
  constexpr std::string_view kNotBefore = "aeiouq";
  std::size_t kept = 0;
  char before = '\0';
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    word[kept++] = c;
    const bool umlaut = (c == 'a' || c == 'o' || c == 'u') && i + 2 < word.size() && word[i + 1] == 'e';
    if (umlaut && kNotBefore.find(before) == std::string_view::npos) ++i;
    before = c;
  }
  word.resize(kept);
}

}  // namespace

Stemmer::Stemmer(const Language& language) : language_(language) {
  if (!language.stemmer.empty()) stemmer_ = sb_stemmer_new(std::string(language.stemmer).c_str(), "UTF_8");
}

Stemmer::~Stemmer() {
  if (stemmer_ != nullptr) sb_stemmer_delete(stemmer_);
}

std::string_view Stemmer::snowball(std::string_view word) {
  const sb_symbol* stemmed = sb_stemmer_stem(stemmer_, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
  const int length = sb_stemmer_length(stemmer_);
  if (stemmed == nullptr || length <= 0) return word;
  return {reinterpret_cast<const char*>(stemmed), static_cast<std::size_t>(length)};
}

std::string_view Stemmer::stem(std::string_view folded, std::string_view original) {
  if (stemmer_ == nullptr) return folded;
  if (language_.stem_first) {
    word_ = lower(original, language_.code == "tr");
    term_ = fold(snowball(word_));
    return term_.empty() ? folded : term_;
  }
  word_ = folded;
  if (language_.code == "de") drop_written_umlauts(word_);
  for (const Ending& ending : language_.endings) {
    if (word_.size() < ending.folded.size() + 2 || !word_.ends_with(ending.folded)) continue;
    word_.replace(word_.size() - ending.folded.size(), ending.folded.size(), ending.accented);
    term_ = fold(snowball(word_));
    return term_;
  }
  return snowball(word_);
}

}  // namespace souk::text
