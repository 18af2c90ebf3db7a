// Exact places among the best of a stream of scores, without keeping the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/base/matrix.h"

namespace souk {

// Told beforehand which scores it will be asked about ("how many are above this one, how many equal it?"), a filter keeps only what can
// still change the answers, and knows when nothing can: a score with `k` better ones is beyond interest, and once that holds for all of
// them the rest of the stream need not be computed. It can keep the k best rows as well; then it is never done before the end.
// NaN and -inf take no part. Not thread-safe; reusable through reset().
class alignas(64) RankFilter {
 public:
  // asked: each once, ascending, neither NaN nor -inf; copied. skip: rows that take no part, ascending, duplicates allowed; borrowed until
  // the last score. k > 0.
  void reset(std::uint32_t k, std::span<const float> asked, std::span<const std::uint32_t> skip, bool keep_best);

  // Before the first offer: how many scores must be known to reach a bound for start_at to take it; 0: no bound would help.
  std::size_t start_needs() const { return keep_best_ && kept_.empty() && lowest_ == -std::numeric_limits<float>::infinity() ? k_ : 0U; }
  void start_at(float score);

  bool done() const { return done_; }     // no score to come can change an answer
  float bound() const { return bound_; }  // scores below it change nothing; it only rises
  // A score at or above bound(), of a row that is not skipped; rows arrive in ascending order.
  void offer(std::uint32_t row, float score) {
    if (score == lowest_) {
      ++equal_lowest_;
      return;
    }
    kept_.push_back({row, score});
    if (kept_.size() >= capacity_) tighten();
  }
  // Overwrites the scores of skipped rows among [first, first + scores.size()) with -inf. Blocks come in ascending order.
  void hide_skipped(std::span<float> scores, std::size_t first) {
    if (next_skipped_ < first + scores.size()) hide_next(scores, first);
  }

  struct Place {
    std::uint64_t above = 0, equal = 0;  // scores above the asked one; scores equal to it, its own among them
  };
  // Of one of the asked scores, after the stream; nothing when k or more are above it.
  std::optional<Place> place(float asked) const;
  // With keep_best, after the stream: the k best, best first, equal scores by row. Empties the filter.
  std::vector<Scored> take_best();

 private:
  void hide_next(std::span<float> scores, std::size_t first);
  void tighten();
  void set_lowest(float score, bool count_equal);

  // The first cache line has what most blocks of scores need and no more, since a filter is looked at once a block.
  std::size_t next_skipped_ = SIZE_MAX;  // the first of skip_
  bool keep_best_ = false, done_ = true;
  std::uint32_t k_ = 0;
  // All scores above lowest_ stand in kept_ (of more than k, with keep_best, those that are not among the k best may be gone), equal ones
  // are counted where an asked score is the lowest; with keep_best the first of them, by row, stand in kept_ too.
  float lowest_ = 0, bound_ = 0;
  std::uint64_t equal_lowest_ = 0;
  std::vector<Scored> kept_;
  std::size_t capacity_ = 0;
  std::vector<float> asked_;
  std::span<const std::uint32_t> skip_;
};

namespace kernels {

// Passes the scores of rows [first, first + scores.size()) through the filter; those of skipped rows are overwritten.
void filter_scores(std::span<float> scores, std::size_t first, RankFilter& filter);

// Passes the dot products of each query with all rows through its filter, block by block while they are in the cache; a query whose
// filter is done leaves the product. Scores are bit for bit those of multiply_transposed. One thread.
void filter_dot(MatrixView queries, MatrixView rows, std::span<RankFilter> filters);

// out[i] = query . row which[i], bit for bit as multiply_transposed would have it.
void score_rows(std::span<const float> query, MatrixView rows, std::span<const std::uint32_t> which, std::span<float> out);

}  // namespace kernels
}  // namespace souk
