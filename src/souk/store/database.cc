#include "souk/store/database.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <fcntl.h>
#include <fmt/format.h>
#include <iterator>
#include <linux/magic.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_buffer_manager.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "souk/base/file.h"
#include "souk/base/log.h"
#include "souk/base/time.h"
#include "souk/store/counters.h"
#include "souk/store/manifest.h"
#include "souk/store/tables.h"
#include "souk/store/wal.h"

namespace souk::store {
namespace {

constexpr std::array<const char*, kFamilies> kNames{"meta",     "item_key",     "shopper_key", "item",    "shopper", "event",
                                                    "event_id", "event_id_log", "served",      "changes", "review"};
constexpr const char* kLockName = "SOUK-LOCK";
// Recovery reads the log again: what a clean close leaves in it is at most this.
constexpr std::uint64_t kUnflushedAtClose = 4ull << 20;
constexpr std::uint64_t kManifestSize = 4096;        // beyond it the next change of the set of files begins a new one, however small
constexpr std::uint64_t kWithoutFlush = UINT64_MAX;  // for CreateCheckpoint(): the size of the log from which on it flushes
constexpr int kTriesToIngest = 100;
// After an error of the disk, at most one attempt to go on in this time: it writes all that memory holds.
constexpr std::chrono::milliseconds kBetweenTries{100};

rocksdb::ColumnFamilyOptions family_options(Family family, const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions cf;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = kTableFormat;
  table.checksum = rocksdb::kXXH3;
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
  if (family == Family::event_id_log) cf.write_buffer_size = 64 << 20;  // what gathers between merges: they delete it before it is written
  cf.max_write_buffer_number = 4;
  cf.level_compaction_dynamic_level_bytes = true;
  // Hashes do not compress; event ids hold little else.
  const bool hashes = family == Family::event_id || family == Family::event_id_log;
  cf.compression = hashes ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
  cf.bottommost_compression = family == Family::event_id ? rocksdb::kLZ4Compression : rocksdb::kZSTD;
  return cf;
}

// In place of RocksDB's file LOG. What matters comes back as a status; the file names keys; and where RocksDB is built with assertions, as
// Debian does, it aborts when the disk refuses a line of it.
class NoDiary final : public rocksdb::Logger {
 public:
  NoDiary() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// A folder in memory has no disk whose blocks should lie together: there, to reserve room for a log is to write zeroes all over it.
bool is_in_memory(const fs::path& directory) {
  struct statfs about {};
  return ::statfs(directory.c_str(), &about) == 0 && about.f_type == TMPFS_MAGIC;
}

rocksdb::DBOptions database_options(const fs::path& directory, const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions db;
  db.allow_fallocate = !is_in_memory(directory);
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.memory * 2 / 3, cache);
  db.max_total_wal_size = options.memory;
  db.max_background_jobs = 2;
  db.bytes_per_sync = 1 << 20;
  db.strict_bytes_per_sync = true;  // a commit's sync may wait for all that flushes have written and not yet brought to the disk
  // One leader writes at a time; and only so do insertion hints work.
  db.allow_concurrent_memtable_write = false;
  // See wal.h: a torn tail is cut, anything else refuses to open.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Not track_and_verify_wals_in_manifest: it notes logs whose names are not durable yet, and refuses to open when one is missing though it
  // held nothing that was acknowledged; and the newest log, which it does not note, is the one that matters most: see acknowledged.h.
  db.info_log = std::make_shared<NoDiary>();
  // A manifest names the first and last keys of files long gone, shoppers' keys among them, until the next one begins: see new_manifest().
  db.max_manifest_file_size = kManifestSize;
  db.max_open_files = -1;  // a secondary needs it, and look-ups are spared a search for the open file
  return db;
}

// The manifests with their sizes, and the logs, sorted.
Result<std::vector<std::pair<std::string, std::uintmax_t>>> manifests_and_logs(const fs::path& directory) {
  std::vector<std::pair<std::string, std::uintmax_t>> found;
  std::error_code error, ignored;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".log")) found.emplace_back(name, 0);
    if (name.starts_with("MANIFEST")) found.emplace_back(name, entry->file_size(ignored));
  }
  if (error) return fail_errno("cannot read the store", directory.string(), error.value());
  std::ranges::sort(found);
  return found;
}

