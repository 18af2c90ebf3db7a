// A segment is a section file (base/section_file.h) of kind "VECS", version 1:
//
//   about    VectorHeader: u32 rows, dimension, metric (metric.h), degree, entry of the graph, whether vectors are kept beside the codes,
//            cells, 0; u64 high and low half of the encoder's hash
//   space    the space's name
//   codes.as the quantizer's name
//   codes    [rows, code bytes], as the quantizer's class describes; by row, or by cell where there are cells
//   q.*      what the quantizer was fitted to
//   vectors  f32 [rows, dimension]: unit vectors for cosine; only when kept beside the codes
//   numbers  u32 [rows], strictly ascending
//   g.base   u32 [rows, 2 degree] neighbours on level 0, 0xFFFFFFFF after a row's last; the graph's sections only when degree > 0
//   g.upper  u32 [lists, degree] neighbours on the levels above
//   g.at     u32 [rows + 1]: number of a row's list of level 1, those of its higher levels follow
//   c.mid    f32 [cells, dimension] centres; the sections of cells only when cells > 0
//   c.at     u32 [cells + 1]: the first code of a cell
//   c.row    u32 [rows]: the row of each code, ascending within a cell
//
// Sizes are checked when a segment is opened. Numbers of neighbours are checked on the way: one that is no row ends its list.
#include "souk/index/vectors/vector_segment.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

#include "souk/base/kernels/code_bits.h"
#include "souk/base/kernels/distance.h"
#include "souk/base/kernels/dot.h"
#include "souk/base/section_file.h"
#include "souk/base/threads.h"
#include "souk/index/vectors/local_dimension.h"
#include "souk/linear/kmeans.h"

namespace souk::index {
namespace {

constexpr std::string_view kSegmentKind = "VECS";
constexpr std::uint32_t kSegmentVersion = 1;
constexpr std::size_t kScoredAtOnce = 256;
constexpr std::size_t kFewCells = 8;
constexpr std::size_t kScannedPerPlace = 100;  // so many allowed rows are scanned sooner than walked to, for each place of the beam

struct VectorHeader {
  std::uint32_t rows = 0, dimension = 0, metric = 0, degree = 0, entry = kNoRow, refine = 0, cells = 0, reserved = 0;
  std::uint64_t encoder_high = 0, encoder_low = 0;
};
static_assert(sizeof(VectorHeader) == 48);

std::span<const char> chars_of(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

struct VectorSegment::State {
  VectorSpace space;
  IndexSpec spec;
  std::uint32_t rows = 0;
  std::unique_ptr<Quantizer> quantizer;
  // Views into what the segment owns, or into its file.
  std::span<const std::byte> codes;
  MatrixView vectors;  // [rows, dimension], when kept
  std::span<const std::uint32_t> numbers;
  HnswView graph;
  MatrixView centres;                         // [cells, dimension]
  std::span<const std::uint32_t> cell_codes;  // [cells + 1]
  std::span<const std::uint32_t> code_rows;   // [rows]; empty: code r is of row r

  // Owned by a segment that was built, or read into memory.
  Lines own_codes, own_vectors;
  std::vector<std::uint32_t> own_numbers;
  Hnsw own_graph;
  Matrix own_centres;
  std::vector<std::uint32_t> own_cell_codes, own_code_rows;
  std::optional<SectionFile> file;

  void make_cells(MatrixView all, unsigned threads);
  Hnsw graph_of(MatrixView all, HnswConfig config, unsigned threads, Progress& progress) const;
  Status read(bool in_memory);
  Status read_graph(const VectorHeader& header, bool in_memory);
  Status read_cells(const VectorHeader& header);
  std::uint32_t row_of(std::uint32_t code) const { return code_rows.empty() ? code : code_rows[code]; }
  void choose_cells(const VectorQuery& how, WalkScratch& scratch) const;
  template <class Flush>
  void for_each_block(const VectorQuery& how, WalkScratch& scratch, const Flush& flush) const;
  void scan(const VectorQuery& how, std::size_t places, WalkScratch& scratch) const;
  void scan_by_bounds(const VectorQuery& how, WalkScratch& scratch) const;
  void score_vectors(std::span<const std::uint32_t> some, WalkScratch& scratch) const;
  void refine(std::size_t places, WalkScratch& scratch, std::vector<Scored>& found) const;
};

VectorSegment::VectorSegment(std::unique_ptr<State> state) : state_(std::move(state)) {}
VectorSegment::VectorSegment(VectorSegment&&) noexcept = default;
VectorSegment& VectorSegment::operator=(VectorSegment&&) noexcept = default;
VectorSegment::~VectorSegment() = default;

const VectorSpace& VectorSegment::space() const {
  return state_->space;
}
const IndexSpec& VectorSegment::spec() const {
  return state_->spec;
}
std::uint32_t VectorSegment::rows() const {
  return state_->rows;
}
std::uint32_t VectorSegment::number(std::uint32_t row) const {
  return state_->numbers[row];
}
std::size_t VectorSegment::index_bytes() const {
  const std::size_t base = std::size_t{state_->rows} * 2 * state_->graph.degree * sizeof(std::uint32_t);
  const std::size_t cells = state_->centres.rows * state_->centres.columns * sizeof(float) + state_->code_rows.size_bytes();
  return state_->codes.size_bytes() + base + cells + state_->graph.upper.size_bytes() + state_->graph.upper_at.size_bytes();
}
std::size_t VectorSegment::vector_bytes() const {
  return state_->vectors.rows * state_->vectors.columns * sizeof(float);
}

namespace {

Status check_segment_rows(const VectorSpace& space, MatrixView rows, std::span<const std::uint32_t> numbers) {
  if (space.dimension == 0 || space.dimension > kMaxDimension) {
    return fail(Error{ErrorKind::invalid,
                      "a space without a sensible dimension",
                      space.name,
                      fmt::format("1 to {}", kMaxDimension),
                      fmt::format("{}", space.dimension),
                      {}});
  }
  if (rows.rows >= (std::size_t{1} << 31U)) return fail(ErrorKind::limit, "more than 2^31 - 1 vectors in a segment", space.name);
  if (!numbers.empty() && numbers.size() != rows.rows) {
    return fail(ErrorKind::invalid, fmt::format("{} numbers for {} vectors", numbers.size(), rows.rows), space.name);
  }
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i - 1] < numbers[i]) continue;
    return fail(ErrorKind::invalid,
                fmt::format("vector {} has number {}, the one before it {}: they must ascend", i, numbers[i], numbers[i - 1]), space.name);
  }
  for (std::size_t r = 0; r < rows.rows; ++r) {
    const auto name = [&] { return fmt::format("space \"{}\", vector {}", space.name, numbers.empty() ? r : numbers[r]); };
    SOUK_CHECK(check_vector(rows.row(r), space.dimension, space.metric, name()));
  }
  return {};
}

}  // namespace

