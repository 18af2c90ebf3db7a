// The walk over a graph of neighbours that searching and building share: a beam of the best rows seen so far, of which the best that was
// not yet expanded is expanded, until none is left (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
// Hierarchical Navigable Small World graphs", 2016, algorithm 2).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "souk/base/kernels/top_k.h"
#include "souk/index/vectors/quantizer.h"

namespace souk::index {

inline constexpr std::uint32_t kNoRow = 0xFFFF'FFFF;

// The best `capacity` rows, best first (better() of top_k.h), each expanded or not. An insertion into a sorted array: for the some hundred
// rows of a beam moving them costs less than keeping two heaps.
class Beam {
 public:
  void reset(std::size_t capacity) {
    capacity_ = capacity;
    size_ = next_ = 0;
    if (rows_.size() < capacity + 1) rows_.resize(capacity + 1);
  }
  bool full() const { return size_ == capacity_; }
  // Once the beam is full, of no use below this.
  float threshold() const { return rows_[size_ - 1].score; }
  void offer(std::uint32_t row, float score) {
    if (size_ == capacity_) {
      if (!better({row, score}, (*this)[size_ - 1])) return;
      --size_;
    }
    std::size_t low = 0, high = size_;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (rows_[middle].score > score || (rows_[middle].score == score && row_of(middle) < row)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    std::memmove(rows_.data() + low + 1, rows_.data() + low, (size_ - low) * sizeof(Scored));
    rows_[low] = {row, score};
    ++size_;
    next_ = std::min(next_, low);
  }
  // The best row that was not expanded; kNoRow when there is none. It counts as expanded from now on.
  std::uint32_t expand() {
    while (next_ < size_ && (rows_[next_].row & kExpanded) != 0) ++next_;
    if (next_ == size_) return kNoRow;
    const std::uint32_t row = rows_[next_].row;
    rows_[next_++].row |= kExpanded;
    return row;
  }
  // What expand() will probably give next.
  std::uint32_t likely_next() const { return next_ < size_ ? row_of(next_) : kNoRow; }
  std::size_t size() const { return size_; }
  Scored operator[](std::size_t i) const { return {row_of(i), rows_[i].score}; }

 private:
  static constexpr std::uint32_t kExpanded = 1U << 31U;  // rows are below 2^31
  std::uint32_t row_of(std::size_t i) const { return rows_[i].row & ~kExpanded; }
  std::vector<Scored> rows_;
  std::size_t size_ = 0, capacity_ = 0, next_ = 0;
};

// Which rows a walk has met. Cleared in one step, but for every 255th time.
class SeenRows {
 public:
  void reset(std::size_t rows) {
    if (marks_.size() != rows || ++mark_ == 0) {
      marks_.assign(rows, 0);
      mark_ = 1;
    }
  }
  bool first_time(std::uint32_t row) {
    if (marks_[row] == mark_) return false;
    marks_[row] = mark_;
    return true;
  }

