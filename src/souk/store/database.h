// RocksDB as the store uses it: its column families, options, errors as values. The only file that chooses RocksDB options is
// database.cc.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <rocksdb/db.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/store/acknowledged.h"
#include "souk/store/store.h"

namespace souk::store {

enum class Family : std::uint8_t { meta, item_key, shopper_key, item, shopper, event, event_id, event_id_log, served, changes, review };
inline constexpr std::size_t kFamilies = 11;
inline constexpr std::size_t kFirstFamilies = 10;  // of format 1; a store of that format lacks the rest

inline rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// ErrorKind::corrupt for failed checksums, io for the rest, with RocksDB's own words, which name the file.
tl::unexpected<Error> fail(const rocksdb::Status& status, std::string what);

struct SortedFile {  // see sorted_files.h
  Family family = Family::meta;
  fs::path path;
};
inline constexpr std::string_view kIngestSuffix = ".ingest";

class Database {  // thread-safe
 public:
  enum class Mode { create, write, read };
  static Result<std::unique_ptr<Database>> open(const fs::path& directory, Mode mode, const StoreOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() const { return *db_; }
  // The store has every family of format 1; of the later ones ask has() first.
  rocksdb::ColumnFamilyHandle* family(Family family) const { return families_[static_cast<std::size_t>(family)].load(); }
  bool has(Family wanted) const { return family(wanted) != nullptr; }
  Status add_family(Family wanted);  // one call at a time

  Result<std::optional<std::string>> get(Family family, std::string_view key) const;
  std::unique_ptr<rocksdb::Iterator> iterator(Family family, const rocksdb::ReadOptions& options = {}) const;
  // For long scans: reads ahead and leaves the cache to others.
  std::unique_ptr<rocksdb::Iterator> scan(Family family, const rocksdb::Snapshot* snapshot = nullptr) const;
  // Synced. Wholly done, or an error and not done. After an error of the disk, a full one above all, each later call first tries to go on.
  Status write(rocksdb::WriteBatch& batch) const;
  // The same for files that hold sorted records, all of them in one step. Only while may_ingest().
  Status take_in(std::span<const SortedFile> files) const;
  Status flush() const;
  // A copy of one moment in the new folder `to`, of the same disk where that can be; needs room for what is in memory only.
  Status checkpoint(const fs::path& to) const;
  // Flushes, and rewrites every file; then nothing deleted before the call is left in files, logs and the manifest.
  Status compact() const;
  // Reads every table whole, and holds it to its checksums; names the first that is damaged.
  Status verify() const;
  bool read_only() const { return read_only_; }
  // Of one that is read only: takes over a moment of what the writer did since, all families of the same. ErrorKind::busy when the writer
  // does not hold still for long enough.
  Status catch_up() const;
  // Whether files may be taken in. Not once RocksDB has gone on after an error of the disk: it still takes itself for
  // stopped there, and would give the file no number.
  bool may_ingest() const { return !resumed_; }

 private:
  class Errors;
  Database();
  Status lock(const fs::path& directory);
  Status open_families(const fs::path& directory, Mode mode, const StoreOptions& options);
  Status check_reader(const fs::path& directory, const Acknowledged& acknowledged) const;
  std::vector<rocksdb::ColumnFamilyHandle*> present() const;
  std::vector<std::string> tables() const;              // "/000138.sst"
  Status write_next(rocksdb::WriteBatch& batch) const;  // these three: with writing_ held
  Status recover(std::string_view undone) const;        // `undone`: what an error says of the work that was to be done
  void note_acknowledged(std::uint64_t logs_before) const;
  Status write_note(std::uint64_t sequence) const;
  Status tell_readers(std::span<rocksdb::ColumnFamilyHandle* const> families) const;
  rocksdb::Status leave_log() const;
  rocksdb::Status write_memory() const;
  rocksdb::Status write_memory_of(rocksdb::ColumnFamilyHandle* family) const;
  Status new_manifest() const;

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // all, those of later versions included
  std::array<std::atomic<rocksdb::ColumnFamilyHandle*>, kFamilies> families_{};
  StoreOptions options_;
  std::shared_ptr<rocksdb::Cache> cache_;
  fs::path secondary_;  // RocksDB's private folder of a read-only opening
  int lock_ = -1;
  bool read_only_ = false;

  std::shared_ptr<Errors> errors_;
  mutable std::atomic<bool> resumed_{false};
  mutable std::mutex writing_;              // guards the next five
  mutable std::uint64_t acknowledged_ = 0;  // RocksDB's number of the last write that was done
  mutable bool uncertain_ = false;          // the log may hold a write behind it, which was not done
  mutable std::chrono::steady_clock::time_point next_try_{};
  mutable std::optional<std::uint64_t> noted_logs_;  // how many logs had been begun at the last note of what was acknowledged
  mutable std::uint64_t noted_ = 0, done_ = 0;       // numbers of the write in that note, and of the last one that was done
};

}  // namespace souk::store