Result<VectorSegment> VectorSegment::build(VectorSpace space, MatrixView rows, std::span<const std::uint32_t> numbers,
                                           const VectorBuildConfig& config, Progress& progress) {
  SOUK_CHECK(check_segment_rows(space, rows, numbers));
  auto state = std::make_unique<State>();
  state->space = std::move(space);
  state->spec = config.spec;
  state->rows = static_cast<std::uint32_t>(rows.rows);
  state->own_numbers.assign(numbers.begin(), numbers.end());
  if (numbers.empty()) {
    state->own_numbers.resize(rows.rows);
    std::iota(state->own_numbers.begin(), state->own_numbers.end(), 0U);
  }
  state->numbers = state->own_numbers;

  const std::size_t dimension = state->space.dimension;
  Lines own(rows.rows * dimension * sizeof(float));
  auto* floats = reinterpret_cast<float*>(own.data());
  for (std::size_t r = 0; r < rows.rows; ++r) {
    const std::span<float> row(floats + r * dimension, dimension);
    std::ranges::copy(rows.row(r), row.begin());
    if (state->space.metric == Metric::cosine) to_unit(row);
  }
  const MatrixView copied{floats, rows.rows, dimension, dimension};
  SOUK_TRY(state->quantizer, fit_quantizer(config.spec.codes, copied, state->space.metric));
  if (config.spec.cells > 0) state->make_cells(copied, config.threads);
  state->own_codes = encode_all(*state->quantizer, copied, config.threads, state->own_code_rows);
  state->codes = state->own_codes.bytes();
  if (config.spec.degree > 0) {
    HnswConfig graph = config.graph;
    graph.degree = config.spec.degree;
    state->own_graph = state->graph_of(copied, graph, config.threads, progress);
    state->graph = state->own_graph.view();
  }
  if (config.spec.refine) {
    state->own_vectors = std::move(own);
    state->vectors = copied;
  }
  return VectorSegment(std::move(state));
}

// Sorts the rows by the centre that is nearest to them.
void VectorSegment::State::make_cells(MatrixView all, unsigned threads) {
  own_centres = linear::kmeans(all, {.clusters = spec.cells}, threads);
  spec.cells = static_cast<std::uint32_t>(own_centres.rows());  // not more than rows
  centres = own_centres.view();
  own_cell_codes.assign(spec.cells + std::size_t{1}, 0);
  if (spec.cells > 0) {
    const linear::Nearest nearest = linear::nearest_centres(all, centres, threads);
    for (const std::uint32_t cell : nearest.centre) ++own_cell_codes[cell + 1];
    std::partial_sum(own_cell_codes.begin(), own_cell_codes.end(), own_cell_codes.begin());
    own_code_rows.resize(rows);
    std::vector<std::uint32_t> next(own_cell_codes.begin(), own_cell_codes.end() - 1);
    for (std::uint32_t row = 0; row < rows; ++row) own_code_rows[next[nearest.centre[row]]++] = row;
  }
  cell_codes = own_cell_codes;
  code_rows = own_code_rows;
}

