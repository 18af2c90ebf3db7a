// The block product packs 64 rows (on AVX-512; fewer elsewhere) into a panel, transposed, so that the rows lie along the SIMD lanes and
// no horizontal sums are needed; a tile of 6 queries by one panel is kept in registers over the whole length. Every score is one chain
// of fused multiply-adds from the first column to the last: it does not depend on the other queries and rows of the call.
#include "souk/base/kernels/dot.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <hwy/aligned_allocator.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "souk/base/kernels/dot.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace souk::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Vector = hn::Vec<Lanes>;
constexpr std::size_t kLanes = hn::MaxLanes(Lanes());

// Accumulators of a tile must fit the registers: 6 x 4 of the 32 of AVX-512 and NEON, 6 x 2 of the 16 elsewhere. Panels are packed four
// rows at a time, so the scalar target, which is there to be right and not to be fast, has 4 as well.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON || HWY_TARGET == HWY_SCALAR
constexpr std::size_t kStrips = 4;
#else
constexpr std::size_t kStrips = 2;
#endif
constexpr std::size_t kTileQueries = 6;
constexpr std::size_t kPanelRows = kStrips * kLanes;
constexpr std::size_t kMaxBlockRows = 512;
constexpr std::size_t kBlockFloats = 48 * 1024;  // 192 KiB of packed rows stay in the second-level cache

// One query against one panel: `kStrips` vectors of scores. Written out, since GCC keeps arrays in registers only when every index is
// known before it unrolls loops.
struct Accumulator {
  Vector v0, v1, v2, v3;

  HWY_INLINE void clear() { v0 = v1 = v2 = v3 = hn::Zero(Lanes()); }
  HWY_INLINE void add(float query, Vector r0, Vector r1, Vector r2, Vector r3) {
    const Vector q = hn::Set(Lanes(), query);
    v0 = hn::MulAdd(q, r0, v0);
    v1 = hn::MulAdd(q, r1, v1);
    if constexpr (kStrips == 4) {
      v2 = hn::MulAdd(q, r2, v2);
      v3 = hn::MulAdd(q, r3, v3);
    }
  }
  HWY_INLINE void store(float* out) const {
    const Lanes d;
    hn::StoreU(v0, d, out);
    hn::StoreU(v1, d, out + kLanes);
    if constexpr (kStrips == 4) {
      hn::StoreU(v2, d, out + 2 * kLanes);
      hn::StoreU(v3, d, out + 3 * kLanes);
    }
  }
};

// out[i * stride + r] = query i . row r of the panel, for kQueries queries and all kPanelRows rows. panel: [columns, kPanelRows].
template <std::size_t kQueries>
void score_tile(const float* queries, std::size_t query_stride, const float* panel, std::size_t columns, float* out, std::size_t stride) {
  const Lanes d;
  Accumulator a0, a1, a2, a3, a4, a5;
  a0.clear(), a1.clear(), a2.clear(), a3.clear(), a4.clear(), a5.clear();
  for (std::size_t c = 0; c < columns; ++c, panel += kPanelRows) {
    const Vector r0 = hn::Load(d, panel);
    const Vector r1 = hn::Load(d, panel + kLanes);
    const Vector r2 = kStrips == 4 ? hn::Load(d, panel + 2 * kLanes) : r0;
    const Vector r3 = kStrips == 4 ? hn::Load(d, panel + 3 * kLanes) : r1;
    const float* query = queries + c;
    a0.add(query[0], r0, r1, r2, r3);
    if constexpr (kQueries > 1) a1.add(query[query_stride], r0, r1, r2, r3);
    if constexpr (kQueries > 2) a2.add(query[2 * query_stride], r0, r1, r2, r3);
    if constexpr (kQueries > 3) a3.add(query[3 * query_stride], r0, r1, r2, r3);
    if constexpr (kQueries > 4) a4.add(query[4 * query_stride], r0, r1, r2, r3);
    if constexpr (kQueries > 5) a5.add(query[5 * query_stride], r0, r1, r2, r3);
  }
  a0.store(out);
  if constexpr (kQueries > 1) a1.store(out + stride);
  if constexpr (kQueries > 2) a2.store(out + 2 * stride);
  if constexpr (kQueries > 3) a3.store(out + 3 * stride);
  if constexpr (kQueries > 4) a4.store(out + 4 * stride);
  if constexpr (kQueries > 5) a5.store(out + 5 * stride);
}

using TileFunction = void (*)(const float*, std::size_t, const float*, std::size_t, float*, std::size_t);

