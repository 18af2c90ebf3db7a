#include "souk/lab/shelves.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "souk/base/kernels/top_k.h"
#include "souk/base/random.h"
#include "souk/base/threads.h"
#include "souk/recommend/rank_model.h"

namespace souk::lab {
namespace {

using Clock = std::chrono::steady_clock;
using Lists = std::vector<std::vector<std::uint32_t>>;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Floor {
  std::string name;
  std::unique_ptr<recommend::RankModel> model;
};

// A uniform sample that keeps the order.
std::vector<ShelfCase> sample(std::vector<ShelfCase> cases, std::size_t most, std::uint64_t seed) {
  if (most == 0 || cases.size() <= most) return cases;
  Random random(seed);
  std::vector<ShelfCase> kept;
  kept.reserve(most);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::size_t left = cases.size() - i, wanted = most - kept.size();
    if (random.below(left) < wanted) kept.push_back(std::move(cases[i]));
  }
  return kept;
}

Result<Lists> ask_shelf(const ShelfUnderTest& shelf, const std::vector<ShelfCase>& cases, std::size_t k, unsigned threads,
                        std::vector<double>& milliseconds, Progress& progress) {
  Lists lists(cases.size());
  milliseconds.assign(cases.size(), 0.0);
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Error error;
  progress.stage("shelf " + shelf.name, cases.size(), "cases");
  parallel_for(cases.size(), 16, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t i = begin; i < end && !failed && !progress.cancelled(); ++i) {
      const auto start = Clock::now();
      auto list = shelf.ask(cases[i], k);
      milliseconds[i] = milliseconds_since(start);
      if (list) {
        lists[i] = std::move(*list);
      } else if (const std::scoped_lock lock(mutex); !failed.exchange(true)) {
        error = std::move(list).error();
      }
    }
    progress.add(end - begin);
  });
  progress.finish();
  if (failed) return fail(std::move(error));
  if (progress.cancelled()) return fail(ErrorKind::cancelled, "the evaluation was cancelled", shelf.name);
  return lists;
}

// What a floor would show: items with a positive score, without those in the context, nor (where repeats are not wanted) in the history.
// Item and basket shelves ask co-visitation about the context, every other question is about the shopper's history.
Lists ask_floor(const Floor& floor, const store::Interactions& log, const ShelfUnderTest& shelf, const std::vector<ShelfCase>& cases,
                std::size_t k, unsigned threads) {
  Lists lists(cases.size());
  std::vector<std::vector<float>> buffers(std::max(1U, threads));
  parallel_for(cases.size(), 16, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    std::vector<float>& scores = buffers[thread];
    TopK best(k);
    for (std::size_t i = begin; i < end; ++i) {
      const ShelfCase& one = cases[i];
      const auto history = log.row(one.base.shopper).items.first(one.base.history_events);
      const bool about_context = !one.context.empty() && floor.name == "co-visitation";
      scores.assign(log.items(), 0.0F);
      floor.model->score(about_context ? std::span<const std::uint32_t>(one.context) : history, scores);
      for (const std::uint32_t item : one.context) scores[item] = 0;
      if (!shelf.repeats) {
        for (const std::uint32_t item : history) scores[item] = 0;
      }
      best.reset(k);
      for (std::uint32_t item = 0; item < scores.size(); ++item) {
        if (scores[item] > 0) best.offer(item, scores[item]);
      }
      for (const Scored& entry : best.take()) lists[i].push_back(entry.row);
    }
  });
  return lists;
}

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

Result<std::vector<Floor>> fit_floors(const store::Interactions& train, unsigned threads, Progress& progress) {
  std::vector<Floor> floors;
  for (const char* name : {"popularity", "buy-again", "co-visitation"}) {
    SOUK_TRY(const recommend::RankModelEntry* const entry, recommend::find_rank_model(name, "floors"));
    SOUK_TRY(auto model, entry->fit({train, Config(), threads, 1, progress}));
    floors.push_back({name, std::move(model)});
  }
  return floors;
}

