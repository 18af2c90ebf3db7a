// Which event ids are known, and with what content. Ids are hashes: put one by one into RocksDB's sorted memory table they would cost as
// much as everything else of a commit together. So a commit writes its ids as one record of the family event_id_log and they stand in a
// hash table here; when many have gathered they are sorted once and become a file of the family event_id, and the log's records go. Those
// of a bulk load become such a file at once, and stay in the table as well while it has room.
//
// event_id_log: seq -> StoredEventIds, packed entries of 48 bytes: id hash (16, big-endian), event key (24), content hash (8, big-endian).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "souk/base/hash.h"
#include "souk/store/database.h"
#include "souk/store/flat_index.h"
#include "souk/store/keys.h"

namespace souk::store {

struct EventIdEntry {
  Hash128 id;
  std::uint64_t content = 0;
  EventKey key;
};

std::string encode_event_ids(std::span<const EventIdEntry> entries);

class EventIds {  // of the leader of a commit: not thread-safe
 public:
  static Result<EventIds> open(const Database& database);

  // The content hash of each known id; `ids` ascending, `known` of the same size.
  Status look_up(std::span<const Hash128> ids, std::span<std::optional<std::uint64_t>> known) const;
  // The time in the key of the event that is known under `id`.
  Result<std::optional<Timestamp>> find_time(const Hash128& id) const;
  void add(std::span<const EventIdEntry> entries);  // of a commit; its record is in the log, or see from()
  // The same for ids that may be known: what is said now holds.
  void replace(std::span<const EventIdEntry> entries);
  // Moves what has gathered, of commits up to `through`, into the family event_id, when there is much of it.
  Status merge_if_many(Seq through);
  Status merge(Seq through);
  std::size_t gathered() const { return entries_.size() - in_files_; }  // that stand in no file

  // For a bulk load: what was added since size() was `size`, and taking it back.
  std::size_t size() const { return entries_.size(); }
  std::span<const EventIdEntry> from(std::size_t size) const { return std::span(entries_).subspan(size); }
  void take_back(std::size_t size);
  // What has gathered as a file, and once the store has taken that in: the log's records go.
  Result<SortedFile> write_file() const;
  Status written(Seq through);
  // Leaves none in the table that stands in a file too, so that files may change.
  void keep_gathered_only();

 private:
  explicit EventIds(const Database& database) : database_(&database) {}
  Status look_up_merged(std::span<const Hash128> ids, std::span<const std::uint32_t> which,
                        std::span<std::optional<std::uint64_t>> known) const;
  void index_again();
  std::vector<std::uint32_t> gathered_by_id() const;  // positions in entries_
  Status put(std::span<const std::uint32_t> order) const;

  const Database* database_;
  std::vector<EventIdEntry> entries_;
  FlatIndex index_;
  std::size_t in_files_ = 0;        // the first of entries_ stand in files of event_id too
  bool files_hold_others_ = false;  // that do not stand here
};

}  // namespace souk::store
