// What stands behind store.h; shared by its .cc files alone.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "souk/store/committer.h"
#include "souk/store/counters.h"
#include "souk/store/database.h"
#include "souk/store/store.h"

namespace souk::store {

struct Store::Impl {
  std::unique_ptr<Database> database;
  std::unique_ptr<Committer> committer;  // none when read-only
  mutable std::mutex mutex;              // of the read-only counters
  Counters read_only_counters;

  Counters counters() const {
    if (committer) return committer->counters();
    const std::lock_guard lock(mutex);
    return read_only_counters;
  }
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

Result<std::string> read_item_key(const Database& database, std::uint32_t id);
Result<std::string> read_shopper_key(const Database& database, std::uint32_t id);

}  // namespace souk::store
