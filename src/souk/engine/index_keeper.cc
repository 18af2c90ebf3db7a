#include "souk/engine/index_keeper.h"

#include <algorithm>

namespace souk::engine {
namespace {

constexpr std::size_t kBatch = 1000;         // items replayed at once
constexpr std::size_t kAlwaysReplay = 1000;  // so few changes are never worth a rebuild
constexpr double kRebuildShare = 0.2;
constexpr std::uint64_t kLearnItems = 100;  // of fewer nothing is learned

// The items of a store that have a title, in the order of their ids.
class ItemScan {
 public:
  ItemScan(const store::Store& store, const store::Counts& counts, Progress& progress)
      : store_(store), ids_(counts.item_ids), progress_(progress) {}

  bool next(ItemId& id, store::Item& item) {
    while (next_ < ids_) {
      id = ItemId{next_++};
      auto read = store_.item(id);
      if (read) {
        progress_.add(1);
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
  }
  std::optional<Error> problem;  // why it ended too early

 private:
  const store::Store& store_;
  const std::uint32_t ids_;
  Progress& progress_;
  std::uint32_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<IndexKeeper>> IndexKeeper::open(const fs::path& directory, const store::Store& store, index::Schema schema,
                                                       const std::string& language, bool read_only) {
  SOUK_TRY(auto index, index::FieldIndex::open(directory, std::move(schema), language, read_only));
  return std::unique_ptr<IndexKeeper>(new IndexKeeper(std::move(index), store, language, read_only));
}

IndexKeeper::IndexKeeper(std::unique_ptr<index::FieldIndex> index, const store::Store& store, const std::string& language, bool read_only)
    : index_(std::move(index)), store_(store), language_(language), read_only_(read_only) {}

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
    if (outgrown()) SOUK_CHECK(rebuild_locked(threads, progress));
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
  SOUK_TRY(index::LearnedWords learned, learn_words(counts, progress));
  progress.stage("Building the search index", counts.items + counts.stubs, "items");
  ItemScan scan(store_, counts, progress);
  const auto next = [&](ItemId& id, store::Item& item) { return scan.next(id, item); };
  SOUK_CHECK(index_->rebuild(next, counts.seq, threads, std::move(learned)));
  if (!scan.problem) return {};
  // Half an index must not pass for a whole one: an empty one that contains nothing is rebuilt at the next open.
  SOUK_CHECK(index_->rebuild([](ItemId&, store::Item&) { return false; }, 0, 1, {}));
  return fail(std::move(*scan.problem));
}

Result<index::LearnedWords> IndexKeeper::learn_words(const store::Counts& counts, Progress& progress) const {
  if (!index_->learned_from()) return index::LearnedWords{};
  progress.stage("Learning what compounds are made of", counts.items + counts.stubs, "items");
  index::WordLearner learner(language_);
  ItemScan scan(store_, counts, progress);
  ItemId id{};
  store::Item item;
  while (scan.next(id, item)) learner.add(item);
  if (scan.problem) return fail(std::move(*scan.problem));
  return learner.learn();
}

// Were the parts of compounds learned from so little that it is time to learn them again?
bool IndexKeeper::outgrown() const {
  const std::optional<std::uint64_t> learned_from = index_->learned_from();
  if (!learned_from || read_only_) return false;
  const std::uint64_t items = index_->reader()->size();
  return items >= kLearnItems && items >= 2 * *learned_from;
}

Status IndexKeeper::flush_when_wanted() {
  return read_only_ || !index_->wants_flush() ? Status() : index_->flush();
}

}  // namespace souk::engine
