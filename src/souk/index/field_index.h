// The lexical index: full-text search, filters, facets and sorting over items. Exact: whatever is skipped could not have been shown.
//
// A reader is a point-in-time view over immutable segments: base segments in files, and memory segments of items changed since.
// A newer version or a removal hides the older document. Documents are ordinals local to a segment; statistics (document frequency,
// average length) are sums over the reader's segments, hidden documents included until they are merged away.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/ids.h"
#include "souk/base/result.h"
#include "souk/index/filter.h"
#include "souk/index/items.h"
#include "souk/index/learn_words.h"
#include "souk/index/schema.h"
#include "souk/index/scoring.h"
#include "souk/text/analyzer.h"

class Roaring;

namespace souk::index {

enum class Match : std::uint8_t {
  automatic,  // all words; when that finds fewer than 1 item, words are dropped, the rarest first, and named
  all,
  any,
};

// A float per ItemId from outside the index (popularity, rating): short or empty means 0 / missing for the rest.
struct StatColumn {
  std::string name;               // "stats.popularity"
  std::span<const float> values;  // NaN: missing
};

struct SortKey {
  std::string field;  // full name; empty: relevance
  bool descending = false;
};
Result<std::vector<SortKey>> parse_sort(const std::vector<std::string>& keys, const Schema& schema);  // "price:asc"

struct LexicalQuery {
  std::string text = {};  // empty: every shown item
  Match match = Match::automatic;
  bool prefix_last = false;                             // the last word may be the beginning of one (search as you type)
  FilterPtr filter = {};                                // null: everything
  std::map<std::string, FilterPtr> facet_filters = {};  // by full field name: a facet's own choice does not shrink its own counts
  std::vector<std::string> facets = {};                 // full names to count
  std::size_t facet_values = 20;                        // at most, by count then value
  std::vector<SortKey> sort = {};                       // empty: by score
  std::size_t offset = 0, k = 10;
  bool one_per_group = true;          // variants (Item::group) collapse to their best
  bool count = true;                  // false: the total may be left uncounted, which lets the index skip what cannot be among the best
  std::string market = {};            // for price and availability; empty: the first offer
  Timestamp now = 0;                  // which offers are current
  std::span<const float> prior = {};  // bounded additive document signal by ItemId, already weighted, at least 0; may be empty
  float most_prior = 0;               // no value of prior is above; 0: not known, and nothing is skipped when there is a prior
  std::span<const StatColumn> stats = {};
  std::span<const ItemId> exclude = {};
};

struct FacetValue {
  std::string value;  // as written in the catalogue (most common spelling)
  std::uint64_t count = 0;
};
struct FacetStats {
  double min = 0, max = 0, sum = 0;
  std::uint64_t count = 0;
};
struct FacetResult {
  std::vector<FacetValue> values;   // keyword, flag
  std::optional<FacetStats> stats;  // number, time
};
struct LexicalAnswer {
  std::vector<Hit> hits;    // by BM25F + prior, ties by lower ItemId
  std::uint64_t total = 0;  // exact: items, or groups when collapsed; of an answer that was not counted: its hits
  bool counted = true;
  std::map<std::string, FacetResult> facets;
  std::vector<std::string> terms;    // analyzed, for highlighting
  std::vector<std::string> dropped;  // words left out by Match::automatic
};

struct Explanation {  // the tree of a score
  float value = 0;
  std::string what;
  std::vector<Explanation> parts;
};

struct Completion {
  std::string text, kind;  // kind: "item", "category", "brand"
  ItemId item = kNoItem;   // of an item, the first with this title
  std::uint64_t count = 0;
};

class Reader {  // immutable, thread-safe
 public:
  virtual ~Reader() = default;
  virtual Result<LexicalAnswer> search(const LexicalQuery& query) const = 0;
  virtual Result<Explanation> explain(const LexicalQuery& query, ItemId item) const = 0;
  // Items (visible, with a title, in the index) for which the filter holds; null filter: all of them.
  virtual Result<Roaring> matching(const FilterPtr& filter, std::string_view market, Timestamp now,
                                   std::span<const StatColumn> stats = {}) const = 0;
  // Items most like `item` by TF-IDF cosine of their titles (its own group excluded), best first; only `allowed` ones when given.
  virtual std::vector<Hit> similar_text(ItemId item, std::size_t k, const Roaring* allowed = nullptr) const = 0;
  // Brands, categories and titles beginning with (a word beginning with) the prefix; by count.
  virtual std::vector<Completion> complete(std::string_view prefix, std::size_t k) const = 0;
  // The value of a keyword field ("group", "brand", "category") of an item: first value, empty when missing. Fast (no store access).
  virtual std::string_view keyword(ItemId item, std::string_view field) const = 0;
  // The first value of a number or time field of an item, in milliseconds for times. Fast too.
  virtual std::optional<double> number(ItemId item, std::string_view field) const = 0;
  // A dense number that equal groups share (an item without a group has its own); for collapsing variants in any shelf.
  virtual std::uint32_t group_of(ItemId item) const = 0;
  virtual bool shown(ItemId item) const = 0;  // visible and titled
  virtual std::uint64_t size() const = 0;     // visible documents
  virtual Seq through_seq() const = 0;
  // The fields declared and those seen in the catalogue: what filters, facets and sorts for this reader may name.
  virtual std::shared_ptr<const Schema> schema() const = 0;
  // How the texts of this reader were read, and how queries are.
  virtual std::shared_ptr<const text::Analyzer> analyzer() const = 0;
};

// The index of a shop, under SHOP/segments. One writer, any number of readers. Thread-safe.
class FieldIndex {
 public:
  // Opens the newest valid segment set; an empty or missing folder is an empty index with through_seq 0. A damaged segment is an
  // error (corrupt); `doctor --repair` rebuilds. Segments made under another schema or analyzer are ignored (through_seq 0).
  static Result<std::unique_ptr<FieldIndex>> open(const fs::path& directory, Schema schema, const std::string& language, bool read_only,
                                                  text::AnalyzerSettings settings = {});
  virtual ~FieldIndex() = default;

  virtual std::shared_ptr<const Reader> reader() const = 0;
  // Puts and removals, visible to readers opened after it returns. Cheap for small batches (memory segment). `seq`: of the newest commit
  // contained.
  using Put = ItemPut;
  virtual Status update(std::span<const Put> puts, Seq seq) = 0;
  // Replaces everything by one fresh segment on disk. next() returns items until it returns false. learned: what compounds are made of,
  // from now on (learned_from()); they are kept with the segments.
  virtual Status rebuild(const std::function<bool(ItemId&, store::Item&)>& next, Seq seq, unsigned threads, LearnedWords learned) = 0;
  // From how many items the parts of compounds are known. Nothing: none are split, by the language or by the schema.
  virtual std::optional<std::uint64_t> learned_from() const = 0;
  // True when the memory segment is large enough that the caller should flush.
  virtual bool wants_flush() const = 0;
  virtual Status flush() = 0;  // memory segments to a file, merging with the last files when that pays; updates and readers go on meanwhile
  // Everything in one file, without what is hidden, and documents that share words together: the smallest and fastest form. Takes seconds
  // for each 100,000 items, while updates and readers go on.
  virtual Status compact() = 0;
  virtual Status verify() const = 0;  // every checksum
  // Declared fields, and the attributes seen in items (filterable, facetable and sortable, not searched; a number when all values are
  // numbers, a flag when all are flags, else a keyword). A snapshot: ask again, or the reader, after updates.
  virtual std::shared_ptr<const Schema> schema() const = 0;
};

}  // namespace souk::index
