#include "souk/base/threads.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace souk {
namespace {

// Starts up to `wanted` threads; fewer when the system has no more to give, which slows the work but does not fail it.
void start(std::vector<std::jthread>& threads, unsigned wanted, const std::function<void(unsigned)>& body) {
  threads.reserve(wanted);
  try {
    for (unsigned i = 0; i < wanted; ++i) threads.emplace_back([&body, i] { body(i + 1); });
  } catch (const std::system_error&) {
    return;
  }
}

}  // namespace

unsigned default_threads() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    if (const int count = CPU_COUNT(&allowed); count > 0) return static_cast<unsigned>(count);
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

void make_way() {
  ::setpriority(PRIO_PROCESS, 0, 19);              // on Linux of the thread
  constexpr int kThisThread = 1, kIdle = 3 << 13;  // IOPRIO_WHO_PROCESS and class IDLE of ioprio_set(2)
  ::syscall(SYS_ioprio_set, kThisThread, 0, kIdle);
}

void run_in_background(const std::function<void()>& work) {
  try {
    std::jthread([&work] {
      make_way();
      work();
    }).join();
  } catch (const std::system_error&) {  // no thread to be had
    work();
  }
}

void parallel_for(std::size_t count, std::size_t grain, unsigned threads,
                  const std::function<void(std::size_t, std::size_t, unsigned)>& work) {
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t chunks = count / grain + (count % grain != 0 ? 1 : 0);
  std::atomic<std::size_t> next{0};
  const std::function<void(unsigned)> body = [&](unsigned thread) {
    for (std::size_t chunk = next++; chunk < chunks; chunk = next++) {
      work(chunk * grain, std::min(count, (chunk + 1) * grain), thread);
    }
  };
  const std::size_t useful = std::min<std::size_t>(std::max(threads, 1U), chunks);
  std::vector<std::jthread> helpers;
  if (useful > 1) start(helpers, static_cast<unsigned>(useful - 1), body);
  body(0);
}

void ordered_pipeline(std::size_t slots, unsigned threads, const std::function<bool(std::size_t)>& produce,
                      const std::function<void(std::size_t)>& transform, const std::function<bool(std::size_t)>& consume) {
  assert(slots > 0);
  std::mutex mutex;
  std::condition_variable filled, transformed;
  std::deque<std::size_t> waiting;  // slots to transform, oldest first
  std::vector<bool> ready(slots, false);
  bool stopping = false;

  // Transforms the oldest waiting slot. The lock is held on entry and on return.
  const auto transform_one = [&](std::unique_lock<std::mutex>& lock) {
    const std::size_t slot = waiting.front();
    waiting.pop_front();
    lock.unlock();
    transform(slot);
    lock.lock();
    ready[slot] = true;
    transformed.notify_one();
  };
  const std::function<void(unsigned)> body = [&](unsigned) {
    std::unique_lock lock(mutex);
    while (true) {
      filled.wait(lock, [&] { return stopping || !waiting.empty(); });
      if (stopping) return;
      transform_one(lock);
    }
  };
  std::vector<std::jthread> helpers;
  if (threads > 1) start(helpers, threads - 1, body);

  std::size_t produced = 0, consumed = 0;
  bool more = true;
  std::unique_lock lock(mutex);
  while (true) {
    if (more && produced - consumed < slots) {
      lock.unlock();
      more = produce(produced % slots);
      lock.lock();
      if (!more) continue;
      waiting.push_back(produced++ % slots);
      filled.notify_one();
      continue;
    }
    if (produced == consumed) break;
    const std::size_t oldest = consumed % slots;
    if (!ready[oldest]) {
      if (!waiting.empty()) {
        transform_one(lock);
      } else {
        transformed.wait(lock, [&] { return ready[oldest]; });
      }
      continue;
    }
    ready[oldest] = false;
    lock.unlock();
    const bool go_on = consume(oldest);
    lock.lock();
    ++consumed;
    if (!go_on) break;
  }
  stopping = true;
  lock.unlock();
  filled.notify_all();
}

}  // namespace souk
