// Searching a segment of vectors: walks over its graph, scans of its codes, and the vectors of the best few.
#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#include <limits>
#include <numeric>

#include "souk/base/kernels/code_bits.h"
#include "souk/base/kernels/distance.h"
#include "souk/index/vectors/segment_state.h"

namespace souk::index {
namespace {

constexpr std::size_t kScoredAtOnce = 256;
constexpr std::uint32_t kScannedAtOnce = 512;  // codes of a run of blocks
constexpr std::size_t kScannedAnyway = 8;      // where one in so many rows is allowed, whole blocks are scanned
constexpr std::size_t kFewCells = 8;
constexpr std::size_t kScannedPerPlace = 100;  // so many allowed rows are scanned sooner than walked to, for each place of the beam

}  // namespace

// The cells that are looked at, nearest first, in scratch.cells.
void VectorSegment::State::choose_cells(const VectorQuery& how, WalkScratch& scratch) const {
  const std::size_t wanted = how.cells != 0 ? how.cells : std::max(kFewCells, centres.rows / 16);
  scratch.cells.reset(std::clamp<std::size_t>(wanted, 1, centres.rows));
  std::array<std::uint32_t, kScoredAtOnce> some;
  std::array<float, kScoredAtOnce> scores;
  for (std::size_t begin = 0; begin < centres.rows; begin += some.size()) {
    const std::size_t count = std::min(some.size(), centres.rows - begin);
    std::iota(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count), static_cast<std::uint32_t>(begin));
    const std::span<const std::uint32_t> which(some.data(), count);
    if (space.metric == Metric::dot) {
      kernels::dot_rows(scratch.query.whole, centres.data, centres.stride, which, scores.data());
    } else {
      kernels::squared_distance_rows(scratch.query.whole, centres.data, centres.stride, which, scores.data());
    }
    for (std::size_t i = 0; i < count; ++i) scratch.cells.offer(some[i], space.metric == Metric::dot ? scores[i] : -scores[i]);
  }
}

// Gathers the codes of all allowed rows (of the nearest cells, where there are cells) in scratch.fresh, some hundred at a time.
template <class Flush>
void VectorSegment::State::for_each_block(const VectorQuery& how, WalkScratch& scratch, const Flush& flush) const {
  scratch.fresh.clear();
  const auto take = [&](std::uint32_t code) {
    scratch.fresh.push_back(code);
    if (scratch.fresh.size() < kScoredAtOnce) return;
    flush();
    scratch.fresh.clear();
  };
  if (spec.cells > 0) {
    choose_cells(how, scratch);
    for (std::size_t i = 0; i < scratch.cells.size(); ++i) {
      const std::uint32_t cell = scratch.cells[i].row;
      if (quantizer->of_residuals()) {  // a block is of one cell
        flush();
        scratch.fresh.clear();
        quantizer->prepare_centre(centres.row(cell), scratch.query);
      }
      for (std::uint32_t code = cell_codes[cell]; code < cell_codes[cell + 1]; ++code) {
        if (how.allowed(code_rows[code])) take(code);
      }
    }
  } else if (how.allowed.all()) {
    for (std::uint32_t row = 0; row < rows; ++row) take(row);
  } else {
    for (std::size_t word = 0; word < how.allowed.bits.size(); ++word) {
      for (std::uint64_t bits = how.allowed.bits[word]; bits != 0; bits &= bits - 1) {
        const std::size_t row = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        if (row < rows) take(static_cast<std::uint32_t>(row));
      }
    }
  }
  flush();
}

// The beam then holds the best of them by their codes.
void VectorSegment::State::scan(const VectorQuery& how, std::size_t places, WalkScratch& scratch) const {
  Beam& best = scratch.beam;
  best.reset(places);
  for_each_block(how, scratch, [&] {
    const std::size_t count = scratch.fresh.size();
    scratch.scores.resize(std::max(scratch.scores.size(), count));
    quantizer->score(scratch.query, codes.data(), scratch.fresh, scratch.scores.data());
    scratch.compared += count;
    for (std::size_t i = 0; i < count; ++i) {
      if (!best.full() || scratch.scores[i] >= best.threshold()) best.offer(row_of(scratch.fresh[i]), scratch.scores[i]);
    }
  });
}

// The same for codes in blocks: whole runs are scored, and only of what may be among the best it is asked whether it is allowed.
void VectorSegment::State::scan_runs(const VectorQuery& how, std::size_t places, WalkScratch& scratch) const {
  Beam& best = scratch.beam;
  best.reset(places);
  scratch.scores.resize(std::max<std::size_t>(scratch.scores.size(), kScannedAtOnce));
  const auto scan_run = [&](std::uint32_t begin, std::uint32_t end) {
    while (begin < end) {
      const std::uint32_t stop = std::min(end, begin / kScannedAtOnce * kScannedAtOnce + kScannedAtOnce);
      quantizer->scan(scratch.query, codes.data(), begin, stop - begin, scratch.scores.data());
      scratch.compared += stop - begin;
      float threshold = best.full() ? best.threshold() : -std::numeric_limits<float>::infinity();
      for (std::uint32_t code = begin; code < stop; ++code) {
        const float score = scratch.scores[code - begin];
        if (score < threshold || !how.allowed(row_of(code))) continue;
        best.offer(row_of(code), score);
        if (best.full()) threshold = best.threshold();
      }
      begin = stop;
    }
  };
  if (spec.cells == 0) return scan_run(0, rows);
  choose_cells(how, scratch);
  for (std::size_t i = 0; i < scratch.cells.size(); ++i) {
    const std::uint32_t cell = scratch.cells[i].row;
    quantizer->prepare_centre(centres.row(cell), scratch.query);
    scan_run(cell_codes[cell], cell_codes[cell + 1]);
  }
}

