// The leader's work: turns the queued commits of several callers, in queue order, into one write batch. Conflicts between them are
// resolved in that order, as if each had been written before the next.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <rocksdb/write_batch.h>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "souk/store/counters.h"
#include "souk/store/database.h"
#include "souk/store/event_ids.h"
#include "souk/store/key_cache.h"
#include "souk/store/prepare.h"
#include "souk/store/store.h"

namespace souk::store {

struct CommitRequest {  // of one caller; lives on its stack
  const Changes* changes = nullptr;
  Prepared prepared;
  std::optional<std::uint64_t> load;  // of a bulk load: how many were lost before it began
  Result<CommitReport> result;
  bool done = false;
};

class CommitGroup {
 public:
  // Goes on from `counters`, and adds to `batch`. Keys given out stand in the caches when build() returns, also when it fails: then
  // clear them. `goes_on`: more is added to the batch before it is written, and whoever writes it puts counters and event ids.
  CommitGroup(const Database& database, const EventIds& event_ids, KeyCache& item_ids, KeyCache& shopper_ids, const Counters& counters,
              rocksdb::WriteBatch& batch, bool goes_on);
  ~CommitGroup();

  // Fills the requests' results too. An error means the store could not be read, and nothing may be written.
  Status build(std::span<CommitRequest* const> requests, std::span<const Served> served);
  bool empty() const { return batch_.Count() == begin_; }
  const Counters& counters() const { return counters_; }
  std::span<const EventIdEntry> new_event_ids() const { return new_event_ids_; }

 private:
  struct Id {
    std::uint32_t number = 0;
    bool created = false;
  };
  struct CurrentItem {
    bool has_version = false;
    Timestamp version = 0;
    std::string value;
  };
  struct EventRef {
    Hash128 id;
    PreparedEvent* event = nullptr;
  };

  void put(Family family, std::string_view key, std::string_view value);
  void remove(Family family, std::string_view key);
  Result<std::optional<std::uint32_t>> known_id(Family family, KeyCache& cache, std::string_view key);
  Result<Id> item_id(std::string_view key);
  Result<Id> shopper_id(std::string_view key);
  Result<CurrentItem*> current_item(std::uint32_t id);

  bool agrees_on_time(CommitRequest& request);
  Status judge_events(std::span<CommitRequest* const> requests);
  Status add(CommitRequest& request);
  Status put_item(const Item& item, CommitReport& report);
  Status remove_item(std::string_view key, CommitReport& report);
  Status put_shopper(const Shopper& shopper, CommitReport& report);
  Status put_review(const Review& review, CommitReport& report);
  Result<std::string*> current_review(const Hash128& id);
  Status put_events(CommitRequest& request, CommitReport& report);
  Status put_event(const Event& event, PreparedEvent& prepared, std::string_view bytes, CommitReport& report);
  Status put_served(const Served& served);
  void find_new_event_ids();
  bool put_change(std::uint64_t events, std::uint64_t reviews);

  const Database& database_;
  const EventIds& known_events_;
  KeyCache& item_ids_;
  KeyCache& shopper_ids_;
  Counters counters_;
  Timestamp now_;
  rocksdb::WriteBatch& batch_;
  std::uint32_t begin_;  // records that stood in it
  bool goes_on_;
  std::vector<EventRef> sorted_events_;  // of all requests, by id, then queue order
  std::vector<EventIdEntry> new_event_ids_;
  std::unordered_map<std::uint32_t, CurrentItem> items_;
  std::unordered_map<std::uint32_t, std::string> shoppers_;  // written in this group
  std::map<Hash128, std::string> reviews_;                   // as stored, or written in this group; empty: none
  std::unique_ptr<rocksdb::Iterator> item_versions_;
  std::vector<std::uint32_t> touched_items_, touched_shoppers_;  // by the request at hand
  std::string value_, visitor_;                                  // reused
};

}  // namespace souk::store
