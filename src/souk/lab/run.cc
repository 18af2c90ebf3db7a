#include "souk/lab/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fmt/format.h>
#include <memory>
#include <sys/resource.h>
#include <utility>

#include "souk/base/build.h"
#include "souk/base/hash.h"
#include "souk/engine/shop.h"
#include "souk/feeds/research.h"
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

// The reported metrics, and Coverage and Gini at the primary cutoff where there are any.
Metrics reported(const Judging& judging, const Metrics& all) {
  Metrics metrics;
  const auto take = [&](const std::string& name) {
    if (const auto found = all.find(name); found != all.end()) metrics[name] = found->second;
  };
  for (const std::string& name : judging.report) take(name);
  const std::string cutoff = judging.primary.substr(judging.primary.find('@'));
  take("Coverage" + cutoff);
  take("Gini" + cutoff);
  return metrics;
}

struct Clusters {
  std::vector<std::uint32_t> numbers;  // the shopper of each case
  std::uint64_t count = 0;
};

Clusters clusters_of(const eval::Split& split) {
  Clusters clusters;
  clusters.numbers.reserve(split.cases.size());
  for (const eval::Case& one : split.cases) {
    if (clusters.numbers.empty() || clusters.numbers.back() != one.shopper) ++clusters.count;  // cases come by shopper
    clusters.numbers.push_back(one.shopper);
  }
  if (clusters.count == clusters.numbers.size()) clusters.numbers.clear();  // each for itself
  return clusters;
}

struct Bench {  // what every model of a run is measured on
  const Judging& judging;
  const eval::Split& split;
  const RunOptions& options;
  Clusters clusters;
  Journal& journal;
  Progress& progress;

  // From the journal, where that has it.
  Result<Stage> stage(const std::string& name, const std::string& model, const Config& settings, bool keep_lists) const {
    if (const Stage* const finished = journal.find(name)) return *finished;
    SOUK_TRY(Measured measured, measure(model, settings, judging, split, options, keep_lists, journal.training(name), progress));
    SOUK_CHECK(journal.keep(name, measured.stage));
    return std::move(measured.stage);
  }
  std::map<std::string, eval::Interval> intervals(const Stage& stage) const {
    std::map<std::string, eval::Interval> found;
    for (const auto& [name, values] : stage.per_case) {
      found[name] = eval::bootstrap(values, options.seed, kRounds, clusters.numbers);
    }
    return found;
  }
  static constexpr std::uint32_t kRounds = 1000;
};

// Runs the floors, and compares the model with the best of those it is not itself.
Status judge(const Bench& bench, const Stage& own, RunRecord& record) {
  const std::string& primary = bench.judging.primary;
  std::vector<float> best;
  double best_value = -1;
  for (const std::string_view floor : floor_names(bench.judging.mask_history)) {
    const std::string name(floor);
    SOUK_TRY(Stage stage, bench.stage("floor " + name, name, Config(), false));
    record.floors[name] = stage.metrics;
    record.floor_interval[name] = bench.intervals(stage);
    const bool itself = name == record.model && stage.per_case == own.per_case;  // tuned, it is no longer the floor
    if (itself || stage.metrics.at(primary) <= best_value) continue;
    best_value = stage.metrics.at(primary);
    best = std::move(stage.per_case.at(primary));
    RunRecord::Versus versus;
    versus.floor = name;
    record.versus = std::move(versus);
  }
  if (record.versus) {
    const eval::PairedDifference difference =
        eval::paired_bootstrap(own.per_case.at(primary), best, bench.options.seed, Bench::kRounds, bench.clusters.numbers);
    record.versus->metric = primary;
    record.versus->delta = difference.delta;
    record.versus->p = difference.p;
    record.versus->interval = difference.interval;
  }
  return {};
}

std::vector<RunRecord::Slice> slices_of(const eval::Split& split, const Stage& stage) {
  eval::RankResult result;
  result.per_case = stage.per_case;
  for (const auto& [name, values] : stage.per_case) result.metrics[name] = stage.metrics.at(name);
  std::vector<RunRecord::Slice> slices;
  for (const eval::Slice& slice : eval::slices(split)) {
    slices.push_back({slice.group, slice.name, slice.cases.size(), eval::slice_means(result, slice)});
  }
  return slices;
}

