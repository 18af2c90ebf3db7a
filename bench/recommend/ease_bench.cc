// Fitting EASE beside what it cannot do without: the inverse of the same matrix by LAPACK (spotrf and spotri), one thread.
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <cstdlib>
#include <memory>
#include <vector>

#include "souk/index/user_items.h"
#include "souk/recommend/rank_model.h"

#include "bench/recommend/bench_log.h"

extern "C" {
void spotrf_(const char* uplo, const blasint* n, float* a, const blasint* lda, blasint* info);
void spotri_(const char* uplo, const blasint* n, float* a, const blasint* lda, blasint* info);
}

namespace souk::recommend {
namespace {

constexpr float kLambda = 100;

const store::Interactions& shared_log() {
  static const store::Interactions log = bench::bench_log();
  return log;
}

void ease_fit(benchmark::State& state) {
  const auto config = Config::parse("lambda = 100", "bench");
  const auto entry = find_rank_model("ease", "bench");
  shared_log();
  for (auto _ : state) {
    auto model = (*entry)->fit({shared_log(), *config, 1, 1, Progress::none()});
    if (!model) state.SkipWithError(model.error().message().c_str());
    benchmark::DoNotOptimize(model);
  }
}
BENCHMARK(ease_fit)->Iterations(1)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

// The matrix is built, and its memory touched, before the clock starts.
void bare_inverse(benchmark::State& state) {
  const auto& log = shared_log();
  const std::size_t n = log.items();
  const index::SparseRows users = index::user_items(log, {});
  std::vector<float> matrix(n * n, 0.0F);
  for (std::uint32_t u = 0; u < users.rows(); ++u) {
    const auto row = users.row(u);
    for (const std::uint32_t a : row.columns) {
      for (const std::uint32_t b : row.columns) matrix[a * n + b] += 1.0F;
    }
  }
  for (std::size_t i = 0; i < n; ++i) matrix[i * n + i] += kLambda;
  openblas_set_num_threads(1);
  const auto order = static_cast<blasint>(n);
  blasint info = 0;
  for (auto _ : state) {
    spotrf_("U", &order, matrix.data(), &order, &info);
    spotri_("U", &order, matrix.data(), &order, &info);
  }
  if (info != 0) state.SkipWithError("not positive definite");
}
BENCHMARK(bare_inverse)->Iterations(1)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
}  // namespace souk::recommend
