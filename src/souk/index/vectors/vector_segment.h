// An immutable set of vectors of one space, with its index: built in memory or mapped from a file (whose form vector_segment.cc describes).
// The store of a shop is a list of them; a segment knows rows only, and the number that its owner gave each (an item's).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/hash.h"
#include "souk/base/kernels/top_k.h"
#include "souk/base/matrix.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/index/vectors/hnsw.h"
#include "souk/index/vectors/index_spec.h"
#include "souk/index/vectors/metric.h"

namespace souk::index {

inline constexpr std::uint32_t kVectorSegmentVersion = 2;

// What vectors are: those of two spaces, or of two encoders, must never be compared.
struct VectorSpace {
  std::string name;  // "text", "image", "behaviour" ...
  Hash128 encoder;   // of whatever made the vectors
  std::uint32_t dimension = 0;
  Metric metric = Metric::cosine;
  friend bool operator==(const VectorSpace&, const VectorSpace&) = default;
};

struct VectorBuildConfig {
  IndexSpec spec;
  HnswConfig graph;  // its degree is the spec's
  unsigned threads = 1;
  bool unit = false;     // the rows are as they are compared, those of vectors() of other segments: not brought to length 1 again
  bool measured = true;  // report() says how hard the rows are, which takes a scan of some of them
};

struct VectorQuery {
  std::size_t k = 10;
  std::size_t breadth = 0;  // rows kept on the walk (efSearch); 0: max(64, 4 k)
  std::size_t cells = 0;    // looked at, of an index with cells; 0: a sixteenth of them, 8 at least
  // Rows scored again by their vectors, where those are kept: never more than this are read. 0: as many as the codes are worth (of the
  // breadth 3 k + 16, of product codes 20 k + 64, after a walk over one-bit codes all); a scan of one-bit codes then reads whatever these
  // leave open, however many that are.
  std::size_t refine = 0;
  AllowedRows allowed = {};  // a bit for every row, zeros beyond the last
};

// What a segment says of itself, for reports.
struct VectorReport {
  std::string index;          // its factory name
  std::string order;          // in which rows entered the graph; empty without one
  float local_dimension = 0;  // mean_local_dimension() of the rows: the higher, the harder neighbours are to tell apart
  float order_ratio = 0;      // order_ratio() of the rows as they came
  std::string warning;        // where the two bode ill for the order of insertion
};

class VectorSegment {  // thread-safe but for moving
 public:
  // rows: [rows, space.dimension], below 2^31 rows; numbers: one a row, strictly ascending, or empty: the row. Everything is copied. An
  // error names the vector that cannot be taken (check_vector).
  static Result<VectorSegment> build(VectorSpace space, MatrixView rows, std::span<const std::uint32_t> numbers,
                                     const VectorBuildConfig& config, Progress& progress);
  Status write(const fs::path& path) const;
  Status verify() const;  // every checksum of the file; nothing to do in memory
  // Mapped; `in_memory` copies what every query touches onto huge pages of its own, which is faster for what is asked often. The vectors
  // beside codes stay in the file and take no memory but for the pages that were read last: two stages (Xiao et al., "Progressively
  // Optimized Bi-Granular Document Representation", WWW 2022, section 3), codes in memory to find candidates, at most
  // VectorQuery::refine reads in the order of the file to compare them.
  static Result<VectorSegment> open(const fs::path& path, bool in_memory = false);
  // The same, refusing a segment of another space or encoder: vectors of two encoders mean nothing to each other.
  static Result<VectorSegment> open(const fs::path& path, const VectorSpace& expected, bool in_memory = false);
  VectorSegment(VectorSegment&&) noexcept;
  VectorSegment& operator=(VectorSegment&&) noexcept;
  ~VectorSegment();

  const VectorSpace& space() const;
  const IndexSpec& spec() const;
  std::uint32_t rows() const;
  std::uint32_t number(std::uint32_t row) const;
  std::span<const std::uint32_t> numbers() const;                   // [rows]
  std::optional<std::uint32_t> row_of(std::uint32_t number) const;  // nothing: no row has it
  // Bytes that queries touch often, and bytes of the vectors that are read for the best few.
  std::size_t index_bytes() const;
  std::size_t vector_bytes() const;

  // As they are compared (for cosine unit vectors), where they are kept; else no rows, and also of cells over the vectors themselves.
  MatrixView vectors() const;
  VectorReport report() const;

  // `found`: up to k rows, best first, with exact scores where the spec keeps vectors, else those of the codes. Errors: a query that
  // check_vector refuses, a filter that is too short.
  Status search(std::span<const float> query, const VectorQuery& how, WalkScratch& scratch, std::vector<Scored>& found) const;

 private:
  struct State;
  explicit VectorSegment(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::index