// Over the segment's codes, or over finer ones where its own say too little of which rows are near each other.
Hnsw VectorSegment::State::graph_of(MatrixView all, HnswConfig config, unsigned threads, Progress& progress) const {
  std::vector<std::uint32_t> sequence;
  if (config.order == InsertionOrder::by_dimension) {
    sequence = highest_first(local_dimensions(all, {.seed = config.seed}, threads));
    config.sequence = sequence;
  }
  if (!quantizer->has_errors()) return build_hnsw(*quantizer, codes.data(), all.rows, config, threads, progress);
  const auto finer = Int8Codes::fit(all, space.metric);
  const Lines finer_codes = encode_all(*finer, all, threads);
  return build_hnsw(*finer, finer_codes.data(), all.rows, config, threads, progress);
}

Status VectorSegment::write(const fs::path& path) const {
  const State& s = *state_;
  const VectorHeader header{s.rows,
                            s.space.dimension,
                            static_cast<std::uint32_t>(s.space.metric),
                            s.spec.degree,
                            s.graph.entry,
                            s.spec.refine ? 1U : 0U,
                            s.spec.cells,
                            0,
                            s.space.encoder.high,
                            s.space.encoder.low};
  SectionWriter writer(kSegmentKind, kSegmentVersion);
  writer.add("about", std::span(&header, 1));
  writer.add("space", chars_of(s.space.name));
  writer.add("codes.as", chars_of(s.quantizer->name()));
  writer.add_bytes("codes", s.codes);
  s.quantizer->add_to(writer);
  if (s.spec.refine) writer.add("vectors", std::span(s.vectors.data, s.vectors.rows * s.vectors.columns));
  writer.add("numbers", s.numbers);
  if (s.spec.degree > 0) {
    writer.add("g.base", std::span(s.graph.base, std::size_t{s.rows} * 2 * s.spec.degree));
    writer.add("g.upper", s.graph.upper);
    writer.add("g.at", s.graph.upper_at);
  }
  if (s.spec.cells > 0) {
    writer.add("c.mid", std::span(s.centres.data, s.centres.rows * s.centres.columns));
    writer.add("c.at", s.cell_codes);
    writer.add("c.row", s.code_rows);
  }
  return writer.write(path);
}

namespace {

tl::unexpected<Error> not_fitting(const SectionFile& file, std::string_view what) {
  return fail(ErrorKind::corrupt, fmt::format("the segment's {} do not fit its header", what), file.path().string(),
              "Restore the file from a backup, or build the segment anew.");
}

Result<std::string> text_section(const SectionFile& file, std::string_view name) {
  SOUK_TRY(const auto text, file.array<char>(name));
  return std::string(text.data(), text.size());
}

}  // namespace

Status VectorSegment::State::read(bool in_memory) {
  SOUK_TRY(const auto about, file->array<VectorHeader>("about"));
  if (about.size() != 1) return not_fitting(*file, "headers");
  const VectorHeader header = about.front();
  if (header.rows >= (1U << 31U) || header.dimension == 0 || header.dimension > kMaxDimension || header.metric > 2 || header.degree > 256 ||
      header.refine > 1 || header.cells > header.rows || (header.degree > 0 && header.cells > 0)) {
    return not_fitting(*file, "sizes");
  }
  rows = header.rows;
  SOUK_TRY(space.name, text_section(*file, "space"));
  space.encoder = {header.encoder_high, header.encoder_low};
  space.dimension = header.dimension;
  space.metric = static_cast<Metric>(header.metric);
  SOUK_TRY(spec.codes, text_section(*file, "codes.as"));
  spec.degree = header.degree;
  spec.refine = header.refine != 0;
  spec.cells = header.cells;
  SOUK_TRY(quantizer, read_quantizer(*file, spec.codes, space.dimension, space.metric));
  SOUK_TRY(codes, file->bytes("codes"));
  if (codes.size() != rows * quantizer->code_bytes()) return not_fitting(*file, "codes");
  SOUK_TRY(numbers, file->array<std::uint32_t>("numbers"));
  if (numbers.size() != rows || std::ranges::adjacent_find(numbers, std::greater_equal()) != numbers.end())
    return not_fitting(*file, "numbers");
  if (spec.refine) {
    SOUK_TRY(const auto floats, file->array<float>("vectors"));
    if (floats.size() != std::size_t{rows} * space.dimension) return not_fitting(*file, "vectors");
    vectors = {floats.data(), rows, space.dimension, space.dimension};
  }
  if (in_memory) {
    own_codes = Lines::copy_of(codes);
    codes = own_codes.bytes();
  }
  if (spec.cells > 0) SOUK_CHECK(read_cells(header));
  return spec.degree == 0 ? Status() : read_graph(header, in_memory);
}

