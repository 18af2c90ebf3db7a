// The blocked product and its fusion with top-k, beside OpenBLAS's sgemm in the same process, one thread each.
// Rates are per processor second.
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <span>

#include "souk/base/kernels/dot.h"
#include "souk/base/kernels/top_k.h"
#include "souk/base/random.h"

namespace souk::kernels {
namespace {

Matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Random random(seed);
  Matrix matrix(rows, columns);
  for (float& value : std::span(matrix.data(), rows * columns)) value = static_cast<float>(random.normal());
  return matrix;
}

// Arguments: queries, rows, columns.
struct Case {
  explicit Case(const benchmark::State& state)
      : queries(random_matrix(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(2)), 1)),
        rows(random_matrix(static_cast<std::size_t>(state.range(1)), static_cast<std::size_t>(state.range(2)), 2)),
        scores(queries.rows(), rows.rows()) {}
  Matrix queries, rows, scores;
};

void report(benchmark::State& state) {
  const double flops =
      2.0 * static_cast<double>(state.range(0)) * static_cast<double>(state.range(1)) * static_cast<double>(state.range(2));
  state.counters["GFLOP/s"] = benchmark::Counter(flops / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

void sgemm(const Case& c, float* scores) {
  const auto m = static_cast<blasint>(c.queries.rows()), n = static_cast<blasint>(c.rows.rows()),
             k = static_cast<blasint>(c.rows.columns());
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F, c.queries.data(), k, c.rows.data(), k, 0.0F, scores, n);
}

void BM_sgemm(benchmark::State& state) {
  openblas_set_num_threads(1);
  Case c(state);
  for (auto _ : state) {
    sgemm(c, c.scores.data());
    benchmark::ClobberMemory();
  }
  report(state);
}

void BM_multiply_transposed(benchmark::State& state) {
  Case c(state);
  for (auto _ : state) {
    multiply_transposed(c.queries.view(), c.rows.view(), c.scores.data(), c.rows.rows());
    benchmark::ClobberMemory();
  }
  report(state);
  state.SetLabel(simd_target());
}

// What a user of BLAS would write: all scores, then a heap over each line.
void BM_sgemm_then_top_10(benchmark::State& state) {
  openblas_set_num_threads(1);
  Case c(state);
  for (auto _ : state) {
    sgemm(c, c.scores.data());
    for (std::size_t q = 0; q < c.queries.rows(); ++q) {
      TopK best(10);
      const auto line = c.scores.row(q);
      for (std::size_t r = 0; r < line.size(); ++r) {
        if (line[r] > best.threshold() || best.size() < 10) best.offer(static_cast<std::uint32_t>(r), line[r]);
      }
      benchmark::DoNotOptimize(best.take());
    }
  }
  report(state);
}

void BM_top_10_dot(benchmark::State& state) {
  Case c(state);
  for (auto _ : state) benchmark::DoNotOptimize(top_k_dot(c.queries.view(), c.rows.view(), 10));
  report(state);
  state.SetLabel(simd_target());
}

#define SOUK_SHAPES              \
  ->Args({4096, 12000, 64})      \
      ->Args({256, 12000, 64})   \
      ->Args({1, 100000, 64})    \
      ->Args({1024, 12000, 256}) \
      ->Args({1024, 12000, 768}) \
                                 \
      ->Unit(benchmark::kMillisecond)
BENCHMARK(BM_sgemm) SOUK_SHAPES;
BENCHMARK(BM_multiply_transposed) SOUK_SHAPES;
BENCHMARK(BM_sgemm_then_top_10) SOUK_SHAPES;
BENCHMARK(BM_top_10_dot) SOUK_SHAPES;

}  // namespace
}  // namespace souk::kernels
