// The shop on disk: RocksDB under SHOP/store. Every write goes through commit(), which answers after the write-ahead log is synced;
// commits that arrive together share one sync. Readers never wait for writers.
//
// Column families and their keys (numbers big-endian, so that byte order is number order):
//   meta       name                                        -> counters, format version, active models, source offsets
//   item_key   key                                         -> ItemId            shopper_key likewise
//   item       ItemId                                      -> StoredItemHead    the key; all that a stub has
//              ItemId, ~version time, ~seq                 -> StoredItem        newest version first; the oldest holds from the beginning
//   shopper    ShopperId                                   -> StoredShopper
//   event      period(u32), ShopperId, time, arrival       -> StoredEvent       period = time >> 33 (about 99 days): retention reads old
//                                                             periods alone, and a shopper's recent events are one short scan
//   event_id   XXH3-128 of id                              -> event key, content hash
//   event_id_log  seq                                      -> the same for the events of a commit, until they are merged into event_id
//   served     time, request id                            -> StoredServed
//   review     'r', XXH3-128 of id                         -> StoredReview      (from format 2 on)
//              'i', ItemId, time, XXH3-128 of id           -> nothing           an item's reviews by time
//              's', ShopperId, XXH3-128 of id              -> nothing           a person's reviews
//   changes    seq                                         -> StoredChange      which items, shoppers and how many events a commit touched
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/fair_mutex.h"
#include "souk/base/file.h"
#include "souk/base/hash.h"
#include "souk/base/ids.h"
#include "souk/base/result.h"
#include "souk/store/records.h"

namespace souk::store {

// What create() makes and upgrade() turns older ones into. A store of format kOldestStoreVersion or later opens as it is, and has what its
// format has: format 1 knows no reviews.
inline constexpr std::uint32_t kStoreVersion = 2;
inline constexpr std::uint32_t kOldestStoreVersion = 1;

// Where an import stands: how many rows of the file with this content have been committed.
struct SourceOffset {
  Hash128 source;  // content hash of the file, combined with the way it was read (kind, format, mapping)
  std::uint64_t rows = 0;
};

// One commit. Everything in it becomes durable and visible together.
struct Changes {
  std::vector<Item> items;                 // put; equal to the current version: counted unchanged
  std::vector<std::string> removed_items;  // keys
  std::vector<Event> events;               // in arrival order
  std::vector<Shopper> shoppers;
  std::vector<Review> reviews;  // put under their ids; equal to what is stored: counted unchanged
  std::vector<Served> served;
  std::optional<SourceOffset> offset;  // committed in the same batch
  bool empty() const;
};

struct CommitReport {
  Seq seq = 0;                   // of this commit; the newest before it when nothing changed
  std::uint64_t accepted = 0;    // records written or found equal (not duplicates of events, not conflicts)
  std::uint64_t changed = 0;     // items/shoppers/reviews written because they differ or are new
  std::uint64_t unchanged = 0;   // items/shoppers/reviews equal to what is stored, or older than it
  std::uint64_t duplicates = 0;  // events whose id is known with the same content
  std::uint64_t conflicts = 0;   // events whose id is known with other content: never applied
  std::uint64_t removed = 0;     // items removed
  std::uint64_t unknown_kinds = 0;
  std::uint64_t stubs = 0;                // items first seen in an event
  std::vector<std::string> conflict_ids;  // the first 100
};

struct Snapshot {
  Timestamp time = INT64_MAX;  // event time <= time
  Seq seq = UINT64_MAX;        // committed at or before
  std::uint64_t epoch = 0;     // of erasure: raised by all that changes the past (forget, merge_shoppers, retain)
};

struct StoredEventView {  // one event as read back, ids instead of keys
  ShopperId shopper = kNoShopper;
  ItemId item = kNoItem;
  EventKind kind = EventKind::other;
  Timestamp time = 0;         // 0 in an untimed shop
  std::uint64_t arrival = 0;  // breaks equal times
  Seq seq = 0;
  std::optional<Decimal> value, quantity;
  std::uint64_t order_hash = 0;  // hash64 of `order`; 0: none
};

struct Counts {
  std::uint64_t items = 0;  // with a record, not removed (stubs excluded)
  std::uint64_t stubs = 0;
  std::uint64_t shoppers = 0;  // visitors included
  std::uint64_t events = 0;
  std::uint64_t reviews = 0;
  Seq seq = 0;
  std::uint64_t epoch = 0;
  std::uint64_t forgotten_epoch = 0;            // when events of a person were last erased by forget(): what learned before may know them
  std::uint32_t item_ids = 0, shopper_ids = 0;  // ids given so far: valid ids are below
  bool timed = true;                            // false: events carry no times
  Timestamp first_event = 0, last_event = 0;    // of the events' times; 0 when there are none
};

struct ForgetReport {
  bool known = false;                                               // there was a shopper of this key
  std::uint64_t events = 0, visitors = 0, served = 0, reviews = 0;  // erased
};

struct MergeReport {
  bool known = false;        // there was such a visitor
  std::uint64_t events = 0;  // that moved
};

struct RetainReport {
  std::uint64_t events = 0, served = 0;  // that were deleted
};
using KindLimits = std::array<std::optional<Duration>, kEventKinds>;  // by EventKind: how long events are kept; none: for ever

struct StoreOptions {
  bool read_only = false;                  // a RocksDB secondary beside the writing process
  std::uint64_t memory = 192ull << 20;     // write buffers and block cache together
  std::uint64_t bulk_bytes = 48ull << 20;  // of events in a bulk load that are written at once; as sorted files from an eighth of it on
};

class Store {  // thread-safe
 public:
  // create() refuses a folder that holds a store; open() one that does not (not_found), one of another version (version), one held by
  // another process (busy), and without read_only one whose folder cannot be written (unsupported).
  static Result<std::unique_ptr<Store>> create(const fs::path& directory, const StoreOptions& options = {});
  static Result<std::unique_ptr<Store>> open(const fs::path& directory, const StoreOptions& options = {});
  ~Store();

