// k-means by levels: each level's centres are those of what the levels before it left over (residual or multi-stage vector quantization:
// Juang and Gray 1982; Chen, Guan and Wang, "Approximate nearest neighbor search by residual vector quantization", 2010). A row becomes one
// code a level, and rows that share their first codes are alike: the core of semantic IDs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/matrix.h"

namespace souk::linear {

struct ResidualKMeansConfig {
  std::uint32_t levels = 3;
  std::uint32_t clusters = 256;  // a level
  std::uint32_t iterations = 10;
  std::uint32_t rows_per_cluster = 128;  // as kmeans()
  std::uint64_t seed = 1;
};

// Codes are [rows, levels], row by row. Thread-safe.
class ResidualCodebook {
 public:
  // One matrix of centres a level, all of as many columns.
  explicit ResidualCodebook(std::vector<Matrix> levels) : levels_(std::move(levels)) {}
  std::size_t levels() const { return levels_.size(); }
  const Matrix& level(std::size_t l) const { return levels_[l]; }

  // At each level the nearest centre to what is left, of equally near ones the lowest; with `beam` > 1 the best of so many sums of centres
  // that were kept at every level, which is never further off than the nearest at each. The same for any number of threads.
  std::vector<std::uint32_t> encode(MatrixView rows, unsigned threads, std::uint32_t beam = 1) const;
  // The sum of the centres of the first codes.size() levels.
  void decode(std::span<const std::uint32_t> codes, std::span<float> out) const;

 private:
  std::vector<Matrix> levels_;
};

// Fitted level by level, each to the residuals that the nearest centres of the levels before leave. Levels after one that leaves nothing
// have centres of zeros. No rows: levels without centres, with which nothing can be coded.
ResidualCodebook residual_kmeans(MatrixView rows, const ResidualKMeansConfig& config, unsigned threads);

// How evenly codes are used, for reports: of the rows' numbers by code, the Gini coefficient (0: all codes alike; near 1: few have all) and
// the share of codes that any row has. codes below `clusters`.
struct CodeUse {
  double gini = 0, used = 0;
};
CodeUse code_use(std::span<const std::uint32_t> codes, std::uint32_t clusters);

}  // namespace souk::linear