RunRecord begin_record(const Recipe& recipe, const Task& task, const Data& data, const eval::Split& split, const RunOptions& options) {
  RunRecord record;
  record.recipe = recipe.name;
  record.model = recipe.model;
  record.system = recipe.system;
  record.data = {data.name, data.hash, data.log.shoppers(), data.log.items(), data.log.events()};
  record.protocol = task.judging.protocol();
  record.split = split.fingerprint;
  record.rule = split.rule;
  record.fit = task.judging.fit();
  record.cases = split.cases.size();
  record.tied = split.tied;
  record.seed = options.seed;
  record.overrides = recipe.overrides;
  for (const auto& [key, value] : values_of(task.settings)) record.settings[key] = value;
  record.tuned = task.tuned;
  record.by_hand = task.by_hand;
  record.other_split = task.other_split;
  record.primary = task.judging.primary;
  record.paper = task.paper;
  record.version = engine::kVersion;
  record.commit = build_commit();
  record.key = run_key(recipe.model, task.settings, task.judging, data, split, options.seed);
  return record;
}

// Parts that came with the set may hold their own answers, and where they have no times nobody can tell it from buying again.
std::string known_answers(const eval::Split& split) {
  const auto known = std::ranges::count_if(split.cases, [&](const eval::Case& one) {
    const auto history = split.log.row(one.shopper).first(one.history_events).items;
    return std::ranges::any_of(one.truth, [&](std::uint32_t item) { return std::ranges::find(history, item) != history.end(); });
  });
  if (!split.rule.starts_with("fixed") || known == 0) return {};
  return fmt::format("in {} of {} cases an answer is among what is known of the shopper", known, split.cases.size());
}

// The cases of the validation part, by the metric that decides. Where they are the ones that are judged (tuning), by those.
recommend::Validation validation_of(const eval::Split& split, const Judging& judging, const eval::RankEvalOptions& options) {
  const auto& cases = judging.rule.part == eval::Part::validation ? split.cases : split.validation;
  if (cases.empty()) return {};
  auto held_out = std::make_shared<eval::Split>();
  held_out->log = split.log, held_out->train = split.train, held_out->cases = cases;
  return {judging.primary, [held_out, options, primary = judging.primary](const recommend::RankModel& model) {
            return model.rank(*held_out, options, Progress::none()).metrics.at(primary);
          }};
}

void tell_what_is_taken_up(const Journal& journal, const std::string& recipe, Progress& progress) {
  if (journal.taken_up().empty()) return;
  progress.note(fmt::format("{} goes on where it was stopped; done already: {}", recipe, fmt::join(journal.taken_up(), ", ")));
}

}  // namespace

Result<eval::Split> split_for(const Judging& judging, const Data& data) {
  SOUK_TRY(eval::Split split, eval::make_split(data.log, judging.rule, judging.split_seed, data.parts ? &*data.parts : nullptr));
  if (judging.rule.kind != eval::SplitRule::Kind::fixed || data.late.empty()) return split;
  const std::uint8_t bit = judging.rule.part == eval::Part::test ? feeds::SetLog::kLateTest : feeds::SetLog::kLateValidation;
  const auto late = std::ranges::count_if(split.cases, [&](const eval::Case& one) { return (data.late[one.shopper] & bit) != 0; });
  split.rule += fmt::format("; parts that overlap in time as published: in {} of {} cases models know events later than the answer", late,
                            split.cases.size());
  split.fingerprint = eval::split_fingerprint(split);
  return split;
}

