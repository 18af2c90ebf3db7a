// Words that mean the same in a shop, as its owner wrote them down.
//
//   [search]
//   synonym_weight = 0.8                                      # what a synonym counts beside the word itself: above 0, at most 1
//   [search.synonyms]
//   all = ["sofa, couch", "tv -> television, flat screen"]    # in every language
//   de  = ["handy -> mobiltelefon, smartphone"]               # in searches whose language is German ("de", "de-AT")
//
// "a, b": each finds what the others find. "a -> b": a search for a also finds b, and not the other way round. What was typed always
// counts too, and fully. A side is one word or up to 8; sides are compared as the index compares words (case, accents, stems). Rules do
// not chain: of "a, b" and "b, c", a search for a finds b and not c.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/result.h"
#include "souk/shelf/shelf.h"
#include "souk/text/analyzer.h"

namespace souk::search {

class Synonyms {  // immutable, thread-safe
 public:
  Synonyms() = default;  // no rules
  // The table [search] of shop.toml. Errors name the file, the rule's line and column, what was expected and found.
  static Result<Synonyms> from_config(const Config& search, const text::Analyzer& analyzer);

  struct Match {
    std::size_t words = 0;                     // how many tokens the side has; 0: there is none
    std::vector<shelf::Concept::Form> others;  // as the rules name them; one or more where there is a side
  };
  // Of the sides that stand at the beginning of `tokens`, the longest that has a rule in this language (BCP 47).
  Match longest(std::span<const text::Token> tokens, std::string_view language) const;

  std::size_t rules() const { return rules_; }

 private:
  struct Other {
    shelf::Concept::Form form;
    std::string terms;     // of the form, joined
    std::string language;  // lower case; empty: every one
  };
  struct Side {
    std::string text, terms;
    std::vector<std::string> words;
  };
  Result<std::vector<Side>> read_sides(std::string_view list, const text::Analyzer& analyzer, const std::string& where);
  Status add_rule(const std::string& rule, const std::string& language, const text::Analyzer& analyzer, const std::string& where);
  void add(const Side& from, const Side& to, const std::string& rule, const std::string& language);

  std::unordered_map<std::string, std::vector<Other>> others_;  // by the terms of a side, joined
  std::size_t longest_ = 0;                                     // words of the longest side
  std::size_t rules_ = 0;
  float weight_ = 1;
};

}  // namespace souk::search
