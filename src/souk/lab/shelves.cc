#include "souk/lab/shelves.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "souk/base/kernels/top_k.h"
#include "souk/base/random.h"
#include "souk/base/threads.h"
#include "souk/lab/report.h"
#include "souk/recommend/rank_model.h"

namespace souk::lab {
namespace {

using Clock = std::chrono::steady_clock;
using Lists = std::vector<std::vector<std::uint32_t>>;

constexpr std::size_t kTimedAnswers = 500;  // of a shelf

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
                        Progress& progress) {
  Lists lists(cases.size());
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Error error;
  progress.stage("shelf " + shelf.name, cases.size(), "cases");
  parallel_for(cases.size(), 16, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t i = begin; i < end && !failed && !progress.cancelled(); ++i) {
      auto list = shelf.ask(cases[i], k);
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

// How long whole answers take, in milliseconds, of cases spread over all of them.
Result<std::vector<double>> time_answers(const ShelfUnderTest& shelf, const std::vector<ShelfCase>& cases, std::size_t k) {
  std::vector<double> milliseconds;
  if (shelf.answer == nullptr) return milliseconds;
  const std::size_t timed = std::min(cases.size(), kTimedAnswers);
  for (std::size_t i = 0; i < timed; ++i) {
    const auto start = Clock::now();
    SOUK_CHECK(shelf.answer(cases[i * cases.size() / timed], k));
    milliseconds.push_back(milliseconds_since(start));
  }
  return milliseconds;
}

// The items of a context as a history of their own: chosen at one moment, all alike.
struct ContextHistory {
  explicit ContextHistory(const ShelfCase& which)
      : items(which.context),
        times(items.size(), which.at.value_or(0)),
        kinds(items.size(), static_cast<std::uint8_t>(store::EventKind::purchase)),
        weights(items.size(), 1.0F),
        orders(items.size(), 0) {}
  eval::History row() const { return {items, times, kinds, weights, orders}; }

  std::span<const std::uint32_t> items;
  std::vector<Timestamp> times;
  std::vector<std::uint8_t> kinds;
  std::vector<float> weights;
  std::vector<std::uint32_t> orders;
};

// What a floor would show: items with a positive score, without those in the context, nor (where repeats are not wanted) in the history.
// Item and basket shelves ask co-visitation about the context, every other question is about the shopper's history.
Lists ask_floor(const Floor& floor, const ShelfUnderTest& shelf, const std::vector<ShelfCase>& cases, std::size_t k, unsigned threads) {
  const store::Interactions& log = shelf.held_out->split.log;
  Lists lists(cases.size());
  std::vector<std::vector<float>> buffers(std::max(1U, threads));
  parallel_for(cases.size(), 16, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    std::vector<float>& scores = buffers[thread];
    TopK best(k);
    for (std::size_t i = begin; i < end; ++i) {
      const ShelfCase& one = cases[i];
      const eval::History history = log.row(one.base.shopper).first(one.base.history_events);
      const ContextHistory context(one);
      const bool about_context = !one.context.empty() && floor.name == "co-visitation";
      scores.assign(log.items(), 0.0F);
      floor.model->score(about_context ? context.row() : history, scores);
      for (const std::uint32_t item : one.context) scores[item] = 0;
      if (!shelf.repeats) {
        for (const std::uint32_t item : history.items) scores[item] = 0;
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

std::string truth_of(const eval::SplitRule& rule) {
  std::string names;
  for (unsigned kind = 0; kind < store::kEventKinds && rule.truth_kinds != eval::kEveryKind; ++kind) {
    if ((rule.truth_kinds >> kind & 1U) == 0) continue;
    if (!names.empty()) names += '|';
    names += store::name_of(static_cast<store::EventKind>(kind));
  }
  return names.empty() ? "any" : names;
}

using Floors = std::vector<Floor>;
Result<Floors> fit_floors(const store::Interactions& train, const EvaluateOptions& options, Progress& progress) {
  Floors floors;
  for (const char* name : {"popularity", "buy-again", "co-visitation"}) {
    SOUK_TRY(const recommend::RankModelEntry* const entry, recommend::find_rank_model(name, "floors"));
    SOUK_TRY(auto model, entry->fit({train, Config(), options.threads, options.seed, progress}));
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
  const Floors& floors;
  const EvaluateOptions& options;
  const std::string& metric;
  Progress& progress;

  Result<ShelfReport> operator()(const ShelfUnderTest& shelf) const {
    ShelfReport report;
    report.name = shelf.name;
    report.context = shelf::name_of(shelf.context);
    report.judged_on = judged_on(shelf.held_out->rule, shelf.context);
    report.truth = truth_of(shelf.held_out->rule);
    report.repeats = shelf.repeats;
    auto all = shelf_cases(*shelf.held_out, shelf.context);
    report.possible_cases = all.size();
    const std::vector<ShelfCase> cases = sample(std::move(all), options.max_cases, options.seed);
    report.cases = cases.size();
    if (cases.empty()) {
      const bool of_baskets = shelf.context == shelf::Context::item || shelf.context == shelf::Context::basket;
      report.note = "nothing was held out that this shelf could be judged on";
      if (of_baskets) report.note += ": it needs baskets or sessions of two items or more";
      return report;
    }
    SOUK_CHECK(judge(shelf, cases, report));
    SOUK_TRY(std::vector<double> milliseconds, time_answers(shelf, cases, options.cutoffs.front()));
    report.p50_ms = at_share(milliseconds, 0.50);
    report.p99_ms = at_share(std::move(milliseconds), 0.99);
    return report;
  }

 private:
  Status judge(const ShelfUnderTest& shelf, const std::vector<ShelfCase>& cases, ShelfReport& report) const {
    eval::Split asked = shelf.held_out->split;
    asked.cases.clear();
    std::vector<std::uint32_t> clusters;  // bootstrap over shoppers
    for (const ShelfCase& one : cases) {
      asked.cases.push_back(one.base);
      clusters.push_back(one.base.shopper);
    }
    report.shoppers = std::set<std::uint32_t>(clusters.begin(), clusters.end()).size();
    const std::size_t k = *std::max_element(options.cutoffs.begin(), options.cutoffs.end());
    SOUK_TRY(const Lists lists, ask_shelf(shelf, cases, k, options.threads, progress));
    const eval::RankResult own = eval::list_eval(asked.cases, lists, options.cutoffs);
    report.metrics = own.metrics;
    report.interval = intervals(own, options.seed, clusters);
    const std::vector<eval::Slice> slices = eval::slices(asked);
    for (const eval::Slice& slice : slices) {
      report.slices.push_back({slice.group, slice.name, slice.cases.size(), eval::slice_means(own, slice), {}});
    }
    for (const Floor& floor : floors) {
      if (!shelf.repeats && floor.name == "buy-again") continue;
      const eval::RankResult result = eval::list_eval(asked.cases, ask_floor(floor, shelf, cases, k, options.threads), options.cutoffs);
      report.floors.emplace_back(floor.name, result.metrics);
      report.floor_interval[floor.name] = intervals(result, options.seed, clusters);
      report.versus.push_back(compare(floor.name, own, result, clusters));
      for (std::size_t i = 0; i < slices.size(); ++i) {
        report.slices[i].floors.emplace_back(floor.name, eval::slice_means(result, slices[i]));
      }
    }
    return {};
  }

  ShelfVersus compare(const std::string& floor, const eval::RankResult& own, const eval::RankResult& other,
                      std::span<const std::uint32_t> clusters) const {
    const auto paired = [&](const std::string& name) {
      return eval::paired_bootstrap(own.per_case.at(name), other.per_case.at(name), options.seed, 1000, clusters);
    };
    const auto verdict = [](const eval::PairedDifference& one) { return std::string(eval::verdict(one.delta, one.p, one.clusters)); };
    ShelfVersus versus;
    versus.floor = floor;
    versus.difference = paired(metric);
    versus.verdict = verdict(versus.difference);
    versus.hits = paired(fmt::format("HR@{}", options.cutoffs.front()));
    versus.hits_verdict = verdict(versus.hits);
    const bool open = versus.hits_verdict == "cannot be told from" || versus.hits_verdict == "too few";
    versus.shoppers_to_tell = open ? shoppers_to_tell(versus.hits) : 0;
    return versus;
  }
};

}  // namespace

std::uint64_t shoppers_to_tell(const eval::PairedDifference& difference) {
  constexpr double kTwoSided = 1.959964;  // normal quantile of 0.975
  constexpr double kPower = 0.841621;     // of 0.8
  const double error = (difference.interval.high - difference.interval.low) / (2 * kTwoSided);
  if (difference.delta == 0 || difference.clusters == 0) return 0;
  const double ratio = (kTwoSided + kPower) * error / difference.delta;
  const double needed = static_cast<double>(difference.clusters) * ratio * ratio;
  return needed < 1e9 ? static_cast<std::uint64_t>(std::ceil(needed)) : 0;
}

Result<ShopReport> evaluate_shelves(const store::Interactions& log, std::span<const ShelfUnderTest> shelves, const EvaluateOptions& options,
                                    Progress& progress) {
  const auto start = Clock::now();
  if (options.cutoffs.empty() || *std::min_element(options.cutoffs.begin(), options.cutoffs.end()) == 0) {
    return fail(ErrorKind::invalid, "cutoffs must be 1 or more", "-k");
  }
  ShopReport report;
  report.log = log.fingerprint();
  report.metric = "NDCG@" + std::to_string(options.cutoffs.front());
  report.shoppers = log.shoppers();
  report.items = log.items();
  report.events = log.events();
  report.seed = options.seed;
  std::map<std::string, Floors> fitted;  // by fingerprint of what they were fitted on
  for (const ShelfUnderTest& shelf : shelves) {
    const eval::Split& split = shelf.held_out->split;
    if (report.fingerprint.empty()) {
      report.rule = shelf.held_out->rule.text();
      report.split = split.rule;
      report.fingerprint = split.fingerprint;
      report.train_events = split.train.events();
      report.tied = split.tied;
    }
    const auto [floors, fresh] = fitted.try_emplace(split.train.fingerprint());
    if (fresh) {
      SOUK_TRY(floors->second, fit_floors(split.train, options, progress));
    }
    const Judge judge{floors->second, options, report.metric, progress};
    SOUK_TRY(ShelfReport one, judge(shelf));
    report.shelves.push_back(std::move(one));
  }
  report.seconds = milliseconds_since(start) / 1000;
  return report;
}

}  // namespace souk::lab