Result<Measured> measure(const std::string& model, const Config& settings, const Judging& judging, const eval::Split& split,
                         const RunOptions& options, bool keep_lists, const recommend::TrainingFiles& files, Progress& progress) {
  SOUK_TRY(const recommend::RankModelEntry* const entry, recommend::find_rank_model(model, "model"));
  eval::RankEvalOptions rank;
  rank.cutoffs = judging.cutoffs();
  rank.mask_history = judging.mask_history;
  rank.threads = options.threads;
  rank.sampled = judging.sampled;
  Measured measured;
  std::unique_ptr<recommend::RankModel> fitted;
  {
    const Stopwatch watch(measured.stage.seconds.train, measured.stage.cpu_seconds.train);
    SOUK_TRY(fitted,
             entry->fit({split.train, settings, options.threads, options.seed, progress, validation_of(split, judging, rank), files}));
  }
  rank.keep_lists = keep_lists;
  {
    const Stopwatch watch(measured.stage.seconds.evaluate, measured.stage.cpu_seconds.evaluate);
    measured.result = fitted->rank(split, rank, progress);
  }
  if (progress.cancelled()) return fail(ErrorKind::cancelled, "the run was cancelled", model);
  measured.stage.metrics = reported(judging, measured.result.metrics);
  for (const std::string& name : judging.report) measured.stage.per_case[name] = measured.result.per_case.at(name);
  measured.stage.shoppers = clusters_of(split).numbers;
  measured.stage.note = fitted->note();
  measured.stage.epochs = fitted->epochs();
  return measured;
}

std::string run_key(const std::string& model, const Config& settings, const Judging& judging, const Data& data, const eval::Split& split,
                    std::uint64_t seed) {
  const std::string all =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", engine::kVersion, model, settings.to_json(), data.hash, split.fingerprint,
                  judging.protocol(), fmt::join(judging.report, ","), judging.primary, judging.sampled.seed, seed);
  return hash128(all).hex().substr(0, 16);
}

Result<RunRecord> run_task(const Recipe& recipe, const Task& task, const Data& data, const eval::Split& split, const RunOptions& options,
                           Progress& progress) {
  SOUK_CHECK(eval::check_split(split));
  RunRecord record = begin_record(recipe, task, data, split, options);
  Journal journal;
  if (!options.runs.empty()) {
    SOUK_TRY(journal, Journal::open(run_folder(options.runs, recipe.name, data.name, record.key)));
  }
  tell_what_is_taken_up(journal, recipe.name, progress);

  const Bench bench{task.judging, split, options, clusters_of(split), journal, progress};
  SOUK_TRY(const Stage own, bench.stage("model", recipe.model, task.settings, true));
  record.peak_rss_mb = peak_rss_mb();
  record.clusters = bench.clusters.count;
  record.metrics = own.metrics;
  record.interval = bench.intervals(own);
  std::vector<std::string> notes = data.notes;
  if (!own.note.empty()) notes.push_back(own.note);
  if (!task.note.empty()) notes.push_back(task.note);
  if (const std::string known = known_answers(split); !known.empty()) notes.push_back(known);
  record.note = fmt::format("{}", fmt::join(notes, "; "));
  record.seconds = own.seconds;
  record.cpu_seconds = own.cpu_seconds;
  record.epochs = own.epochs;
  record.slices = slices_of(split, own);
  SOUK_CHECK(judge(bench, own, record));
  SOUK_CHECK(journal.finish());
  return record;
}

Result<RunRecord> run_recipe(const RunOptions& options, Progress& progress) {
  SOUK_TRY(const Recipe recipe, Recipe::load(options.recipe, options.overrides));
  Seconds seconds, cpu_seconds;
  Data data;
  {
    const Stopwatch watch(seconds.load, cpu_seconds.load);
    SOUK_TRY(data, load_data(options.data, recipe.data, recipe.descriptors, options.threads, progress));
  }
  SOUK_TRY(const Task task, recipe.on(data.name, data.protocol));
  SOUK_TRY(const eval::Split split, split_for(task.judging, data));
  SOUK_TRY(RunRecord record, run_task(recipe, task, data, split, options, progress));
  record.seconds.load = seconds.load;
  record.cpu_seconds.load = cpu_seconds.load;
  return record;
}

}  // namespace souk::lab
