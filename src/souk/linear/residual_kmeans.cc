#include "souk/linear/residual_kmeans.h"

#include <algorithm>
#include <cassert>
#include <functional>

#include "souk/base/kernels/distance.h"
#include "souk/base/threads.h"
#include "souk/linear/kmeans.h"

namespace souk::linear {
namespace {

struct Path {  // the codes so far of one way to sum up a row, and what is left
  float distance = 0;
  std::vector<std::uint32_t> codes;
  std::vector<float> left;
};

// The `beam` best sums of one centre of each level, kept level by level.
std::vector<std::uint32_t> best_path(const std::vector<Matrix>& levels, std::span<const float> row, std::uint32_t beam) {
  std::vector<Path> paths{{0, {}, {row.begin(), row.end()}}};
  struct Step {
    float distance;
    std::size_t path;
    std::uint32_t code;
  };
  std::vector<Step> steps;
  for (const Matrix& level : levels) {
    steps.clear();
    for (std::size_t p = 0; p < paths.size(); ++p) {
      for (std::uint32_t k = 0; k < level.rows(); ++k) steps.push_back({kernels::squared_distance(paths[p].left, level.row(k)), p, k});
    }
    const std::size_t kept = std::min<std::size_t>(beam, steps.size());
    std::ranges::partial_sort(steps, steps.begin() + static_cast<std::ptrdiff_t>(kept), [](const Step& a, const Step& b) {
      return a.distance != b.distance ? a.distance < b.distance : a.path != b.path ? a.path < b.path : a.code < b.code;
    });
    std::vector<Path> next(kept);
    for (std::size_t i = 0; i < kept; ++i) {
      next[i] = {steps[i].distance, paths[steps[i].path].codes, paths[steps[i].path].left};
      next[i].codes.push_back(steps[i].code);
      const auto centre = level.row(steps[i].code);
      for (std::size_t c = 0; c < centre.size(); ++c) next[i].left[c] -= centre[c];
    }
    paths = std::move(next);
  }
  return paths.front().codes;
}

void subtract(Matrix& left, const Matrix& centres, const std::vector<std::uint32_t>& codes) {
  for (std::size_t r = 0; r < left.rows(); ++r) {
    const auto centre = centres.row(codes[r]);
    for (std::size_t c = 0; c < centre.size(); ++c) left.row(r)[c] -= centre[c];
  }
}

Matrix copy_of(MatrixView rows) {
  Matrix copy(rows.rows, rows.columns);
  for (std::size_t r = 0; r < rows.rows; ++r) std::ranges::copy(rows.row(r), copy.row(r).begin());
  return copy;
}

}  // namespace

std::vector<std::uint32_t> ResidualCodebook::encode(MatrixView rows, unsigned threads, std::uint32_t beam) const {
  std::vector<std::uint32_t> codes(rows.rows * levels());
  if (rows.rows == 0 || levels() == 0) return codes;
  assert(levels_.front().rows() > 0 && levels_.front().columns() == rows.columns && beam > 0);
  Matrix left = copy_of(rows);
  for (std::size_t l = 0; l < levels(); ++l) {
    const std::vector<std::uint32_t> nearest = nearest_centres(left.view(), levels_[l].view(), threads).centre;
    for (std::size_t r = 0; r < rows.rows; ++r) codes[r * levels() + l] = nearest[r];
    subtract(left, levels_[l], nearest);
  }
  if (beam == 1) return codes;
  parallel_for(rows.rows, 16, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    std::vector<float> sum(rows.columns);
    for (std::size_t r = begin; r < end; ++r) {
      const std::vector<std::uint32_t> path = best_path(levels_, rows.row(r), beam);
      const std::span<std::uint32_t> own(codes.data() + r * levels(), levels());
      decode(own, sum);
      const float plain = kernels::squared_distance(rows.row(r), sum);
      decode(path, sum);
      if (kernels::squared_distance(rows.row(r), sum) < plain) std::ranges::copy(path, own.begin());
    }
  });
  return codes;
}

void ResidualCodebook::decode(std::span<const std::uint32_t> codes, std::span<float> out) const {
  assert(codes.size() <= levels());
  std::ranges::fill(out, 0.0F);
  for (std::size_t l = 0; l < codes.size(); ++l) {
    const auto centre = levels_[l].row(codes[l]);
    for (std::size_t c = 0; c < out.size(); ++c) out[c] += centre[c];
  }
}

ResidualCodebook residual_kmeans(MatrixView rows, const ResidualKMeansConfig& config, unsigned threads) {
  std::vector<Matrix> levels;
  Matrix left = copy_of(rows);
  for (std::uint32_t l = 0; l < config.levels; ++l) {
    levels.push_back(kmeans(left.view(),
                            {.clusters = config.clusters,
                             .iterations = config.iterations,
                             .rows_per_cluster = config.rows_per_cluster,
                             .seed = config.seed + l},
                            threads));
    if (rows.rows > 0) subtract(left, levels.back(), nearest_centres(left.view(), levels.back().view(), threads).centre);
  }
  return ResidualCodebook(std::move(levels));
}

CodeUse code_use(std::span<const std::uint32_t> codes, std::uint32_t clusters) {
  if (codes.empty() || clusters == 0) return {};
  std::vector<std::uint64_t> counts(clusters, 0);
  for (const std::uint32_t code : codes) ++counts[code];
  std::ranges::sort(counts, std::greater());
  double weighted = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) weighted += static_cast<double>(counts[i]) * static_cast<double>(i + 1);
  const auto n = static_cast<double>(clusters);
  const auto used = static_cast<double>(std::ranges::count_if(counts, [](std::uint64_t count) { return count > 0; }));
  return {(n + 1) / n - 2 * weighted / (n * static_cast<double>(codes.size())), used / n};
}

}  // namespace souk::linear
