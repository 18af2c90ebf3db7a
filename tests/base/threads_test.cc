#include "souk/base/threads.h"

#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace souk {
namespace {

TEST(DefaultThreads, IsAtLeastOne) {
  EXPECT_GE(default_threads(), 1U);
}

TEST(RunInBackground, ReturnsWhenItIsDoneAndLeavesTheCallersPriorityAsItWas) {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  int during = 0;
  std::thread::id worker;
  run_in_background([&] {
    during = ::getpriority(PRIO_PROCESS, 0);
    worker = std::this_thread::get_id();
  });
  EXPECT_EQ(during, 19);
  EXPECT_NE(worker, std::this_thread::get_id());
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
}

TEST(ParallelFor, VisitsEveryElementOnceInChunksOfTheGrain) {
  for (const std::size_t count : {0UL, 1UL, 9UL, 10UL, 11UL, 1000UL}) {
    for (const unsigned threads : {0U, 1U, 2U, 8U}) {
      for (const std::size_t grain : {0UL, 1UL, 10UL, 5000UL}) {
        std::vector<std::atomic<int>> visits(count);
        parallel_for(count, grain, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
          EXPECT_LT(thread, std::max(threads, 1U));
          EXPECT_EQ(begin % std::max<std::size_t>(grain, 1), 0U);
          EXPECT_TRUE(end == count || end - begin == std::max<std::size_t>(grain, 1));
          for (std::size_t i = begin; i < end; ++i) ++visits[i];
        });
        for (const auto& visit : visits) ASSERT_EQ(visit, 1);
      }
    }
  }
}

TEST(ParallelFor, NamesThreadsSoThatEachCanHaveItsOwnState) {
  constexpr unsigned kThreads = 4;
  std::vector<std::set<std::thread::id>> seen(kThreads);  // written without a lock: a number must belong to one thread only
  parallel_for(10'000, 1, kThreads, [&](std::size_t, std::size_t, unsigned thread) { seen[thread].insert(std::this_thread::get_id()); });
  for (const auto& ids : seen) EXPECT_LE(ids.size(), 1U);
}

class Pipeline : public ::testing::TestWithParam<std::tuple<std::size_t, unsigned>> {};

TEST_P(Pipeline, KeepsOrderAndBoundsWhatIsInFlight) {
  const auto [slots, threads] = GetParam();
  constexpr int kPieces = 500;
  std::vector<int> buffer(slots, -1);
  const auto caller = std::this_thread::get_id();
  int next = 0;
  std::size_t in_flight = 0;
  std::vector<int> results;
  ordered_pipeline(
      slots, threads,
      [&](std::size_t slot) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        if (next == kPieces) return false;
        EXPECT_LE(++in_flight, slots);
        buffer[slot] = next++;
        return true;
      },
      [&](std::size_t slot) {
        if (buffer[slot] % 7 == 0) std::this_thread::yield();
        buffer[slot] *= 2;
      },
      [&](std::size_t slot) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        --in_flight;
        results.push_back(buffer[slot]);
        return true;
      });
  ASSERT_EQ(results.size(), static_cast<std::size_t>(kPieces));
  for (int i = 0; i < kPieces; ++i) ASSERT_EQ(results[static_cast<std::size_t>(i)], 2 * i);
}

TEST_P(Pipeline, StopsWhenTheConsumerHasEnough) {
  const auto [slots, threads] = GetParam();
  std::atomic<int> transformed{0};
  int consumed = 0;
  ordered_pipeline(
      slots, threads, [](std::size_t) { return true; }, [&](std::size_t) { ++transformed; }, [&](std::size_t) { return ++consumed < 10; });
  EXPECT_EQ(consumed, 10);
  EXPECT_LE(transformed, static_cast<int>(10 + slots));
}

TEST_P(Pipeline, MayHaveNothingToDo) {
  const auto [slots, threads] = GetParam();
  ordered_pipeline(
      slots, threads, [](std::size_t) { return false; }, [](std::size_t) { FAIL(); }, [](std::size_t) { return true; });
}

INSTANTIATE_TEST_SUITE_P(SlotsAndThreads, Pipeline, ::testing::Combine(::testing::Values(1, 2, 8), ::testing::Values(1, 2, 4)));

}  // namespace
}  // namespace souk
