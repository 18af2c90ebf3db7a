// The blocked product (tiles-inl.h) fused with a filter for each query. After every block of rows the queries whose filter is done are
// taken out of the product: for a model whose truth is mostly beyond the last place asked about, most of the product is never computed.
#include <algorithm>
#include <cassert>
#include <functional>
#include <hwy/aligned_allocator.h>
#include <hwy/cache_control.h>
#include <limits>

#include "souk/base/kernels/rank_filter.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/base/kernels/filter_dot.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "souk/base/kernels/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace souk::kernels {
namespace HWY_NAMESPACE {

// Offers the scores of one vector that `found` names.
HWY_INLINE void offer_lanes(const float* scores, hn::Mask<Lanes> found, std::size_t first_row, RankFilter& filter) {
  const Lanes d;
  if (hn::AllFalse(d, found)) return;
  alignas(8) std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, found, bytes);
  for (std::size_t byte = 0; byte < (kLanes + 7) / 8; ++byte) {
    for (std::uint32_t bits = bytes[byte]; bits != 0; bits &= bits - 1) {
      const std::size_t lane = byte * 8 + static_cast<std::size_t>(__builtin_ctz(bits));
      if (scores[lane] >= filter.bound()) filter.offer(static_cast<std::uint32_t>(first_row + lane), scores[lane]);
    }
  }
}

// Gives a filter that keeps the k best rows a bound to begin with, which spares it most of the first offers: of so many groups of scores
// that share nothing, k reach the k-th largest of the groups' maxima.
void start_with_maxima(const float* scores, std::size_t count, RankFilter& filter) {
  constexpr std::size_t kGroups = 4 * kLanes;
  const std::size_t k = filter.start_needs();
  if (k == 0 || k > kGroups || count < 2 * kGroups) return;
  const Lanes d;
  Vector m0 = hn::Set(d, -std::numeric_limits<float>::infinity()), m1 = m0, m2 = m0, m3 = m0;
  // Not hn::Max, which NaN would spoil.
  const auto larger = [&](Vector maxima, std::size_t at) {
    const Vector found = hn::LoadU(d, scores + at);
    return hn::IfThenElse(hn::Gt(found, maxima), found, maxima);
  };
  for (std::size_t r = 0; r + kGroups <= std::min(count, kMaxBlockRows); r += kGroups) {
    m0 = larger(m0, r);
    m1 = larger(m1, r + kLanes);
    m2 = larger(m2, r + 2 * kLanes);
    m3 = larger(m3, r + 3 * kLanes);
  }
  HWY_ALIGN float maxima[kGroups];
  hn::Store(m0, d, maxima);
  hn::Store(m1, d, maxima + kLanes);
  hn::Store(m2, d, maxima + 2 * kLanes);
  hn::Store(m3, d, maxima + 3 * kLanes);
  std::nth_element(maxima, maxima + (k - 1), maxima + kGroups, std::greater<>());
  filter.start_at(maxima[k - 1]);
}

void filter_scores(float* scores, std::size_t count, std::size_t first, RankFilter& filter) {
  if (filter.done()) return;
  filter.hide_skipped({scores, count}, first);
  start_with_maxima(scores, count, filter);
  // Hardly any group of scores holds one that reaches the bound: four vectors are dismissed at once. Comparisons and not maxima, which
  // NaN would spoil.
  constexpr std::size_t kGroup = 4 * kLanes;
  const Lanes d;
  Vector bound = hn::Set(d, filter.bound());
  std::size_t r = 0;
  for (; r + kGroup <= count; r += kGroup) {
    const auto reaches = [&](std::size_t strip) { return hn::Ge(hn::LoadU(d, scores + r + strip * kLanes), bound); };
    const auto m0 = reaches(0), m1 = reaches(1), m2 = reaches(2), m3 = reaches(3);
    if (HWY_LIKELY(hn::AllFalse(d, hn::Or(hn::Or(m0, m1), hn::Or(m2, m3))))) continue;
    offer_lanes(scores + r, m0, first + r, filter);
    offer_lanes(scores + r + kLanes, m1, first + r + kLanes, filter);
    offer_lanes(scores + r + 2 * kLanes, m2, first + r + 2 * kLanes, filter);
    offer_lanes(scores + r + 3 * kLanes, m3, first + r + 3 * kLanes, filter);
    if (filter.done()) return;
    bound = hn::Set(d, filter.bound());
  }
  for (; r < count; ++r) {
    if (scores[r] >= filter.bound()) filter.offer(static_cast<std::uint32_t>(first + r), scores[r]);
  }
}

