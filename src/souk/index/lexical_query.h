// One run of a query over one reader: candidates, scores, collapse, order, facets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "souk/index/field_values.h"
#include "souk/index/reader.h"

namespace souk::index {

// The documents of one view that a query may show, ascending.
struct Candidates {
  std::vector<std::uint32_t> documents;
  std::vector<float> scores;
  // 0: all filters hold; f + 1: all but the f-th facet filter do; kFails otherwise.
  std::vector<std::uint8_t> verdicts;
};
inline constexpr std::uint8_t kFails = 255;

// How the catalogue mostly writes a value of a keyword field; the lesser of equals.
std::string most_common_spelling(const LexicalReader& reader, std::string_view field, std::string_view folded);

class QueryRun {
 public:
  QueryRun(const LexicalReader& reader, const LexicalQuery& query, Scratch& scratch);
  Result<LexicalAnswer> run();

 private:
  struct Row {  // a candidate of any view that passes, but for one facet filter at most
    std::uint32_t item, view, document, slot;
    float score;
    std::uint8_t verdict;
  };
  class HitOrder;
  Status check() const;
  bool only_the_best() const;
  bool run_ranked(LexicalAnswer& answer);
  void name_words(LexicalAnswer& answer) const;
  float floor_of(std::span<const TermList> lists, std::size_t view, std::size_t k) const;
  std::span<const TermList> lists_of(std::size_t view);
  void choose_all();
  void choose_words();
  bool choose_kept();
  void relax(const std::vector<std::size_t>& order);
  void choose_any();
  void take(Matches matches, std::size_t view);
  std::vector<std::size_t> rarest_first();
  void chain(const std::vector<std::size_t>& order, std::size_t view);
  void judge(std::size_t view);
  void judge_phrases(std::size_t view);
  void add_prior();
  void order_by_score(LexicalAnswer& answer) const;
  void take_page(TopK& best, LexicalAnswer& answer) const;
  void collect();
  void assign_slots();
  void order_hits(LexicalAnswer& answer) const;
  std::vector<std::uint32_t> grouped_rows() const;  // all rows, those of a slot together
  FacetResult count_facet(const std::string& field, std::span<const std::uint32_t> rows) const;
  FacetResult count_words(const Field& field, std::span<const std::uint32_t> rows, std::uint8_t own) const;
  // Calls visit(view, document) for every document that counts for the facet whose own choice is `own`.
  template <class Visit>
  void each_counted(std::uint8_t own, Visit visit) const {
    for (std::uint32_t v = 0; v < candidates_.size(); ++v) {
      const Candidates& found = candidates_[v];
      for (std::size_t i = 0; i < found.documents.size(); ++i) {
        if (found.verdicts[i] == 0 || found.verdicts[i] == own) visit(v, found.documents[i]);
      }
    }
  }
  FacetResult count_numbers(const Field& field, std::uint8_t own) const;

  const LexicalReader& reader_;
  const LexicalQuery& query_;
  Scratch& scratch_;
  Circumstances circumstances_;
  std::vector<FilterPtr> choices_;  // facet filters, by field name
  std::vector<std::string> choice_fields_;
  GatheredWords gathered_;
  std::vector<bool> kept_;                          // words that must match and count
  std::vector<Candidates> candidates_;              // by view
  std::vector<std::vector<std::uint16_t>> stages_;  // beside candidates: how many of the rarest words they hold
  std::vector<TermList> lists_;                     // of the words that count, in one view
  std::vector<std::vector<float>> units_;           // of its gathered lists
  std::vector<Row> rows_;
  std::uint32_t slots_ = 0;
  bool collapsed_ = false;  // some slot has several rows
};

}  // namespace souk::index
