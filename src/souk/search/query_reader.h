// What a query asks for: its words, cut into concepts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/search/synonyms.h"
#include "souk/shelf/shelf.h"
#include "souk/text/analyzer.h"

namespace souk::search {

class QueryReader {  // immutable, thread-safe
 public:
  // language: of the shop, for queries that do not name theirs.
  QueryReader(std::shared_ptr<const text::Analyzer> analyzer, Synonyms synonyms, std::string language);

  // In the order of the query: words in quotation marks are one concept, which items have as it stands; so are the longest words with
  // synonyms that begin at a place, and a number and its unit ("500 ml"); every other word is its own. What was asked for before is left
  // out. No words: no concepts. unfinished: the last word may be the beginning of one.
  std::vector<shelf::Concept> read(std::string_view query, std::string_view language, bool unfinished) const;

 private:
  std::shared_ptr<const text::Analyzer> analyzer_;
  Synonyms synonyms_;
  std::string language_;
};

}  // namespace souk::search
