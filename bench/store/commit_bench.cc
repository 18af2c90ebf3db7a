// Commits a year of a grocery shop: 1.5 M time-ordered purchases of 2,469 shoppers among 68,000 items, in batches of 10,000, each synced.
// Counts processor time of all threads, flushes and compactions included.
#include <benchmark/benchmark.h>
#include <cmath>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "souk/base/random.h"
#include "souk/store/interactions.h"
#include "souk/store/store.h"

namespace {

using namespace souk;
using namespace souk::store;

constexpr std::size_t kEvents = 1'500'000, kBatch = 10'000, kShoppers = 2'469, kItems = 68'000;

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<Changes> purchases() {
  Random random(1);
  std::vector<Changes> batches;
  Timestamp time = 1'483'271'606'000;
  std::uint64_t basket = 31'198'570'044;
  std::size_t left = 0, shopper = 0;
  for (std::size_t i = 0; i < kEvents; ++i) {
    if (i % kBatch == 0) batches.emplace_back();
    if (left-- == 0) {
      left = random.below(18);
      shopper = random.below(kShoppers);
      basket += random.below(1000) + 200;
      time += static_cast<Timestamp>(random.below(400'000));
    }
    Event event;
    const double skew = random.uniform();
    event.item = std::to_string(820'000 + static_cast<std::uint64_t>(skew * skew * static_cast<double>(kItems)) * 17);
    event.order = std::to_string(basket);
    event.id = event.order + ":" + std::to_string(i);
    event.shopper = std::to_string(shopper + 1);
    event.kind = EventKind::purchase;
    event.time = time;
    event.value = Decimal{static_cast<std::int64_t>(random.below(2000)), 2};
    event.quantity = Decimal{static_cast<std::int64_t>(random.below(3) + 1), 0};
    event.attributes["store_id"] = {std::to_string(300 + random.below(457))};
    batches.back().events.push_back(std::move(event));
  }
  return batches;
}

// Counts events per processor second, of all threads.
void commit_all(benchmark::State& state, const std::vector<Changes>& batches, Store& shop) {
  const double begin = processor_seconds();
  for (const Changes& changes : batches) {
    if (!shop.commit(changes)) state.SkipWithError("commit failed");
  }
  state.counters["commit/cpu_s"] = static_cast<double>(kEvents) / (processor_seconds() - begin);
  if (!shop.flush()) state.SkipWithError("flush failed");
  state.counters["with_flush/cpu_s"] = static_cast<double>(kEvents) / (processor_seconds() - begin);
}

void commit_new(benchmark::State& state) {
  const std::vector<Changes> batches = purchases();
  const auto folder = std::filesystem::temp_directory_path() / "souk-commit-bench";
  for (auto _ : state) {
    std::filesystem::remove_all(folder);
    const auto shop = Store::create(folder).value();
    commit_all(state, batches, *shop);
  }
  state.counters["bytes/event"] = static_cast<double>(folder_size(folder)) / static_cast<double>(kEvents);
}

// After commit_new: every event is known.
void commit_again(benchmark::State& state) {
  const std::vector<Changes> batches = purchases();
  const auto folder = std::filesystem::temp_directory_path() / "souk-commit-bench";
  const auto shop = Store::open(folder).value();
  for (auto _ : state) commit_all(state, batches, *shop);
}

// Also after commit_new: the events of a snapshot as rows, on two threads, and all events by time as `export` reads them.
void build_rows(benchmark::State& state) {
  const auto shop = Store::open(std::filesystem::temp_directory_path() / "souk-commit-bench").value();
  for (auto _ : state) benchmark::DoNotOptimize(build_interactions(*shop, shop->snapshot(), default_weights(), {}, 2).value().events());
}

void read_all_by_time(benchmark::State& state) {
  const auto shop = Store::open(std::filesystem::temp_directory_path() / "souk-commit-bench").value();
  for (auto _ : state) {
    std::uint64_t events = 0;
    if (!shop->for_each_event([&](Event&&) { return ++events > 0; }) || events != kEvents) state.SkipWithError("events are missing");
  }
}

BENCHMARK(commit_new)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(commit_again)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(build_rows)->Unit(benchmark::kSecond)->Iterations(3)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(read_all_by_time)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
