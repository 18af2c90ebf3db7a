#include "souk/eval/rank_eval.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "souk/base/threads.h"

namespace souk::eval {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// A truth item's place among all items and among the truth, both 1-based and, for ties, the mean over the tied.
struct Place {
  double rank = 0;
  double among_truth = 0;
};

// The five metrics in the order of metric_names(), for one case.
void measure(std::span<const Place> places, std::size_t truth_size, std::uint32_t cutoff, std::span<float> out) {
  double hits = 0, gain = 0, precision = 0, best = std::numeric_limits<double>::infinity();
  for (const Place& place : places) {
    if (place.rank > cutoff) continue;
    ++hits;
    gain += 1.0 / std::log2(place.rank + 1.0);
    precision += place.among_truth / place.rank;
    best = std::min(best, place.rank);
  }
  const std::size_t reachable = std::min<std::size_t>(truth_size, cutoff);
  double ideal = 0;
  for (std::size_t i = 1; i <= reachable; ++i) ideal += 1.0 / std::log2(static_cast<double>(i) + 1.0);
  const bool any = hits > 0;
  out[0] = any ? 1.0F : 0.0F;
  out[1] = any ? static_cast<float>(hits / static_cast<double>(truth_size)) : 0.0F;
  out[2] = any ? static_cast<float>(gain / ideal) : 0.0F;
  out[3] = any ? static_cast<float>(1.0 / best) : 0.0F;
  out[4] = any ? static_cast<float>(precision / static_cast<double>(reachable)) : 0.0F;
}
constexpr std::size_t kMetrics = 5;
constexpr std::string_view kMetricNames[kMetrics] = {"HR", "Recall", "NDCG", "MRR", "MAP"};

// How many scores are above `score`, and how many equal it. Blocks of a fixed size let the compiler use vector registers.
struct Above {
  std::uint64_t greater = 0, equal = 0;
};
Above count_above(std::span<const float> scores, float score) {
  constexpr std::size_t kBlock = 64;
  Above total;
  std::size_t i = 0;
  for (; i + kBlock <= scores.size(); i += kBlock) {
    const float* block = scores.data() + i;
    std::uint32_t greater = 0, equal = 0;
    for (std::size_t j = 0; j < kBlock; ++j) {
      greater += static_cast<std::uint32_t>(block[j] > score);
      equal += static_cast<std::uint32_t>(block[j] == score);
    }
    total.greater += greater;
    total.equal += equal;
  }
  for (; i < scores.size(); ++i) {
    total.greater += static_cast<std::uint64_t>(scores[i] > score);
    total.equal += static_cast<std::uint64_t>(scores[i] == score);
  }
  return total;
}

// Reused from case to case by one thread.
struct Workspace {
  std::vector<float> scores;
  std::vector<float> levels;           // distinct scores of the truth, ascending
  std::vector<Above> found;            // by level: items strictly between it and the next level; items equal to it
  std::vector<std::uint32_t> members;  // by level: truth items
  std::vector<Place> places;
};

// One pass over the scores however many truth items there are: each score is put to its level by binary search.
void count_levels(Workspace& work) {
  const auto& levels = work.levels;
  work.found.assign(levels.size(), {});
  if (levels.size() == 1) {
    work.found[0] = count_above(work.scores, levels[0]);
    return;
  }
  const float lowest = levels.front();
  for (const float score : work.scores) {
    if (!(score >= lowest)) continue;
    const auto level = static_cast<std::size_t>(std::upper_bound(levels.begin(), levels.end(), score) - levels.begin()) - 1;
    if (score == levels[level]) {
      ++work.found[level].equal;
    } else {
      ++work.found[level].greater;
    }
  }
}

void place_truth(std::span<const std::uint32_t> truth, Workspace& work) {
  work.levels.clear();
  work.places.clear();
  for (const std::uint32_t item : truth) {
    const float score = work.scores[item];
    if (score > kNever) work.levels.push_back(score);
  }
  std::sort(work.levels.begin(), work.levels.end());
  work.members.clear();
  std::size_t distinct = 0;
  for (std::size_t i = 0; i < work.levels.size(); ++i) {
    if (distinct > 0 && work.levels[distinct - 1] == work.levels[i]) {
      ++work.members.back();
    } else {
      work.levels[distinct++] = work.levels[i];
      work.members.push_back(1);
    }
  }
  work.levels.resize(distinct);
  if (distinct == 0) return;  // all of the truth is masked or never recommended
  count_levels(work);
  double above = 0, truth_above = 0;
  for (std::size_t level = distinct; level-- > 0;) {
    above += static_cast<double>(work.found[level].greater);
    const auto tied = static_cast<double>(work.found[level].equal);
    const auto members = static_cast<double>(work.members[level]);
    const Place place{above + (tied + 1) / 2, truth_above + (members + 1) / 2};
    work.places.insert(work.places.end(), work.members[level], place);
    above += tied;
    truth_above += members;
  }
}

// Values of all cases, case-major while they are computed: [cases][cutoffs][metrics].
class Collected {
 public:
  Collected(std::size_t cases, const std::vector<std::uint32_t>& cutoffs)
      : cutoffs_(cutoffs), width_(cutoffs.size() * kMetrics), values_(cases * width_, 0.0F) {}
  void put(std::size_t which, std::span<const Place> places, std::size_t truth_size) {
    const std::span<float> row = std::span(values_).subspan(which * width_, width_);
    for (std::size_t c = 0; c < cutoffs_.size(); ++c) measure(places, truth_size, cutoffs_[c], row.subspan(c * kMetrics, kMetrics));
  }
  RankResult result(std::size_t cases) const {
    RankResult result;
    for (std::size_t column = 0; column < width_; ++column) {
      const std::string name = std::string(kMetricNames[column % kMetrics]) + "@" + std::to_string(cutoffs_[column / kMetrics]);
      std::vector<float> values(cases);
      double sum = 0;
      for (std::size_t i = 0; i < cases; ++i) {
        values[i] = values_[i * width_ + column];
        sum += static_cast<double>(values[i]);
      }
      result.metrics[name] = cases == 0 ? 0.0 : sum / static_cast<double>(cases);
      result.per_case[name] = std::move(values);
    }
    return result;
  }

