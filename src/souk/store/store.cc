#include "souk/store/store.h"

#include <charconv>
#include <rocksdb/write_batch.h>

#include "souk/store/codec.h"
#include "souk/store/keys.h"
#include "souk/store/records.pb.h"
#include "souk/store/store_impl.h"

namespace souk::store {
namespace {

constexpr std::uint32_t kReviewVersion = 2;  // the first with reviews

// The version, when this Souk reads it.
Result<std::uint32_t> read_version(const Database& database, const fs::path& directory) {
  SOUK_TRY(const auto version, database.get(Family::meta, kVersionName));
  if (!version) {
    return fail(ErrorKind::corrupt, "the store does not say its version", directory.string(),
                "The shop was not made whole: delete the folder and run `souk init` again");
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(version->data(), version->data() + version->size(), number);
  const bool read = error == std::errc() && end == version->data() + version->size();
  if (read && number >= kOldestStoreVersion && number <= kStoreVersion) return number;
  const bool newer = read && number > kStoreVersion;
  return fail(Error{ErrorKind::version, newer ? "a newer Souk made this store" : "the store has the format of another version of Souk",
                    directory.string(), "format " + std::to_string(kStoreVersion), "format " + *version,
                    newer ? "Use that Souk, or a newer one: no Souk goes back to an older format"
                          : "Run `souk upgrade` on the shop, with a Souk that knows both"});
}

Result<Counters> read_counters(const Database& database) {
  SOUK_TRY(const auto value, database.get(Family::meta, kCountersName));
  return Counters::decode(value.value_or(""));
}

bool holds_store(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / "CURRENT", ignored);
}

// A look-up by key answers "not there" where a block cannot be read; so the blocks it looks into are read once, when the store opens.
Status read_keys_once(const Database& database) {
  for (const Family family : {Family::item_key, Family::shopper_key}) {
    const auto at = database.scan(family);
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
    }
    if (!at->status().ok()) return fail(at->status(), "cannot read the keys of the shop");
  }
  return {};
}

}  // namespace

Status refuse_writing() {
  return fail(ErrorKind::unsupported, "the shop was opened read-only", {}, "Send the change to the process that writes the shop");
}

bool Changes::empty() const {
  return items.empty() && removed_items.empty() && events.empty() && shoppers.empty() && reviews.empty() && served.empty() && !offset;
}