 private:
  std::vector<std::uint8_t> marks_;
  std::uint8_t mark_ = 0;
};

// Owned by one thread and used for one walk after the other; allocates nothing once it has seen the largest.
struct WalkScratch {
  Beam beam, cells;
  SeenRows seen;
  ReadyQuery query;
  std::vector<std::uint32_t> fresh;  // rows met for the first time
  std::vector<float> scores;         // of them
  std::vector<float> errors;         // of their scores
  std::vector<std::uint32_t> open;   // of them, those whose vectors must be looked at
  std::vector<float> unit;           // a query brought to length 1
  // Since they were set to 0, for reports:
  std::size_t compared = 0;      // rows scored by their codes
  std::size_t vectors_read = 0;  // rows scored by their vectors, which are kept beside the codes
};

inline void fetch_line(const void* address) {
  __builtin_prefetch(address);
}

// The list of a row's neighbours ends at its first number that is no row (kNoRow; in a damaged file any).
struct NeighbourLists {
  const std::uint32_t* lists = nullptr;
  std::size_t length = 0;  // numbers a list
  std::span<const std::uint32_t> of(std::uint32_t row) const { return {lists + row * length, length}; }
};

struct WalkOver {
  const Quantizer* quantizer = nullptr;
  const std::byte* codes = nullptr;
  std::size_t rows = 0;
  AllowedRows allowed;
};

// Scores what stands in `fresh` and offers it to the beam.
inline void score_fresh(const WalkOver& over, WalkScratch& scratch) {
  const std::size_t count = scratch.fresh.size();
  if (count == 0) return;
  if (scratch.scores.size() < count) scratch.scores.resize(count);
  over.quantizer->score(scratch.query, over.codes, scratch.fresh, scratch.scores.data());
  scratch.compared += count;
  for (std::size_t i = 0; i < count; ++i) {
    if (!scratch.beam.full() || scratch.scores[i] > scratch.beam.threshold()) scratch.beam.offer(scratch.fresh[i], scratch.scores[i]);
  }
}

// Gathers the neighbours of a row that were not met yet. With a filter only those allowed, and in place of each other one its own
// neighbours, until there are as many as a list has places: what is allowed stays connected although most rows are not (the two-hop
// expansion of ACORN, Patel et al., SIGMOD 2024, section 5).
template <class ListOf>
void gather(const WalkOver& over, const ListOf& list_of, std::uint32_t row, WalkScratch& scratch) {
  scratch.fresh.clear();
  const std::span<const std::uint32_t> list = list_of(row);
  const std::size_t line_step = over.quantizer->code_bytes();
  const auto take = [&](std::uint32_t next) {
    scratch.fresh.push_back(next);
    if (scratch.fresh.size() <= 4) {  // further ones are fetched while these are scored
      const std::byte* code = over.codes + next * line_step;
      for (std::size_t b = 0; b < line_step; b += kLineBytes) fetch_line(code + b);
    }
  };
  if (over.allowed.all()) {
    for (const std::uint32_t next : list) {
      if (next >= over.rows) break;
      if (scratch.seen.first_time(next)) take(next);
    }
    return;
  }
  for (const std::uint32_t next : list) {
    if (next >= over.rows) break;
    if (over.allowed(next) && scratch.seen.first_time(next)) take(next);
  }
  for (const std::uint32_t between : list) {
    if (between >= over.rows || scratch.fresh.size() >= list.size()) break;
    if (over.allowed(between) || !scratch.seen.first_time(between)) continue;
    for (const std::uint32_t next : list_of(between)) {
      if (next >= over.rows) break;
      if (over.allowed(next) && scratch.seen.first_time(next)) take(next);
    }
  }
}

// Walks from `start` with the ready query of the scratch; its beam holds the result. start: scored, not more than `breadth`.
template <class ListOf>
void walk(const WalkOver& over, const ListOf& list_of, std::span<const Scored> start, std::size_t breadth, WalkScratch& scratch) {
  scratch.seen.reset(over.rows);
  scratch.beam.reset(std::max<std::size_t>(breadth, 1));
  for (const Scored& first : start) {
    if (scratch.seen.first_time(first.row)) scratch.beam.offer(first.row, first.score);
  }
  for (std::uint32_t row = scratch.beam.expand(); row != kNoRow; row = scratch.beam.expand()) {
    gather(over, list_of, row, scratch);
    if (const std::uint32_t next = scratch.beam.likely_next(); next != kNoRow) {
      const std::span<const std::uint32_t> list = list_of(next);
      for (std::size_t i = 0; i < list.size(); i += kLineBytes / sizeof(std::uint32_t)) fetch_line(list.data() + i);
    }
    score_fresh(over, scratch);
  }
}

// From a row to the best of its neighbours, as long as that is better.
template <class ListOf>
Scored descend(const WalkOver& over, const ListOf& list_of, Scored from, WalkScratch& scratch) {
  for (bool moved = true; moved;) {
    moved = false;
    scratch.fresh.clear();
    for (const std::uint32_t next : list_of(from.row)) {
      if (next >= over.rows) break;
      scratch.fresh.push_back(next);
    }
    if (scratch.scores.size() < scratch.fresh.size()) scratch.scores.resize(scratch.fresh.size());
    over.quantizer->score(scratch.query, over.codes, scratch.fresh, scratch.scores.data());
    scratch.compared += scratch.fresh.size();
    for (std::size_t i = 0; i < scratch.fresh.size(); ++i) {
      const Scored next{scratch.fresh[i], scratch.scores[i]};
      if (next.score > from.score) from = next, moved = true;
    }
  }
  return from;
}

}  // namespace souk::index