// Answers come before the rewriting of files. Not at the lowest priority: on a machine that is busy for long commits would wait for it in
// the end.
class CompactionPriority final : public rocksdb::EventListener {
 public:
  void OnCompactionBegin(rocksdb::DB* /*db*/, const rocksdb::CompactionJobInfo& /*job*/) override {
    constexpr int kNice = 10;  // of this thread, which does nothing else; in a process that makes way already it is not raised
    if (::getpriority(PRIO_PROCESS, 0) < kNice) ::setpriority(PRIO_PROCESS, 0, kNice);
  }
};

// What a death left of files that were to be taken in; some may be second names of files that were.
Status delete_left_files(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> left;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == kIngestSuffix) left.push_back(entry->path());
  }
  for (const fs::path& path : left) {
    if (!error) fs::remove(path, error);
  }
  if (!error) return {};
  return souk::fail(Error{ErrorKind::io, "cannot delete what a dead process left", directory.string(), "files whose names end in .ingest",
                          error.message(), "Delete them: nothing in them was acknowledged"});
}

Result<fs::path> secondary_folder() {
  SOUK_TRY(const fs::path folder, temporary_folder());
  std::string pattern = (folder / "souk-reader-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    auto failure = fail_errno("cannot make a folder for reading in", folder.string(), errno);
    if (failure.value().hint.empty()) failure.value().hint = "Set TMPDIR to a folder that can be written";
    return failure;
  }
  return fs::path(pattern);
}

// Before anything is cut or opened for writing, which would make RocksDB forget the log: it may still be put back.
Status check_acknowledged(const fs::path& directory, const Acknowledged& acknowledged, const rocksdb::DBOptions& db_options) {
  const auto log = MappedFile::open(directory / fmt::format("{:06}.log", acknowledged.log));
  if (log && log_reaches(log->text(), acknowledged.sequence)) return {};
  // Gone, it may be, because all of it stands in the files, or the write is in the log before it. RocksDB can say.
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(db_options, directory.string(), &names).ok()) return {};  // opening says why
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(db_options, directory.string(), families, &handles, &db).ok()) return {};
  const std::unique_ptr<rocksdb::DB> probe(db);
  const std::uint64_t found = probe->GetLatestSequenceNumber();
  for (rocksdb::ColumnFamilyHandle* handle : handles) probe->DestroyColumnFamilyHandle(handle);
  return found >= acknowledged.sequence ? Status() : Status(acknowledged_is_lost(directory, acknowledged, found));
}

// RocksDB knows a full disk from other errors, and not a quota that is used up.
bool is_full(const rocksdb::Status& status) {
  return status.IsNoSpace() || (status.IsIOError() && status.ToString().find(std::generic_category().message(EDQUOT)) != std::string::npos);
}

// `undone`: "the change was not made".
tl::unexpected<Error> fail_write(const rocksdb::Status& status, std::string_view undone) {
  if (!status.IsIOError()) return fail(status, fmt::format("cannot write the store: {}", undone));
  const bool full = is_full(status);
  return souk::fail(Error{full ? ErrorKind::disk_full : ErrorKind::io,
                          fmt::format("the shop's disk {}: {}", full ? "is full" : "refused a write", undone),
                          {},
                          {},
                          status.ToString(),
                          full ? "Make room on it. The shop goes on answering, and takes changes again as soon as there is room"
                               : "Look at the disk. The shop goes on answering, and tries again with the next change"});
}

constexpr std::string_view kNoChange = "the change was not made";
constexpr std::string_view kOpenChange = "the change is not made, unless the shop ends before the disk takes writes again";
constexpr std::string_view kNoCopy = "what memory holds must be written there before the shop can be copied";

}  // namespace

