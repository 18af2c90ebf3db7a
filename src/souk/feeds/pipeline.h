// A bounded pipeline whose results keep the order of their input: worker threads take the next input in turn, work on it side by side, and
// the calling thread consumes the results in input order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "souk/base/result.h"

namespace souk::feeds {

template <class Input, class Output>
class Pipeline {
 public:
  // produce: the next input, nothing at the end; calls never overlap. work(input, thread): side by side, on `threads` threads.
  // consume: on the thread that calls run(), in order. At most `threads` + 2 inputs are under way at a time.
  struct Stages {
    std::function<Result<std::optional<Input>>()> produce;
    std::function<Output(Input&&, unsigned)> work;
    std::function<Status(Output&&)> consume;
  };

  // The first error in input order; everything before it was consumed.
  static Status run(unsigned threads, const Stages& stages) {
    Pipeline pipeline(threads, stages);
    std::vector<std::thread> workers;
    for (unsigned thread = 0; thread < threads; ++thread) workers.emplace_back([&pipeline, thread] { pipeline.work(thread); });
    Status status = pipeline.consume();
    pipeline.stop();
    for (std::thread& worker : workers) worker.join();
    return status;
  }

 private:
  Pipeline(unsigned threads, const Stages& stages) : stages_(stages), window_(threads + 2u) {}

  void work(unsigned thread) {
    for (;;) {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return stopped_ || ended_ || (!producing_ && produced_ < consumed_ + window_); });
      if (stopped_ || ended_) return;
      producing_ = true;
      const std::uint64_t number = produced_++;
      lock.unlock();
      auto input = stages_.produce();
      const bool last = !input || !*input;
      lock.lock();
      producing_ = false;
      ended_ = last;
      lock.unlock();
      room_.notify_all();
      Slot slot = last ? Slot{std::nullopt, input ? Status() : Status(fail(input.error()))}
                       : Slot{stages_.work(std::move(**input), thread), Status()};
      lock.lock();
      slots_.emplace(number, std::move(slot));
      lock.unlock();
      ready_.notify_one();
      if (last) return;
    }
  }

  Status consume() {
    for (;;) {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return slots_.contains(consumed_); });
      auto node = slots_.extract(consumed_);
      lock.unlock();
      Slot& slot = node.mapped();
      if (!slot.output) return slot.status;
      SOUK_CHECK(stages_.consume(std::move(*slot.output)));
      lock.lock();
      ++consumed_;
      lock.unlock();
      room_.notify_all();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
  }

  struct Slot {
    std::optional<Output> output;  // nothing: the end
    Status status;
  };
  const Stages& stages_;
  const std::uint64_t window_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::map<std::uint64_t, Slot> slots_;
  std::uint64_t produced_ = 0, consumed_ = 0;
  bool producing_ = false, ended_ = false, stopped_ = false;
};

}  // namespace souk::feeds