// The beam then holds the best of them by their vectors, which are read only of rows whose codes leave it open whether they are.
void VectorSegment::State::scan_by_bounds(const VectorQuery& how, WalkScratch& scratch) const {
  Beam& best = scratch.beam;
  best.reset(std::min<std::size_t>(how.k, rows));
  for_each_block(how, scratch, [&] {
    const std::size_t count = scratch.fresh.size();
    scratch.scores.resize(std::max(scratch.scores.size(), count));
    scratch.errors.resize(std::max(scratch.errors.size(), count));
    quantizer->score(scratch.query, codes.data(), scratch.fresh, scratch.scores.data());
    quantizer->errors(scratch.query, codes.data(), scratch.fresh, scratch.errors.data());
    scratch.compared += count;
    scratch.open.clear();
    for (std::size_t i = 0; i < count; ++i) {
      if (!best.full() || scratch.scores[i] + scratch.errors[i] >= best.threshold()) scratch.open.push_back(row_of(scratch.fresh[i]));
    }
    score_vectors(scratch.open, scratch);
    scratch.vectors_read += scratch.open.size();
    for (std::size_t i = 0; i < scratch.open.size(); ++i) best.offer(scratch.open[i], scratch.scores[i]);
  });
}

// scratch.scores[i]: of vector some[i] and the query itself.
void VectorSegment::State::score_vectors(std::span<const std::uint32_t> some, WalkScratch& scratch) const {
  scratch.scores.resize(std::max(scratch.scores.size(), some.size()));
  if (space.metric != Metric::l2) {
    kernels::dot_rows(scratch.query.whole, vectors.data, vectors.stride, some, scratch.scores.data());
    return;
  }
  kernels::squared_distance_rows(scratch.query.whole, vectors.data, vectors.stride, some, scratch.scores.data());
  for (std::size_t i = 0; i < some.size(); ++i) scratch.scores[i] = -scratch.scores[i];
}

// Scores the first rows of `found` again, by their vectors; those of a file in its order.
void VectorSegment::State::refine(std::size_t places, WalkScratch& scratch, std::vector<Scored>& found) const {
  if (found.size() > places) found.resize(places);
  if (file) std::ranges::sort(found, {}, &Scored::row);
  scratch.vectors_read += found.size();
  scratch.fresh.clear();
  for (const Scored& next : found) scratch.fresh.push_back(next.row);
  score_vectors(scratch.fresh, scratch);
  for (std::size_t i = 0; i < found.size(); ++i) found[i].score = scratch.scores[i];
  std::sort(found.begin(), found.end(), Better());
}

Status VectorSegment::search(std::span<const float> query, const VectorQuery& how, WalkScratch& scratch, std::vector<Scored>& found) const {
  const State& s = *state_;
  found.clear();
  SOUK_CHECK(check_vector(query, s.space.dimension, s.space.metric, "query"));
  if (!how.allowed.all() && how.allowed.bits.size() * 64 < s.rows) {
    return fail(ErrorKind::invalid, fmt::format("a filter of {} bits for {} vectors", how.allowed.bits.size() * 64, s.rows), "query");
  }
  if (how.k == 0 || s.rows == 0) return {};
  const std::size_t k = std::min<std::size_t>(how.k, s.rows);
  const std::size_t wanted = std::max(k, how.breadth != 0 ? how.breadth : std::max<std::size_t>(64, 4 * k));
  const std::size_t breadth = std::min<std::size_t>(wanted, s.rows);
  const std::size_t worth = s.quantizer->worth_refining(k), enough = s.quantizer->has_errors() ? std::max(breadth, worth) : worth;
  const std::size_t refined = how.refine != 0 ? std::max(k, how.refine) : enough;

  if (s.space.metric == Metric::cosine) {
    scratch.unit.assign(query.begin(), query.end());
    to_unit(scratch.unit);
    query = scratch.unit;
  }
  s.quantizer->prepare(query, scratch.query);
  const std::size_t allowed = how.allowed.all() ? s.rows : kernels::count_bits(how.allowed.bits);
  const bool few = !how.allowed.all() && allowed <= kScannedPerPlace * breadth;
  VectorQuery narrowed = how;
  if (few) narrowed.cells = s.spec.cells;  // wherever they are
  const bool scanned = s.spec.degree == 0 || few, by_bounds = scanned && s.spec.refine && s.quantizer->has_errors() && how.refine == 0;
  const std::size_t places = std::min<std::size_t>(s.spec.refine ? refined : k, s.rows);
  if (by_bounds) {
    s.scan_by_bounds(narrowed, scratch);
  } else if (scanned && s.quantizer->block_rows() > 1 && allowed * kScannedAnyway >= s.rows) {
    s.scan_runs(narrowed, places, scratch);
  } else if (scanned) {
    s.scan(narrowed, places, scratch);
  } else {
    search_hnsw(s.graph, {s.quantizer.get(), s.codes.data(), s.rows, how.allowed}, breadth, scratch);
  }
  for (std::size_t i = 0; i < scratch.beam.size(); ++i) {
    if (how.allowed(scratch.beam[i].row)) found.push_back(scratch.beam[i]);
  }
  if (s.spec.refine && !by_bounds) s.refine(refined, scratch, found);
  if (found.size() > k) found.resize(k);
  return {};
}

}  // namespace souk::index
