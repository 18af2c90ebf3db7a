// Group commit: callers queue, the first of them writes for all with one sync, the next first takes the next turn. Served records ride
// along, at the latest after a second.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "souk/store/commit_group.h"
#include "souk/store/counters.h"
#include "souk/store/database.h"
#include "souk/store/key_cache.h"
#include "souk/store/store.h"

namespace souk::store {

class Committer {  // thread-safe
 public:
  Committer(Database& database, EventIds event_ids, const Counters& counters);
  ~Committer();  // writes what was served

  Result<CommitReport> commit(const Changes& changes);
  Result<std::vector<std::optional<Timestamp>>> event_times(std::span<const std::string> ids);
  Status append_served(std::span<const Served> served);
  Status write_served();  // all that was appended, now
  Counters counters() const;

 private:
  void lead(std::unique_lock<std::mutex>& lock);
  Status write(std::span<CommitRequest* const> requests, std::span<const Served> served);
  void write_served_every_second();

  Database& database_;
  mutable std::mutex mutex_;
  std::condition_variable turn_;  // a commit is done, or the lead is free
  std::condition_variable served_wake_;
  std::deque<CommitRequest*> queue_;
  std::vector<Served> served_;
  bool leading_ = false, closing_ = false;
  Counters counters_;
  KeyCache item_ids_, shopper_ids_;  // of the leader, as are the next two
  EventIds event_ids_;
  rocksdb::WriteBatch batch_;  // kept for its memory
  std::thread served_writer_;
};

}  // namespace souk::store