// RocksDB takes no more writes after one that failed, or after a failed flush. When space is back it would go on by itself, and after any
// other error of the disk never; both are left to Database::recover(), which first makes sure of the log.
class Database::Errors final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    // A compaction that fails leaves the files as they were, and RocksDB begins it again after a second when it need not stop. If it
    // stops, a flush that was asked for at that moment is lost to its queue: the next waits for ever, one in Resume() too (7.8).
    if (reason == rocksdb::BackgroundErrorReason::kCompaction && error->IsIOError()) {
      tell_of_compaction(*error);
      *error = rocksdb::Status::OK();
      return;
    }
    // An error of the disk may pass: "hard" is the highest severity that Resume() takes on.
    if (error->IsIOError() && error->severity() == rocksdb::Status::kFatalError) {
      *error = rocksdb::Status(*error, rocksdb::Status::kHardError);
    }
    if (last().ok()) log::error("the store: {}; it is tried again with the next change", error->ToString());
    set(*error);
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/, bool* by_itself) override {
    *by_itself = false;
  }
  // Every new log begins with a memory table that is full or flushed: told before anything is written to the log.
  void OnMemTableSealed(const rocksdb::MemTableInfo& /*table*/) override { ++logs_; }
  std::uint64_t logs() const { return logs_; }
  void set(const rocksdb::Status& error) {
    const std::lock_guard lock(mutex_);
    last_ = error;
  }
  rocksdb::Status last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  void tell_of_compaction(const rocksdb::Status& error) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_word_) return;
    next_word_ = now + std::chrono::minutes(1);
    log::warn("the store: rewriting its files failed, and is tried again every second: {}", error.ToString());
  }

  std::atomic<std::uint64_t> logs_{0};
  mutable std::mutex mutex_;
  rocksdb::Status last_;
  std::chrono::steady_clock::time_point next_word_{};
};

tl::unexpected<Error> fail(const rocksdb::Status& status, std::string what) {
  const bool full = is_full(status);
  const ErrorKind kind = status.IsCorruption()     ? ErrorKind::corrupt
                         : status.IsNotSupported() ? ErrorKind::unsupported
                         : full                    ? ErrorKind::disk_full
                                                   : ErrorKind::io;
  return souk::fail(Error{kind, std::move(what), {}, {}, status.ToString(), full ? kMakeRoom : ""});
}

Database::Database() : errors_(std::make_shared<Errors>()) {}

Status Database::lock(const fs::path& directory) {
  // Not RocksDB's own LOCK: its fcntl lock is lost when any descriptor of the file is closed, so it cannot be probed.
  const fs::path path = directory / kLockName;
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0 && (errno == EROFS || errno == EACCES || errno == EPERM)) {
    return souk::fail(
        Error{ErrorKind::unsupported, "the shop cannot be written here", path.string(), "a file that may be written",
              std::generic_category().message(errno),
              "It can be read: `souk search`, `souk export` and `souk serve --read-only` need no more. To change it, write as the user who "
              "owns it, where it is not mounted read-only"});
  }
  if (lock_ < 0) return fail_errno("cannot open the store's lock", path.string(), errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return fail_errno("cannot lock the store", path.string(), errno);
  return souk::fail(ErrorKind::busy, "the shop is held by another process", directory.string(),
                    "Stop that process (often `souk serve`), or open the shop with --read-only");
}

// A log that the writer deletes while the reader opens may take a second look.
Status Database::check_reader(const fs::path& directory, const Acknowledged& acknowledged) const {
  constexpr int kLooks = 3;
  for (int look = 1;; ++look) {
    const std::uint64_t found = db_->GetLatestSequenceNumber();
    if (found >= acknowledged.sequence) return {};
    if (look == kLooks) return acknowledged_is_lost(directory, acknowledged, found);
    SOUK_CHECK(catch_up());
  }
}

