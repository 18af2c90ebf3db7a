#include "souk/store/event_ids.h"

#include <algorithm>
#include <numeric>
#include <rocksdb/write_batch.h>
#include <utility>

#include "souk/store/codec.h"
#include "souk/store/records.pb.h"
#include "souk/store/sorted_files.h"
#include "souk/store/wire.h"

namespace souk::store {
namespace {

constexpr std::size_t kMergeAt = 1 << 20;  // entries: 64 MB here, a file of about 50 MB
constexpr std::size_t kPacked = 48;
constexpr std::size_t kLookUps = 512;  // in one MultiGet
constexpr int kPutAtOnce = 10'000;

tl::unexpected<Error> damaged() {
  return fail(ErrorKind::corrupt, "cannot read the log of event ids", {}, "Run `souk doctor` on the shop");
}

Result<std::vector<EventIdEntry>> decode_event_ids(const rocksdb::Slice& value) {
  pb::StoredEventIds stored;
  if (!stored.ParseFromArray(value.data(), static_cast<int>(value.size())) || stored.packed().size() % kPacked != 0) return damaged();
  std::vector<EventIdEntry> entries(stored.packed().size() / kPacked);
  const char* from = stored.packed().data();
  for (EventIdEntry& entry : entries) {
    entry.id = {get_big_endian<std::uint64_t>(from), get_big_endian<std::uint64_t>(from + 8)};
    std::copy_n(from + 16, sizeof(EventKey), entry.key.bytes.data());
    entry.content = get_big_endian<std::uint64_t>(from + 40);
    from += kPacked;
  }
  return entries;
}

}  // namespace

std::string encode_event_ids(std::span<const EventIdEntry> entries) {
  std::string out;
  out.reserve(entries.size() * kPacked + 16);
  WireWriter(out).begin_bytes(pb::StoredEventIds::kPackedFieldNumber, entries.size() * kPacked);
  const std::size_t begin = out.size();
  out.resize(begin + entries.size() * kPacked);
  char* to = out.data() + begin;
  for (const EventIdEntry& entry : entries) {
    put_big_endian(to, entry.id.high);
    put_big_endian(to + 8, entry.id.low);
    std::copy_n(entry.key.bytes.data(), sizeof(EventKey), to + 16);
    put_big_endian(to + 40, entry.content);
    to += kPacked;
  }
  return out;
}

Result<EventIds> EventIds::open(const Database& database) {
  EventIds ids(database);
  const auto log = database.scan(Family::event_id_log);
  for (log->SeekToFirst(); log->Valid(); log->Next()) {
    SOUK_TRY(const std::vector<EventIdEntry> entries, decode_event_ids(log->value()));
    ids.replace(entries);  // an event that moved to another shopper stands in the log again
  }
  if (!log->status().ok()) return fail(log->status(), "cannot read the log of event ids");
  const auto merged = database.iterator(Family::event_id);
  merged->SeekToFirst();
  if (!merged->status().ok()) return fail(merged->status(), "cannot read the event ids");
  ids.files_hold_others_ = merged->Valid();
  return ids;
}

void EventIds::add(std::span<const EventIdEntry> entries) {
  // Once there are many, room for all that gather before a merge: growing step by step would touch twice as much memory.
  if (entries_.size() + entries.size() > std::max(entries_.capacity(), kMergeAt / 32)) entries_.reserve(kMergeAt + kMergeAt / 4);
  for (const EventIdEntry& entry : entries) {
    index_.add(entry.id.high, static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back(entry);
  }
}

void EventIds::replace(std::span<const EventIdEntry> entries) {
  for (const EventIdEntry& entry : entries) {
    const std::uint32_t at = index_.find(entry.id.high, [&](std::uint32_t position) { return entries_[position].id == entry.id; });
    if (at != UINT32_MAX) {
      entries_[at] = entry;
    } else {
      add(std::span(&entry, 1));
    }
  }
}

Status EventIds::look_up(std::span<const Hash128> ids, std::span<std::optional<std::uint64_t>> known) const {
  std::vector<std::uint32_t> missing;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::uint32_t at = index_.find(ids[i].high, [&](std::uint32_t position) { return entries_[position].id == ids[i]; });
    if (at != UINT32_MAX) {
      known[i] = entries_[at].content;
    } else if (files_hold_others_) {
      missing.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return look_up_merged(ids, missing, known);
}

Result<std::optional<Timestamp>> EventIds::find_time(const Hash128& id) const {
  const std::uint32_t at = index_.find(id.high, [&](std::uint32_t position) { return entries_[position].id == id; });
  if (at != UINT32_MAX) return event_key_parts(entries_[at].key.view()).time;
  if (!files_hold_others_) return std::nullopt;
  SOUK_TRY(const auto merged, database_->get(Family::event_id, event_id_key(id).view()));
  if (!merged) return std::nullopt;
  pb::StoredEventId stored;
  if (!stored.ParseFromString(*merged) || stored.event_key().size() != sizeof(EventKey)) return damaged();
  return event_key_parts(stored.event_key()).time;
}

Status EventIds::look_up_merged(std::span<const Hash128> ids, std::span<const std::uint32_t> which,
                                std::span<std::optional<std::uint64_t>> known) const {
  std::vector<EventIdKey> bytes(std::min(kLookUps, which.size()));
  std::vector<rocksdb::Slice> keys(bytes.size());
  std::vector<rocksdb::PinnableSlice> values(bytes.size());
  std::vector<rocksdb::Status> statuses(bytes.size());
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // the blocks read for new ids, by false alarms of the filters, are not asked for again
  for (std::size_t begin = 0; begin < which.size(); begin += kLookUps) {
    const std::size_t count = std::min(kLookUps, which.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      bytes[i] = event_id_key(ids[which[begin + i]]);
      keys[i] = slice(bytes[i].view());
    }
    database_->db().MultiGet(options, database_->family(Family::event_id), count, keys.data(), values.data(), statuses.data(), true);
    for (std::size_t i = 0; i < count; ++i) {
      if (statuses[i].IsNotFound()) continue;
      if (!statuses[i].ok()) return fail(statuses[i], "cannot look up an event");
      SOUK_TRY(known[which[begin + i]], decode_event_id_content(view(values[i])));
      values[i].Reset();
    }
  }
  return {};
}

Status EventIds::merge_if_many(Seq through) {
  if (gathered() < kMergeAt) return {};
  return merge(through);
}

// The file is durable before the log's records go; a death in between leaves both, which say the same.
Status EventIds::merge(Seq through) {
  if (gathered() == 0) return {};
  if (database_->may_ingest()) {
    SOUK_TRY(const SortedFile file, write_file());
    SOUK_CHECK(database_->take_in({&file, 1}));
  } else {
    SOUK_CHECK(put(gathered_by_id()));
  }
  SOUK_CHECK(written(through));
  keep_gathered_only();
  return {};
}

Status EventIds::written(Seq through) {
  rocksdb::WriteBatch batch;
  batch.DeleteRange(database_->family(Family::event_id_log), slice(seq_key(0).view()), slice(seq_key(through + 1).view()));
  SOUK_CHECK(database_->write(batch));
  in_files_ = entries_.size();
  if (entries_.size() >= kMergeAt) keep_gathered_only();
  return {};
}

void EventIds::keep_gathered_only() {
  if (in_files_ == 0) return;
  files_hold_others_ = true;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(std::exchange(in_files_, 0)));
  index_again();
}

void EventIds::take_back(std::size_t size) {
  entries_.resize(size);
  index_again();
}

void EventIds::index_again() {
  index_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.add(entries_[i].id.high, static_cast<std::uint32_t>(i));
}

std::vector<std::uint32_t> EventIds::gathered_by_id() const {
  std::vector<std::uint32_t> order(gathered());
  std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(in_files_));
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return entries_[a].id < entries_[b].id; });
  return order;
}

Result<SortedFile> EventIds::write_file() const {
  SOUK_TRY(SortedFileWriter writer, SortedFileWriter::open(*database_, Family::event_id));
  for (const std::uint32_t at : gathered_by_id()) {
    const EventIdEntry& entry = entries_[at];
    SOUK_CHECK(writer.put(event_id_key(entry.id).view(), encode_event_id(entry.key.view(), entry.content)));
  }
  return writer.finish();
}

// One by one, as any record: slower, and always possible.
Status EventIds::put(std::span<const std::uint32_t> order) const {
  rocksdb::WriteBatch batch;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const EventIdEntry& entry = entries_[order[i]];
    batch.Put(database_->family(Family::event_id), slice(event_id_key(entry.id).view()), encode_event_id(entry.key.view(), entry.content));
    if (batch.Count() < kPutAtOnce && i + 1 < order.size()) continue;
    SOUK_CHECK(database_->write(batch));
    batch.Clear();
  }
  return {};
}

}  // namespace souk::store
