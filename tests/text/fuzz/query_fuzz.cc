// Any bytes as a query: a document that holds it between blanks matches all of its concepts, and is marked where it does.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "souk/text/analyzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using souk::text::Analyzer;
  static const std::array<std::shared_ptr<const Analyzer>, 6> analyzers = {Analyzer::for_language("en"), Analyzer::for_language("de"),
                                                                           Analyzer::for_language("fr"), Analyzer::for_language("tr"),
                                                                           Analyzer::for_language("zh"), Analyzer::for_language("th")};
  if (size == 0) return 0;
  const Analyzer& analyzer = *analyzers[data[0] % analyzers.size()];
  const std::string query(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string document = "32 wi " + query + " in fi 5";
  std::set<std::string, std::less<>> terms, surfaces;
  for (const souk::text::Token& token : analyzer.analyze(document)) {
    terms.insert(token.term);
    surfaces.insert(token.surface);
  }
  const std::vector<souk::text::Concept> concepts = analyzer.analyze_query(query);
  for (const souk::text::Concept& one : concepts) {
    if (one.begin >= one.end || one.end > query.size()) std::abort();
    const bool found = std::any_of(one.alternatives.begin(), one.alternatives.end(), [&](const souk::text::Alternative& alternative) {
      return !alternative.terms.empty() && std::all_of(alternative.terms.begin(), alternative.terms.end(), [&](const auto& term) {
        return terms.contains(term.term) && surfaces.contains(term.surface);
      });
    });
    if (!found) std::abort();
  }
  const std::string marked = souk::text::highlight(analyzer, document, concepts, false, "<", ">");
  const bool has_mark = marked.find('<') != std::string::npos;
  if (has_mark == concepts.empty()) std::abort();
  return 0;
}