tl::unexpected<Error> cannot_follow(const rocksdb::Status& status, const fs::path& directory) {
  if (status.ToString().find("unknown column family") == std::string::npos) {
    return fail(status, "cannot follow the writer of " + directory.string());
  }
  return souk::fail(ErrorKind::unsupported, "the store was upgraded, which a process that only reads it cannot follow", directory.string(),
                    "Start this process again");
}

// RocksDB reads the manifest, opens the tables that it names, lists the logs and reads them, while the writer goes on. It says nothing when
// the writer deleted a table in between (that family then stays as it was while others go on) or a log (then none is read), nor when the
// logs hold what came after tables that it did not see. Either comes with a change of the manifest or of the logs: then it looks again.
Status Database::catch_up() const {
  constexpr int kLooks = 100;
  const fs::path directory = db_->GetName();
  SOUK_TRY(auto before, manifests_and_logs(directory));
  for (int look = 1; look <= kLooks; ++look) {
    const auto status = db_->TryCatchUpWithPrimary();
    SOUK_TRY(auto after, manifests_and_logs(directory));
    if (after == before) return status.ok() ? Status() : cannot_follow(status, directory);
    before = std::move(after);
    std::this_thread::sleep_for(std::chrono::milliseconds(look / 10));
  }
  return souk::fail(ErrorKind::busy, "the writer changes the store faster than it can be followed", directory.string(), "Try it again");
}

Status Database::open_families(const fs::path& directory, Mode mode, const StoreOptions& options) {
  options_ = options;
  cache_ = rocksdb::NewLRUCache(options.memory);
  rocksdb::DBOptions db_options = database_options(directory, options, cache_);
  db_options.listeners = {errors_, std::make_shared<CompactionPriority>()};
  db_options.create_if_missing = mode == Mode::create;

  // As found: a store of a later version may have more, and opens far enough to say its version.
  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  if (mode != Mode::create) {
    if (const auto status = rocksdb::DB::ListColumnFamilies(db_options, directory.string(), &names); !status.ok()) {
      return fail(status, "cannot read the store " + directory.string());
    }
  }
  const auto descriptor = [&](const std::string& name) {
    const auto known = std::find(kNames.begin(), kNames.end(), name);
    return rocksdb::ColumnFamilyDescriptor(name, known == kNames.end()
                                                     ? rocksdb::ColumnFamilyOptions{}
                                                     : family_options(static_cast<Family>(known - kNames.begin()), options, cache_));
  };
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  std::ranges::transform(names, std::back_inserter(descriptors), descriptor);

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
  SOUK_CHECK(check_table_ends(directory, tables()));
  if (mode == Mode::create) {  // all at once: opening would make them one by one, and write and read back all options after each
    std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
    std::ranges::transform(kNames, std::back_inserter(wanted), descriptor);
    std::vector<rocksdb::ColumnFamilyHandle*> made;
    status = db_->CreateColumnFamilies(wanted, &made);
    handles_.insert(handles_.end(), made.begin(), made.end());
    if (!status.ok()) return fail(status, "cannot make the store " + directory.string());
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    const auto known = std::find(kNames.begin(), kNames.end(), handle->GetName());
    if (known != kNames.end()) families_[static_cast<std::size_t>(known - kNames.begin())] = handle;
  }
  for (std::size_t i = 0; i < kFirstFamilies; ++i) {
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
    SOUK_TRY(database->secondary_, secondary_folder());
  } else {
    SOUK_CHECK(database->lock(directory));
  }
  std::optional<Acknowledged> acknowledged;
  if (mode != Mode::create) {
    SOUK_TRY(acknowledged, read_acknowledged(directory));
    SOUK_CHECK(check_manifest(directory));
  }
  if (mode == Mode::write) {
    if (acknowledged) SOUK_CHECK(check_acknowledged(directory, *acknowledged, database_options(directory, options, nullptr)));
    remove_leftovers(directory);
    SOUK_CHECK(delete_left_files(directory));
    SOUK_CHECK(cut_torn_tails(directory, false));
  }
  SOUK_CHECK(database->open_families(directory, mode, options));
  if (mode == Mode::read) SOUK_CHECK(database->catch_up());  // opening looks once, as RocksDB's following does
  if (mode == Mode::read && acknowledged) SOUK_CHECK(database->check_reader(directory, *acknowledged));
  return database;
}