TileFunction tile_function(std::size_t queries) {
  static constexpr std::array<TileFunction, kTileQueries> kFunctions{score_tile<1>, score_tile<2>, score_tile<3>,
                                                                     score_tile<4>, score_tile<5>, score_tile<6>};
  return kFunctions[queries - 1];
}

// Copies 4 rows transposed: out[c * kPanelRows + i] = row i [c].
void pack_four(const float* r0, const float* r1, const float* r2, const float* r3, std::size_t columns, float* out) {
  std::size_t c = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<float, 4> d;
  const hn::Repartition<double, decltype(d)> pairs;
  for (; c + 4 <= columns; c += 4) {
    const auto v0 = hn::LoadU(d, r0 + c), v1 = hn::LoadU(d, r1 + c), v2 = hn::LoadU(d, r2 + c), v3 = hn::LoadU(d, r3 + c);
    const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, v0, v1)), high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, v0, v1));
    const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, v2, v3)), high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, v2, v3));
    hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, out + c * kPanelRows);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, out + (c + 1) * kPanelRows);
    hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, out + (c + 2) * kPanelRows);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, out + (c + 3) * kPanelRows);
  }
#endif
  for (; c < columns; ++c) {
    float* column = out + c * kPanelRows;
    column[0] = r0[c], column[1] = r1[c], column[2] = r2[c], column[3] = r3[c];
  }
}

// Rows [begin, begin + count) as consecutive panels; rows that the last panel lacks are zero.
void pack_rows(const MatrixView& rows, std::size_t begin, std::size_t count, const float* zeros, float* out) {
  for (std::size_t r = 0; r < count; r += kPanelRows, out += rows.columns * kPanelRows) {
    for (std::size_t i = 0; i < kPanelRows; i += 4) {
      const auto row = [&](std::size_t j) { return r + i + j < count ? rows.data + (begin + r + i + j) * rows.stride : zeros; };
      pack_four(row(0), row(1), row(2), row(3), rows.columns, out + i);
    }
  }
}

// Packs the rows block by block and computes the tiles: tile(first query, queries, first row, rows, score) is called for each block of
// rows and group of up to kTileQueries queries, and calls score(out, stride) to have the scores written to out[query][row].
template <class Tile>
void for_each_tile(const MatrixView& queries, const MatrixView& rows, const Tile& tile) {
  const std::size_t columns = rows.columns;
  const std::size_t fitting = kBlockFloats / std::max<std::size_t>(columns, 1) / kPanelRows * kPanelRows;
  const std::size_t block_rows = std::clamp(fitting, kPanelRows, kMaxBlockRows);
  const auto packed = hwy::AllocateAligned<float>(std::max<std::size_t>(block_rows * columns, 1));
  const std::vector<float> zeros(columns);
  for (std::size_t r = 0; r < rows.rows; r += block_rows) {
    const std::size_t count = std::min(block_rows, rows.rows - r);
    pack_rows(rows, r, count, zeros.data(), packed.get());
    for (std::size_t q = 0; q < queries.rows; q += kTileQueries) {
      const std::size_t group = std::min(kTileQueries, queries.rows - q);
      const TileFunction function = tile_function(group);
      const float* first = queries.data + q * queries.stride;
      tile(q, group, r, count, [&](float* out, std::size_t stride) {
        HWY_ALIGN float edge[kTileQueries * kPanelRows];
        for (std::size_t p = 0; p < count; p += kPanelRows) {
          const float* panel = packed.get() + p * columns;
          if (count - p >= kPanelRows) {
            function(first, queries.stride, panel, columns, out + p, stride);
            continue;
          }
          function(first, queries.stride, panel, columns, edge, kPanelRows);
          for (std::size_t i = 0; i < group; ++i) std::copy_n(edge + i * kPanelRows, count - p, out + i * stride + p);
        }
      });
    }
  }
}

void multiply_transposed(const MatrixView& queries, const MatrixView& rows, float* scores, std::size_t ldc) {
  for_each_tile(queries, rows,
                [&](std::size_t q, std::size_t, std::size_t r, std::size_t, const auto& score) { score(scores + q * ldc + r, ldc); });
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
  const auto block = hwy::AllocateAligned<float>(kTileQueries * kMaxBlockRows);
  for_each_tile(queries, rows, [&](std::size_t q, std::size_t group, std::size_t r, std::size_t count, const auto& score) {
    score(block.get(), kMaxBlockRows);
    for (std::size_t i = 0; i < group; ++i) {
      const auto skipped = skip.empty() ? std::span<const std::uint32_t>() : skip[q + i];
      offer_scores(block.get() + i * kMaxBlockRows, r, count, skipped, best[q + i], k);
    }
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
