// Full-ranking evaluation: every item is ranked, nothing is sampled. Ties get the mean rank of the tied items, so that a model which says
// the same of everything earns nothing by luck of order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/eval/split.h"

namespace souk::eval {

// Adds to scores [items], which arrive as zeros, for one case; history is oldest first. Called from several threads at once with the
// thread's number, below RankEvalOptions::threads. -inf (and NaN): never recommended.
using ScoreCase = std::function<void(const Case& which, std::span<const std::uint32_t> history, std::span<float> scores, unsigned thread)>;

// HR@k (one hit or more), Recall@k (share of truth; denominator all of the truth), NDCG@k (ideal over min(|truth|, k)), MRR@k (of the
// best hit), MAP@k (over min(|truth|, k)). A case without truth has 0 in all of them. With mask_history, a truth item that the shopper had
// before counts as missed.
struct RankEvalOptions {
  std::vector<std::uint32_t> cutoffs = {5, 10, 20};
  bool mask_history = true;  // history items leave the ranking; false where repeats are welcome (grocery)
  unsigned threads = 1;
};

struct RankResult {
  std::map<std::string, double> metrics;               // "HR@10" -> mean over cases
  std::map<std::string, std::vector<float>> per_case;  // the values behind the means, in the split's case order
  double seconds = 0;
};
RankResult rank_eval(const store::Interactions& log, const std::vector<Case>& cases, const ScoreCase& score, const RankEvalOptions& options,
                     Progress& progress);

// The same metrics for ranked lists that a shelf returned (item rows, best first): a list is cut where it ends.
// lists[i] answers cases[i]; an item listed twice counts where it stands first.
RankResult list_eval(const std::vector<Case>& cases, const std::vector<std::vector<std::uint32_t>>& lists,
                     const std::vector<std::uint32_t>& cutoffs);

struct Interval {
  double low = 0, high = 0;
};
// Percentile bootstrap over cases, 95 %, seeded. Where cases are not independent (several baskets of one shopper), `clusters` has one
// number a case, equal for cases that are drawn together; empty: every case for itself.
Interval bootstrap(std::span<const float> values, std::uint64_t seed, std::uint32_t rounds = 1000,
                   std::span<const std::uint32_t> clusters = {});
// Paired: mean of a - b, its interval, and the two-sided p-value by sign of the resampled means.
struct PairedDifference {
  double delta = 0;
  Interval interval;
  double p = 1;
  std::uint64_t clusters = 0;  // that the rounds drew from
};
PairedDifference paired_bootstrap(std::span<const float> a, std::span<const float> b, std::uint64_t seed, std::uint32_t rounds = 1000,
                                  std::span<const std::uint32_t> clusters = {});

// What may be said of such a difference in favour of a: "beats", "does not beat" (it is worse), "cannot be told from", or "too few": below
// kFewestClusters independent shoppers or cases a resampled p-value says more about the sample than about a and b.
inline constexpr std::uint64_t kFewestClusters = 20;
std::string_view verdict(double delta, double p, std::uint64_t clusters);

}  // namespace souk::eval
