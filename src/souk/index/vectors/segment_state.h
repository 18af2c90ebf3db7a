// What a segment of vectors holds, for the files that build, keep and search it: vector_segment.cc and vector_search.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "souk/base/section_file.h"
#include "souk/index/vectors/vector_segment.h"

namespace souk::index {

struct VectorHeader {
  std::uint32_t rows = 0, dimension = 0, metric = 0, degree = 0, entry = kNoRow, refine = 0, cells = 0, order = 0;
  std::uint64_t encoder_high = 0, encoder_low = 0;
  float local_dimension = 0, order_ratio = 0;
};
static_assert(sizeof(VectorHeader) == 56);

struct VectorSegment::State {
  VectorSpace space;
  IndexSpec spec;
  std::uint32_t rows = 0;
  InsertionOrder order = InsertionOrder::random;
  float local_dimension = 0, order_ratio = 0;
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

  std::vector<std::uint32_t> make_cells(MatrixView all, unsigned threads);
  Status make_codes(MatrixView all, unsigned threads);
  Hnsw graph_of(MatrixView all, HnswConfig config, unsigned threads, Progress& progress) const;
  Status read(bool in_memory);
  Status read_graph(const VectorHeader& header, bool in_memory);
  Status read_cells(const VectorHeader& header);
  void let_go_of_file() const;
  std::uint32_t row_of(std::uint32_t code) const { return code_rows.empty() ? code : code_rows[code]; }
  void choose_cells(const VectorQuery& how, WalkScratch& scratch) const;
  template <class Flush>
  void for_each_block(const VectorQuery& how, WalkScratch& scratch, const Flush& flush) const;
  void scan(const VectorQuery& how, std::size_t places, WalkScratch& scratch) const;
  void scan_runs(const VectorQuery& how, std::size_t places, WalkScratch& scratch) const;
  void scan_by_bounds(const VectorQuery& how, WalkScratch& scratch) const;
  void score_vectors(std::span<const std::uint32_t> some, WalkScratch& scratch) const;
  void refine(std::size_t places, WalkScratch& scratch, std::vector<Scored>& found) const;
};

}  // namespace souk::index
