#include "souk/index/vectors/recall.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "souk/base/threads.h"
#include "souk/index/vectors/exact_scan.h"

namespace souk::index {
namespace {

constexpr std::size_t kProbedAtOnce = 16;

using Truth = std::vector<std::vector<Scored>>;

Result<Truth> truth_of(const VectorSegment& segment, MatrixView queries, const VectorQuery& how, unsigned threads) {
  const VectorSpace& space = segment.space();
  if (segment.vectors().rows < segment.rows()) {
    return fail(ErrorKind::unsupported, fmt::format("{} keeps no vectors to compare with", name_of(segment.spec())),
                fmt::format("space \"{}\"", space.name), "Take an index with Refine, or Flat.");
  }
  Matrix checked(queries.rows, queries.columns);
  for (std::size_t q = 0; q < queries.rows; ++q) {
    SOUK_CHECK(check_vector(queries.row(q), space.dimension, space.metric, fmt::format("query {}", q)));
    std::ranges::copy(queries.row(q), checked.row(q).begin());
    if (space.metric == Metric::cosine) to_unit(checked.row(q));
  }
  return exact_top_k(checked.view(), segment.vectors(), space.metric, how.k, how.allowed, threads);
}

double share_found(const std::vector<Scored>& found, const std::vector<Scored>& truth) {
  if (truth.empty()) return 1;
  std::size_t hits = 0;
  for (const Scored& next : found) {
    // A row as good as the last of the truth is as right as that one.
    const bool there = std::ranges::any_of(truth, [&](const Scored& t) { return t.row == next.row; });
    hits += there || next.score >= truth.back().score ? 1 : 0;
  }
  return static_cast<double>(std::min(hits, truth.size())) / static_cast<double>(truth.size());
}

Result<double> recall_of(const VectorSegment& segment, MatrixView queries, const Truth& truth, const VectorQuery& how, unsigned threads) {
  std::vector<double> shares(queries.rows, 0.0);
  std::vector<Status> problems(queries.rows);
  std::vector<WalkScratch> scratch(std::max(threads, 1U));
  parallel_for(queries.rows, kProbedAtOnce, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    std::vector<Scored> found;
    for (std::size_t q = begin; q < end; ++q) {
      problems[q] = segment.search(queries.row(q), how, scratch[thread], found);
      shares[q] = share_found(found, truth[q]);
    }
  });
  double sum = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    if (!problems[q]) return fail(problems[q].error());
    sum += shares[q];
  }
  return queries.rows == 0 ? 1 : sum / static_cast<double>(queries.rows);
}

}  // namespace

Result<double> probe_recall(const VectorSegment& segment, MatrixView queries, const VectorQuery& how, unsigned threads) {
  SOUK_TRY(const Truth truth, truth_of(segment, queries, how, threads));
  return recall_of(segment, queries, truth, how, threads);
}

Result<TunedEffort> tune_effort(const VectorSegment& segment, MatrixView queries, std::size_t k, double target, unsigned threads) {
  const bool graph = segment.spec().degree > 0;
  const std::size_t most = graph ? std::max<std::size_t>(segment.rows(), 1) : segment.spec().cells;
  VectorQuery how{.k = k};
  SOUK_TRY(const Truth truth, truth_of(segment, queries, how, threads));
  const auto with = [&](std::size_t effort) {
    (graph ? how.breadth : how.cells) = effort;
    return recall_of(segment, queries, truth, how, threads);
  };
  if (most == 0) {  // all codes are looked at in any case
    SOUK_TRY(const double recall, recall_of(segment, queries, truth, how, threads));
    return TunedEffort{0, recall, recall >= target};
  }
  std::size_t high = std::min(graph ? std::max<std::size_t>(k, 1) : 1, most), low = 0;  // low: known not to be enough
  SOUK_TRY(double recall, with(high));
  while (recall < target && high < most) {
    low = high;
    high = std::min(2 * high, most);
    SOUK_TRY(recall, with(high));
  }
  if (recall < target) return TunedEffort{high, recall, false};
  while (low > 0 && low + 1 < high) {  // low 0: the least effort there is was enough
    const std::size_t middle = low + (high - low) / 2;
    SOUK_TRY(const double between, with(middle));
    if (between < target) {
      low = middle;
    } else {
      high = middle;
      recall = between;
    }
  }
  return TunedEffort{high, recall, true};
}

}  // namespace souk::index