  // Durable when it returns. Validates keys and times (a shop's events are all timed or all untimed).
  Result<CommitReport> commit(const Changes& changes);
  // Who changes items by what they were (a patch, a merge) holds this alone from reading them to the end of the commit; who writes or
  // removes whole items shares it for the time of the commit. Else what one of them wrote would be lost. Fair: nobody waits for those who
  // came later.
  FairSharedMutex& item_writes();
  // For the served log: may lag a second, never waits for a sync.
  Status append_served(std::span<const Served> served);

  Counts counts() const;
  std::optional<std::uint64_t> source_rows(const Hash128& source) const;

  // Nothing: a key that was never given an id.
  Result<std::optional<ItemId>> find_item(std::string_view key) const;
  Result<std::optional<ShopperId>> find_shopper(std::string_view key) const;
  // Of each id the time of the event stored under it; none for ids that are not known. Takes turns with commits.
  Result<std::vector<std::optional<Timestamp>>> event_times(std::span<const std::string> ids) const;
  Result<std::string> item_key(ItemId id) const;  // not_found for ids never given
  Result<std::string> shopper_key(ShopperId id) const;

  // The item as it was known at `as_of` (default: now). not_found when removed; a stub has only its key.
  Result<Item> item(ItemId id, std::optional<Timestamp> as_of = {}) const;
  Result<Shopper> shopper(ShopperId id) const;
  // All items that have a current version, stubs included (a stub's title is empty), by id. Stops when fn returns false.
  Status for_each_item(const std::function<bool(ItemId, Item&&)>& fn) const;
  // Full events with keys, by (time, arrival): what export writes.
  Status for_each_event(const std::function<bool(Event&&)>& fn) const;
  // Events of a snapshot in storage order (period, shopper, time, arrival), ids only; fast. Shoppers without consent to training are
  // left out when `training` is set.
  Status scan_events(const Snapshot& snapshot, bool training, const std::function<bool(const StoredEventView&)>& fn) const;
  // The same on several threads: `begin` hears how many parts there are, then fn is called concurrently for different parts, never for
  // one. A part's events come in storage order, and parts are numbered in storage order.
  Status scan_events_in_parts(const Snapshot& snapshot, bool training, unsigned threads,
                              const std::function<void(std::size_t parts)>& begin,
                              const std::function<void(std::size_t part, const StoredEventView&)>& fn) const;
  // Full events of one shopper with keys, oldest first.
  Status for_each_event_of(ShopperId shopper, const std::function<bool(Event&&)>& fn) const;
  // The newest events of one shopper, newest first, at most `limit`.
  Result<std::vector<StoredEventView>> recent_events(ShopperId shopper, std::size_t limit) const;
  Status for_each_shopper(const std::function<bool(ShopperId, Shopper&&)>& fn) const;
  Status for_each_served(const std::function<bool(const Served&)>& fn) const;
  // A person's, oldest first: those that name the shopper of this key, known or not, and those that name nobody but a session of theirs.
  // `sessions`: those that are known; those of the records that name the shopper are added before fn is called. Reads every record twice.
  Status for_each_served_to(std::string_view shopper_key, std::set<std::string>& sessions,
                            const std::function<bool(const Served&)>& fn) const;
  // Reviews by id (bytewise), of an item by time, of a shopper in no order. A store of format 1 has none.
  Status for_each_review(const std::function<bool(Review&&)>& fn) const;
  Status for_each_review_of(ItemId item, const std::function<bool(Review&&)>& fn) const;
  Status for_each_review_by(ShopperId shopper, const std::function<bool(Review&&)>& fn) const;