Database::~Database() {
  if (db_) {
    std::uint64_t unflushed = 0;
    if (done_ != noted_) static_cast<void>(write_note(done_));
    // What was not done shall not be there after the next opening.
    if (uncertain_) static_cast<void>(blank_records_behind(db_->GetName(), acknowledged_));
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

std::vector<std::string> Database::tables() const {
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  std::vector<std::string> names;
  for (rocksdb::LiveFileMetaData& file : files) names.push_back(std::move(file.name));
  return names;
}

Status Database::verify() const {
  if (const auto status = db_->VerifyChecksum(); !status.ok()) return fail(status, "the store is damaged");
  const std::vector<std::string> names = tables();
  SOUK_CHECK(check_table_ends(db_->GetName(), names));
  return read_tables(db_->GetName(), names);
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
  const std::lock_guard lock(writing_);
  return write_next(batch);
}

Status Database::write_next(rocksdb::WriteBatch& batch) const {
  SOUK_CHECK(recover(kNoChange));
  acknowledged_ = db_->GetLatestSequenceNumber();
  const std::uint64_t logs_before = errors_->logs();
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto status = db_->Write(options, &batch);
  if (status.ok()) {
    note_acknowledged(logs_before);
    return {};
  }
  uncertain_ = true;
  if (errors_->last().ok()) errors_->set(status);
  // At once: the disk may take nothing more before this process ends.
  const Status taken_back = blank_records_behind(db_->GetName(), acknowledged_);
  return fail_write(status, taken_back ? kNoChange : kOpenChange);
}

// Notes the first write of a log, before it is acknowledged. A log that was begun while the write went on may hold it or not: then the next
// write is noted too. What cannot be noted was done all the same, and is tried again with the next.
void Database::note_acknowledged(std::uint64_t logs_before) const {
  done_ = db_->GetLatestSequenceNumber();
  if (noted_logs_ == errors_->logs()) return;
  if (const Status noted = write_note(done_); !noted) {
    log::warn("{}", noted.error().message());
    return;
  }
  noted_logs_ = logs_before;
}

Status Database::write_note(std::uint64_t sequence) const {
  std::unique_ptr<rocksdb::LogFile> log;
  const auto status = db_->GetCurrentWalFile(&log);
  SOUK_CHECK(write_acknowledged(db_->GetName(), {sequence, status.ok() ? log->LogNumber() : 0}));
  noted_ = sequence;
  return {};
}

Status Database::take_in(std::span<const SortedFile> files) const {
  const std::lock_guard lock(writing_);
  SOUK_CHECK(recover(kNoChange));
  if (!may_ingest()) return souk::fail(ErrorKind::io, "the disk refused a write: the change was not made", {}, "Try it again");
  std::vector<rocksdb::IngestExternalFileArg> taken;
  for (const SortedFile& file : files) {
    rocksdb::IngestExternalFileArg& one = taken.emplace_back();
    one.column_family = family(file.family);
    one.external_files = {file.path.string()};
    one.options.move_files = true;
  }
  // RocksDB first flushes what memory holds of the same keys, and may then, for a moment, still see it there: nothing is done, try again.
  auto status = db_->IngestExternalFiles(taken);
  for (int again = 0; status.IsTryAgain() && again < kTriesToIngest; ++again) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    status = db_->IngestExternalFiles(taken);
  }
  if (!status.ok()) return fail_write(status, kNoChange);
  // Done. What fails now only keeps readers beside this process waiting.
  std::vector<rocksdb::ColumnFamilyHandle*> changed;
  for (const rocksdb::IngestExternalFileArg& one : taken) changed.push_back(one.column_family);
  if (const Status told = tell_readers(changed); !told) log::warn("{}", told.error().message());
  return {};
}

// A reader beside this process keeps what it replayed of a family until the log holds something newer of it: so each gets something, which
// is nothing.
Status Database::tell_readers(std::span<rocksdb::ColumnFamilyHandle* const> families) const {
  rocksdb::WriteBatch nothing;
  for (rocksdb::ColumnFamilyHandle* family : families) nothing.Delete(family, rocksdb::Slice());
  return write_next(nothing);
}

// A write that failed may stand in the log all the same, wholly or in part, and it is in no memory table. Resume() flushes those one
// column family after the other: a death in the middle of it would replay the failed write for some families and not for others. So it is
// taken out of the log first.
Status Database::recover(std::string_view undone) const {
  const rocksdb::Status error = errors_->last();
  if (error.ok()) return {};
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_) return fail_write(error, undone);
  next_try_ = now + kBetweenTries;
  if (uncertain_) SOUK_CHECK(blank_records_behind(db_->GetName(), acknowledged_));
  errors_->set({});  // an error while it goes on is noticed anew
  resumed_ = true;
  auto status = db_->Resume();
  if (status.ok() && uncertain_) status = leave_log();
  if (!status.ok()) {
    errors_->set(status);
    return fail_write(status, undone);
  }
  uncertain_ = false;
  next_try_ = {};
  if (error.severity() >= rocksdb::Status::kHardError) log::warn("the store takes changes again, after: {}", error.ToString());
  return {};
}