// The queries still in the product, packed one after the other, and whose they are.
struct ActiveQueries {
  Matrix vectors;
  std::vector<std::uint32_t> numbers;

  ActiveQueries(const MatrixView& queries, std::span<const RankFilter> filters) : vectors(queries.rows, queries.columns) {
    for (std::size_t q = 0; q < queries.rows; ++q) {
      if (filters[q].done()) continue;
      std::ranges::copy(queries.row(q), vectors.row(numbers.size()).begin());
      numbers.push_back(static_cast<std::uint32_t>(q));
    }
  }
  void drop_done(std::span<const RankFilter> filters) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (filters[numbers[i]].done()) continue;
      if (left != i) {
        std::ranges::copy(vectors.row(i), vectors.row(left).begin());
        numbers[left] = numbers[i];
      }
      ++left;
    }
    numbers.resize(left);
  }
};

void filter_dot(const MatrixView& queries, const MatrixView& rows, std::span<RankFilter> filters) {
  ActiveQueries active(queries, filters);
  const auto scores = hwy::AllocateAligned<float>(kTileQueries * kMaxBlockRows);
  for_each_block(rows, [&](std::size_t first, const PackedRows& block) {
    for (std::size_t q = 0; q < active.numbers.size(); q += kTileQueries) {
      const std::size_t group = std::min(kTileQueries, active.numbers.size() - q);
      // The filters of a block of queries do not stay in the first-level cache; they arrive while their scores are computed.
      for (std::size_t i = 0; i < group; ++i) hwy::Prefetch(&filters[active.numbers[q + i]]);
      score_queries(active.vectors.row(q).data(), queries.columns, group, block, scores.get(), kMaxBlockRows);
      for (std::size_t i = 0; i < group; ++i) {
        filter_scores(scores.get() + i * kMaxBlockRows, block.rows, first, filters[active.numbers[q + i]]);
      }
    }
    active.drop_done(filters);
    return !active.numbers.empty();
  });
}

// Single lanes, since the rows lie apart; four chains hide the latency of the multiply-add.
void score_rows(const float* query, const MatrixView& rows, std::span<const std::uint32_t> which, float* out) {
  const hn::CappedTag<float, 1> d;
  const auto row = [&](std::size_t i) { return rows.data + which[i] * rows.stride; };
  std::size_t i = 0;
  for (; i + 4 <= which.size(); i += 4) {
    const float *r0 = row(i), *r1 = row(i + 1), *r2 = row(i + 2), *r3 = row(i + 3);
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    for (std::size_t c = 0; c < rows.columns; ++c) {
      const auto q = hn::LoadU(d, query + c);
      s0 = hn::MulAdd(q, hn::LoadU(d, r0 + c), s0);
      s1 = hn::MulAdd(q, hn::LoadU(d, r1 + c), s1);
      s2 = hn::MulAdd(q, hn::LoadU(d, r2 + c), s2);
      s3 = hn::MulAdd(q, hn::LoadU(d, r3 + c), s3);
    }
    out[i] = hn::GetLane(s0), out[i + 1] = hn::GetLane(s1), out[i + 2] = hn::GetLane(s2), out[i + 3] = hn::GetLane(s3);
  }
  for (; i < which.size(); ++i) {
    const float* r = row(i);
    auto sum = hn::Zero(d);
    for (std::size_t c = 0; c < rows.columns; ++c) sum = hn::MulAdd(hn::LoadU(d, query + c), hn::LoadU(d, r + c), sum);
    out[i] = hn::GetLane(sum);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace souk::kernels {
namespace {

HWY_EXPORT(filter_dot);
HWY_EXPORT(filter_scores);
HWY_EXPORT(score_rows);

}  // namespace

void filter_scores(std::span<float> scores, std::size_t first, RankFilter& filter) {
  HWY_DYNAMIC_DISPATCH(filter_scores)(scores.data(), scores.size(), first, filter);
}

void filter_dot(MatrixView queries, MatrixView rows, std::span<RankFilter> filters) {
  assert(queries.columns == rows.columns && filters.size() == queries.rows);
  HWY_DYNAMIC_DISPATCH(filter_dot)(queries, rows, filters);
}

void score_rows(std::span<const float> query, MatrixView rows, std::span<const std::uint32_t> which, std::span<float> out) {
  assert(query.size() == rows.columns && out.size() == which.size());
  HWY_DYNAMIC_DISPATCH(score_rows)(query.data(), rows, which, out.data());
}

}  // namespace souk::kernels
#endif  // HWY_ONCE
