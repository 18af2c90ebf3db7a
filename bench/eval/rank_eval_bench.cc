// Full-ranking evaluation: cases a second for a model that costs nothing, so that what is left is counting ranks. One truth item over a
// catalogue of the size of Beauty, and thirty over one of the size of a grocer's.
#include <benchmark/benchmark.h>
#include <string>
#include <utility>
#include <vector>

#include "souk/base/random.h"
#include "souk/eval/rank_eval.h"

namespace souk::eval {
namespace {

store::Interactions catalogue(std::uint32_t shoppers, std::uint32_t items) {
  store::InteractionsBuilder builder;
  for (std::uint32_t shopper = 0; shopper < shoppers; ++shopper) builder.add({.shopper = shopper, .item = shopper % items});
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  for (std::uint32_t item = 0; item < items; ++item) {
    keys.push_back(std::to_string(item));
    ids.push_back(ItemId{item});
  }
  auto log = std::move(builder).build(std::move(keys), std::move(ids), {}, false);
  return std::move(log).value();
}

void rank_cases(benchmark::State& state) {
  const auto items = static_cast<std::uint32_t>(state.range(0));
  constexpr std::uint32_t kCases = 1000;
  const auto log = catalogue(kCases, items);
  Random random(1);
  std::vector<float> scores(items);
  for (float& score : scores) score = static_cast<float>(random.uniform());
  std::vector<Case> cases;
  for (std::uint32_t shopper = 0; shopper < kCases; ++shopper) {
    Case one{shopper, 1, {}};
    for (std::int64_t i = 0; i < state.range(1); ++i) one.truth.push_back(static_cast<std::uint32_t>(random.below(items)));
    cases.push_back(std::move(one));
  }
  const ScoreCase model = [&](const Case&, std::span<const std::uint32_t>, std::span<float> out, unsigned) {
    std::copy(scores.begin(), scores.end(), out.begin());
  };
  for (auto _ : state) {
    const RankResult result = rank_eval(log, cases, model, {}, Progress::none());
    benchmark::DoNotOptimize(result.metrics.size());
  }
  state.SetItemsProcessed(state.iterations() * kCases);
}
BENCHMARK(rank_cases)->Args({12'101, 1})->Args({68'509, 30})->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
}  // namespace souk::eval
