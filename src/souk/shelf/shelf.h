// What every capability meets through: a request, candidates with reasons, and seven small interfaces. A capability is added by writing one
// class and one registration line in its own file.
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

#include "souk/base/config.h"
#include "souk/base/ids.h"
#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/index/counts.h"
#include "souk/index/field_index.h"
#include "souk/index/filter.h"
#include "souk/index/vector_store.h"
#include "souk/store/store.h"

class Roaring;

namespace souk::shelf {

// One past event of the shopper (and session) a request is for.
struct Past {
  ItemId item = kNoItem;
  store::EventKind kind = store::EventKind::view;
  Timestamp time = 0;
};

// One thing that a query asks for: a word, a number with its unit, or words that belong together; in every form that means the same.
struct Concept {
  struct Form {
    std::string text;                // an item has the form when it has all of its words
    std::vector<std::string> words;  // the same, cut into words
    float weight = 1;                // what it counts beside the words that were typed: above 0, at most 1
    std::string rule;                // where it comes from, for explanations
  };
  std::string text;                // as typed
  std::vector<std::string> words;  // the same, cut into words
  std::vector<Form> others;        // what means the same as `text`
  bool whole = false;              // its words say nothing alone: a number and its unit
  bool required = true;            // false: an item may lack it; one that has it scores more
  bool unfinished = false;         // the last word may be the beginning of one (search as you type)
};

struct Request {  // keys resolved to ids by the engine; unknown keys are reported in the answer, never an error
  std::string shelf;
  ShopperId shopper = kNoShopper;
  std::vector<Past> past;      // of the shopper and the session, oldest first, at most 500
  std::vector<ItemId> items;   // item shelves: what is looked at
  std::vector<ItemId> basket;  // basket shelves: what is in it
  std::vector<ItemId> exclude;
  std::string query;
  std::vector<Concept> concepts;  // what the query asks for, in its order; empty: the index reads the words of `query` by itself
  // 0: an item must have every required concept; else as many of them as at least this many items have together.
  std::size_t enough = 0;
  std::size_t k = 10, offset = 0;
  // The last items of the page before this one, when the shop changed since: where they stand now decides where this page begins, and
  // `offset` when none of them is there any more.
  std::vector<ItemId> after;
  index::FilterPtr filter;  // the request's own, joined with the shelf's
  std::string language, market;
  std::map<std::string, std::string> context;
  bool explain = false;
  Timestamp now = 0;
  std::uint64_t seed = 1;       // for arrangers that explore
  index::LexicalQuery lexical;  // facets, sort, paging of a search; text and filter are set from above
};

// Why an item was retrieved. Flat, so that nothing is formatted before it is shown.
struct Reason {
  std::uint16_t source = 0;  // index into Candidates::source_names
  float score = 0;           // in the source's own scale
  ItemId because = kNoItem;  // the item that led here ("often bought with ..."), if any
};

// What a plan passes along: parallel arrays, one entry an item, best first.
struct Candidates {
  std::vector<ItemId> items;
  std::vector<float> scores;
  std::vector<std::vector<Reason>> reasons;  // one or more each
  std::vector<std::string> source_names;
  // Filled by lexical retrieval only. Its total is kept in step by the nodes that drop candidates.
  std::optional<index::LexicalAnswer> lexical;
  bool total_exact = true;  // false: the total counts candidates that were not retrieved and might have been dropped

  std::size_t size() const { return items.size(); }
  void add(ItemId item, float score, Reason reason);
  std::uint16_t source(std::string_view name);          // the number of a source, added when new
  void keep(std::span<const std::uint32_t> positions);  // reorder and cut to these positions
};

// The count tables of a shop joined to its ids: item rows <-> ItemId. Immutable, thread-safe.
class JoinedTables {
 public:
  explicit JoinedTables(index::Tables tables);
  const index::Tables& tables() const { return tables_; }
  static constexpr std::uint32_t kNoRow = UINT32_MAX;
  std::uint32_t row(ItemId id) const { return index_of(id) < rows_.size() ? rows_[index_of(id)] : kNoRow; }
  ItemId item(std::uint32_t row) const { return tables_.item_ids[row]; }
  // By ItemId, for the lexical index: popularity in [0, 1] (log scale of Popular). Shorter than the shop's ids: 0 for the rest.
  std::span<const float> popularity() const { return popularity_; }
  float popularity(ItemId id) const { return index_of(id) < popularity_.size() ? popularity_[index_of(id)] : 0; }
  // Rows with a positive score, best first, equal scores by lower row: what the popularity shelves walk.
  std::span<const std::uint32_t> by_popular() const { return by_popular_; }
  std::span<const std::uint32_t> by_recent() const { return by_recent_; }
  std::span<const std::uint32_t> by_trending() const { return by_trending_; }

