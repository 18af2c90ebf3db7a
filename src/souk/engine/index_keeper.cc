#include "souk/engine/index_keeper.h"

#include <algorithm>
#include <optional>

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

IndexKeeper::IndexKeeper(std::unique_ptr<index::FieldIndex> index, std::unique_ptr<index::VectorStore> vectors, const store::Store& store,
                         std::string language, bool read_only)
    : index_(std::move(index)), vectors_(std::move(vectors)), store_(store), language_(std::move(language)), read_only_(read_only) {}

void IndexKeeper::set_vectors(std::unique_ptr<index::VectorStore> vectors) {
  vectors_ = std::move(vectors);
}

Result<bool> IndexKeeper::catch_up(unsigned threads, Progress& progress) {
  const std::lock_guard lock(mutex_);
  const store::Counts counts = store_.counts();  // before reading what changed: what comes later is replayed next time
  const Parts behind{index_seq() < counts.seq, vectors_ != nullptr && vectors_seq() < counts.seq};
  if (!behind.index && !behind.vectors) return false;
  if (behind.index && behind.vectors && index_seq() == vectors_seq()) {
    SOUK_CHECK(follow(behind, counts, threads, progress));
  } else {
    if (behind.index) SOUK_CHECK(follow({.index = true}, counts, threads, progress));
    if (behind.vectors) SOUK_CHECK(follow({.vectors = true}, counts, threads, progress));
  }
  if (behind.index && outgrown()) SOUK_CHECK(rebuild_locked({.index = true}, threads, progress));
  return true;
}

// Brings parts that stand at the same commit up to that of the counts.
Status IndexKeeper::follow(Parts parts, const store::Counts& counts, unsigned threads, Progress& progress) {
  SOUK_TRY(const std::vector<ItemId> changed, store_.items_changed_since(parts.index ? index_seq() : vectors_seq()));
  const double share = static_cast<double>(changed.size()) / static_cast<double>(std::max<std::uint64_t>(counts.items, 1));
  const bool much = changed.size() > kAlwaysReplay && share > kRebuildShare && !read_only_;
  return much ? rebuild_locked(parts, threads, progress) : replay(parts, changed, counts.seq, progress);
}

Status IndexKeeper::replay(Parts parts, const std::vector<ItemId>& changed, Seq seq, Progress& progress) {
  if (changed.size() > kBatch) progress.stage("Updating the search index", changed.size(), "items");
  const Seq before = parts.index ? index_seq() : vectors_seq();
  std::size_t done = 0;
  do {
    const std::size_t end = std::min(done + kBatch, changed.size());
    std::vector<store::Item> items;
    items.reserve(end - done);  // puts point into it
    std::vector<index::ItemPut> puts;
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
    const Seq through = end == changed.size() ? seq : before;
    if (parts.index) SOUK_CHECK(index_->update(puts, through));
    if (parts.vectors) SOUK_CHECK(vectors_->update(puts, through));
    progress.add(end - done);
    done = end;
  } while (done < changed.size());
  return {};
}

Status IndexKeeper::rebuild(Parts parts, unsigned threads, Progress& progress) {
  const std::lock_guard lock(mutex_);
  return rebuild_locked(parts, threads, progress);
}

Status IndexKeeper::rebuild_locked(Parts parts, unsigned threads, Progress& progress) {
  const store::Counts counts = store_.counts();
  index::LearnedWords learned;
  if (parts.index) {
    SOUK_TRY(learned, learn_words(counts, progress));
  }
  progress.stage(parts.index ? "Building the search index" : "Gathering vectors", counts.items + counts.stubs, "items");
  ItemScan scan(store_, counts, progress);
  std::optional<index::GatheredVectors> gathered;
  if (parts.vectors) gathered = vectors_->gathered();
  const auto next = [&](ItemId& id, store::Item& item) {
    if (!scan.next(id, item)) return false;
    if (gathered) gathered->put(id, item);
    return true;
  };
  if (parts.index) {
    SOUK_CHECK(index_->rebuild(next, counts.seq, threads, std::move(learned)));
  } else {
    ItemId id{};
    store::Item item;
    while (next(id, item)) {
    }
  }
  if (scan.problem) {
    // Half an index must not pass for a whole one: an empty one that contains nothing is rebuilt at the next open.
    if (parts.index) SOUK_CHECK(index_->rebuild([](ItemId&, store::Item&) { return false; }, 0, 1, {}));
    return fail(std::move(*scan.problem));
  }
  return gathered ? vectors_->rebuild(std::move(*gathered), counts.seq, threads, progress) : Status();
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

bool IndexKeeper::wants_flush() const {
  return !read_only_ && (index_->wants_flush() || (vectors_ != nullptr && vectors_->wants_flush()));
}

// Both at once: neither has much to replay after a crash.
Status IndexKeeper::flush_when_wanted() {
  if (!wants_flush()) return {};
  SOUK_CHECK(index_->flush());
  return vectors_ == nullptr ? Status() : vectors_->flush(1, Progress::none());
}

Status IndexKeeper::compact(unsigned threads, Progress& progress) {
  SOUK_CHECK(index_->compact());
  return vectors_ == nullptr ? Status() : vectors_->compact(threads, progress);
}

}  // namespace souk::engine
