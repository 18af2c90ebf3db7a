// Snowball behind the rules of each language: what is folded first, which endings get their accents back.
#pragma once

#include <string>
#include <string_view>

#include "souk/text/languages.h"

struct sb_stemmer;

namespace souk::text {

class Stemmer {  // not thread-safe: Snowball keeps its last result inside
 public:
  explicit Stemmer(const Language& language);
  ~Stemmer();
  Stemmer(const Stemmer&) = delete;
  Stemmer& operator=(const Stemmer&) = delete;

  // The term of a word without digits. `original` is the word as written, for languages that stem first. Valid until the next call.
  std::string_view stem(std::string_view folded, std::string_view original);

 private:
  std::string_view snowball(std::string_view word);

  Language language_;
  sb_stemmer* stemmer_ = nullptr;  // null: the language has none
  std::string word_, term_;
};

}  // namespace souk::text
