#include "souk/index/vectors/exact_scan.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>

#include "souk/base/kernels/distance.h"
#include "souk/base/kernels/dot.h"
#include "souk/base/threads.h"

namespace souk::index {
namespace {

constexpr std::size_t kFewQueries = 4;      // for so few, packing rows into panels costs more than it gives
constexpr std::size_t kQueryGroup = 128;    // queries that share a block of rows
constexpr std::size_t kScanRows = 1024;     // rows of a block
constexpr std::size_t kUndecidedRows = 16;  // places beyond k that rows near the border get

// Every allowed row, by exact_score().
std::vector<Scored> scan_one(std::span<const float> query, MatrixView rows, Metric metric, std::size_t k, AllowedRows allowed) {
  TopK best(std::min(k, rows.rows));
  std::array<std::uint32_t, 256> some;
  std::array<float, 256> scores;
  std::size_t count = 0;
  const auto flush = [&] {
    const std::span<const std::uint32_t> which(some.data(), count);
    if (metric == Metric::l2) {
      kernels::squared_distance_rows(query, rows.data, rows.stride, which, scores.data());
    } else {
      kernels::dot_rows(query, rows.data, rows.stride, which, scores.data());
    }
    for (std::size_t i = 0; i < count; ++i) {
      const float score = metric == Metric::l2 ? -scores[i] : scores[i];
      if (score > best.threshold()) best.offer(some[i], score);  // rows ascend, so that a tie never enters
    }
    count = 0;
  };
  for (std::size_t r = 0; r < rows.rows; ++r) {
    if (!allowed(static_cast<std::uint32_t>(r))) continue;
    some[count++] = static_cast<std::uint32_t>(r);
    if (count == some.size()) flush();
  }
  flush();
  return best.take();
}

// A group of queries over blocks of rows.
class GroupScan {
 public:
  GroupScan(MatrixView queries, MatrixView rows, Metric metric, std::size_t k, AllowedRows allowed)
      : queries_(queries), rows_(rows), metric_(metric), k_(std::min(k, rows.rows)), allowed_(allowed) {
    best_.reserve(queries.rows);
    for (std::size_t q = 0; q < queries.rows; ++q) {
      best_.emplace_back(std::min(k_ + kUndecidedRows, rows.rows));
      query_squares_.push_back(kernels::dot(queries.row(q), queries.row(q)));
    }
    scores_.resize(queries.rows * kScanRows);
    row_squares_.resize(kScanRows);
  }

  void run(std::vector<Scored>* results) {
    for (std::size_t first = 0; first < rows_.rows; first += kScanRows) offer_block(first, std::min(kScanRows, rows_.rows - first));
    for (std::size_t q = 0; q < queries_.rows; ++q) results[q] = decide(q);
  }

 private:
  void offer_block(std::size_t first, std::size_t count) {
    const MatrixView block{rows_.data + first * rows_.stride, count, rows_.columns, rows_.stride};
    kernels::multiply_transposed(queries_, block, scores_.data(), kScanRows);
    for (std::size_t r = 0; r < count; ++r) {
      row_squares_[r] = kernels::dot(block.row(r), block.row(r));
      longest_ = std::max(longest_, row_squares_[r]);
    }
    for (std::size_t q = 0; q < queries_.rows; ++q) {
      float* scores = scores_.data() + q * kScanRows;
      if (metric_ == Metric::l2) {
        for (std::size_t r = 0; r < count; ++r) scores[r] = 2 * scores[r] - row_squares_[r] - query_squares_[q];
      }
      TopK& best = best_[q];
      for (std::size_t r = 0; r < count; ++r) {
        const auto row = static_cast<std::uint32_t>(first + r);
        if (scores[r] > best.threshold() && allowed_(row)) best.offer(row, scores[r]);
      }
    }
  }

  // How far a score of the product and exact_score() can be apart: each rounds every column at most once, relative to the sum of the
  // products' sizes, which is at most the product of the lengths (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
  float error(std::size_t q) const {
    const float columns = static_cast<float>(rows_.columns + 8) * std::numeric_limits<float>::epsilon();
    const float query = std::sqrt(query_squares_[q]), row = std::sqrt(longest_);
    return columns * (metric_ == Metric::l2 ? (query + row) * (query + row) : query * row);
  }

  std::vector<Scored> decide(std::size_t q) {
    const bool all_seen = best_[q].size() < k_ + kUndecidedRows;
    const float left_out = best_[q].threshold() + error(q);  // no row outside the heap scores higher
    std::vector<Scored> found = best_[q].take();
    for (Scored& next : found) next.score = exact_score(metric_, queries_.row(q), rows_.row(next.row));
    std::sort(found.begin(), found.end(), Better());
    if (!all_seen && !(found[k_ - 1].score > left_out)) return scan_one(queries_.row(q), rows_, metric_, k_, allowed_);
    if (found.size() > k_) found.resize(k_);
    return found;
  }

  MatrixView queries_, rows_;
  Metric metric_;
  std::size_t k_;
  AllowedRows allowed_;
  std::vector<TopK> best_;
  std::vector<float> query_squares_, row_squares_, scores_;  // scores: [queries, kScanRows]
  float longest_ = 0;                                        // the largest square of a row
};

}  // namespace

std::vector<std::vector<Scored>> exact_top_k(MatrixView queries, MatrixView rows, Metric metric, std::size_t k, AllowedRows allowed,
                                             unsigned threads) {
  assert(queries.columns == rows.columns);
  std::vector<std::vector<Scored>> results(queries.rows);
  if (k == 0 || rows.rows == 0) return results;
  const std::size_t group = queries.rows < kFewQueries ? 1 : kQueryGroup;
  parallel_for(queries.rows, group, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    if (end - begin < kFewQueries) {
      for (std::size_t q = begin; q < end; ++q) results[q] = scan_one(queries.row(q), rows, metric, k, allowed);
      return;
    }
    const MatrixView some{queries.data + begin * queries.stride, end - begin, queries.columns, queries.stride};
    GroupScan(some, rows, metric, k, allowed).run(results.data() + begin);
  });
  return results;
}

}  // namespace souk::index
