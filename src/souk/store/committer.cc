#include "souk/store/committer.h"

#include <chrono>

#include "souk/base/log.h"

namespace souk::store {
namespace {

constexpr std::size_t kCachedKeys = 400'000;  // about 40 MB
constexpr std::size_t kGroupEvents = 65'536;  // a group takes no more callers in beyond this
constexpr std::size_t kKeptBatch = 16 << 20;
constexpr std::size_t kLeftInLog = 50'000;  // event ids, at a close
constexpr std::size_t kServedQueue = 100'000;
constexpr auto kServedDelay = std::chrono::milliseconds(500);

}  // namespace

Committer::Committer(Database& database, EventIds event_ids, const Counters& counters)
    : database_(database),
      counters_(counters),
      item_ids_(kCachedKeys, counters.item_ids == 0),
      shopper_ids_(kCachedKeys, counters.shopper_ids == 0),
      event_ids_(std::move(event_ids)),
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
  SOUK_TRY(request.prepared, prepare(changes));
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
    events += queue_.front()->prepared.events.size() + queue_.front()->changes->items.size();
    group.push_back(queue_.front());
  }
  std::vector<Served> served;
  served.swap(served_);
  lock.unlock();
  const Status written = write(group, served);
  lock.lock();
  for (CommitRequest* request : group) {
    if (!written) request->result = fail(written.error());
    request->done = true;
  }
  if (!written && !served.empty()) log::error("{} served records were lost: {}", served.size(), written.error().message());
  leading_ = false;
  turn_.notify_all();
}

// Leads for a moment, as the ids are the leader's.
Result<std::vector<std::optional<Timestamp>>> Committer::event_times(std::span<const std::string> ids) {
  std::unique_lock lock(mutex_);
  turn_.wait(lock, [this] { return !leading_; });
  leading_ = true;
  lock.unlock();
  std::vector<std::optional<Timestamp>> times(ids.size());
  Status looked_up;
  for (std::size_t i = 0; i < ids.size() && looked_up; ++i) {
    if (auto time = event_ids_.find_time(hash128(ids[i]))) {
      times[i] = *time;
    } else {
      looked_up = fail(std::move(time).error());
    }
  }
  lock.lock();
  leading_ = false;
  lock.unlock();
  turn_.notify_all();
  if (!looked_up) return fail(std::move(looked_up).error());
  return times;
}

Status Committer::rewrite(const std::function<Status(Rewrite&)>& fill) {
  std::unique_lock lock(mutex_);
  turn_.wait(lock, [this] { return !leading_; });
  leading_ = true;
  Rewrite change(event_ids_, counters_);
  lock.unlock();
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
  lock.lock();
  if (status && writes) counters_ = change.counters;
  leading_ = false;
  lock.unlock();
  turn_.notify_all();
  return status;
}

Status Committer::write(std::span<CommitRequest* const> requests, std::span<const Served> served) {
  item_ids_.trim();
  shopper_ids_.trim();
  batch_.Clear();
  if (batch_.Data().capacity() > kKeptBatch) batch_ = rocksdb::WriteBatch();
  CommitGroup group(database_, event_ids_, item_ids_, shopper_ids_, counters(), batch_);
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
