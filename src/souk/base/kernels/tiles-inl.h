// The blocked product of queries and rows, one copy for each instruction set: included again for every target of a file that
// includes hwy/foreach_target.h.
//
// 64 rows (on AVX-512; fewer elsewhere) are packed into a panel, transposed, so that the rows lie along the SIMD lanes and no horizontal
// sums are needed; a tile of 6 queries by one panel is kept in registers over the whole length. Every score is one chain of fused
// multiply-adds from the first column to the last: it does not depend on the other queries and rows of the call.
#if defined(SOUK_BASE_KERNELS_TILES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SOUK_BASE_KERNELS_TILES_INL_H
#undef SOUK_BASE_KERNELS_TILES_INL_H
#else
#define SOUK_BASE_KERNELS_TILES_INL_H
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>
#include <vector>

#include "souk/base/matrix.h"

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

inline TileFunction tile_function(std::size_t queries) {
  static constexpr std::array<TileFunction, kTileQueries> kFunctions{score_tile<1>, score_tile<2>, score_tile<3>,
                                                                     score_tile<4>, score_tile<5>, score_tile<6>};
  return kFunctions[queries - 1];
}

// Copies 4 rows transposed: out[c * kPanelRows + i] = row i [c].
inline void pack_four(const float* r0, const float* r1, const float* r2, const float* r3, std::size_t columns, float* out) {
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
inline void pack_rows(const MatrixView& rows, std::size_t begin, std::size_t count, const float* zeros, float* out) {
  for (std::size_t r = 0; r < count; r += kPanelRows, out += rows.columns * kPanelRows) {
    for (std::size_t i = 0; i < kPanelRows; i += 4) {
      const auto row = [&](std::size_t j) { return r + i + j < count ? rows.data + (begin + r + i + j) * rows.stride : zeros; };
      pack_four(row(0), row(1), row(2), row(3), rows.columns, out + i);
    }
  }
}

// A block of rows as panels; `rows` may be less than the panels hold.
struct PackedRows {
  const float* panels = nullptr;
  std::size_t rows = 0, columns = 0;
};

// out[i * stride + r] = query i . row r of the block, for up to kTileQueries queries.
inline void score_queries(const float* queries, std::size_t query_stride, std::size_t count, const PackedRows& block, float* out,
                          std::size_t stride) {
  HWY_ALIGN float edge[kTileQueries * kPanelRows];
  const TileFunction function = tile_function(count);
  for (std::size_t p = 0; p < block.rows; p += kPanelRows) {
    const float* panel = block.panels + p * block.columns;
    if (block.rows - p >= kPanelRows) {
      function(queries, query_stride, panel, block.columns, out + p, stride);
      continue;
    }
    function(queries, query_stride, panel, block.columns, edge, kPanelRows);
    for (std::size_t i = 0; i < count; ++i) std::copy_n(edge + i * kPanelRows, block.rows - p, out + i * stride + p);
  }
}

// Packs the rows block by block, at most kMaxBlockRows at a time, and calls work(number of the first row, block) for each until it says
// false: no more.
template <class Work>
void for_each_block(const MatrixView& rows, const Work& work) {
  const std::size_t columns = rows.columns;
  const std::size_t fitting = kBlockFloats / std::max<std::size_t>(columns, 1) / kPanelRows * kPanelRows;
  const std::size_t block_rows = std::clamp(fitting, kPanelRows, kMaxBlockRows);
  const auto packed = hwy::AllocateAligned<float>(std::max<std::size_t>(block_rows * columns, 1));
  const std::vector<float> zeros(columns);
  for (std::size_t r = 0; r < rows.rows; r += block_rows) {
    const std::size_t count = std::min(block_rows, rows.rows - r);
    pack_rows(rows, r, count, zeros.data(), packed.get());
    if (!work(r, PackedRows{packed.get(), count, columns})) return;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace souk::kernels
HWY_AFTER_NAMESPACE();

#endif  // per target