  // Items touched by commits after `seq` (put or removed), each once. For derived data that catches up.
  Result<std::vector<ItemId>> items_changed_since(Seq seq) const;
  Snapshot snapshot(std::optional<Timestamp> time = {}) const;  // of now, or of events up to `time`

  // Small durable records: active models and the like.
  Status put_meta(std::string_view name, std::string_view value);
  Result<std::optional<std::string>> get_meta(std::string_view name) const;  // nothing: never put

  // Erases a person: the shopper of this key, the visitors of the sessions in their events and in what was served to them, all events of
  // these with their ids, their reviews, and served records of the shopper and of those sessions. One durable commit: all of it, or
  // nothing. Their bytes leave the files with the next compact(). Nothing to erase is no error. Takes its turn with commits, and reads
  // every served record twice in it.
  Result<ForgetReport> forget(std::string_view shopper_key);
  // Joins a visitor ("session:<session>") to a shopper, who is made when unknown: the visitor's events become the shopper's, with time,
  // arrival and id as they were, attributes fill gaps, a refused consent stays refused, and the visitor is gone. A visitor without events
  // is remembered too, so that forgetting the shopper, or listing what was served to them, finds the session. One durable commit; again,
  // it finds no visitor.
  Result<MergeReport> merge_shoppers(std::string_view visitor, std::string_view into);
  // Deletes events with their ids that are older than their kind may become, and served records that are older than `served`, in several
  // durable commits. Untimed events stay.
  Result<RetainReport> retain(const KindLimits& limits, Timestamp now, std::optional<Duration> served = {});

  Status flush();  // memory tables to files
  // Rewrites every file, so that nothing that was deleted or erased before the call is left in any of them; busy when a reader that began
  // before still needs what was (then again later).
  Status compact();
  // A copy of the store in the new folder `to`, of one moment, while commits go on; hard links where the file system allows.
  Status checkpoint(const fs::path& to) const;
  std::uint32_t version() const;  // of the format
  Status upgrade();               // to kStoreVersion; nothing to do is no error
  Status verify();                // every checksum of every file
  Status catch_up();              // read-only: take over what the writer committed since

 private:
  friend class BulkLoad;
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Commits of one caller that may become durable together, for imports: through the write-ahead log and the memory tables an event costs as
// much again as all that comes before. Commits of events alone gather, seen by nobody, until there is much of them, or anything else is
// committed, or the load is finished; then they are written in one durable step, as sorted files where that pays. Other commits are done at
// once. A death loses what has gathered: `offset` is written with it, and says where to go on.
class BulkLoad {  // of one thread; must not outlive the store
 public:
  explicit BulkLoad(Store& store);
  ~BulkLoad();  // finishes
  BulkLoad(const BulkLoad&) = delete;
  BulkLoad& operator=(const BulkLoad&) = delete;

  // As Store::commit, but for when it is durable. An error of the disk loses what has gathered, and comes back from every later call.
  Result<CommitReport> commit(const Changes& changes);
  Status finish();  // all that was committed is durable and visible

 private:
  Store& store_;
  std::uint64_t lost_before_ = 0;
};

}  // namespace souk::store
