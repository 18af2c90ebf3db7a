#include "souk/recommend/neighbour_sum.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "souk/base/kernels/top_k.h"

namespace souk::recommend {

void NeighbourSum::start(std::size_t rows) {
  for (const std::uint32_t row : touched_) cells_[row] = {};
  touched_.clear();
  cells_.resize(rows);
}

void NeighbourSum::add(index::SparseRows::Row neighbours, float weight, ItemId because) {
  for (std::size_t i = 0; i < neighbours.size(); ++i) {
    const float gift = weight * neighbours.values[i];
    if (!(gift > 0)) continue;
    Cell& cell = cells_[neighbours.columns[i]];
    if (cell.sum == 0) touched_.push_back(neighbours.columns[i]);
    cell.sum += gift;
    if (gift > cell.most) {
      cell.most = gift;
      cell.because = because;
    }
  }
}

void NeighbourSum::take(std::size_t k, const shelf::JoinedTables& tables, const shelf::Eligible& eligible, std::string_view source,
                        shelf::Candidates& candidates, float popularity_power) {
  if (touched_.empty() || k == 0) return;
  if (popularity_power != 0) {
    const auto popular = tables.tables().popular.scores();
    for (const std::uint32_t row : touched_) cells_[row].sum *= std::pow(std::max(popular[row], 1.0F), popularity_power);
  }
  TopK best(k);
  for (const std::uint32_t row : touched_) {
    const float sum = cells_[row].sum;
    if (sum >= best.threshold() && eligible(tables.item(row))) best.offer(row, sum);
  }
  const std::uint16_t number = candidates.source(source);
  for (const Scored& found : best.take()) {
    candidates.add(tables.item(found.row), found.score, {number, found.score, cells_[found.row].because});
  }
}

NeighbourSums::Lease NeighbourSums::lease(std::size_t rows) {
  return pool_.lease([] { return std::make_unique<NeighbourSum>(); }, [rows](NeighbourSum& sum) { sum.start(rows); });
}

}  // namespace souk::recommend
