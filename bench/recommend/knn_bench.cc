// Fitting item neighbours, and the best 20 items of every shopper, with the settings of the library `implicit`: its K = 500 counts the item
// itself, so 499 neighbours.
#include <benchmark/benchmark.h>
#include <memory>
#include <string>
#include <vector>

#include "souk/recommend/rank_model.h"

#include "bench/recommend/bench_log.h"

namespace souk::recommend {
namespace {

const store::Interactions& shared_log() {
  static const store::Interactions log = bench::bench_log();
  return log;
}

const char* settings_of(std::int64_t model) {
  return model == 0 ? "neighbours = 499\nrepeats = \"sum\""
                    : "neighbours = 499\nrepeats = \"sum\"\nweighting = \"bm25\"\nalpha = 0\nbeta = 0";
}

std::unique_ptr<RankModel> fit(std::int64_t model) {
  const auto config = Config::parse(settings_of(model), "bench");
  const auto entry = find_rank_model("item-knn", "bench");
  auto fitted = (*entry)->fit({shared_log(), *config, 1, 1, Progress::none()});
  return std::move(fitted).value();
}

void knn_fit(benchmark::State& state) {
  shared_log();
  for (auto _ : state) benchmark::DoNotOptimize(fit(state.range(0)));
}
BENCHMARK(knn_fit)->ArgName("bm25")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

void knn_top20(benchmark::State& state) {
  const auto& log = shared_log();
  const auto model = fit(state.range(0));
  std::vector<eval::History> histories;
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) histories.push_back(log.row(shopper));
  std::vector<std::vector<Scored>> lists;
  for (auto _ : state) lists = top_k(*model, log.items(), histories, {.k = 20, .mask_history = true, .threads = 1}, Progress::none());
  double mass = 0;  // what the lists say, so that equal work is compared
  for (const auto& list : lists) {
    for (const Scored& one : list) mass += static_cast<double>(one.score);
  }
  state.counters["mass"] = mass;
}
BENCHMARK(knn_top20)->ArgName("bm25")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
}  // namespace souk::recommend
