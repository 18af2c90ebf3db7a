// What every capability meets through: a request, candidates with reasons, and six small interfaces. A capability is added by writing one
// class and one registration line in its own file.
#pragma once

#include <cstdint>
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
#include "souk/store/store.h"

class Roaring;

namespace souk::shelf {

// One past event of the shopper (and session) a request is for.
struct Past {
  ItemId item = kNoItem;
  store::EventKind kind = store::EventKind::view;
  Timestamp time = 0;
};

struct Request {  // keys resolved to ids by the engine; unknown keys are reported in the answer, never an error
  std::string shelf;
  ShopperId shopper = kNoShopper;
  std::vector<Past> past;      // of the shopper and the session, oldest first, at most 500
  std::vector<ItemId> items;   // item shelves: what is looked at
  std::vector<ItemId> basket;  // basket shelves: what is in it
  std::vector<ItemId> exclude;
  std::string query;
  std::size_t k = 10, offset = 0;
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
  // Filled by lexical retrieval only.
  std::optional<index::LexicalAnswer> lexical;

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
  std::shared_ptr<const JoinedTables> tables;  // null before the first training
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
  void add_scorer(std::string name, std::string help, Maker<Scorer> make);
  void add_arranger(std::string name, std::string help, Maker<Arranger> make);
  // Unknown names are errors that list near ones.
  Result<std::unique_ptr<Retriever>> retriever(std::string_view name, const Config& settings) const;
  Result<std::unique_ptr<Scorer>> scorer(std::string_view name, const Config& settings) const;
  Result<std::unique_ptr<Arranger>> arranger(std::string_view name, const Config& settings) const;
  std::vector<Entry> retrievers() const, scorers() const, arrangers() const;

 private:
  std::map<std::string, std::pair<std::string, Maker<Retriever>>, std::less<>> retrievers_;
  std::map<std::string, std::pair<std::string, Maker<Scorer>>, std::less<>> scorers_;
  std::map<std::string, std::pair<std::string, Maker<Arranger>>, std::less<>> arrangers_;
};

}  // namespace souk::shelf
