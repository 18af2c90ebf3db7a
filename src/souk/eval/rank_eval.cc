// Ranking cases. A filter for each case (base/kernels/rank_filter.h) is told the scores of its truth, sees every score once, and knows
// their places at the end; a case whose truth has fallen behind the last place that any metric looks at is done early. So a dot-product
// model is rarely asked for its whole product.
#include "souk/eval/rank_eval.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "souk/base/kernels/dot.h"
#include "souk/base/kernels/rank_filter.h"
#include "souk/base/threads.h"
#include "souk/eval/measure.h"
#include "souk/eval/sampled.h"

namespace souk::eval {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::uint32_t largest(const std::vector<std::uint32_t>& cutoffs) {
  return cutoffs.empty() ? 1 : std::max(1U, *std::ranges::max_element(cutoffs));
}

// One case while it is ranked; reused by its thread.
struct Ranked {
  std::vector<std::uint32_t> known;  // masked items, ascending
  std::vector<float> truth_scores;   // of truth items that take part, in any order
  std::vector<float> levels;         // the same, ascending, each once
};

// The items of the history, ascending, where they leave the ranking.
void mask(const History& history, bool masked, std::vector<std::uint32_t>& known) {
  known.clear();
  if (!masked) return;
  known.assign(history.items.begin(), history.items.end());
  std::ranges::sort(known);
}

// Truth that takes part in the ranking.
void ask_for(std::span<const std::uint32_t> truth, std::span<const std::uint32_t> known, std::vector<std::uint32_t>& asked) {
  asked.clear();
  std::ranges::copy_if(truth, std::back_inserter(asked), [&](std::uint32_t item) { return !std::ranges::binary_search(known, item); });
}

void start(Ranked& ranked, RankFilter& filter, std::uint32_t k, std::span<const std::uint32_t> skip, bool keep_lists) {
  std::erase_if(ranked.truth_scores, [](float score) { return !(score > kNever); });
  ranked.levels = ranked.truth_scores;
  std::ranges::sort(ranked.levels);
  ranked.levels.erase(std::ranges::unique(ranked.levels).begin(), ranked.levels.end());
  filter.reset(k, ranked.levels, skip, keep_lists);
}

// The places of the truth, best level first. Truth beyond the k-th place has none.
void place_truth(const Ranked& ranked, const RankFilter& filter, std::vector<Place>& places) {
  places.clear();
  double truth_above = 0;
  for (std::size_t level = ranked.levels.size(); level-- > 0;) {
    const float score = ranked.levels[level];
    const auto found = filter.place(score);
    if (!found) return;  // nor have those below
    const auto members = static_cast<std::size_t>(std::ranges::count(ranked.truth_scores, score));
    const Place place{static_cast<double>(found->above) + (static_cast<double>(found->equal) + 1) / 2,
                      truth_above + (static_cast<double>(members) + 1) / 2};
    places.insert(places.end(), members, place);
    truth_above += static_cast<double>(members);
  }
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What both forms share: where results go, and what is made of them at the end.
class Collector {
 public:
  Collector(const Split& split, const RankEvalOptions& options)
      : split_(split),
        options_(options),
        measures_(split.cases.size(), options.cutoffs),
        lists_(options.keep_lists ? split.cases.size() : 0) {}

  // Takes what the filter found. `items` translates rows of the ranking into items; empty: they are the same.
  void put(std::size_t which, const Ranked& ranked, RankFilter& filter, std::span<const std::uint32_t> items, std::vector<Place>& places) {
    place_truth(ranked, filter, places);
    measures_.put(which, places, split_.cases[which].truth.size());
    if (!options_.keep_lists) return;
    for (const Scored& one : filter.take_best()) lists_[which].push_back(items.empty() ? one.row : items[one.row]);
  }

  RankResult result() && {
    RankResult result = std::move(measures_).result();
    if (options_.keep_lists) add_spread(lists_, split_.log.items(), options_.cutoffs, result.metrics);
    result.lists = std::move(lists_);
    result.seconds = seconds_since(start_);
    return result;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const Split& split_;
  const RankEvalOptions& options_;
  Measures measures_;
  std::vector<std::vector<std::uint32_t>> lists_;
};

// One thread's buffers for models that score case by case.
struct CallbackWork {
  Ranked ranked;
  RankFilter filter;
  std::vector<float> scores, chosen_scores;
  std::vector<std::uint32_t> asked, candidates;
  std::vector<Place> places;
  NegativeSampler::Workspace sampling;
};

void rank_all(const RankEvalOptions& options, CallbackWork& work) {
  Ranked& ranked = work.ranked;
  ranked.truth_scores.clear();
  for (const std::uint32_t item : work.asked) ranked.truth_scores.push_back(work.scores[item]);
  start(ranked, work.filter, largest(options.cutoffs), ranked.known, options.keep_lists);
  kernels::filter_scores(work.scores, 0, work.filter);
}

void rank_sample(std::size_t which, const Case& one, const RankEvalOptions& options, const NegativeSampler& sampler, CallbackWork& work) {
  Ranked& ranked = work.ranked;
  work.candidates = work.asked;
  sampler.draw(which, one.truth, ranked.known, work.sampling, work.candidates);
  std::ranges::sort(work.candidates);
  work.chosen_scores.clear();
  for (const std::uint32_t item : work.candidates) work.chosen_scores.push_back(work.scores[item]);
  ranked.truth_scores.clear();
  for (const std::uint32_t item : work.asked) ranked.truth_scores.push_back(work.scores[item]);
  start(ranked, work.filter, largest(options.cutoffs), {}, options.keep_lists);
  kernels::filter_scores(work.chosen_scores, 0, work.filter);
}

// One thread's buffers for dot-product models: a block of cases.
struct DotWork {
  Matrix vectors;
  std::vector<Ranked> ranked;
  std::vector<RankFilter> filters;
  std::vector<std::uint32_t> asked;
  std::vector<Place> places;

  void fit(std::size_t cases, std::size_t columns) {
    if (vectors.rows() != cases || vectors.columns() != columns) vectors = Matrix(cases, columns);
    if (ranked.size() < cases) ranked.resize(cases), filters.resize(cases);
  }
};

// Cases in a block: as many as keep the filters small, since the items are packed anew for each block; blocks of one size, and a multiple
// of twice the threads, so that all threads end together.
std::size_t block_size(std::size_t cases, std::uint32_t k, unsigned threads) {
  constexpr std::size_t kMost = 2048, kFewest = 48, kFilterBytes = std::size_t{16} << 20;
  const std::size_t most = std::clamp(kFilterBytes / (sizeof(Scored) * (2 * std::size_t{k} + 32)), kFewest, kMost);
  const std::size_t turn = 2 * std::size_t{threads};
  const std::size_t blocks = (cases / most / turn + 1) * turn;
  return std::clamp(cases / blocks + 1, kFewest, most);
}

// The model one case at a time. Scores do not depend on how many are computed together.
ScoreCase by_case(const Split& split, const DotModel& model) {
  return [&split, &model](const Case& which, const History&, std::span<float> scores, unsigned thread) {
    Matrix vector(1, model.items.columns);
    model.encode(static_cast<std::size_t>(&which - split.cases.data()), {&which, 1}, vector, thread);
    kernels::multiply_transposed(vector.view(), model.items, scores.data(), scores.size());
  };
}

}  // namespace

RankResult rank_eval(const Split& split, const ScoreCase& score, const RankEvalOptions& options, Progress& progress) {
  const unsigned threads = std::max(1U, options.threads);
  const bool sampled = options.sampled.by != SampledRanking::By::none;
  Collector collector(split, options);
  const NegativeSampler sampler(split, options.sampled);
  std::vector<CallbackWork> workspaces(threads);
  progress.stage("evaluate", split.cases.size(), "cases");
  parallel_for(split.cases.size(), 16, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    if (progress.cancelled()) return;
    CallbackWork& work = workspaces[thread];
    for (std::size_t i = begin; i < end; ++i) {
      const Case& one = split.cases[i];
      const History history = split.log.row(one.shopper).first(one.history_events);
      work.scores.assign(split.log.items(), 0.0F);
      score(one, history, work.scores, thread);
      mask(history, options.mask_history, work.ranked.known);
      ask_for(one.truth, work.ranked.known, work.asked);
      if (sampled) {
        rank_sample(i, one, options, sampler, work);
      } else {
        rank_all(options, work);
      }
      collector.put(i, work.ranked, work.filter,
                    sampled ? std::span<const std::uint32_t>(work.candidates) : std::span<const std::uint32_t>(), work.places);
    }
    progress.add(end - begin);
  });
  progress.finish();
  return std::move(collector).result();
}

RankResult rank_eval(const Split& split, const DotModel& model, const RankEvalOptions& options, Progress& progress) {
  assert(model.items.rows == split.log.items());
  if (options.sampled.by != SampledRanking::By::none) return rank_eval(split, by_case(split, model), options, progress);
  const unsigned threads = std::max(1U, options.threads);
  const std::uint32_t k = largest(options.cutoffs);
  Collector collector(split, options);
  std::vector<DotWork> workspaces(threads);
  progress.stage("evaluate", split.cases.size(), "cases");
  const auto rank_block = [&](std::size_t begin, std::size_t end, unsigned thread) {
    if (progress.cancelled()) return;
    DotWork& work = workspaces[thread];
    const std::size_t count = end - begin;
    work.fit(count, model.items.columns);
    model.encode(begin, std::span(split.cases).subspan(begin, count), work.vectors, thread);
    for (std::size_t i = 0; i < count; ++i) {
      const Case& one = split.cases[begin + i];
      Ranked& ranked = work.ranked[i];
      mask(split.log.row(one.shopper).first(one.history_events), options.mask_history, ranked.known);
      ask_for(one.truth, ranked.known, work.asked);
      ranked.truth_scores.resize(work.asked.size());
      kernels::score_rows(work.vectors.row(i), model.items, work.asked, ranked.truth_scores);
      start(ranked, work.filters[i], k, ranked.known, options.keep_lists);
    }
    kernels::filter_dot(work.vectors.view(), model.items, std::span(work.filters).first(count));
    for (std::size_t i = 0; i < count; ++i) collector.put(begin + i, work.ranked[i], work.filters[i], {}, work.places);
    progress.add(count);
  };
  parallel_for(split.cases.size(), block_size(split.cases.size(), k, threads), threads, rank_block);
  progress.finish();
  return std::move(collector).result();
}

}  // namespace souk::eval
