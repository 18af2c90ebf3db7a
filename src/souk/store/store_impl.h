// What stands behind store.h; shared by its .cc files alone.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "souk/store/committer.h"
#include "souk/store/counters.h"
#include "souk/store/database.h"
#include "souk/store/keys.h"
#include "souk/store/store.h"

namespace souk::store {

struct Store::Impl {
  std::unique_ptr<Database> database;
  std::atomic<std::uint32_t> version = kStoreVersion;
  std::unique_ptr<Committer> committer;  // none when read-only
  FairSharedMutex item_writes;
  mutable std::mutex mutex;  // of the read-only counters
  Counters read_only_counters;

  Counters counters() const {
    if (committer) return committer->counters();
    const std::lock_guard lock(mutex);
    return read_only_counters;
  }
  Status may_commit(const Changes& changes) const;
};

Status refuse_writing();

// A consistent view for several iterators. A secondary has none: it stands still between calls of catch_up().
class ReadView {
 public:
  explicit ReadView(const Database& database)
      : database_(database), snapshot_(database.read_only() ? nullptr : database.db().GetSnapshot()) {}
  ~ReadView() {
    if (snapshot_ != nullptr) database_.db().ReleaseSnapshot(snapshot_);
  }
  ReadView(const ReadView&) = delete;
  ReadView& operator=(const ReadView&) = delete;
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  const Database& database_;
  const rocksdb::Snapshot* snapshot_;
};

// Ids to keys while many records are read; bounded. Not thread-safe.
class KeyReader {
 public:
  explicit KeyReader(const Database& database) : database_(database) {}
  Result<std::string> item(std::uint32_t id);
  Result<std::string> shopper(std::uint32_t id);

 private:
  using Keys = std::unordered_map<std::uint32_t, std::string>;
  Result<std::string> read(Keys& keys, std::uint32_t id, Result<std::string> (*look_up)(const Database&, std::uint32_t));
  const Database& database_;
  Keys items_, shoppers_;
};

inline bool is_event(const rocksdb::Iterator& at) {
  return at.Valid() && at.key().size() == sizeof(EventKey);
}
tl::unexpected<Error> damaged_event();
// After a scan of events: whether it ended because there were no more.
Status finish_events(const rocksdb::Iterator& at);
// The event as it was committed; the visitor of a session is no shopper in it.
Result<Event> restore_event(const EventKeyParts& key, std::string_view value, bool timed, KeyReader& keys);
// The stored events of one shopper, oldest first; stops when fn returns false.
using StoredEventFn = std::function<Result<bool>(const EventKeyParts& parts, std::string_view key, std::string_view value)>;
Status for_each_stored_event(rocksdb::Iterator& at, std::uint32_t shopper, const StoredEventFn& fn);

Result<Served> decode_served(std::string_view key, std::string_view value, KeyReader& keys);

// Ids' hashes of the reviews whose keys begin with `prefix`, in their order; stops when fn returns false. A store of format 1 has none.
Status for_each_review_entry(const Database& database, std::string_view prefix, const std::function<Result<bool>(const Hash128& id)>& fn);

// The id of a key; none when it has none.
Result<std::optional<std::uint32_t>> read_id(const Database& database, Family family, std::string_view key);
Result<std::string> read_item_key(const Database& database, std::uint32_t id);
Result<std::string> read_shopper_key(const Database& database, std::uint32_t id);

}  // namespace souk::store
