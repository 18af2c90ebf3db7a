// The softmax over a whole catalogue, forwards and backwards, beside its plain form and beside nothing but its three products (the limit).
// One thread; rates are per processor second, of the products' operations.
#include <benchmark/benchmark.h>

#include "souk/learn/catalogue_softmax.h"

namespace souk::learn {
namespace {

// Arguments: positions, items, dim.
struct Case {
  explicit Case(const benchmark::State& state)
      : states(at::randn({state.range(0), state.range(2)}).set_requires_grad(true)),
        table((at::randn({state.range(1), state.range(2)}) * 0.1).set_requires_grad(true)),
        targets(at::randint(state.range(1), {state.range(0)}, at::kLong)) {
    at::set_num_threads(1);
  }
  void clear() {
    states.mutable_grad() = at::Tensor();
    table.mutable_grad() = at::Tensor();
  }
  at::Tensor states, table, targets;
};

void report(benchmark::State& state) {
  const double flops =
      6.0 * static_cast<double>(state.range(0)) * static_cast<double>(state.range(1)) * static_cast<double>(state.range(2));
  state.counters["GFLOP/s"] = benchmark::Counter(flops / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

template <class Loss>
void run(benchmark::State& state, Loss loss) {
  Case c(state);
  for (auto _ : state) {
    loss(c.states, c.table, c.targets).backward();
    c.clear();
  }
  report(state);
}

void BM_products(benchmark::State& state) {
  Case c(state);
  const at::AutoGradMode no_gradients(false);
  constexpr std::int64_t kGroup = 256;
  const at::Tensor into = at::zeros_like(c.table);
  at::Tensor scores = at::empty({kGroup, c.table.size(0)}), back = at::empty({kGroup, c.states.size(1)});
  for (auto _ : state) {
    for (std::int64_t begin = 0; begin + kGroup <= c.states.size(0); begin += kGroup) {
      const at::Tensor some = c.states.narrow(0, begin, kGroup);
      at::mm_out(scores, some, c.table.t());
      at::mm_out(back, scores, c.table);
      at::Tensor(into).addmm_(scores.t(), some);
    }
  }
  report(state);
}

void BM_catalogue_softmax(benchmark::State& state) {
  run(state, [](const auto& states, const auto& table, const auto& targets) { return catalogue_softmax(states, table, targets); });
}

void BM_plain(benchmark::State& state) {
  run(state, catalogue_softmax_plain);
}

BENCHMARK(BM_products)->Args({2048, 12101, 64})->Args({2048, 50000, 64});
BENCHMARK(BM_catalogue_softmax)->Args({2048, 12101, 64})->Args({2048, 50000, 64});
BENCHMARK(BM_plain)->Args({2048, 12101, 64})->Args({2048, 50000, 64});

}  // namespace
}  // namespace souk::learn
