// The one evaluator of rankings. Full ranking unless a paper's sampled protocol is asked for: every item is ranked. Ties get the mean rank
// of the tied items, so that a model which says the same of everything earns nothing by luck of order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/matrix.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/eval/split.h"

namespace souk::eval {

using History = store::Interactions::Row;       // known events, oldest first
using Metrics = std::map<std::string, double>;  // "NDCG@10" -> value

// Adds to scores [items], which arrive as zeros, for one case. Called from several threads at once with the thread's number, below
// RankEvalOptions::threads. -inf (and NaN): never recommended.
using ScoreCase = std::function<void(const Case& which, const History& history, std::span<float> scores, unsigned thread)>;

// A model whose score is a dot product: case vectors times item vectors, in blocks, without a matrix of all scores.
struct DotModel {
  MatrixView items;  // [items, dimension], borrowed
  // Writes the vectors of cases first, first + 1, ... of Split::cases into the rows of `out` [cases asked, dimension].
  std::function<void(std::size_t first, std::span<const Case> cases, Matrix& out, unsigned thread)> encode;
};

// A sampled protocol: the truth item is ranked among so many others that are neither truth nor, with mask_history, known. Misleading;
// for reproducing papers. The truth items of a case are ranked together with one sample. Drawn without replacement, the same for the same
// seed and case; fewer where there are no more such items.
struct SampledRanking {
  enum class By : std::uint8_t { none, uniform, popularity };  // popularity: in proportion to training events
  By by = By::none;                                            // none: full ranking
  std::uint32_t negatives = 100;
  std::uint64_t seed = 1;
};

// HR@k (one hit or more), Recall@k (share of truth; denominator all of the truth), Precision@k, NDCG@k (ideal over min(|truth|, k)), MRR@k
// (of the best hit), MAP@k (over min(|truth|, k)). A case without truth has 0 in all of them. With mask_history, a truth item that the
// shopper had before counts as missed. Over all cases, of the k items shown (ties by lower row): Coverage@k (share of items ever shown),
// Gini@k (of how often items are shown: 0 all alike, (items - 1) / items one item alone).
struct RankEvalOptions {
  std::vector<std::uint32_t> cutoffs = {5, 10, 20};
  bool mask_history = true;  // history items leave the ranking; false where repeats are welcome (grocery)
  unsigned threads = 1;
  bool keep_lists = false;  // RankResult::lists; Coverage and Gini come with them
  SampledRanking sampled = {};
};
// "NDCG@10": a name of a metric above and a cutoff from 1 to 10,000.
struct MetricName {
  std::string name;
  std::uint32_t cutoff = 0;
  static Result<MetricName> parse(std::string_view text, const std::string& where);
};

struct RankResult {
  Metrics metrics;                                     // means over cases; with lists, Coverage and Gini
  std::map<std::string, std::vector<float>> per_case;  // the values behind the means, in the split's case order
  // With keep_lists: the largest cutoff's items of each case, best first, ties by lower row; known and never recommended items not.
  std::vector<std::vector<std::uint32_t>> lists;
  double seconds = 0;
};
RankResult rank_eval(const Split& split, const ScoreCase& score, const RankEvalOptions& options, Progress& progress);
// The same numbers as the scores' own, bit for bit, for finite vectors (scores: kernels::multiply_transposed); one blocked product with a
// filter over each block of scores while it is in the cache. A case whose truth cannot reach the largest cutoff any more leaves the
// product, unless lists are kept. Sampled protocols score one case at a time.
RankResult rank_eval(const Split& split, const DotModel& model, const RankEvalOptions& options, Progress& progress);

// The same metrics for ranked lists that a shelf returned (item rows, best first): a list is cut where it ends.
// lists[i] answers cases[i]; an item listed twice counts where it stands first.
RankResult list_eval(const std::vector<Case>& cases, const std::vector<std::vector<std::uint32_t>>& lists,
                     const std::vector<std::uint32_t>& cutoffs);

// Kinds of cases that a mean hides, by what the training events say:
//   popularity  of the truth (its most popular item): head, middle, tail hold a third of all training events each; cold has none
//   history     known events: 0, 1-4, 5-9, 10-19, 20-49, 50+
struct Slice {
  std::string group, name;           // "history", "5-9"
  std::vector<std::uint32_t> cases;  // of Split::cases
};
std::vector<Slice> slices(const Split& split);  // empty ones left out
Metrics slice_means(const RankResult& result, const Slice& slice);

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