Status VectorSegment::State::read_cells(const VectorHeader& header) {
  SOUK_TRY(const auto floats, file->array<float>("c.mid"));
  SOUK_TRY(cell_codes, file->array<std::uint32_t>("c.at"));
  SOUK_TRY(code_rows, file->array<std::uint32_t>("c.row"));
  centres = {floats.data(), header.cells, space.dimension, space.dimension};
  const bool fit = floats.size() == std::size_t{header.cells} * space.dimension && cell_codes.size() == header.cells + std::size_t{1} &&
                   cell_codes.front() == 0 && cell_codes.back() == rows && std::ranges::is_sorted(cell_codes) && code_rows.size() == rows &&
                   std::ranges::all_of(code_rows, [&](std::uint32_t row) { return row < rows; });
  return fit ? Status() : not_fitting(*file, "cells");
}

Status VectorSegment::State::read_graph(const VectorHeader& header, bool in_memory) {
  SOUK_TRY(const auto base, file->array<std::uint32_t>("g.base"));
  SOUK_TRY(const auto upper, file->array<std::uint32_t>("g.upper"));
  SOUK_TRY(const auto at, file->array<std::uint32_t>("g.at"));
  const bool entry_fits = rows == 0 ? header.entry == kNoRow : header.entry < rows;
  if (base.size() != std::size_t{rows} * 2 * header.degree || at.size() != rows + std::size_t{1} || upper.size() % header.degree != 0 ||
      !entry_fits) {
    return not_fitting(*file, "graph");
  }
  graph = {rows, header.degree, header.entry, base.data(), upper, at};
  if (in_memory) {
    own_graph.base = Lines::copy_of(std::as_bytes(base));
    graph.base = reinterpret_cast<const std::uint32_t*>(own_graph.base.data());
  }
  return {};
}

Result<VectorSegment> VectorSegment::open(const fs::path& path, bool in_memory) {
  auto state = std::make_unique<State>();
  SOUK_TRY(SectionFile file, SectionFile::open(path, kSegmentKind, kSegmentVersion, kSegmentVersion));
  state->file.emplace(std::move(file));
  SOUK_CHECK(state->read(in_memory));
  return VectorSegment(std::move(state));
}

Result<VectorSegment> VectorSegment::open(const fs::path& path, const VectorSpace& expected, bool in_memory) {
  SOUK_TRY(VectorSegment segment, open(path, in_memory));
  const VectorSpace& found = segment.space();
  if (found == expected) return segment;
  const auto describe = [](const VectorSpace& space) {
    return fmt::format("space \"{}\" of encoder {}, {} numbers by {}", space.name, space.encoder.hex(), space.dimension,
                       name_of(space.metric));
  };
  return fail(Error{ErrorKind::invalid, "vectors of another space or encoder", path.string(), describe(expected), describe(found),
                    "Vectors of two encoders cannot be compared: encode the items again, or ask with the encoder of the segment."});
}

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

// Scores the first rows of `found` again, by their vectors.
void VectorSegment::State::refine(std::size_t places, WalkScratch& scratch, std::vector<Scored>& found) const {
  if (found.size() > places) found.resize(places);
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
  const std::size_t enough = s.quantizer->has_errors() ? std::max(breadth, 3 * k + 16) : 3 * k + 16;
  const std::size_t refined = how.refine != 0 ? std::max(k, how.refine) : enough;

  if (s.space.metric == Metric::cosine) {
    scratch.unit.assign(query.begin(), query.end());
    to_unit(scratch.unit);
    query = scratch.unit;
  }
  s.quantizer->prepare(query, scratch.query);
  const bool few = !how.allowed.all() && kernels::count_bits(how.allowed.bits) <= kScannedPerPlace * breadth;
  VectorQuery narrowed = how;
  if (few) narrowed.cells = s.spec.cells;  // wherever they are
  const bool scanned = s.spec.degree == 0 || few, by_bounds = scanned && s.spec.refine && s.quantizer->has_errors();
  if (by_bounds) {
    s.scan_by_bounds(narrowed, scratch);
  } else if (scanned) {
    s.scan(narrowed, std::min<std::size_t>(s.spec.refine ? refined : k, s.rows), scratch);
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
