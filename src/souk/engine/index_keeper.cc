#include "souk/engine/index_keeper.h"

#include <algorithm>

namespace souk::engine {
namespace {

constexpr std::size_t kBatch = 1000;         // items replayed at once
constexpr std::size_t kAlwaysReplay = 1000;  // so few changes are never worth a rebuild
constexpr double kRebuildShare = 0.2;

}  // namespace

Result<std::unique_ptr<IndexKeeper>> IndexKeeper::open(const fs::path& directory, const store::Store& store, index::Schema schema,
                                                       const std::string& language, bool read_only) {
  SOUK_TRY(auto index, index::FieldIndex::open(directory, std::move(schema), language, read_only));
  return std::unique_ptr<IndexKeeper>(new IndexKeeper(std::move(index), store, read_only));
}

IndexKeeper::IndexKeeper(std::unique_ptr<index::FieldIndex> index, const store::Store& store, bool read_only)
    : index_(std::move(index)), store_(store), read_only_(read_only) {}

Result<bool> IndexKeeper::catch_up(unsigned threads, Progress& progress) {
  const std::lock_guard lock(mutex_);
  const store::Counts counts = store_.counts();  // before reading what changed: what comes later is replayed next time
  const Seq through = index_->reader()->through_seq();
  if (through >= counts.seq) return false;
  SOUK_TRY(const std::vector<ItemId> changed, store_.items_changed_since(through));
  const double share = static_cast<double>(changed.size()) / static_cast<double>(std::max<std::uint64_t>(counts.items, 1));
  if (changed.size() > kAlwaysReplay && share > kRebuildShare && !read_only_) {
    SOUK_CHECK(rebuild_locked(threads, progress));
  } else {
    SOUK_CHECK(replay(changed, counts.seq, progress));
  }
  return true;
}

Status IndexKeeper::replay(const std::vector<ItemId>& changed, Seq seq, Progress& progress) {
  if (changed.size() > kBatch) progress.stage("Updating the search index", changed.size(), "items");
  const Seq before = index_->reader()->through_seq();
  std::size_t done = 0;
  do {
    const std::size_t end = std::min(done + kBatch, changed.size());
    std::vector<store::Item> items;
    items.reserve(end - done);  // puts point into it
    std::vector<index::FieldIndex::Put> puts;
    for (std::size_t i = done; i < end; ++i) {
      auto item = store_.item(changed[i]);
      if (item && !item->title.empty()) {
        items.push_back(std::move(*item));
        puts.push_back({changed[i], &items.back()});
      } else if (item || item.error().kind == ErrorKind::not_found) {  // never shown, or removed
        puts.push_back({changed[i], nullptr});
      } else {
        return fail(std::move(item).error());
      }
    }
    // Only the last batch may claim to contain everything up to seq.
    SOUK_CHECK(index_->update(puts, end == changed.size() ? seq : before));
    progress.add(end - done);
    done = end;
  } while (done < changed.size());
  return {};
}

Status IndexKeeper::rebuild(unsigned threads, Progress& progress) {
  const std::lock_guard lock(mutex_);
  return rebuild_locked(threads, progress);
}

Status IndexKeeper::rebuild_locked(unsigned threads, Progress& progress) {
  const store::Counts counts = store_.counts();
  progress.stage("Building the search index", counts.items + counts.stubs, "items");
  std::uint32_t next_id = 0;
  std::optional<Error> problem;
  const auto next = [&](ItemId& id, store::Item& item) {
    while (next_id < counts.item_ids) {
      id = ItemId{next_id++};
      auto read = store_.item(id);
      if (read) {
        progress.add(1);
        if (read->title.empty()) continue;  // never shown
        item = std::move(*read);
        return true;
      }
      if (read.error().kind != ErrorKind::not_found) {
        problem = std::move(read).error();
        return false;
      }
    }
    return false;
  };
  SOUK_CHECK(index_->rebuild(next, counts.seq, threads));
  if (!problem) return {};
  // Half an index must not pass for a whole one: an empty one that contains nothing is rebuilt at the next open.
  SOUK_CHECK(index_->rebuild([](ItemId&, store::Item&) { return false; }, 0, 1));
  return fail(std::move(*problem));
}

Status IndexKeeper::flush_when_wanted() {
  return read_only_ || !index_->wants_flush() ? Status() : index_->flush();
}

}  // namespace souk::engine
