#include "souk/base/fair_mutex.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace souk {
namespace {

TEST(FairSharedMutex, IsSharedByManyOrHeldByOne) {
  FairSharedMutex mutex;
  int value = 0;
  std::atomic<bool> differed = false;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 500; ++i) {
        if (thread == 0) {
          const std::lock_guard lock(mutex);
          ++value;
          ++value;
        } else {
          const std::shared_lock lock(mutex);
          if (value % 2 != 0) differed = true;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(value, 1000);
  EXPECT_FALSE(differed);
}

// Two who always overlap: one of them shares it at every moment.
TEST(FairSharedMutex, LetsWhoWaitsToBeAloneIn) {
  constexpr int kTurns = 2000;
  FairSharedMutex mutex;
  std::atomic<bool> was_alone = false;
  std::atomic<int> turns = 0;
  const auto share = [&] {
    std::shared_lock lock(mutex);
    while (!was_alone && turns < kTurns) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ++turns;
      std::shared_lock next(mutex, std::defer_lock);
      lock.unlock();
      next.lock();
      lock = std::move(next);
    }
  };
  std::thread one(share), other(share), third(share);
  while (turns < 10) std::this_thread::yield();
  mutex.lock();
  was_alone = true;
  const int turns_until_then = turns;
  mutex.unlock();
  for (std::thread* thread : {&one, &other, &third}) thread->join();
  EXPECT_LT(turns_until_then, kTurns);
}

}  // namespace
}  // namespace souk
