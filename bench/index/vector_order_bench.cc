// Souk's side of `./run bench vector-order` (bench_vector_order.py, which says what is measured). Prints a line of JSON for each cell.
//
// usage: vector_order_bench ROWS SEEDS
#include <fmt/format.h>
#include <iostream>
#include <stdexcept>
#include <string>

#include "souk/base/random.h"
#include "souk/index/vectors/recall.h"

namespace souk::bench {
namespace {

using index::InsertionOrder;

constexpr std::size_t kQueries = 400, kBreadth = 32;
constexpr std::uint32_t kDegree = 8, kBuildBreadth = 64;

MatrixView part_of(const Matrix& all, std::size_t first, std::size_t count) {
  return {all.data() + first * all.columns(), count, all.columns(), all.columns()};
}

// Points whose every direction is one of `inner`: random normal numbers along random axes of a space of 256.
Matrix points_within(std::size_t rows, std::size_t inner, Random& random) {
  constexpr std::size_t kOuter = 256;
  Matrix axes(inner, kOuter), made(rows, kOuter);
  for (std::size_t m = 0; m < inner; ++m) {
    for (float& value : axes.row(m)) value = static_cast<float>(random.normal());
  }
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t m = 0; m < inner; ++m) {
      const auto along = static_cast<float>(random.normal());
      for (std::size_t c = 0; c < kOuter; ++c) made.row(r)[c] += along * axes.row(m)[c];
    }
  }
  return made;
}

// Rows sorted by category, as feeds often are: clusters of very different width, one after the other; queries of any of them behind.
Matrix categories(std::size_t rows, Random& random) {
  constexpr std::size_t kCategories = 50, kColumns = 64;
  Matrix centres(kCategories, kColumns), made(rows + kQueries, kColumns);
  std::vector<double> width(kCategories);
  for (std::size_t k = 0; k < kCategories; ++k) {
    width[k] = 0.2 + 1.8 * random.uniform();
    for (float& value : centres.row(k)) value = static_cast<float>(random.normal());
  }
  for (std::size_t r = 0; r < made.rows(); ++r) {
    const std::size_t k = r < rows ? r * kCategories / rows : random.below(kCategories);
    for (std::size_t c = 0; c < kColumns; ++c) made.row(r)[c] = centres.row(k)[c] + static_cast<float>(width[k] * random.normal());
  }
  return made;
}

index::VectorSegment built(MatrixView rows, std::uint64_t seed, InsertionOrder order) {
  index::VectorBuildConfig config;
  config.spec.degree = kDegree;
  config.graph = {.breadth = kBuildBreadth, .seed = seed, .order = order};
  auto segment = index::VectorSegment::build({"bench", {}, static_cast<std::uint32_t>(rows.columns), index::Metric::l2}, rows, {}, config,
                                             Progress::none());
  if (!segment) throw std::runtime_error(segment.error().message());
  return std::move(*segment);
}

double recall(const index::VectorSegment& segment, MatrixView queries, std::size_t breadth) {
  const auto found = index::probe_recall(segment, queries, {.breadth = breadth}, 1);
  if (!found) throw std::runtime_error(found.error().message());
  return *found;
}

void run(std::size_t rows, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    for (const std::size_t inner : {4U, 8U, 16U, 32U, 64U, 128U}) {
      Random random(seed);
      const Matrix made = points_within(rows + kQueries, inner, random);
      const index::VectorSegment segment = built(part_of(made, 0, rows), seed, InsertionOrder::random);
      std::cout << fmt::format(R"({{"part": "dimension", "inner": {}, "seed": {}, "recall": {:.4f}, "local_dimension": {:.2f}}})", inner,
                               seed, recall(segment, part_of(made, rows, kQueries), kBreadth), segment.report().local_dimension)
                << std::endl;
    }
    Random random(seed);
    const Matrix made = categories(rows, random);
    const MatrixView tuned_on = part_of(made, rows, kQueries / 2), held_out = part_of(made, rows + kQueries / 2, kQueries / 2);
    for (const auto& [order, name] : {std::pair(InsertionOrder::as_is, "as it is"), std::pair(InsertionOrder::random, "random"),
                                      std::pair(InsertionOrder::by_dimension, "highest local dimension first")}) {
      const index::VectorSegment segment = built(part_of(made, 0, rows), seed, order);
      const auto tuned = index::tune_effort(segment, tuned_on, 10, 0.95, 1);
      if (!tuned) throw std::runtime_error(tuned.error().message());
      std::cout
          << fmt::format(
                 R"({{"part": "order", "order": "{}", "seed": {}, "recall": {:.4f}, "tuned": {}, "held_out": {:.4f}, "order_ratio": {:.2f}}})",
                 name, seed, recall(segment, part_of(made, rows, kQueries), kBreadth), tuned->effort,
                 recall(segment, held_out, tuned->effort), segment.report().order_ratio)
          << std::endl;
    }
  }
}

}  // namespace
}  // namespace souk::bench

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: vector_order_bench ROWS SEEDS");
    souk::bench::run(std::stoul(argv[1]), std::stoul(argv[2]));
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << "\n";
    return 1;
  }
  return 0;
}
