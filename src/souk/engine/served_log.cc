#include "souk/engine/served_log.h"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <sys/random.h>

#include "souk/base/log.h"

namespace souk::engine {
namespace {

constexpr std::size_t kMaxQueued = 100000;
constexpr std::size_t kBatch = 1000;
constexpr std::chrono::milliseconds kLag{250};

}  // namespace

ServedLog::ServedLog(store::Store& store) : store_(store), thread_([this] { run(); }) {}

ServedLog::~ServedLog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void ServedLog::add(store::Served record) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= kMaxQueued) {
    ++dropped_;
    return;
  }
  queue_.push_back(std::move(record));
  if (queue_.size() == 1 || queue_.size() == kBatch) wake_.notify_one();
}

void ServedLog::drain() {
  std::unique_lock lock(mutex_);
  draining_ = true;
  wake_.notify_one();
  idle_.wait(lock, [&] { return queue_.empty() && !writing_; });
  draining_ = false;
}

void ServedLog::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;  // stopped
    wake_.wait_for(lock, kLag, [&] { return stop_ || draining_ || queue_.size() >= kBatch; });
    std::vector<store::Served> batch;
    batch.swap(queue_);
    writing_ = true;
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    lock.unlock();
    if (dropped > 0) log::warn("served log: {} records were dropped because the store could not keep up", dropped);
    if (const Status status = store_.append_served(batch); !status) {
      log::error("served log: {} records were lost: {}", batch.size(), status.error().message());
    }
    lock.lock();
    writing_ = false;
    idle_.notify_all();
  }
}

std::string new_request_id() {
  std::array<std::uint64_t, 2> words{};
  std::size_t filled = 0;
  while (filled < sizeof(words)) {
    const ssize_t got = ::getrandom(reinterpret_cast<char*>(words.data()) + filled, sizeof(words) - filled, 0);
    if (got > 0) filled += static_cast<std::size_t>(got);  // EINTR: again
  }
  return fmt::format("{:016x}{:016x}", words[0], words[1]);
}

}  // namespace souk::engine
