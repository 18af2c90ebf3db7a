// Interactions: the events of a snapshot as immutable compressed rows, shopper -> events in time order. What models, count tables and
// evaluation read. Rows are dense numbers of this file alone; RowMaps join them to the shop (items by key, shoppers by id).
//
// File kind "INTR", version 1, a section file (base/section_file.h):
//   offset   u64[shoppers + 1]   shopper row r owns events offset[r] .. offset[r + 1]
//   item     u32[events]         item row
//   time     i64[events]         milliseconds; 0 when untimed
//   kind     u8[events]          store::EventKind
//   weight   f32[events]         value of the event's kind under the weights it was built with
//   order    u32[events]         dense number of the basket (equal within an order), 0: none
//   shopper  u32[shoppers]       ShopperId of a row
//   item_id  u32[items]          ItemId of a row; UINT32_MAX when built outside a shop
//   item.*                       RowMap of item keys
//   timed    u8[1]               1: the events have times
//   print    text                content fingerprint: hex of XXH3-128 of the sections above
//   facts    text                JSON: snapshot, rule for tied times, content fingerprint
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "souk/base/row_map.h"
#include "souk/store/records.h"
#include "souk/store/store.h"

namespace souk::store {

using KindWeights = std::array<float, kEventKinds>;  // by EventKind; 0: the kind is left out
KindWeights default_weights();                       // purchase 1, cart 0.5, wishlist 0.4, rating 0.6, click 0.2, view 0.2; else 0

class Interactions {  // immutable, thread-safe, cheap to move; views live as long as the object
 public:
  std::uint32_t shoppers() const { return static_cast<std::uint32_t>(offsets_.size()) - 1; }
  std::uint32_t items() const { return item_count_; }
  std::uint64_t events() const { return event_items_.size(); }

  struct Row {  // one shopper's events, oldest first; equal sizes
    std::span<const std::uint32_t> items;
    std::span<const Timestamp> times;
    std::span<const std::uint8_t> kinds;
    std::span<const float> weights;
    std::span<const std::uint32_t> orders;
    std::size_t size() const { return items.size(); }
    Row first(std::size_t count) const {
      return {items.first(count), times.first(count), kinds.first(count), weights.first(count), orders.first(count)};
    }
  };
  Row row(std::uint32_t shopper) const;
  std::span<const std::uint64_t> offsets() const { return offsets_; }
  std::span<const std::uint32_t> event_items() const { return event_items_; }
  std::span<const Timestamp> event_times() const { return event_times_; }
  std::span<const float> event_weights() const { return event_weights_; }

  ShopperId shopper_id(std::uint32_t row) const { return ShopperId{shopper_ids_[row]}; }
  ItemId item_id(std::uint32_t row) const { return ItemId{item_ids_[row]}; }
  const RowMap& item_keys() const { return item_keys_; }
  bool timed() const { return timed_; }
  // From the first event to the last, strays aside: at most one event in a thousand, and a thousand in all, that more than 28 days of
  // silence part from all others. A wrong clock, or the first click on an old data set, must not make all else the distant past.
  struct Span {
    Timestamp first = 0, last = 0;
  };
  Span span() const;  // zeros for a log without events or times; takes time in proportion to the events
  const std::string& fingerprint() const { return fingerprint_; }  // hex of the content hash; equal content, equal fingerprint

  // corrupt, version or io; the error names the file.
  static Result<Interactions> open(const fs::path& path);
  // The same content gives the same bytes.
  Status write(const fs::path& path) const;

 private:
  friend class InteractionsBuilder;
  friend Result<Interactions> build_interactions(const Store&, const Snapshot&, const KindWeights&, const std::optional<fs::path>&,
                                                 unsigned);
  std::string make_fingerprint() const;

  std::shared_ptr<const void> owner_;  // a mapped file, or the vectors behind the spans
  std::span<const std::uint64_t> offsets_;
  std::span<const std::uint32_t> event_items_, event_orders_, shopper_ids_, item_ids_;
  std::span<const Timestamp> event_times_;
  std::span<const std::uint8_t> event_kinds_;
  std::span<const float> event_weights_;
  RowMap item_keys_;
  std::uint32_t item_count_ = 0;
  bool timed_ = true;
  std::string fingerprint_;
  std::optional<Snapshot> snapshot_;  // none when built outside a shop
};

// Collects events in any order of shoppers; within a shopper by (time, order of adding).
class InteractionsBuilder {
 public:
  struct Added {
    std::uint32_t shopper = 0, item = 0;  // rows
    Timestamp time = 0;
    EventKind kind = EventKind::purchase;
    float weight = 1;
    std::uint64_t order = 0;  // any number equal within a basket of this shopper; 0: none
  };
  void reserve(std::size_t events);
  void add(const Added& event);
  // Item keys by row (empty: the row's number as text), ids by row (empty: none), shopper ids by row (empty: the row).
  Result<Interactions> build(std::vector<std::string> item_keys, std::vector<ItemId> item_ids, std::vector<ShopperId> shopper_ids,
                             bool timed) &&;

 private:
  std::vector<Added> events_;
};

// Reads a snapshot of the store. Item rows: items with at least one event kept, by ItemId; shopper rows likewise, by ShopperId.
// Shoppers who do not consent to training are left out. With the folder `cache` set, its file
// interactions-e<epoch>-<hash of snapshot and weights>.souk is reused or written, and those of older epochs are deleted.
Result<Interactions> build_interactions(const Store& store, const Snapshot& snapshot, const KindWeights& weights,
                                        const std::optional<fs::path>& cache, unsigned threads);

// Deletes what an older epoch left in the folder `cache`: it may hold what was erased since.
void delete_older_caches(const fs::path& cache, std::uint64_t epoch);

}  // namespace souk::store