 private:
  index::Tables tables_;
  std::vector<std::uint32_t> rows_;  // by ItemId
  std::vector<float> popularity_;
  std::vector<std::uint32_t> by_popular_, by_recent_, by_trending_;
};

// Everything a request may read, at one point in time. Immutable; shared by the requests that run on it.
struct ShopView {
  const store::Store* store = nullptr;
  std::shared_ptr<const index::Reader> lexical;
  std::shared_ptr<const index::VectorReader> vectors;  // null where there are none
  std::shared_ptr<const JoinedTables> tables;          // null before the first training
  std::shared_ptr<const index::Schema> schema;
  std::vector<index::StatColumn> stats;  // views into tables
  std::string version;                   // of what answers: "tables-3"
};

class Retriever {  // thread-safe
 public:
  virtual ~Retriever() = default;
  // At most k candidates for which `allowed` holds (null: all shown items), best first, with reasons, each item once. Items of
  // request.exclude and items that are not shown never come back: ask shelf::Eligible (shelf/eligible.h), which knows both.
  virtual Result<Candidates> retrieve(const Request& request, std::size_t k, const Roaring* allowed, const ShopView& view) const = 0;
  // True when retrieve() applies request.filter by itself: the plan then spares the bitmap and passes null.
  virtual bool filters_itself() const { return false; }
  // How the score of an item that retrieve() answered came about: parts that give its score; nothing: the score says all there is.
  virtual Result<std::optional<index::Explanation>> explain(const Request&, ItemId, const ShopView&) const {
    return std::optional<index::Explanation>();
  }
};

// What to ask instead of a request that finds too little.
class Relaxer {  // thread-safe
 public:
  virtual ~Relaxer() = default;
  // As many as this are not too little.
  virtual std::size_t enough() const = 0;
  // How many items a changed request finds: exact up to `enough`, at least that above it.
  using Count = std::function<Result<std::size_t>(const Request& changed, std::size_t enough)>;
  struct Relaxed {
    Request request;
    std::vector<std::string> dropped;  // what is no longer required, as the shopper wrote it, in the order of the query
  };
  // `request`, which demands all of its concepts, found `found` items, fewer than enough(). Nothing: it shall stay as it is.
  virtual Result<std::optional<Relaxed>> relax(const Request& request, std::size_t found, const ShopView& view,
                                               const Count& count) const = 0;
};

class Scorer {  // thread-safe
 public:
  virtual ~Scorer() = default;
  virtual Status score(const Request& request, Candidates& candidates,
                       const ShopView& view) const = 0;  // new scores; order is restored after
};

class Arranger {  // thread-safe
 public:
  virtual ~Arranger() = default;
  virtual Status arrange(const Request& request, Candidates& candidates, const ShopView& view) const = 0;
  // True: it drops candidates and leaves the others in their order, so that it also suits answers in an order that the request chose.
  virtual bool keeps_order() const { return false; }
};

// Names -> makers. Each room has one register function called by the engine; a registry is an ordinary object, no globals.
class Registry {
 public:
  template <class T>
  using Maker = Result<std::unique_ptr<T>> (*)(const Config& settings);
  struct Entry {
    std::string name, help;  // help: one line for documentation and error messages
  };
  void add_retriever(std::string name, std::string help, Maker<Retriever> make);
  void add_relaxer(std::string name, std::string help, Maker<Relaxer> make);
  void add_scorer(std::string name, std::string help, Maker<Scorer> make);
  void add_arranger(std::string name, std::string help, Maker<Arranger> make);
  // Unknown names are errors that list near ones.
  Result<std::unique_ptr<Retriever>> retriever(std::string_view name, const Config& settings) const;
  Result<std::unique_ptr<Relaxer>> relaxer(std::string_view name, const Config& settings) const;
  Result<std::unique_ptr<Scorer>> scorer(std::string_view name, const Config& settings) const;
  Result<std::unique_ptr<Arranger>> arranger(std::string_view name, const Config& settings) const;
  std::vector<Entry> retrievers() const, relaxers() const, scorers() const, arrangers() const;

 private:
  std::map<std::string, std::pair<std::string, Maker<Retriever>>, std::less<>> retrievers_;
  std::map<std::string, std::pair<std::string, Maker<Relaxer>>, std::less<>> relaxers_;
  std::map<std::string, std::pair<std::string, Maker<Scorer>>, std::less<>> scorers_;
  std::map<std::string, std::pair<std::string, Maker<Arranger>>, std::less<>> arrangers_;
};

}  // namespace souk::shelf
