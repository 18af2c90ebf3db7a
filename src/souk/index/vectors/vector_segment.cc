// A segment is a section file (base/section_file.h) of kind "VECS", version 2:
//
//   about    VectorHeader: u32 rows, dimension, metric (metric.h), degree, entry of the graph, whether vectors are kept beside the codes,
//            cells, order of insertion (hnsw.h); u64 high and low half of the encoder's hash; f32 local dimension, f32 order ratio, both of
//            VectorReport
//   space    the space's name
//   codes.as the quantizer's name
//   codes    [rows, code bytes], or in blocks, as the quantizer's class describes; by row, or by cell where there are cells
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
#include <cassert>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <numeric>
#include <utility>

#include "souk/base/threads.h"
#include "souk/index/vectors/local_dimension.h"
#include "souk/index/vectors/product_codes.h"
#include "souk/index/vectors/segment_state.h"
#include "souk/linear/kmeans.h"

namespace souk::index {
namespace {

constexpr std::string_view kSegmentKind = "VECS";

std::span<const char> chars_of(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

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
std::span<const std::uint32_t> VectorSegment::numbers() const {
  return state_->numbers;
}
std::optional<std::uint32_t> VectorSegment::row_of(std::uint32_t number) const {
  const auto found = std::ranges::lower_bound(state_->numbers, number);
  if (found == state_->numbers.end() || *found != number) return std::nullopt;
  return static_cast<std::uint32_t>(found - state_->numbers.begin());
}
Status VectorSegment::verify() const {
  return state_->file ? state_->file->verify() : Status();
}
std::size_t VectorSegment::index_bytes() const {
  const std::size_t base = std::size_t{state_->rows} * 2 * state_->graph.degree * sizeof(std::uint32_t);
  const std::size_t cells = state_->centres.rows * state_->centres.columns * sizeof(float) + state_->code_rows.size_bytes();
  const std::size_t codes = state_->codes.size_bytes() + state_->quantizer->fitted_bytes();
  return codes + base + cells + state_->graph.upper.size_bytes() + state_->graph.upper_at.size_bytes();
}
std::size_t VectorSegment::vector_bytes() const {
  return state_->vectors.rows * state_->vectors.columns * sizeof(float);
}

MatrixView VectorSegment::vectors() const {
  const State& s = *state_;
  if (s.spec.refine) return s.vectors;
  if (s.spec.codes != "F32" || !s.code_rows.empty()) return {nullptr, 0, s.space.dimension, s.space.dimension};
  return {reinterpret_cast<const float*>(s.codes.data()), s.rows, s.space.dimension, s.quantizer->code_bytes() / sizeof(float)};
}

VectorReport VectorSegment::report() const {
  const State& s = *state_;
  constexpr std::array<std::string_view, 3> kOrders{"random", "as they are", "highest local dimension first"};
  constexpr float kSorted = 0.9F;
  VectorReport report{name_of(s.spec), {}, s.local_dimension, s.order_ratio, {}};
  if (s.spec.degree > 0) report.order = kOrders[static_cast<std::size_t>(s.order)];
  if (s.spec.degree > 0 && s.order == InsertionOrder::as_is && s.order_ratio < kSorted) {
    report.warning = fmt::format(
        "space \"{}\": rows next to each other are {:.2f} times as far apart as any two: they are sorted, and a graph built in that order "
        "finds less. Insert at random, or the highest local dimension first",
        s.space.name, s.order_ratio);
  }
  return report;
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
    if (state->space.metric == Metric::cosine && !config.unit) to_unit(row);
  }
  const MatrixView copied{floats, rows.rows, dimension, dimension};
  SOUK_CHECK(state->make_codes(copied, config.threads));
  if (config.spec.degree > 0) {
    HnswConfig graph = config.graph;
    graph.degree = config.spec.degree;
    state->order = graph.order;
    state->own_graph = state->graph_of(copied, graph, config.threads, progress);
    state->graph = state->own_graph.view();
  }
  if (config.measured) {
    state->local_dimension = mean_local_dimension(copied, {.seed = config.graph.seed}, config.threads);
    state->order_ratio = order_ratio(copied);
  }
  if (config.spec.refine) {
    state->own_vectors = std::move(own);
    state->vectors = copied;
  }
  return VectorSegment(std::move(state));
}

// Sorts the rows by the centre that is nearest to them; which one that is, by row.
std::vector<std::uint32_t> VectorSegment::State::make_cells(MatrixView all, unsigned threads) {
  own_centres = linear::kmeans(all, {.clusters = spec.cells}, threads);
  spec.cells = static_cast<std::uint32_t>(own_centres.rows());  // not more than rows
  centres = own_centres.view();
  own_cell_codes.assign(spec.cells + std::size_t{1}, 0);
  std::vector<std::uint32_t> cell_of;
  if (spec.cells > 0) {
    cell_of = linear::nearest_centres(all, centres, threads).centre;
    for (const std::uint32_t cell : cell_of) ++own_cell_codes[cell + 1];
    std::partial_sum(own_cell_codes.begin(), own_cell_codes.end(), own_cell_codes.begin());
    own_code_rows.resize(rows);
    std::vector<std::uint32_t> next(own_cell_codes.begin(), own_cell_codes.end() - 1);
    for (std::uint32_t row = 0; row < rows; ++row) own_code_rows[next[cell_of[row]]++] = row;
  }
  cell_codes = own_cell_codes;
  code_rows = own_code_rows;
  return cell_of;
}

// Cells, where there are any, the quantizer, and all rows as its codes.
Status VectorSegment::State::make_codes(MatrixView all, unsigned threads) {
  std::vector<std::uint32_t> cell_of;
  if (spec.cells > 0) cell_of = make_cells(all, threads);
  CodeOrder sorted{code_rows, centres, {}};
  std::vector<std::uint32_t> centre_of(code_rows.size());
  if (spec.cells > 0 && parse_product_name(spec.codes)) {
    const std::vector<std::uint32_t> drawn = drawn_rows(all.rows, ProductCodes::kSample);
    Matrix residuals(drawn.size(), all.columns);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      const auto row = all.row(drawn[i]), centre = centres.row(cell_of[drawn[i]]);
      for (std::size_t c = 0; c < row.size(); ++c) residuals.row(i)[c] = row[c] - centre[c];
    }
    SOUK_TRY(quantizer, fit_quantizer(spec.codes, residuals.view(), space.metric, threads));
    for (std::size_t i = 0; i < centre_of.size(); ++i) centre_of[i] = cell_of[code_rows[i]];
    sorted.centre_of = centre_of;
  } else {
    SOUK_TRY(quantizer, fit_quantizer(spec.codes, all, space.metric, threads));
  }
  own_codes = encode_all(*quantizer, all, threads, sorted);
  codes = own_codes.bytes();
  return {};
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
                            static_cast<std::uint32_t>(s.order),
                            s.space.encoder.high,
                            s.space.encoder.low,
                            s.local_dimension,
                            s.order_ratio};
  SectionWriter writer(kSegmentKind, kVectorSegmentVersion);
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
      header.refine > 1 || header.order > 2 || header.cells > header.rows || (header.degree > 0 && header.cells > 0)) {
    return not_fitting(*file, "sizes");
  }
  rows = header.rows;
  order = static_cast<InsertionOrder>(header.order);
  local_dimension = header.local_dimension;
  order_ratio = header.order_ratio;
  if (!(local_dimension >= 0 && order_ratio >= 0 && std::isfinite(local_dimension + order_ratio))) return not_fitting(*file, "measures");
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
  if (codes.size() != quantizer->bytes_for(rows) || (header.degree > 0 && quantizer->block_rows() > 1)) return not_fitting(*file, "codes");
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
  if (spec.degree > 0) SOUK_CHECK(read_graph(header, in_memory));
  if (in_memory) let_go_of_file();
  return {};
}

// What was copied is not read again, and vectors are read a few at a time.
void VectorSegment::State::let_go_of_file() const {
  for (const std::string_view name : {"codes", "g.base", "vectors"}) {
    if (!file->has(name)) continue;
    if (const auto bytes = file->bytes(name)) let_go(*bytes);
  }
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
  SOUK_TRY(SectionFile file, SectionFile::open(path, kSegmentKind, kVectorSegmentVersion, kVectorSegmentVersion));
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

}  // namespace souk::index
