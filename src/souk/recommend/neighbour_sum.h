// Sums rows of neighbours into one score an item, and remembers for each item which row gave most: the reason shown with it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "souk/base/pool.h"
#include "souk/index/sparse_rows.h"
#include "souk/shelf/eligible.h"
#include "souk/shelf/shelf.h"

namespace souk::recommend {

// A dense accumulator over item rows. Reusable: only the cells a request touched are cleared, so that after warm-up nothing is allocated
// and short rows cost little in a large shop. Not thread-safe.
class NeighbourSum {
 public:
  void start(std::size_t rows);
  // score(b) += weight * value(b) for every neighbour b.
  void add(index::SparseRows::Row neighbours, float weight, ItemId because);
  // Appends the k best eligible items with their reasons; equal sums by lower row. Sums are first multiplied by the item's popularity (the
  // table's weight of events) to the power given: below 0 it favours the special over the staple.
  void take(std::size_t k, const shelf::JoinedTables& tables, const shelf::Eligible& eligible, std::string_view source,
            shelf::Candidates& candidates, float popularity_power = 0);

 private:
  struct Cell {
    float sum = 0, most = 0;  // most: the largest single contribution
    ItemId because = kNoItem;
  };
  std::vector<Cell> cells_;
  std::vector<std::uint32_t> touched_;
};

// Accumulators that requests on several threads take turns with. Thread-safe.
class NeighbourSums {
 public:
  using Lease = Pool<NeighbourSum>::Lease;
  Lease lease(std::size_t rows);  // started

 private:
  Pool<NeighbourSum> pool_;
};

}  // namespace souk::recommend
