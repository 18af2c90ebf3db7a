#include "souk/store/database.h"

#include <algorithm>
#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>
#include <sys/file.h>
#include <unistd.h>

#include "souk/base/log.h"
#include "souk/store/manifest.h"
#include "souk/store/wal.h"

namespace souk::store {
namespace {

constexpr std::array<const char*, kFamilies> kNames{"meta",  "item_key", "shopper_key",  "item",   "shopper",
                                                    "event", "event_id", "event_id_log", "served", "changes"};
constexpr const char* kLockName = "SOUK-LOCK";
// Recovery reads the log again: what a clean close leaves in it is at most this.
constexpr std::uint64_t kUnflushedAtClose = 4ull << 20;

rocksdb::ColumnFamilyOptions family_options(Family family, const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions cf;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  table.block_size = 16 * 1024;
  const bool looked_up = family == Family::item_key || family == Family::shopper_key || family == Family::event_id;
  if (looked_up) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_size = 4 * 1024;
    cf.memtable_whole_key_filtering = true;
    cf.memtable_prefix_bloom_size_ratio = 0.02;
  }
  // A shopper's events arrive in time order: each insertion begins where the last one of the prefix ended.
  if (family == Family::event) cf.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(8));
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  cf.write_buffer_size = family == Family::event ? std::max<std::uint64_t>(options.memory / 3, 4 << 20) : 16 << 20;
  cf.max_write_buffer_number = 4;
  cf.level_compaction_dynamic_level_bytes = true;
  // Hashes do not compress; event ids hold little else.
  cf.compression = family == Family::event_id ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
  cf.bottommost_compression = family == Family::event_id ? rocksdb::kLZ4Compression : rocksdb::kZSTD;
  return cf;
}

rocksdb::DBOptions database_options(const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions db;
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.memory * 2 / 3, cache);
  db.max_total_wal_size = options.memory;
  db.max_background_jobs = 2;
  db.bytes_per_sync = 1 << 20;
  // One leader writes at a time; and only so do insertion hints work.
  db.allow_concurrent_memtable_write = false;
  // See wal.h: a torn tail is cut, anything else refuses to open.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.track_and_verify_wals_in_manifest = true;
  db.info_log_level = rocksdb::WARN_LEVEL;
  db.keep_log_file_num = 2;
  db.max_open_files = -1;  // a secondary needs it, and look-ups are spared a search for the open file
  return db;
}

fs::path secondary_folder() {
  std::string pattern = (fs::temp_directory_path() / "souk-reader-XXXXXX").string();
  const char* made = ::mkdtemp(pattern.data());
  return made == nullptr ? fs::path{} : fs::path(made);
}

}  // namespace

tl::unexpected<Error> fail(const rocksdb::Status& status, std::string what) {
  const ErrorKind kind = status.IsCorruption() ? ErrorKind::corrupt : status.IsNotSupported() ? ErrorKind::unsupported : ErrorKind::io;
  return souk::fail(Error{kind, std::move(what), {}, {}, status.ToString(), {}});
}

Status Database::lock(const fs::path& directory) {
  // Not RocksDB's own LOCK: its fcntl lock is lost when any descriptor of the file is closed, so it cannot be probed.
  const fs::path path = directory / kLockName;
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) return fail_errno("cannot open the store's lock", path.string(), errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return fail_errno("cannot lock the store", path.string(), errno);
  return souk::fail(ErrorKind::busy, "the shop is held by another process", directory.string(),
                    "Stop that process (often `souk serve`), or open the shop with --read-only");
}

