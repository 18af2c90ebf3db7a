// RocksDB as the store uses it: its column families, options, errors as values. The only file that chooses RocksDB options is
// database.cc.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <rocksdb/db.h>
#include <string>
#include <string_view>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/store/store.h"

namespace souk::store {

enum class Family : std::uint8_t { meta, item_key, shopper_key, item, shopper, event, event_id, event_id_log, served, changes };
inline constexpr std::size_t kFamilies = 10;

inline rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// ErrorKind::corrupt for failed checksums, io for the rest, with RocksDB's own words, which name the file.
tl::unexpected<Error> fail(const rocksdb::Status& status, std::string what);

class Database {  // thread-safe
 public:
  enum class Mode { create, write, read };
  static Result<std::unique_ptr<Database>> open(const fs::path& directory, Mode mode, const StoreOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const { return families_[static_cast<std::size_t>(family)]; }

  Result<std::optional<std::string>> get(Family family, std::string_view key) const;
  std::unique_ptr<rocksdb::Iterator> iterator(Family family, const rocksdb::ReadOptions& options = {}) const;
  // For long scans: reads ahead and leaves the cache to others.
  std::unique_ptr<rocksdb::Iterator> scan(Family family, const rocksdb::Snapshot* snapshot = nullptr) const;
  Status write(rocksdb::WriteBatch& batch) const;  // synced
  Status flush() const;
  bool read_only() const { return read_only_; }

 private:
  Database() = default;
  Status lock(const fs::path& directory);
  Status open_families(const fs::path& directory, Mode mode, const StoreOptions& options);

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // all, those of later versions included
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_{};
  fs::path secondary_;  // RocksDB's private folder of a read-only opening
  int lock_ = -1;
  bool read_only_ = false;
};

}  // namespace souk::store