std::vector<rocksdb::ColumnFamilyHandle*> Database::present() const {
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (const auto& family : families_) {
    if (rocksdb::ColumnFamilyHandle* handle = family.load()) families.push_back(handle);
  }
  return families;
}

// After a failed write RocksDB may write to that log no more, and aborts where it is built with assertions. It takes a new log with every
// flush; when memory held nothing, Resume() had nothing to flush. So there is something, and the flush that cannot close the old log as
// usual is an error that the second Resume(), for which RocksDB closes it all the same, takes back.
rocksdb::Status Database::leave_log() const {
  rocksdb::WriteOptions past_log;
  past_log.disableWAL = true;
  auto status = db_->Delete(past_log, family(Family::meta), "no such name");
  if (!status.ok()) return status;
  rocksdb::FlushOptions at_once;
  at_once.allow_write_stall = true;  // or it waits for flushes that nobody will do
  if (status = db_->Flush(at_once, family(Family::meta)); status.ok()) return status;
  status = db_->Resume();
  if (status.ok()) errors_->set({});
  return status;
}

Status Database::flush() const {
  {
    const std::lock_guard lock(writing_);
    SOUK_CHECK(recover("what memory holds cannot be written"));
  }
  if (const auto status = write_memory(); !status.ok()) return fail(status, "cannot flush the store");
  return {};
}

// Asks for a flush of one family after the other, as readers beside this process are used to, and waits for as long as RocksDB works at it.
// Not by its own waiting, which may have no end: a flush that failed it does not always try again (7.8), and whoever asks next first waits
// for that one, so as not to slow writes down.
rocksdb::Status Database::write_memory() const {
  for (rocksdb::ColumnFamilyHandle* handle : present()) {
    if (auto status = write_memory_of(handle); !status.ok()) return status;
  }
  return {};
}

