#include "souk/search/synonyms.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace souk::search {
namespace {

constexpr double kWeight = 0.8;
constexpr std::size_t kMostWords = 8, kMostSides = 50, kMostRules = 50'000;
constexpr std::string_view kArrow = "->";
constexpr std::string_view kRule = "\"sofa, couch\" or \"tv -> television\"";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Loosely a BCP 47 tag: letters, then parts of letters and digits.
bool is_language(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto part = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return text.size() >= 2 && text.size() <= 35 && letter(text[0]) && letter(text[1]) && std::all_of(text.begin(), text.end(), part);
}

// Does a rule for `rule` hold in a search in `asked`? Both in lower case.
bool covers(std::string_view rule, std::string_view asked) {
  return rule.empty() || rule == asked || (asked.starts_with(rule) && asked[rule.size()] == '-');
}

template <class Tokens>
std::string joined_terms(const Tokens& tokens) {
  std::string joined;
  for (const text::Token& token : tokens) {
    if (!joined.empty()) joined += '\x1f';
    joined += token.term;
  }
  return joined;
}

tl::unexpected<Error> wrong_rule(std::string what, const std::string& where, std::string expected, std::string_view found) {
  return fail(Error{ErrorKind::invalid, std::move(what), where, std::move(expected), fmt::format("\"{}\"", found.substr(0, 100)), {}});
}

}  // namespace

Result<std::vector<Synonyms::Side>> Synonyms::read_sides(std::string_view list, const text::Analyzer& analyzer, const std::string& where) {
  std::vector<Side> sides;
  std::set<std::string, std::less<>> seen;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    Side side;
    side.text = trimmed(list.substr(begin, end - begin));
    std::vector<text::Token> tokens = analyzer.analyze(side.text);
    std::erase_if(tokens, [](const text::Token& token) { return token.extra; });  // the words as they stand
    if (tokens.empty()) return wrong_rule("a synonym without a word", where, std::string(kRule), list);
    if (tokens.size() > kMostWords) {
      return wrong_rule("a synonym of too many words", where, fmt::format("at most {} words", kMostWords), side.text);
    }
    for (const text::Token& token : tokens) side.words.push_back(side.text.substr(token.begin, token.end - token.begin));
    side.terms = joined_terms(tokens);
    if (!seen.insert(side.terms).second) {
      return wrong_rule("a synonym rule says the same twice", where, "words that differ in more than case, accents and endings", side.text);
    }
    if (sides.size() == kMostSides)
      return wrong_rule("a synonym rule with too many sides", where, fmt::format("at most {}", kMostSides), list);
    longest_ = std::max(longest_, tokens.size());
    sides.push_back(std::move(side));
    begin = end + 1;
  }
  return sides;
}

void Synonyms::add(const Side& from, const Side& to, const std::string& rule, const std::string& language) {
  others_[from.terms].push_back({{to.text, to.words, weight_, rule}, to.terms, language});
}

Status Synonyms::add_rule(const std::string& rule, const std::string& language, const text::Analyzer& analyzer, const std::string& where) {
  const std::size_t arrow = rule.find(kArrow);
  if (arrow == std::string::npos) {
    SOUK_TRY(const std::vector<Side> sides, read_sides(rule, analyzer, where));
    if (sides.size() < 2) return wrong_rule("a synonym rule with one side", where, std::string(kRule), rule);
    for (const Side& from : sides) {
      for (const Side& to : sides) {
        if (&from != &to) add(from, to, rule, language);
      }
    }
    return {};
  }
  const std::string_view right = std::string_view(rule).substr(arrow + kArrow.size());
  if (right.find(kArrow) != std::string_view::npos) return wrong_rule("a synonym rule with two arrows", where, std::string(kRule), rule);
  SOUK_TRY(const std::vector<Side> from, read_sides(std::string_view(rule).substr(0, arrow), analyzer, where));
  SOUK_TRY(const std::vector<Side> to, read_sides(right, analyzer, where));
  for (const Side& typed : from) {
    for (const Side& meant : to) {
      if (typed.terms == meant.terms) return wrong_rule("a word as its own synonym", where, std::string(kRule), rule);
      add(typed, meant, rule, language);
    }
  }
  return {};
}

Result<Synonyms> Synonyms::from_config(const Config& search, const text::Analyzer& analyzer) {
  SOUK_CHECK(search.only({"synonyms", "synonym_weight", "k1", "compounds"}));
  Synonyms synonyms;
  SOUK_TRY(const double weight, search.number("synonym_weight", kWeight));
  if (!(weight > 0 && weight <= 1)) {
    return fail(Error{ErrorKind::invalid,
                      "wrong weight of synonyms",
                      search.where("synonym_weight"),
                      "a number above 0, at most 1",
                      fmt::format("{}", weight),
                      {}});
  }
  synonyms.weight_ = static_cast<float>(weight);
  const Config table = search.table("synonyms");
  const std::vector<std::string> languages = table.keys();
  SOUK_CHECK(table.only({languages.begin(), languages.end()}));  // that it is a table
  for (const std::string& key : languages) {
    if (key != "all" && !is_language(key)) {
      return fail(Error{ErrorKind::invalid,
                        "synonyms of an unknown language",
                        table.where(key),
                        "\"all\", or a language such as \"de\"",
                        fmt::format("\"{}\"", key),
                        {}});
    }
    SOUK_TRY(const std::vector<std::string> rules, table.texts(key, {}));
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const std::string where = table.where_element(key, i);
      if (++synonyms.rules_ > kMostRules) {
        return fail(Error{ErrorKind::limit, "too many synonym rules", where, fmt::format("at most {}", kMostRules), "more", {}});
      }
      SOUK_CHECK(synonyms.add_rule(rules[i], key == "all" ? std::string() : lower(key), analyzer, where));
    }
  }
  return synonyms;
}

Synonyms::Match Synonyms::longest(std::span<const text::Token> tokens, std::string_view language) const {
  const std::string asked = lower(language);
  for (std::size_t words = std::min(longest_, tokens.size()); words > 0; --words) {
    const auto found = others_.find(joined_terms(tokens.first(words)));
    if (found == others_.end()) continue;
    Match match{words, {}};
    std::set<std::string_view> seen;  // several rules may name the same word
    for (const Other& other : found->second) {
      if (covers(other.language, asked) && seen.insert(other.terms).second) match.others.push_back(other.form);
    }
    if (!match.others.empty()) return match;
  }
  return {};
}

}  // namespace souk::search
