// Building an items x items SparseRows one row at a time, in parallel, for the tables that count pairs. Memory: one dense counter row a
// thread and the result; no hash map of pairs. A row is summed by one thread in one order, so the result is the same for any number of
// threads. Internal to index/.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "souk/base/progress.h"
#include "souk/base/threads.h"
#include "souk/index/sparse_rows.h"
#include "souk/index/sum_row.h"

namespace souk::index {

// The compressed transpose of "group g has items": the groups (sequence positions, orders) each item stands in, ascending.
struct Occurrences {
  std::vector<std::uint64_t> offsets;  // [items + 1]
  std::vector<std::uint64_t> groups;
  std::span<const std::uint64_t> of(std::uint32_t item) const {
    return std::span(groups).subspan(offsets[item], offsets[item + 1] - offsets[item]);
  }
  std::uint64_t count(std::uint32_t item) const { return offsets[item + 1] - offsets[item]; }
};

// A positive value and its column as one number that is larger for what better() puts first: positive floats are ordered as their bits are.
inline std::uint64_t ranked(std::uint32_t column, float positive) {
  return (std::uint64_t{std::bit_cast<std::uint32_t>(positive)} << 32U) | static_cast<std::uint32_t>(~column);
}

// What divides a score by an item's mass: mass^exponent, 1 for none.
inline std::vector<double> powers(const std::vector<double>& masses, double exponent) {
  std::vector<double> result(masses.size());
  std::transform(masses.begin(), masses.end(), result.begin(), [&](double mass) { return mass > 0 ? std::pow(mass, exponent) : 1.0; });
  return result;
}

// fill(item, SumRow<double>&) adds up one row; score(item, column, sum) turns a sum into the value kept, values of 0 and below are dropped.
// Rows are ordered best first, ties by lower column, and cut to `keep` entries (0: all). Cancelled: the remaining rows stay empty.
template <class Fill, class Score>
SparseRows accumulate_rows(std::uint32_t items, std::uint32_t keep, unsigned threads, Progress& progress, const Fill& fill,
                           const Score& score) {
  constexpr std::size_t kGrain = 64;
  struct Chunk {
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
  };
  struct Worker {
    SumRow<double> row;
    std::vector<std::uint64_t> entries;  // ranked()
  };
  std::vector<Chunk> chunks((items + kGrain - 1) / kGrain);
  std::vector<std::uint64_t> offsets(std::size_t{items} + 1, 0);
  std::vector<Worker> workers(std::max(1U, threads), Worker{SumRow<double>(items), {}});
  parallel_for(items, kGrain, threads, [&](std::size_t begin, std::size_t end, unsigned thread) {
    if (progress.cancelled()) return;
    auto& [row, entries] = workers[thread];
    Chunk& chunk = chunks[begin / kGrain];
    for (std::size_t item = begin; item < end; ++item) {
      const auto a = static_cast<std::uint32_t>(item);
      fill(a, row);
      entries.clear();
      for (const std::uint32_t b : row.touched()) {
        const float value = score(a, b, row.sum(b));
        if (value > 0) entries.push_back(ranked(b, value));
      }
      row.clear();
      if (keep > 0 && entries.size() > keep) {
        std::nth_element(entries.begin(), entries.begin() + keep, entries.end(), std::greater<>());
        entries.resize(keep);
      }
      std::sort(entries.begin(), entries.end(), std::greater<>());
      for (const std::uint64_t entry : entries) {
        chunk.columns.push_back(~static_cast<std::uint32_t>(entry));
        chunk.values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(entry >> 32U)));
      }
      offsets[item + 1] = entries.size();
    }
    progress.add(end - begin);
  });
  for (std::size_t item = 0; item < items; ++item) offsets[item + 1] += offsets[item];
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  columns.reserve(offsets.back());
  values.reserve(offsets.back());
  for (Chunk& chunk : chunks) {
    columns.insert(columns.end(), chunk.columns.begin(), chunk.columns.end());
    values.insert(values.end(), chunk.values.begin(), chunk.values.end());
    chunk = Chunk{};
  }
  return SparseRows(std::move(offsets), std::move(columns), std::move(values));
}

}  // namespace souk::index
