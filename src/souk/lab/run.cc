#include "souk/lab/run.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <sys/resource.h>
#include <utility>

#include "souk/engine/shop.h"
#include "souk/lab/data.h"
#include "souk/lab/floors.h"
#include "souk/recommend/rank_model.h"

namespace souk::lab {
namespace {

double cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Wall and processor seconds of a stage, written when it ends.
class Stopwatch {
 public:
  Stopwatch(double& wall, double& cpu) : wall_(wall), cpu_(cpu), wall_start_(std::chrono::steady_clock::now()), cpu_start_(cpu_now()) {}
  ~Stopwatch() {
    wall_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_start_).count();
    cpu_ = cpu_now() - cpu_start_;
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double &wall_, &cpu_;
  std::chrono::steady_clock::time_point wall_start_;
  double cpu_start_;
};

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

Result<eval::Split> split_log(const store::Interactions& log, const SplitRule& rule) {
  if (rule.kind == SplitRule::Kind::leave_one_out) return eval::leave_one_out(log, rule.part);
  const auto times = log.event_times();
  if (times.empty()) return fail(ErrorKind::invalid, "the data has no events to hold out");
  const auto [first, last] = std::minmax_element(times.begin(), times.end());
  const Duration holdout = rule.holdout > 0 ? rule.holdout : (*last - *first) / 10;
  constexpr std::uint32_t kEveryKind = ~0U;
  return eval::at_time(log, *last - holdout, kEveryKind);
}

Metrics reported(const Recipe& recipe, const eval::RankResult& result) {
  Metrics metrics;
  for (const std::string& name : recipe.report) metrics[name] = result.metrics.at(name);
  metrics[recipe.primary] = result.metrics.at(recipe.primary);
  return metrics;
}

struct Bench {  // what every model of a run is measured on
  const Recipe& recipe;
  const Data& data;
  const eval::Split& split;
  eval::RankEvalOptions options;
  Progress& progress;

  eval::RankResult measure(const recommend::RankModel& model) const {
    return eval::rank_eval(data.log, split.cases, model.as_score_case(), options, progress);
  }
};

// Runs the floors, and compares the model with the best of those it is not itself.
Status judge(const Bench& bench, const eval::RankResult& own, unsigned threads, std::uint64_t seed, RunRecord& record) {
  const std::string& primary = bench.recipe.primary;
  std::vector<float> best;
  double best_value = -1;
  for (const std::string_view name : floor_names(bench.recipe.split.mask_history)) {
    SOUK_TRY(const recommend::RankModelEntry* const floor, recommend::find_rank_model(name, "floors"));
    SOUK_TRY(const auto model, floor->fit({bench.split.train, Config(), threads, seed, bench.progress}));
    eval::RankResult result = bench.measure(*model);
    record.floors[std::string(name)] = reported(bench.recipe, result);
    if (name == bench.recipe.model || result.metrics.at(primary) <= best_value) continue;
    best_value = result.metrics.at(primary);
    best = std::move(result.per_case.at(primary));
    RunRecord::Versus versus;
    versus.floor = name;
    record.versus = std::move(versus);
  }
  if (record.versus) {
    const eval::PairedDifference difference = eval::paired_bootstrap(own.per_case.at(primary), best, seed);
    record.versus->metric = primary;
    record.versus->delta = difference.delta;
    record.versus->p = difference.p;
    record.versus->interval = difference.interval;
  }
  return {};
}

}  // namespace

Result<RunRecord> run_recipe(const RunOptions& options, Progress& progress) {
  SOUK_TRY(const Recipe recipe, Recipe::load(options.recipe, options.overrides));
  RunRecord record;
  record.recipe = recipe.name;
  record.model = recipe.model;
  record.system = recipe.system;
  record.protocol = recipe.split.protocol();
  record.seed = options.seed;
  record.overrides = options.overrides;
  record.paper = recipe.paper;
  record.version = engine::kVersion;

  Data data;
  {
    const Stopwatch watch(record.seconds.load, record.cpu_seconds.load);
    SOUK_TRY(data, load_data(options.data, recipe.data, recipe.descriptors, options.threads, progress));
  }
  record.data = {data.name, data.hash, data.log.shoppers(), data.log.items(), data.log.events()};
  SOUK_TRY(const eval::Split split, split_log(data.log, recipe.split));
  record.split = split.fingerprint;
  record.cases = split.cases.size();

  const Bench bench{recipe, data, split, {recipe.cutoffs(), recipe.split.mask_history, options.threads}, progress};
  SOUK_TRY(const recommend::RankModelEntry* const entry, recommend::find_rank_model(recipe.model, recipe.name));
  std::unique_ptr<recommend::RankModel> model;
  {
    const Stopwatch watch(record.seconds.train, record.cpu_seconds.train);
    SOUK_TRY(model, entry->fit({split.train, recipe.settings, options.threads, options.seed, progress}));
  }
  eval::RankResult result;
  {
    const Stopwatch watch(record.seconds.evaluate, record.cpu_seconds.evaluate);
    result = bench.measure(*model);
  }
  if (progress.cancelled()) return fail(ErrorKind::cancelled, "the run was cancelled", recipe.name);
  record.metrics = reported(recipe, result);
  for (const auto& [name, value] : record.metrics) record.interval[name] = eval::bootstrap(result.per_case.at(name), options.seed);
  SOUK_CHECK(judge(bench, result, options.threads, options.seed, record));
  record.peak_rss_mb = peak_rss_mb();
  return record;
}

}  // namespace souk::lab
