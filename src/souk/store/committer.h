// Group commit: callers queue, the first of them writes for all with one sync, the next first takes the next turn. Served records ride
// along, at the latest after a second. The commits of a bulk load (store.h) gather in one batch; whatever else takes a turn first has that
// written.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "souk/store/commit_group.h"
#include "souk/store/counters.h"
#include "souk/store/database.h"
#include "souk/store/key_cache.h"
#include "souk/store/store.h"

namespace souk::store {

// A change of what was committed before (erasing, joining shoppers), made alone between commits.
struct Rewrite {
  Rewrite(EventIds& ids, const Counters& from) : event_ids(ids), counters(from) {}
  EventIds& event_ids;
  Counters counters;                                         // to go on from
  rocksdb::WriteBatch batch;                                 // left empty: nothing is written
  std::vector<EventIdEntry> moved_ids;                       // of events that got another key; the batch puts them into the log
  std::vector<std::string> gone;                             // shoppers' keys that name nobody any more
  std::vector<std::pair<std::string, std::uint32_t>> named;  // shoppers' keys that do now
};

class Committer {  // thread-safe
 public:
  Committer(Database& database, EventIds event_ids, const Counters& counters, std::uint64_t bulk_bytes);
  ~Committer();  // writes what was served, and what has gathered

  Result<CommitReport> commit(const Changes& changes);
  // Of a bulk load that began when so many had been lost: once another is, an error each time.
  Result<CommitReport> load(const Changes& changes, std::uint64_t lost_before);
  Status finish_load(std::uint64_t lost_before);
  std::uint64_t lost_loads() const;
  Result<std::vector<std::optional<Timestamp>>> event_times(std::span<const std::string> ids);
  // Durable, all of it or nothing. Commits wait meanwhile.
  Status rewrite(const std::function<Status(Rewrite&)>& fill);
  Status append_served(std::span<const Served> served);
  Status write_served();  // all that was appended, now
  Counters counters() const;

 private:
  struct Load {  // what has gathered in batch_
    Counters counters;
    std::size_t first_id = 0;  // of its events in event_ids_
  };
  Result<CommitReport> queue(CommitRequest& request);
  void lead(std::unique_lock<std::mutex>& lock);
  void take_turn(std::unique_lock<std::mutex>& lock);
  void end_turn(std::unique_lock<std::mutex>& lock);
  Status write(std::span<CommitRequest* const> requests, std::span<const Served> served);
  Status gather(std::span<CommitRequest* const> requests);
  Status write_load();
  Status write_as_files();
  Status write_to_log();
  tl::unexpected<Error> lose_load(const Error& why);
  void write_served_every_second();

  Database& database_;
  mutable std::mutex mutex_;
  std::condition_variable turn_;  // a commit is done, or the lead is free
  std::condition_variable served_wake_;
  std::deque<CommitRequest*> queue_;
  std::vector<Served> served_;
  bool leading_ = false, closing_ = false;
  Counters counters_;
  KeyCache item_ids_, shopper_ids_;  // of the leader, as are the next four
  EventIds event_ids_;
  rocksdb::WriteBatch batch_;  // kept for its memory
  std::uint64_t bulk_bytes_;
  std::optional<Load> load_;
  std::uint64_t lost_loads_ = 0;  // guarded by mutex_, as is the next
  Error last_loss_;
  std::thread served_writer_;
};

}  // namespace souk::store
