#include "souk/store/committer.h"

#include <algorithm>
#include <chrono>

#include "souk/base/log.h"
#include "souk/store/sorted_files.h"

namespace souk::store {
namespace {

constexpr std::size_t kCachedKeys = 400'000;  // about 40 MB
constexpr std::size_t kGroupEvents = 65'536;  // a group takes no more callers in beyond this
constexpr std::size_t kKeptBatch = 16 << 20;
constexpr std::size_t kLogShare = 8;        // what is less than bulk_bytes / 8 goes through the log
constexpr std::size_t kLeftInLog = 50'000;  // event ids, at a close
constexpr std::size_t kServedQueue = 100'000;
constexpr auto kServedDelay = std::chrono::milliseconds(500);

// Events alone: they need nothing of the store but ids, which stand in memory.
bool may_gather(const CommitRequest& request) {
  const Changes& changes = *request.changes;
  return request.load && changes.items.empty() && changes.removed_items.empty() && changes.shoppers.empty() && changes.reviews.empty() &&
         changes.served.empty();
}

}  // namespace

Committer::Committer(Database& database, EventIds event_ids, const Counters& counters, std::uint64_t bulk_bytes)
    : database_(database),
      counters_(counters),
      item_ids_(kCachedKeys, counters.item_ids == 0),
      shopper_ids_(kCachedKeys, counters.shopper_ids == 0),
      event_ids_(std::move(event_ids)),
      bulk_bytes_(bulk_bytes),
      served_writer_([this] { write_served_every_second(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  served_wake_.notify_all();
  served_writer_.join();
  if (const Status written = write_served(); !written) log::error("served records were lost: {}", written.error().message());
  // So that the next opening has little to read.
  if (event_ids_.gathered() < kLeftInLog) return;
  if (const Status merged = event_ids_.merge(counters_.seq); !merged) log::warn("{}", merged.error().message());
}

Counters Committer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

Result<CommitReport> Committer::commit(const Changes& changes) {
  CommitRequest request;
  request.changes = &changes;
  return queue(request);
}

Result<CommitReport> Committer::load(const Changes& changes, std::uint64_t lost_before) {
  CommitRequest request;
  request.changes = &changes;
  request.load = lost_before;
  return queue(request);
}

Status Committer::finish_load(std::uint64_t lost_before) {
  std::unique_lock lock(mutex_);
  take_turn(lock);
  static_cast<void>(write_load());
  end_turn(lock);
  return lost_loads_ == lost_before ? Status() : Status(fail(last_loss_));
}

std::uint64_t Committer::lost_loads() const {
  const std::lock_guard lock(mutex_);
  return lost_loads_;
}

Result<CommitReport> Committer::queue(CommitRequest& request) {
  SOUK_TRY(request.prepared, prepare(*request.changes));
  std::unique_lock lock(mutex_);
  queue_.push_back(&request);
  turn_.wait(lock, [&] { return request.done || (!leading_ && queue_.front() == &request); });
  if (!request.done) lead(lock);
  return std::move(request.result);
}

// Called by the first of the queue when nobody leads.
void Committer::lead(std::unique_lock<std::mutex>& lock) {
  leading_ = true;
  std::vector<CommitRequest*> group;
  for (std::size_t events = 0; !queue_.empty() && events < kGroupEvents; queue_.pop_front()) {
    CommitRequest* const request = queue_.front();
    if (!group.empty() && may_gather(*request) != may_gather(*group.front())) break;
    events += request->prepared.events.size() + request->changes->items.size();
    group.push_back(request);
  }
  // Those of a lost load stand behind the rest, and only hear of it.
  const auto lost = std::stable_partition(group.begin(), group.end(),
                                          [this](const CommitRequest* request) { return !request->load || *request->load == lost_loads_; });
  std::for_each(lost, group.end(), [this](CommitRequest* request) { request->result = fail(last_loss_); });
  const std::span<CommitRequest* const> doing(group.begin(), lost);
  const bool gathers = std::all_of(doing.begin(), doing.end(), [](const CommitRequest* request) { return may_gather(*request); });
  std::vector<Served> served;
  if (!gathers) served.swap(served_);
  lock.unlock();
  const Status written = gathers ? gather(doing) : write(doing, served);
  lock.lock();
  for (CommitRequest* request : doing) {
    if (!written) request->result = fail(written.error());
  }
  for (CommitRequest* request : group) request->done = true;
  if (!written && !served.empty()) log::error("{} served records were lost: {}", served.size(), written.error().message());
  leading_ = false;
  turn_.notify_all();
}

// To be the leader for a moment, without a commit.
void Committer::take_turn(std::unique_lock<std::mutex>& lock) {
  turn_.wait(lock, [this] { return !leading_; });
  leading_ = true;
  lock.unlock();
}

void Committer::end_turn(std::unique_lock<std::mutex>& lock) {
  lock.lock();
  leading_ = false;
  turn_.notify_all();
}

Result<std::vector<std::optional<Timestamp>>> Committer::event_times(std::span<const std::string> ids) {
  std::unique_lock lock(mutex_);
  take_turn(lock);
  std::vector<std::optional<Timestamp>> times(ids.size());
  Status looked_up;
  for (std::size_t i = 0; i < ids.size() && looked_up; ++i) {
    if (auto time = event_ids_.find_time(hash128(ids[i]))) {
      times[i] = *time;
    } else {
      looked_up = fail(std::move(time).error());
    }
  }
  end_turn(lock);
  if (!looked_up) return fail(std::move(looked_up).error());
  return times;
}

Status Committer::rewrite(const std::function<Status(Rewrite&)>& fill) {
  std::unique_lock lock(mutex_);
  take_turn(lock);
  static_cast<void>(write_load());
  event_ids_.keep_gathered_only();
  Rewrite change(event_ids_, counters());
  Status status = fill(change);
  const bool writes = status && change.batch.Count() > 0;
  if (writes) {
    change.batch.Put(database_.family(Family::meta), slice(kCountersName), change.counters.encode());
    status = database_.write(change.batch);
  }
  if (status) {
    event_ids_.replace(change.moved_ids);
    for (const std::string& key : change.gone) shopper_ids_.remove(key);
    for (const auto& [key, id] : change.named) shopper_ids_.add(key, id);
  }
  if (status && writes) {
    const std::lock_guard guard(mutex_);
    counters_ = change.counters;
  }
  end_turn(lock);
  return status;
}

Status Committer::write(std::span<CommitRequest* const> requests, std::span<const Served> served) {
  // What else was asked for is done even if the load is lost, whose caller hears of it.
  static_cast<void>(write_load());
  item_ids_.trim();
  shopper_ids_.trim();
  batch_.Clear();
  if (batch_.Data().capacity() > kKeptBatch) batch_ = rocksdb::WriteBatch();
  CommitGroup group(database_, event_ids_, item_ids_, shopper_ids_, counters(), batch_, false);
  Status status = group.build(requests, served);
  if (status && !group.empty()) status = database_.write(batch_);
  if (!status) {
    item_ids_.clear();
    shopper_ids_.clear();
    return status;
  }
  event_ids_.add(group.new_event_ids());
  {
    const std::lock_guard lock(mutex_);
    counters_ = group.counters();
  }
  // The commit is durable: what fails now is not its caller's failure, and is tried again with the next.
  if (const Status merged = event_ids_.merge_if_many(group.counters().seq); !merged) log::warn("{}", merged.error().message());
  return {};
}

Status Committer::gather(std::span<CommitRequest* const> requests) {
  if (requests.empty()) return {};
  if (!load_) {
    item_ids_.trim();
    shopper_ids_.trim();
    batch_.Clear();
    load_ = Load{counters(), event_ids_.size()};
  }
  CommitGroup group(database_, event_ids_, item_ids_, shopper_ids_, load_->counters, batch_, true);
  if (const Status built = group.build(requests, {}); !built) return lose_load(built.error());
  event_ids_.add(group.new_event_ids());
  load_->counters = group.counters();
  return batch_.GetDataSize() < bulk_bytes_ ? Status() : write_load();
}

Status Committer::write_load() {
  if (!load_) return {};
  if (batch_.Count() == 0) {  // all that came was known
    load_.reset();
    return {};
  }
  const bool as_files = batch_.GetDataSize() >= bulk_bytes_ / kLogShare && database_.may_ingest();
  const Seq through = load_->counters.seq;
  batch_.Put(database_.family(Family::meta), slice(kCountersName), load_->counters.encode());
  if (const Status written = as_files ? write_as_files() : write_to_log(); !written) return lose_load(written.error());
  {
    const std::lock_guard lock(mutex_);
    counters_ = load_->counters;
  }
  load_.reset();
  batch_.Clear();
  if (const Status rest = as_files ? event_ids_.written(through) : event_ids_.merge_if_many(through); !rest) {
    log::warn("{}", rest.error().message());
  }
  return {};
}

Status Committer::write_to_log() {
  const auto ids = event_ids_.from(load_->first_id);
  const SeqKey through = seq_key(load_->counters.seq);
  if (!ids.empty()) batch_.Put(database_.family(Family::event_id_log), slice(through.view()), encode_event_ids(ids));
  return database_.write(batch_);
}

Status Committer::write_as_files() {
  SOUK_TRY(std::vector<SortedFile> files, write_sorted_files(database_, batch_));
  if (event_ids_.gathered() > 0) {
    SOUK_TRY(SortedFile ids, event_ids_.write_file());
    files.push_back(std::move(ids));
  }
  return database_.take_in(files);
}

// Nothing of it is in the store.
tl::unexpected<Error> Committer::lose_load(const Error& why) {
  batch_.Clear();
  item_ids_.clear();
  shopper_ids_.clear();
  event_ids_.take_back(std::exchange(load_, std::nullopt)->first_id);
  const std::lock_guard lock(mutex_);
  ++lost_loads_;
  last_loss_ = why;
  return fail(why);
}

Status Committer::append_served(std::span<const Served> served) {
  for (const Served& record : served) SOUK_CHECK(check_served(record));
  const std::lock_guard lock(mutex_);
  if (served_.size() + served.size() > kServedQueue) {
    return souk::fail(ErrorKind::limit, "served records arrive faster than they can be written", {}, "Look at the disk");
  }
  served_.insert(served_.end(), served.begin(), served.end());
  served_wake_.notify_all();
  return {};
}

Status Committer::write_served() {
  // An empty commit takes them along; one that is queued at the same time does too.
  SOUK_TRY(const CommitReport report, commit(Changes{}));
  static_cast<void>(report);
  return {};
}

void Committer::write_served_every_second() {
  std::unique_lock lock(mutex_);
  while (true) {
    served_wake_.wait(lock, [this] { return closing_ || !served_.empty(); });
    served_wake_.wait_for(lock, kServedDelay, [this] { return closing_; });
    if (closing_) return;
    lock.unlock();
    if (const Status written = write_served(); !written) log::error("{}", written.error().message());
    lock.lock();
  }
}

}  // namespace souk::store
