// A hierarchical graph of neighbours over any quantizer: HNSW (Malkov and Yashunin 2016). Level 0 holds all rows with up to 2 `degree`
// neighbours each, a row's further levels (floor(-ln U / ln degree) of them, section 4.1) up to `degree`.
//
// Built in batches against the graph as it stood before the batch, so that threads share nothing they write and the same seed gives the
// same graph for any number of threads (the batches of ParlayANN: Manohar et al., PPoPP 2024, section 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/progress.h"
#include "souk/index/vectors/lines.h"
#include "souk/index/vectors/walk.h"

namespace souk::index {

// The order in which rows enter the graph: drawn at random, as they are (which loses recall where they are sorted by category), or those of
// the highest local intrinsic dimension first (local_dimension.h), so that rows that are hard to find have met the most by the end (Elliott
// and Clark, "The Impacts of Data, Ordering, and Intrinsic Dimensionality on Recall in HNSW", 2024).
enum class InsertionOrder : std::uint8_t { random, as_is, by_dimension };

struct HnswConfig {
  std::uint32_t degree = 16;    // M, 2 to 256
  std::uint32_t breadth = 200;  // of the walk that finds a row's neighbours (efConstruction)
  std::uint64_t seed = 1;
  InsertionOrder order = InsertionOrder::random;
  std::span<const std::uint32_t> sequence = {};  // all rows in the order asked for, when not empty; must be given for by_dimension
};

// Views; who made them owns the arrays.
struct HnswView {
  std::uint32_t rows = 0, degree = 0;
  std::uint32_t entry = kNoRow;             // on the highest level; kNoRow: an empty graph
  const std::uint32_t* base = nullptr;      // [rows, 2 degree]
  std::span<const std::uint32_t> upper;     // [lists, degree]
  std::span<const std::uint32_t> upper_at;  // [rows + 1]: number of a row's list of level 1, those of higher levels follow

  std::span<const std::uint32_t> list(std::uint32_t row, std::size_t level) const {
    if (level == 0) return {base + std::size_t{row} * 2 * degree, std::size_t{2} * degree};
    const std::size_t at = (upper_at[row] + level - 1) * degree;
    return at + degree <= upper.size() ? upper.subspan(at, degree) : std::span<const std::uint32_t>();
  }
  std::size_t levels(std::uint32_t row) const {  // beyond level 0
    return upper_at[row + 1] < upper_at[row] ? 0 : upper_at[row + 1] - upper_at[row];
  }
};

struct Hnsw {
  std::uint32_t rows = 0, degree = 0, entry = kNoRow;
  Lines base;
  std::vector<std::uint32_t> upper, upper_at;
  HnswView view() const { return {rows, degree, entry, reinterpret_cast<const std::uint32_t*>(base.data()), upper, upper_at}; }
};

// codes: of `rows` rows, below 2^31. Progress counts rows.
Hnsw build_hnsw(const Quantizer& quantizer, const std::byte* codes, std::size_t rows, const HnswConfig& config, unsigned threads,
                Progress& progress);

// Walks with scratch.query, which is ready; scratch.beam then holds up to `breadth` rows, best first by their codes. With a filter the
// beam may hold one row that is not allowed, the entry: leave it out.
void search_hnsw(const HnswView& graph, WalkOver over, std::size_t breadth, WalkScratch& scratch);

}  // namespace souk::index