Status Store::Impl::may_commit(const Changes& changes) const {
  if (!committer) return refuse_writing();
  if (changes.reviews.empty() || version >= kReviewVersion) return {};
  return fail(Error{ErrorKind::version,
                    "the shop's format has no place for reviews",
                    {},
                    "format " + std::to_string(kReviewVersion),
                    "format " + std::to_string(version),
                    "Run `souk upgrade` on the shop"});
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::create(const fs::path& directory, const StoreOptions& options) {
  if (holds_store(directory)) {
    return fail(ErrorKind::exists, "the folder holds a store already", directory.string(), "Choose another folder");
  }
  SOUK_CHECK(make_directories(directory));
  auto impl = std::make_unique<Impl>();
  SOUK_TRY(impl->database, Database::open(directory, Database::Mode::create, options));
  rocksdb::WriteBatch batch;
  const Counters none;
  batch.Put(impl->database->family(Family::meta), slice(kVersionName), std::to_string(kStoreVersion));
  batch.Put(impl->database->family(Family::meta), slice(kCountersName), none.encode());
  SOUK_CHECK(impl->database->write(batch));
  SOUK_TRY(EventIds event_ids, EventIds::open(*impl->database));
  impl->committer = std::make_unique<Committer>(*impl->database, std::move(event_ids), none, options.bulk_bytes);
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<std::unique_ptr<Store>> Store::open(const fs::path& directory, const StoreOptions& options) {
  if (!holds_store(directory)) {
    return fail(ErrorKind::not_found, "the folder holds no store", directory.string(), "Make a shop with `souk init`");
  }
  auto impl = std::make_unique<Impl>();
  SOUK_TRY(impl->database, Database::open(directory, options.read_only ? Database::Mode::read : Database::Mode::write, options));
  SOUK_TRY(impl->version, read_version(*impl->database, directory));
  SOUK_CHECK(read_keys_once(*impl->database));
  SOUK_TRY(const Counters counters, read_counters(*impl->database));
  impl->read_only_counters = counters;
  if (!options.read_only) {
    SOUK_TRY(EventIds event_ids, EventIds::open(*impl->database));
    impl->committer = std::make_unique<Committer>(*impl->database, std::move(event_ids), counters, options.bulk_bytes);
  }
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<CommitReport> Store::commit(const Changes& changes) {
  SOUK_CHECK(impl_->may_commit(changes));
  return impl_->committer->commit(changes);
}

BulkLoad::BulkLoad(Store& store) : store_(store), lost_before_(store.impl_->committer ? store.impl_->committer->lost_loads() : 0) {}
BulkLoad::~BulkLoad() {
  static_cast<void>(finish());
}

Result<CommitReport> BulkLoad::commit(const Changes& changes) {
  SOUK_CHECK(store_.impl_->may_commit(changes));
  return store_.impl_->committer->load(changes, lost_before_);
}

Status BulkLoad::finish() {
  return store_.impl_->committer ? store_.impl_->committer->finish_load(lost_before_) : Status();
}

Result<std::vector<std::optional<Timestamp>>> Store::event_times(std::span<const std::string> ids) const {
  if (!impl_->committer) return fail(std::move(refuse_writing()).error());
  return impl_->committer->event_times(ids);
}

Status Store::append_served(std::span<const Served> served) {
  return impl_->committer ? impl_->committer->append_served(served) : refuse_writing();
}

Counts Store::counts() const {
  return impl_->counters().counts();
}

Snapshot Store::snapshot(std::optional<Timestamp> time) const {
  const Counters counters = impl_->counters();
  return {time.value_or(INT64_MAX), counters.seq, counters.epoch};
}

std::optional<std::uint64_t> Store::source_rows(const Hash128& source) const {
  const auto value = impl_->database->get(Family::meta, source_name(source));
  pb::StoredSource stored;
  if (!value || !*value || !stored.ParseFromString(**value)) return std::nullopt;
  return stored.rows();
}

Status Store::put_meta(std::string_view name, std::string_view value) {
  if (!impl_->committer) return refuse_writing();
  rocksdb::WriteBatch batch;
  batch.Put(impl_->database->family(Family::meta), std::string(kNamedPrefix).append(name), slice(value));
  return impl_->database->write(batch);
}

Result<std::optional<std::string>> Store::get_meta(std::string_view name) const {
  return impl_->database->get(Family::meta, std::string(kNamedPrefix).append(name));
}

Status Store::flush() {
  if (!impl_->committer) return refuse_writing();
  SOUK_CHECK(impl_->committer->write_served());
  return impl_->database->flush();
}

Status Store::compact() {
  if (!impl_->committer) return refuse_writing();
  SOUK_CHECK(impl_->committer->write_served());
  return impl_->database->compact();
}

FairSharedMutex& Store::item_writes() {
  return impl_->item_writes;
}

std::uint32_t Store::version() const {
  return impl_->version;
}

Status Store::upgrade() {
  if (!impl_->committer) return refuse_writing();
  if (impl_->version == kStoreVersion) return {};
  // A death in between leaves a store of the older format with an empty family that it does not use.
  SOUK_CHECK(impl_->database->add_family(Family::review));
  rocksdb::WriteBatch batch;
  batch.Put(impl_->database->family(Family::meta), slice(kVersionName), std::to_string(kStoreVersion));
  SOUK_CHECK(impl_->database->write(batch));
  impl_->version = kStoreVersion;
  return {};
}

Status Store::verify() {
  return impl_->database->verify();
}

Status Store::catch_up() {
  if (!impl_->database->read_only()) return {};
  SOUK_CHECK(impl_->database->catch_up());
  SOUK_TRY(const Counters counters, read_counters(*impl_->database));
  const std::lock_guard lock(impl_->mutex);
  impl_->read_only_counters = counters;
  return {};
}

}  // namespace souk::store
