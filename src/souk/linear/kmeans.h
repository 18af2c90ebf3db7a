// k-means by Lloyd's iterations (Lloyd 1982): centres that are the means of the rows nearest to them, by squared distance.
#pragma once

#include <cstdint>
#include <vector>

#include "souk/base/matrix.h"

namespace souk::linear {

struct KMeansConfig {
  std::uint32_t clusters = 256;
  std::uint32_t iterations = 10;
  std::uint32_t rows_per_cluster = 128;  // as many rows, drawn at random, are enough to place a centre
  std::uint64_t seed = 1;
};

// Centres [min(clusters, rows), columns], begun at rows drawn at random. A centre that loses all its rows begins anew at the row that is
// furthest from its own. The same for any number of threads.
Matrix kmeans(MatrixView rows, const KMeansConfig& config, unsigned threads);

// Lloyd's iterations from given centres, which they replace; the latter as in kmeans().
void improve_centres(MatrixView rows, Matrix& centres, std::uint32_t iterations, unsigned threads);

// For each row the number of its nearest centre, of equally near ones the lowest, and the squared distance as far as float32 products tell.
struct Nearest {
  std::vector<std::uint32_t> centre;
  std::vector<float> distance;
};
Nearest nearest_centres(MatrixView rows, MatrixView centres, unsigned threads);

}  // namespace souk::linear
