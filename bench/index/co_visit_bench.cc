// Fitting the pair tables on a log of the size and shape of a grocery year: 2,469 shoppers, 1.47 M events, 68,509 items of which few sell
// most, baskets of 9 lines.
#include <benchmark/benchmark.h>
#include <string>
#include <utility>
#include <vector>

#include "souk/base/random.h"
#include "souk/base/threads.h"
#include "souk/index/counts.h"

namespace souk::index {
namespace {

store::Interactions grocery_log() {
  constexpr std::uint32_t kShoppers = 2469, kItems = 68509, kEvents = 595, kLines = 9;
  Random random(1);
  store::InteractionsBuilder builder;
  builder.reserve(std::size_t{kShoppers} * kEvents);
  for (std::uint32_t shopper = 0; shopper < kShoppers; ++shopper) {
    for (std::uint32_t event = 0; event < kEvents; ++event) {
      const double skewed = random.uniform() * random.uniform() * random.uniform();
      builder.add({.shopper = shopper,
                   .item = static_cast<std::uint32_t>(skewed * kItems),
                   .time = Timestamp{event / kLines} * kDay,
                   .order = event / kLines + 1});
    }
  }
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  for (std::uint32_t item = 0; item < kItems; ++item) {
    keys.push_back(std::to_string(item));
    ids.push_back(ItemId{item});
  }
  auto log = std::move(builder).build(std::move(keys), std::move(ids), {}, true);
  return std::move(log).value();
}

const store::Interactions& shared_log() {
  static const store::Interactions log = grocery_log();
  return log;
}

void co_visit_fit(benchmark::State& state) {
  const auto& log = shared_log();
  for (auto _ : state) {
    const CoVisit table = CoVisit::fit(log, {.keep = 200}, static_cast<unsigned>(state.range(0)), Progress::none());
    benchmark::DoNotOptimize(table.items());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log.events()));
}
BENCHMARK(co_visit_fit)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

void basket_fit(benchmark::State& state) {
  const auto& log = shared_log();
  for (auto _ : state) {
    const Basket table = Basket::fit(log, {}, static_cast<unsigned>(state.range(0)), Progress::none());
    benchmark::DoNotOptimize(table.items());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log.events()));
}
BENCHMARK(basket_fit)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

void co_visit_score(benchmark::State& state) {
  const auto& log = shared_log();
  const CoVisit table = CoVisit::fit(log, {.keep = 200}, default_threads(), Progress::none());
  std::vector<float> scores(log.items());
  std::uint32_t shopper = 0;
  for (auto _ : state) {
    table.score(log.row(shopper).items, scores);
    shopper = (shopper + 1) % log.shoppers();
  }
  benchmark::DoNotOptimize(scores.data());
}
BENCHMARK(co_visit_score)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace souk::index
