// The parts of a reader. Inside this room: users see field_index.h.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/pool.h"
#include "souk/index/bits.h"
#include "souk/index/field_index.h"
#include "souk/index/ranked.h"
#include "souk/index/segment.h"
#include "souk/text/analyzer.h"

namespace souk::index {

// TF-IDF of titles: idf by term of a segment, and the length of each document's title vector.
// idf = 1 + ln((1 + N) / (1 + df)) over the segments that are files: it stays the same until the next flush or rebuild.
class TitleWeights {  // thread-safe; made when first asked for
 public:
  using Files = std::vector<std::shared_ptr<const Segment>>;
  TitleWeights(std::shared_ptr<const Segment> segment, std::shared_ptr<const Files> files)
      : segment_(std::move(segment)), files_(std::move(files)) {}
  struct Values {
    std::vector<float> idf, norms;
  };
  const Values& values() const;

 private:
  std::shared_ptr<const Segment> segment_;
  std::shared_ptr<const Files> files_;
  mutable std::once_flag made_;
  mutable Values values_;
};

struct View {  // a segment as one reader sees it
  std::shared_ptr<const Segment> segment;
  std::shared_ptr<const Bits> hidden;  // documents replaced or removed since; null: none
  std::uint32_t hidden_count = 0;
  std::shared_ptr<const std::vector<std::uint32_t>> groups;  // by document
  std::shared_ptr<const TitleWeights> titles;

  bool visible(std::uint32_t document) const { return hidden == nullptr || !test_bit(*hidden, document); }
  bool shown(std::uint32_t document) const { return test_bit(segment->titled, document) && visible(document); }
  std::uint64_t shown_word(std::size_t w) const { return segment->titled[w] & (hidden == nullptr ? ~std::uint64_t{0} : ~(*hidden)[w]); }
};

struct TallyRoom {
  std::vector<std::uint32_t> counts, touched;  // counts: all zero between uses
};

// Dense arrays over a segment's documents, all zero between uses, lent to one query at a time.
struct Scratch {
  std::vector<float> dense;
  std::vector<std::uint16_t> stage;
  Bits bits;
  std::vector<std::uint32_t> slots;  // by group number: slot + 1
  TallyRoom codes, values;           // of facets
  RankedScratch ranked;
  void reserve(std::size_t documents);
};
using ScratchPool = Pool<Scratch>;

struct QueryWord {
  text::Concept reading;        // its alternatives: any will do
  std::string term, surface;    // the first term of the first alternative, and what the word is called
  bool plain = true;            // one alternative of one term
  bool prefix = false;          // words that begin so will do too
  std::uint64_t frequency = 0;  // documents with it, hidden ones included
  float idf = 0, exact_idf = 0;
};
// The documents of a word in one segment, ascending, with the weighted and length-normalised frequency that BM25F saturates.
struct WordList {
  std::vector<std::uint32_t> documents;
  std::vector<float> frequencies;
};
// The words of a query and where they stand.
struct GatheredWords {
  std::vector<QueryWord> words;
  std::vector<std::vector<std::optional<Dictionary::Term>>> found;  // [word][view]: where a plain word stands
  std::vector<std::vector<std::optional<Dictionary::Term>>> exact;  // [word][view]: where its exact form stands, when those count
  std::vector<std::vector<WordList>> lists;                  // [word][view]: of words that are no single list of a segment, or of all
  std::vector<std::string> beyond;                           // words over the limit, left out
  std::vector<std::vector<text::Concept>> phrases;           // what stands in quotation marks, of at least two words
  std::vector<std::vector<std::vector<PhraseSlot>>> places;  // [view][phrase]: the same with the numbers of terms
};

class LexicalReader final : public Reader {
 public:
  struct Parts {
    std::vector<View> views;  // oldest first
    std::shared_ptr<const Schema> schema;
    std::shared_ptr<const std::vector<Field>> fields;  // searched
    std::shared_ptr<const text::Analyzer> analyzer;
    std::shared_ptr<ScratchPool> pool;
    std::uint32_t group_numbers = 0;  // above every group number
    bool grouped = false;             // some item has a group
    Seq seq = 0;
  };
  explicit LexicalReader(Parts parts);