std::map<std::string, eval::Interval> intervals(const eval::RankResult& result, std::uint64_t seed,
                                                std::span<const std::uint32_t> clusters) {
  std::map<std::string, eval::Interval> found;
  for (const auto& [name, values] : result.per_case) found[name] = eval::bootstrap(values, seed, 1000, clusters);
  return found;
}

struct Judge {
  const store::Interactions& log;
  const HeldOut& held_out;
  const std::vector<Floor>& floors;
  const EvaluateOptions& options;
  const std::string& metric;
  Progress& progress;

  Result<ShelfReport> operator()(const ShelfUnderTest& shelf) const {
    ShelfReport report;
    report.name = shelf.name;
    report.context = shelf::name_of(shelf.context);
    report.repeats = shelf.repeats;
    auto all = shelf_cases(log, held_out.first_held_out, shelf.context, shelf.truth_kinds);
    report.possible_cases = all.size();
    const std::vector<ShelfCase> cases = sample(std::move(all), options.max_cases, options.seed);
    report.cases = cases.size();
    if (cases.empty()) {
      report.note = "nothing was held out that this shelf could be judged on";
      return report;
    }
    std::vector<eval::Case> questions;
    std::vector<std::uint32_t> clusters;  // bootstrap over shoppers
    for (const ShelfCase& one : cases) {
      questions.push_back(one.base);
      clusters.push_back(one.base.shopper);
    }
    const std::size_t k = *std::max_element(options.cutoffs.begin(), options.cutoffs.end());
    std::vector<double> milliseconds;
    SOUK_TRY(const Lists lists, ask_shelf(shelf, cases, k, options.threads, milliseconds, progress));
    report.p50_ms = at_share(milliseconds, 0.50);
    report.p99_ms = at_share(std::move(milliseconds), 0.99);
    const eval::RankResult own = eval::list_eval(questions, lists, options.cutoffs);
    report.metrics = own.metrics;
    report.interval = intervals(own, options.seed, clusters);
    for (const Floor& floor : floors) {
      if (!shelf.repeats && floor.name == "buy-again") continue;
      const eval::RankResult result = eval::list_eval(questions, ask_floor(floor, log, shelf, cases, k, options.threads), options.cutoffs);
      report.floors.emplace_back(floor.name, result.metrics);
      report.floor_interval[floor.name] = intervals(result, options.seed, clusters);
      const auto difference = eval::paired_bootstrap(own.per_case.at(metric), result.per_case.at(metric), options.seed, 1000, clusters);
      report.versus.push_back({floor.name, difference, std::string(eval::verdict(difference.delta, difference.p, difference.clusters))});
    }
    return report;
  }
};

}  // namespace

Result<ShopReport> evaluate_shelves(const store::Interactions& log, const HeldOut& held_out, std::span<const ShelfUnderTest> shelves,
                                    const EvaluateOptions& options, Progress& progress) {
  const auto start = Clock::now();
  if (options.cutoffs.empty() || *std::min_element(options.cutoffs.begin(), options.cutoffs.end()) == 0) {
    return fail(ErrorKind::invalid, "cutoffs must be 1 or more", "-k");
  }
  ShopReport report;
  report.split = held_out.rule;
  report.fingerprint = held_out.fingerprint;
  report.log = log.fingerprint();
  report.metric = "NDCG@" + std::to_string(options.cutoffs.front());
  report.shoppers = log.shoppers();
  report.items = log.items();
  report.events = log.events();
  report.train_events = held_out.train.events();
  report.seed = options.seed;
  SOUK_TRY(const std::vector<Floor> floors, fit_floors(held_out.train, options.threads, progress));
  const Judge judge{log, held_out, floors, options, report.metric, progress};
  for (const ShelfUnderTest& shelf : shelves) {
    SOUK_TRY(ShelfReport one, judge(shelf));
    report.shelves.push_back(std::move(one));
  }
  report.seconds = milliseconds_since(start) / 1000;
  return report;
}

}  // namespace souk::lab