rocksdb::Status Database::write_memory_of(rocksdb::ColumnFamilyHandle* handle) const {
  constexpr std::chrono::microseconds kFirstLook{100}, kLongestLook{10'000};
  constexpr std::chrono::seconds kIdle{5};
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  if (auto status = db_->Flush(options, handle); !status.ok()) return status;
  auto worked = std::chrono::steady_clock::now();
  for (auto look = kFirstLook; true; look = std::min(2 * look, kLongestLook)) {
    std::uint64_t waiting = 0, running = 0;
    db_->GetIntProperty(handle, rocksdb::DB::Properties::kNumImmutableMemTable, &waiting);
    db_->GetIntProperty(rocksdb::DB::Properties::kNumRunningFlushes, &running);
    if (waiting == 0 && running == 0) return {};  // the last thing that a flush does is to delete the log and the manifest it made needless
    if (auto error = errors_->last(); !error.ok() && running == 0) return error;
    const auto now = std::chrono::steady_clock::now();
    if (running > 0) worked = now;
    if (now - worked > kIdle) return rocksdb::Status::TimedOut("what memory holds is not being written");
    std::this_thread::sleep_for(look);
  }
}

Status Database::checkpoint(const fs::path& to) const {
  {
    const std::lock_guard lock(writing_);
    SOUK_CHECK(recover(kNoCopy));
  }
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // What is in memory only is written to files first: a checkpoint's write-ahead log holds what was committed since, and more only where
  // the flush did not come to its end.
  if (status.ok()) status = write_memory();
  if (status.ok() || status.IsTimedOut()) status = checkpoint->CreateCheckpoint(to.string(), kWithoutFlush);
  if (status.ok()) return {};
  if (const auto refused = errors_->last(); !refused.ok()) return fail_write(refused, kNoCopy);  // the status itself may not say why
  if (is_full(status)) return fail_write(status, kNoCopy);
  return fail(status, "cannot make a checkpoint of the store in " + to.string());
}

Status Database::compact() const {
  SOUK_CHECK(flush());
  // A snapshot older than what was deleted keeps it in the files.
  std::uint64_t oldest_snapshot = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kOldestSnapshotSequence, &oldest_snapshot);
  const bool held = oldest_snapshot != 0 && oldest_snapshot < db_->GetLatestSequenceNumber();
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (rocksdb::ColumnFamilyHandle* handle : present()) {
    if (const auto status = db_->CompactRange(options, handle, nullptr, nullptr); !status.ok()) {
      return fail(status, "cannot compact the store");
    }
  }
  SOUK_CHECK(new_manifest());
  {
    const std::lock_guard lock(writing_);
    SOUK_CHECK(tell_readers(present()));
  }
  // Files that are no longer needed are deleted before this returns.
  auto status = db_->DisableFileDeletions();
  if (status.ok()) status = db_->EnableFileDeletions(false);
  if (!status.ok()) return fail(status, "cannot delete the files that were compacted");
  if (!held) return {};
  return souk::fail(ErrorKind::busy,
                    "the store was compacted, but its files may still hold what was deleted: somebody reads the shop as it was", {},
                    "Compact again when exports and trainings under way are done");
}

// Changes the set of files until a manifest begins, which it does with the files as they are.
Status Database::new_manifest() const {
  const fs::path current = fs::path(db_->GetName()) / "CURRENT";
  SOUK_TRY(const std::string before, read_file(current));
  for (std::uint64_t changes = 0; changes < kManifestSize; ++changes) {  // each takes some bytes
    rocksdb::WriteBatch batch;
    batch.Put(family(Family::meta), slice(kCompactedName), format_rfc3339(now()));
    SOUK_CHECK(write(batch));
    if (const auto status = write_memory(); !status.ok()) return fail(status, "cannot flush the store");
    SOUK_TRY(const std::string after, read_file(current));
    if (after != before) return {};
  }
  return souk::fail(ErrorKind::internal, "the store begins no new manifest", current.string());
}

Status Database::add_family(Family wanted) {
  if (has(wanted)) return {};
  const auto at = static_cast<std::size_t>(wanted);
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  if (const auto status = db_->CreateColumnFamily(family_options(wanted, options_, cache_), kNames[at], &handle); !status.ok()) {
    return fail(status, std::string("cannot add the column family '") + kNames[at] + "'");
  }
  handles_.push_back(handle);
  families_[at] = handle;
  return {};
}

}  // namespace souk::store