  Result<LexicalAnswer> search(const LexicalQuery& query) const override;
  Result<Explanation> explain(const LexicalQuery& query, ItemId item) const override;
  Result<Roaring> matching(const FilterPtr& filter, std::string_view market, Timestamp now,
                           std::span<const StatColumn> stats) const override;
  std::vector<Hit> similar_text(ItemId item, std::size_t k, const Roaring* allowed) const override;
  std::vector<Completion> complete(std::string_view prefix, std::size_t k) const override;
  std::string_view keyword(ItemId item, std::string_view field) const override;
  std::optional<double> number(ItemId item, std::string_view field) const override;
  std::uint32_t group_of(ItemId item) const override;
  bool shown(ItemId item) const override;
  std::uint64_t size() const override;
  Seq through_seq() const override { return parts_.seq; }
  std::shared_ptr<const Schema> schema() const override { return parts_.schema; }
  std::shared_ptr<const text::Analyzer> analyzer() const override { return parts_.analyzer; }

  struct Place {
    const View* view = nullptr;
    std::uint32_t document = 0;
  };
  Place find(ItemId item) const;  // of the visible version; view null: not here
  const Parts& parts() const { return parts_; }
  float k1() const { return parts_.schema->k1(); }
  float contribution(float idf, float frequency) const {  // the same operations as UnitScores
    return idf * ((frequency * (k1() + 1)) / (frequency + k1()));
  }
  // The words of a query, with the lists of those only that no posting list holds by itself.
  // With `all`, words after one that no item has are not looked up.
  GatheredWords find_words(std::string_view text, bool prefix_last, Scratch& scratch, bool all = false) const;
  void gather_rest(GatheredWords& gathered, Scratch& scratch) const;  // the lists of the other words too
  // The lists of all words as if items had nothing but a title.
  GatheredWords gather_titles(std::string_view text, bool prefix_last, Scratch& scratch) const;
  const UnitScores& scores(std::size_t view) const;  // made when first asked for
  const UnitScores& exact_scores(std::size_t view) const;
  // Is the posting list of a term what its word's documents are? Not when a field is stored that does not count.
  bool lists_serve() const;
  std::uint64_t documents() const { return documents_; }

 private:
  void keep_known(text::Concept& reading) const;
  void read_words(std::string_view text, bool prefix_last, GatheredWords& gathered) const;  // words, beyond and phrases
  PhraseSlot slot_of(std::size_t view, const text::Concept& word, std::uint32_t length) const;
  void find_phrases(GatheredWords& gathered) const;
  void explain_exact(std::size_t view, std::uint32_t document, const QueryWord& word, const Dictionary::Term& list,
                     Explanation& words) const;
  void explain_fields(const Segment& segment, std::uint32_t document, std::span<const std::uint16_t> parts, Explanation& fields) const;
  std::optional<Dictionary::Term> find_exact(const Segment& segment, const text::QueryTerm& word) const;
  std::vector<std::string> expand(const std::string& surface, const std::string& term) const;
  WordList gather_reading(std::size_t view, const QueryWord& word, bool title_only, Scratch& scratch) const;
  WordList gather_term(std::size_t view, const text::QueryTerm& term, bool prefix, bool title_only, Scratch& scratch) const;
  void gather_terms(std::size_t view, std::span<const Dictionary::Term> terms, bool title_only, Scratch& scratch, WordList& list) const;

  Parts parts_;
  std::uint64_t documents_ = 0;             // hidden ones included
  std::vector<float> averages_;             // [searched fields]
  std::vector<Norms> norms_, exact_norms_;  // [searched fields]
  struct LazyScores {
    std::once_flag made, exact_made;
    UnitScores scores, exact;
  };
  std::unique_ptr<LazyScores[]> scores_;  // by view
};

}  // namespace souk::index
