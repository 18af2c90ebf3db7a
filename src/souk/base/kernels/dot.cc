// The blocked product (tiles-inl.h), alone and fused with a heap for each query.
#include "souk/base/kernels/dot.h"

#include <algorithm>
#include <cassert>
#include <hwy/aligned_allocator.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/base/kernels/dot.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "souk/base/kernels/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace souk::kernels {
namespace HWY_NAMESPACE {

void multiply_transposed(const MatrixView& queries, const MatrixView& rows, float* scores, std::size_t ldc) {
  for_each_block(rows, [&](std::size_t r, const PackedRows& block) {
    for (std::size_t q = 0; q < queries.rows; q += kTileQueries) {
      const std::size_t group = std::min(kTileQueries, queries.rows - q);
      score_queries(queries.data + q * queries.stride, queries.stride, group, block, scores + q * ldc + r, ldc);
    }
    return true;
  });
}

// Offers the scores of rows [first, first + count) that can enter the heap and are not in `skip`.
void offer_scores(const float* scores, std::size_t first, std::size_t count, std::span<const std::uint32_t> skip, TopK& best,
                  std::size_t k) {
  const auto offer = [&](std::size_t r) {
    const auto row = static_cast<std::uint32_t>(first + r);
    if (skip.empty() || !std::ranges::binary_search(skip, row)) best.offer(row, scores[r]);
  };
  std::size_t r = 0;
  for (; r < count && best.size() < k; ++r) offer(r);
  // Rows come in ascending order, so that a tie with the threshold never enters. Once the heap is warm, hardly any group of scores holds
  // one above it: four vectors are dismissed by one comparison.
  constexpr std::size_t kGroup = 4 * kLanes;
  const Lanes d;
  Vector threshold = hn::Set(d, best.threshold());
  for (; r + kGroup <= count; r += kGroup) {
    const Vector high = hn::Max(hn::LoadU(d, scores + r), hn::LoadU(d, scores + r + kLanes));
    const Vector higher = hn::Max(hn::LoadU(d, scores + r + 2 * kLanes), hn::LoadU(d, scores + r + 3 * kLanes));
    if (HWY_LIKELY(hn::AllFalse(d, hn::Gt(hn::Max(high, higher), threshold)))) continue;
    for (std::size_t i = r; i < r + kGroup; ++i) {
      if (scores[i] > best.threshold()) offer(i);
    }
    threshold = hn::Set(d, best.threshold());
  }
  for (; r < count; ++r) {
    if (scores[r] > best.threshold()) offer(r);
  }
}

void top_k_dot(const MatrixView& queries, const MatrixView& rows, std::size_t k, std::span<const std::span<const std::uint32_t>> skip,
               std::vector<TopK>& best) {
  const auto scores = hwy::AllocateAligned<float>(kTileQueries * kMaxBlockRows);
  for_each_block(rows, [&](std::size_t r, const PackedRows& block) {
    for (std::size_t q = 0; q < queries.rows; q += kTileQueries) {
      const std::size_t group = std::min(kTileQueries, queries.rows - q);
      score_queries(queries.data + q * queries.stride, queries.stride, group, block, scores.get(), kMaxBlockRows);
      for (std::size_t i = 0; i < group; ++i) {
        const auto skipped = skip.empty() ? std::span<const std::uint32_t>() : skip[q + i];
        offer_scores(scores.get() + i * kMaxBlockRows, r, block.rows, skipped, best[q + i], k);
      }
    }
    return true;
  });
}

float dot(const float* a, const float* b, std::size_t size) {
  const Lanes d;
  Vector s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;  // four chains hide the latency of the multiply-add
  std::size_t i = 0;
  for (; i + 4 * kLanes <= size; i += 4 * kLanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, a + i + kLanes), hn::LoadU(d, b + i + kLanes), s1);
    s2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * kLanes), hn::LoadU(d, b + i + 2 * kLanes), s2);
    s3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * kLanes), hn::LoadU(d, b + i + 3 * kLanes), s3);
  }
  for (; i + kLanes <= size; i += kLanes) s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

const char* simd_target() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace souk::kernels {
namespace {

HWY_EXPORT(dot);
HWY_EXPORT(multiply_transposed);
HWY_EXPORT(top_k_dot);
HWY_EXPORT(simd_target);

}  // namespace

float dot(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(dot)(a.data(), b.data(), a.size());
}

void multiply_transposed(MatrixView queries, MatrixView rows, float* scores, std::size_t ldc) {
  assert(queries.columns == rows.columns && ldc >= rows.rows);
  HWY_DYNAMIC_DISPATCH(multiply_transposed)(queries, rows, scores, ldc);
}

std::vector<std::vector<Scored>> top_k_dot(MatrixView queries, MatrixView rows, std::size_t k,
                                           std::span<const std::span<const std::uint32_t>> skip) {
  assert(queries.columns == rows.columns && (skip.empty() || skip.size() == queries.rows));
  std::vector<std::vector<Scored>> results(queries.rows);
  k = std::min(k, rows.rows);
  if (k == 0) return results;
  std::vector<TopK> best;
  best.reserve(queries.rows);
  for (std::size_t q = 0; q < queries.rows; ++q) best.emplace_back(k);
  HWY_DYNAMIC_DISPATCH(top_k_dot)(queries, rows, k, skip, best);
  for (std::size_t q = 0; q < results.size(); ++q) results[q] = best[q].take();
  return results;
}

const char* simd_target() {
  return HWY_DYNAMIC_DISPATCH(simd_target)();
}

}  // namespace souk::kernels
#endif  // HWY_ONCE
