// One run of a query over one reader: which documents a query may show, their scores, collapse, order, facets.
//
// Documents are chosen segment by segment (choose.cc). What only counts them needs no scores: where any word will do and the lists are
// long, the documents are united as bits, filtered 64 at a time, and the best of them found by skipping what cannot be among them. Totals,
// facets and statistics read the one set of documents that is left.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/index/field_values.h"
#include "souk/index/reader.h"
#include "souk/index/ready_filter.h"

namespace souk::index {

// The documents of one view that a query may show, ascending. All of them are shown and pass the filter.
struct Candidates {
  std::vector<std::uint32_t> documents = {};
  std::vector<float> scores = {};  // beside them; empty when `ranked`
  // Beside them; empty when all choices of facets hold for all. 0: all hold; f + 1: all but the f-th; kFails: several do not.
  std::vector<std::uint8_t> verdicts = {};
  bool ranked = false;  // the best of them were offered already
  bool passes(std::size_t i) const { return verdicts.empty() || verdicts[i] == 0; }
  std::size_t passing() const {
    return verdicts.empty() ? documents.size() : static_cast<std::size_t>(std::ranges::count(verdicts, std::uint8_t{0}));
  }
};
inline constexpr std::uint8_t kFails = 255;

// How the catalogue mostly writes a value of a keyword field; the lesser of equals.
std::string most_common_spelling(const LexicalReader& reader, std::string_view field, std::string_view folded);

// How the documents with any of the words are found. All give the same; the cheapest is what is right for a segment and a query.
enum class Way : std::uint8_t {
  cheapest,
  scored,    // every document is scored, then filtered
  filtered,  // what passes the filter is scored
  united,    // documents as bits, filtered; the best found by skipping the others
  looked_up  // documents as bits, filtered; each scored by looking it up
};

class QueryRun {
 public:
  QueryRun(const LexicalReader& reader, const LexicalQuery& query, Scratch& scratch, Way way = Way::cheapest);
  Result<LexicalAnswer> run();

 private:
  struct Row {  // a candidate of any view that passes, but for one facet filter at most
    std::uint32_t item, view, document, slot;
    float score;
    std::uint8_t verdict;
  };
  class HitOrder;
  Status check() const;
  void name_words(LexicalAnswer& answer) const;

  // choose.cc
  std::span<const TermList> lists_of(std::size_t view);
  const ReadyFilter* filter_of(std::size_t view);
  bool prior_is_bounded() const { return query_.prior.empty() || query_.most_prior > 0; }
  bool only_the_best() const;
  std::optional<std::uint64_t> known_total() const;
  bool run_ranked(LexicalAnswer& answer);
  static float floor_of(std::span<const TermList> lists, std::size_t k);
  bool shown_bits(std::size_t view, Bits& bits) const;
  void exclude(std::size_t view, std::span<std::uint64_t> bits) const;
  DocumentSide side_of(std::size_t view) const;
  void choose_all();
  void choose_words();
  bool choose_kept();
  void relax(const std::vector<std::size_t>& order);
  void choose_any();
  void choose_any_of(std::size_t view, std::span<const TermList> lists);
  Way way_of(std::size_t view, std::span<const TermList> lists);
  void choose_united(std::size_t view, std::span<const TermList> lists);
  void offer_best(std::span<const TermList> lists, const DocumentSide& side, double depth);
  void take(Matches matches, std::size_t view, bool filtered);
  std::vector<std::size_t> rarest_first();
  void chain(const std::vector<std::size_t>& order, std::size_t view);
  void judge(std::size_t view, bool filtered);
  void leave_out(std::size_t view, std::span<const std::uint8_t> stay);
  void judge_choices(std::size_t view);

  void add_prior();
  void order_by_score(LexicalAnswer& answer);
  void order_groups(LexicalAnswer& answer);
  void take_page(LexicalAnswer& answer);
  void collect();
  void assign_slots();
  void order_hits(LexicalAnswer& answer) const;
  std::vector<std::uint32_t> grouped_rows() const;  // all rows, those of a slot together

  // facets.cc
  FacetResult count_facet(const std::string& field, std::span<const std::uint32_t> rows);
  FacetResult count_words(const Field& field, std::uint8_t own);
  FacetResult count_groups(const Field& field, std::span<const std::uint32_t> rows, std::uint8_t own);
  FacetResult count_numbers(const Field& field, std::uint8_t own);
  // The documents of a view that count for the facet whose own choice is `own`.
  std::span<const std::uint32_t> counted(std::size_t view, std::uint8_t own);

  const LexicalReader& reader_;
  const LexicalQuery& query_;
  Scratch& scratch_;
  Way way_;
  Circumstances circumstances_;
  FilterPtr filter_;                // and the choices of facets that are not counted; may be null
  std::vector<FilterPtr> choices_;  // of facets that are, by field name
  std::vector<std::string> choice_fields_;
  GatheredWords gathered_;
  std::vector<bool> kept_;                             // words that must match and count
  std::vector<std::unique_ptr<ReadyFilter>> filters_;  // by view; null before it was asked for
  std::vector<Candidates> candidates_;                 // by view
  std::vector<std::vector<std::uint16_t>> stages_;     // beside candidates: how many of the rarest words they hold
  std::vector<TermList> lists_;                        // of the words that count, in one view
  std::vector<std::vector<float>> units_;              // of its gathered lists
  bool by_score_ = false;                              // every item is a hit of its own, and nothing but scores orders them
  std::size_t wanted_ = 0;                             // hits, those of the pages before included
  TopK best_{0};
  std::vector<std::uint32_t> counted_;  // of counted()
  std::vector<Row> rows_;
  std::uint32_t slots_ = 0;
  bool collapsed_ = false;  // some slot has several rows
};

}  // namespace souk::index