 private:
  std::vector<std::uint32_t> cutoffs_;
  std::size_t width_;
  std::vector<float> values_;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

RankResult rank_eval(const store::Interactions& log, const std::vector<Case>& cases, const ScoreCase& score, const RankEvalOptions& options,
                     Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const unsigned threads = std::max(1U, options.threads);
  std::vector<Workspace> workspaces(threads);
  Collected collected(cases.size(), options.cutoffs);
  progress.stage("evaluate", cases.size(), "cases");
  parallel_for(cases.size(), 16, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    if (progress.cancelled()) return;
    Workspace& work = workspaces[thread];
    for (std::size_t i = begin; i < end; ++i) {
      const Case& one = cases[i];
      const auto history = log.row(one.shopper).items.first(one.history_events);
      work.scores.assign(log.items(), 0.0F);
      score(one, history, work.scores, thread);
      if (options.mask_history) {
        for (const std::uint32_t item : history) work.scores[item] = kNever;
      }
      place_truth(one.truth, work);
      collected.put(i, work.places, one.truth.size());
    }
    progress.add(end - begin);
  });
  progress.finish();
  RankResult result = collected.result(cases.size());
  result.seconds = seconds_since(start);
  return result;
}

RankResult list_eval(const std::vector<Case>& cases, const std::vector<std::vector<std::uint32_t>>& lists,
                     const std::vector<std::uint32_t>& cutoffs) {
  const auto start = std::chrono::steady_clock::now();
  Collected collected(cases.size(), cutoffs);
  std::vector<Place> places;
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    places.clear();
    found.clear();
    const auto& truth = cases[i].truth;
    if (i < lists.size()) {
      for (std::size_t at = 0; at < lists[i].size() && found.size() < truth.size(); ++at) {
        const std::uint32_t item = lists[i][at];
        if (!std::binary_search(truth.begin(), truth.end(), item)) continue;
        if (std::find(found.begin(), found.end(), item) != found.end()) continue;
        found.push_back(item);
        places.push_back({static_cast<double>(at) + 1.0, static_cast<double>(found.size())});
      }
    }
    collected.put(i, places, truth.size());
  }
  RankResult result = collected.result(cases.size());
  result.seconds = seconds_since(start);
  return result;
}

}  // namespace souk::eval
