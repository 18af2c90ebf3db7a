// A shop, opened: the folder's store, index and tables joined, its shelves compiled, ready to answer. The only room that knows all of
// floor 5. Thread-safe: any number of threads may ask while one writes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/feeds/descriptor.h"
#include "souk/feeds/import.h"
#include "souk/feeds/import_vectors.h"
#include "souk/shelf/plan.h"
#include "souk/shelf/shelf.h"
#include "souk/store/interactions.h"
#include "souk/store/store.h"

namespace souk::engine {

inline constexpr std::string_view kVersion = "0.1.0";

struct ShopSettings {  // shop.toml [shop]
  std::string name = "shop", language = "en", currency = "EUR", timezone = "UTC";
};

struct InitOptions {
  std::string name = {}, language = "en", currency = "EUR";
  std::string settings = {};  // what shop.toml shall hold; empty: every default, with these
};

// What a person or a program asks; keys, not ids.
struct ShelfRequest {
  std::string shelf;
  std::string shopper, session;
  std::vector<std::string> items, basket, exclude;
  std::size_t k = 0;  // 0: the shelf's own
  std::size_t offset = 0;
  std::string filter, language, market;
  std::map<std::string, std::string> context;
  bool explain = false;
  std::optional<Timestamp> now;                  // default: the wall clock; evaluation sets it
  std::optional<std::vector<shelf::Past>> past;  // evaluation: what is known of the shopper, oldest first, instead of what the store has
};

struct SearchRequest : ShelfRequest {
  std::string query;
  std::map<std::string, std::vector<std::string>> facet_filters;
  std::vector<std::string> facets, sort;
  bool default_facets = true;       // those declared in shop.toml, when `facets` is empty
  std::vector<std::string> fields;  // of the items; empty: all but vectors
  std::size_t facet_values = 20;
  index::Match match = index::Match::automatic;
  bool prefix_last = false;  // search as you type
  bool group = true;         // one of a group
  std::string cursor;
};

struct Why {
  std::string source, detail;  // "co-visit", "often viewed with Whole milk, 1 gal"
  float score = 0;
};
struct AnswerItem {
  std::string key;
  float score = 0;
  store::Item item;                              // current version
  std::optional<store::Offer> offer;             // that holds now, in the market asked for
  std::map<std::string, std::string> highlight;  // field -> HTML, searches only
  std::vector<Why> why;
};
struct ShelfAnswer {
  std::string shelf;
  std::vector<AnswerItem> items;
  std::string version;  // of what answered
  std::optional<Timestamp> trained;
  std::string marked;              // in words, why what answered should learn anew; empty: it is as it should be
  bool cold_start = false;         // the shopper is unknown, or nothing was learned yet
  std::vector<std::string> notes;  // in words: "unknown item 'x'", "this shop has no purchases yet"
  std::string request;             // id of the served record
  double took_ms = 0;
  std::vector<shelf::NodeTiming> timings;        // of the nodes of the shelf that ran
  bool explained = false;                        // asked to explain: answers show the timings and the explanations
  std::vector<index::Explanation> explanations;  // then one an item, of the first hundred: how its score came about
};
struct SearchAnswer : ShelfAnswer {
  std::uint64_t total = 0;
  bool total_exact = true;
  std::map<std::string, index::FacetResult> facets;
  std::vector<std::string> dropped;
  std::string cursor;  // of the next page; empty at the end
};

struct TrainReport {
  std::string version;
  std::uint64_t shoppers = 0, items = 0, events = 0;
  double seconds = 0;
  std::vector<std::string> words;  // what was done, for a shop owner
};

struct ErasureReport {
  store::ForgetReport erased;
  std::uint64_t rejects = 0;       // rows that named the person, erased from SHOP/rejects
  bool marked = false;             // what answers learned from the person, and says so until it learns anew
  std::vector<std::string> words;  // what was done, for a shop owner
};

struct RetentionReport {
  store::RetainReport deleted;
  std::string held_back;  // why nothing was deleted, in words; empty: whatever is too old was
};

struct Finding {  // of doctor
  bool ok = true;
  std::string what, detail, repair;
  bool warning = false;  // works, but not as well as it could; such a finding is ok
};

struct BackupOptions {
  fs::path to;       // the folder to make
  fs::path earlier;  // a backup of before: files that did not change are hard links to its own; empty: none
};
struct BackupReport {
  Seq seq = 0;  // the newest commit in it
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t linked = 0;  // of the files: shared with the earlier backup
  double seconds = 0;
};

struct JobStatus {  // of work that the process holding the shop does by itself, as shop.toml asks
  std::string name;
  Duration every = 0;
  std::optional<Timestamp> last;  // when it was due the last time it ran
  Timestamp next = 0;             // in the past: as soon as the shop is served
  bool running = false;
  std::string outcome;  // of the last run, in words; empty: none, or not finished
};

struct OpenOptions {
  bool read_only = false;   // beside the process that writes; sees what was committed when it opened, or follows (start_background)
  bool for_repair = false;  // damage is kept for doctor() instead of refusing to open; such a shop may be asked for nothing else
  unsigned threads = 1;
  std::uint64_t bulk_bytes = store::StoreOptions{}.bulk_bytes;
  fs::path program = {};  // the `souk` whose child processes train for this shop; empty: training runs in this process
};

class ApiKeys;  // engine/api_keys.h
class Holdout;  // engine/holdout.h

class Shop {
 public:
  // Makes SHOP with shop.toml and an empty store; refuses a folder that is not empty.
  static Result<std::unique_ptr<Shop>> init(const fs::path& directory, const InitOptions& options);
  // Opens, and brings derived data up to date with the store. A folder that is no shop: not_found; held elsewhere: busy; not writable, or
  // a backup, and not opened read-only: unsupported; other format version: version (naming `souk upgrade`).
  static Result<std::unique_ptr<Shop>> open(const fs::path& directory, const OpenOptions& options);
  ~Shop();

