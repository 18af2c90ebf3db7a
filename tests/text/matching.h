// Does a text match a query? By brute force, as an index has to do it.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "souk/text/analyzer.h"

namespace souk::text {

class TextMatcher {
 public:
  TextMatcher(const Analyzer& analyzer, std::string_view text) {
    for (const Token& token : analyzer.analyze(text)) {
      terms_[token.term].insert(token.position);
      surfaces_[token.surface].insert(token.position);
    }
  }

  bool matches(const Alternative& alternative) const { return has(alternative, false) && has(alternative, true); }
  bool matches(const Concept& one) const {
    return std::any_of(one.alternatives.begin(), one.alternatives.end(), [&](const Alternative& each) { return matches(each); });
  }
  bool matches(const std::vector<Concept>& concepts) const {
    return std::all_of(concepts.begin(), concepts.end(), [&](const Concept& one) { return matches(one); });
  }

 private:
  using Places = std::map<std::string, std::set<std::uint32_t>, std::less<>>;

  // Are all terms there (or, exactly, all surfaces), near enough to each other?
  bool has(const Alternative& alternative, bool exactly) const {
    if (alternative.prefix) {
      const auto found = surfaces_.lower_bound(alternative.terms.front().surface);
      return found != surfaces_.end() && found->first.starts_with(alternative.terms.front().surface);
    }
    std::vector<const std::set<std::uint32_t>*> places;
    for (const QueryTerm& term : alternative.terms) {
      const Places& all = exactly ? surfaces_ : terms_;
      const auto found = all.find(exactly ? term.surface : term.term);
      if (found == all.end()) return false;
      places.push_back(&found->second);
    }
    if (alternative.within == 0) return true;
    for (const std::set<std::uint32_t>* starts : places) {
      for (const std::uint32_t start : *starts) {
        const auto near = [&](const std::set<std::uint32_t>* others) {
          const auto next = others->lower_bound(start);
          return next != others->end() && *next < start + alternative.within;
        };
        if (std::all_of(places.begin(), places.end(), near)) return true;
      }
    }
    return false;
  }

  Places terms_, surfaces_;
};

}  // namespace souk::text