Status Database::open_families(const fs::path& directory, Mode mode, const StoreOptions& options) {
  const auto cache = rocksdb::NewLRUCache(options.memory);
  rocksdb::DBOptions db_options = database_options(options, cache);
  db_options.create_if_missing = db_options.create_missing_column_families = mode == Mode::create;

  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  if (mode == Mode::create) {
    names.insert(names.end(), kNames.begin(), kNames.end());
  } else {
    // As found: a store of a later version may have more, and opens far enough to say its version.
    names.clear();
    if (const auto status = rocksdb::DB::ListColumnFamilies(db_options, directory.string(), &names); !status.ok()) {
      return fail(status, "cannot read the store " + directory.string());
    }
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    const auto known = std::find(kNames.begin(), kNames.end(), name);
    descriptors.emplace_back(name, known == kNames.end() ? rocksdb::ColumnFamilyOptions{}
                                                         : family_options(static_cast<Family>(known - kNames.begin()), options, cache));
  }

  rocksdb::DB* db = nullptr;
  const auto open_once = [&] {
    return mode == Mode::read
               ? rocksdb::DB::OpenAsSecondary(db_options, directory.string(), secondary_.string(), descriptors, &handles_, &db)
               : rocksdb::DB::Open(db_options, directory.string(), descriptors, &handles_, &db);
  };
  rocksdb::Status status = open_once();
  if (status.IsCorruption() && mode == Mode::write) {
    SOUK_CHECK(cut_torn_tails(directory, true));
    status = open_once();
  }
  if (!status.ok()) return fail(status, "cannot open the store " + directory.string() + unreadable_tables(directory));
  db_.reset(db);
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    const auto known = std::find(kNames.begin(), kNames.end(), handle->GetName());
    if (known != kNames.end()) families_[static_cast<std::size_t>(known - kNames.begin())] = handle;
  }
  for (std::size_t i = 0; i < kFamilies; ++i) {
    if (families_[i] == nullptr) {
      return souk::fail(ErrorKind::corrupt, std::string("the store has no column family '") + kNames[i] + "'", directory.string(),
                        "The shop was not made whole: delete the folder and run `souk init` again");
    }
  }
  return {};
}

Result<std::unique_ptr<Database>> Database::open(const fs::path& directory, Mode mode, const StoreOptions& options) {
  std::unique_ptr<Database> database(new Database);
  if (mode == Mode::read) {
    database->read_only_ = true;
    database->secondary_ = secondary_folder();
    if (database->secondary_.empty()) return fail_errno("cannot make a folder for reading", fs::temp_directory_path().string(), errno);
  } else {
    SOUK_CHECK(database->lock(directory));
  }
  if (mode != Mode::create) SOUK_CHECK(check_manifest(directory));
  if (mode == Mode::write) SOUK_CHECK(cut_torn_tails(directory, false));
  SOUK_CHECK(database->open_families(directory, mode, options));
  return database;
}

Database::~Database() {
  if (db_) {
    std::uint64_t unflushed = 0;
    if (!read_only_ && db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &unflushed) &&
        unflushed > kUnflushedAtClose) {
      if (const Status flushed = flush(); !flushed) log::warn("{}", flushed.error().message());
    }
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    if (const auto status = db_->Close(); !status.ok() && !read_only_) log::warn("closing the store: {}", status.ToString());
    db_.reset();
  }
  if (lock_ >= 0) ::close(lock_);
  if (!secondary_.empty()) {
    std::error_code ignored;
    fs::remove_all(secondary_, ignored);
  }
}

Result<std::optional<std::string>> Database::get(Family wanted, std::string_view key) const {
  std::string value;
  const auto status = db_->Get({}, family(wanted), slice(key), &value);
  if (status.ok()) return value;
  if (status.IsNotFound()) return std::nullopt;
  return fail(status, "cannot read the store");
}

std::unique_ptr<rocksdb::Iterator> Database::iterator(Family wanted, const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, family(wanted)));
}

std::unique_ptr<rocksdb::Iterator> Database::scan(Family wanted, const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  return iterator(wanted, options);
}

Status Database::write(rocksdb::WriteBatch& batch) const {
  rocksdb::WriteOptions options;
  options.sync = true;
  if (const auto status = db_->Write(options, &batch); !status.ok()) return fail(status, "cannot write the store");
  return {};
}

Status Database::flush() const {
  const std::vector<rocksdb::ColumnFamilyHandle*> families(families_.begin(), families_.end());
  if (const auto status = db_->Flush({}, families); !status.ok()) return fail(status, "cannot flush the store");
  return {};
}

}  // namespace souk::store