  const fs::path& directory() const;
  const ShopSettings& settings() const;
  store::Store& store();
  const store::Store& store() const;
  ApiKeys& api_keys();
  std::shared_ptr<const shelf::ShopView> view() const;

  Result<SearchAnswer> search(const SearchRequest& request) const;
  Result<ShelfAnswer> shelf(const ShelfRequest& request) const;
  std::vector<std::string> shelves() const;
  Result<std::shared_ptr<const shelf::Plan>> plan(std::string_view shelf) const;
  Result<std::vector<std::pair<std::string, std::string>>> unknown_keys(const ShelfRequest& request) const;

  // Durable; visible to search and shelves when it returns.
  Result<store::CommitReport> apply(const store::Changes& changes);
  Result<feeds::ImportReport> import_files(const std::vector<fs::path>& files, const feeds::ImportOptions& options, Progress& progress);
  // Vectors of a space, under the items that they are of. `encoder`: what made them, where somebody says; that of another than the one
  // shop.toml declares is refused.
  Result<feeds::ImportReport> import_vectors(const std::vector<fs::path>& files, feeds::VectorImportOptions options,
                                             std::string_view encoder, Progress& progress);
  // What vectors of a space must be, its dimension 0 where the first is to say; the same refusal.
  Result<index::VectorSpace> vector_space(const std::string& name, std::string_view encoder) const;
  // A described data set (recipes/data), its files below `folder`.
  Result<feeds::ImportReport> import_data(const feeds::Descriptor& descriptor, const fs::path& folder, Progress& progress);
  // Rebuilds the lexical index when much has changed, catches up otherwise.
  Status refresh_index(Progress& progress);
  // Fits the count tables on everything up to now and activates them: in a child process on a checkpoint where OpenOptions::program is
  // known. A training that fails, is cancelled, or takes longer than the budget changes nothing; the error says how it ended.
  Result<TrainReport> train(Progress& progress, std::optional<Duration> budget = {});
  // The shop's events as one log, weighted as shop.toml says; with `until`, only events at or before it. Cached in SHOP/cache.
  Result<store::Interactions> interactions(std::optional<Timestamp> until = {}) const;
  // The shop as if it had learned from `train` alone, which has the ids of this shop (interactions(), or a part of it), answering with
  // now = `now`. Leaves this shop as it is; must not outlive it.
  Result<std::unique_ptr<Holdout>> hold_out(const store::Interactions& train, Timestamp now, Progress& progress) const;

  // Erases a person everywhere in the shop's folder: the store (Store::forget), rows of SHOP/rejects that name them, caches. Bytes leave
  // the store's files with the next compact().
  Result<ErasureReport> forget(std::string_view shopper_key);
  // Joins the visitor of a session to a shopper (Store::merge_shoppers).
  Result<store::MergeReport> merge_session(std::string_view session, std::string_view into);
  // Deletes events and records of answers that are older than [retention] of shop.toml lets them become. Nothing while the clock stands
  // more than a year ahead of the last time, or, the first time, of the newest event; a week of that is believed.
  Result<RetentionReport> apply_retention(Timestamp now);

  // Rewrites the store's files without what was deleted, and the search index as one file in its fastest order. Others read and write
  // meanwhile. Busy when a reader, a training or a backup that began before still needs what was (then again later).
  Status compact();

  // Verifies every checksum and what the shop runs on. With `repair`, rebuilds the derived data that is damaged.
  Result<std::vector<Finding>> doctor(bool repair, Progress& progress);
  std::string status_json() const;  // counts, sizes, versions, index and training state

  // A copy of what cannot be made anew (store, models, settings) while others read and write; backup.h restores and verifies it. The
  // folder has its name only when all of it is on disk.
  Result<BackupReport> backup(const BackupOptions& options, Progress& progress) const;

  // For a process that serves, until the shop closes: a shop open for writing runs the jobs of shop.toml; one open for reading takes over
  // every second what the writer committed.
  void start_background();
  std::vector<JobStatus> jobs() const;
  // How long ago a shop open for reading was in step with the writer; none for one open for writing, which always is.
  std::optional<Duration> staleness() const;

 private:
  struct Impl;
  explicit Shop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The default shop.toml that init writes: every key with its default and a comment.
std::string default_shop_toml(const InitOptions& options);

}  // namespace souk::engine
