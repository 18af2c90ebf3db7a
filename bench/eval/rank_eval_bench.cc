// Full-ranking evaluation of dot-product models on the shapes of Beauty (22,363 cases x 12,101 items) and Gowalla (29,858 x 40,981),
// dimension 64, beside the bare blocked product of OpenBLAS, whose result is thrown away. Vectors are random; histories and truth are the
// sets' own where $SOUK_BENCH_DATA has them as text (beauty.txt, gowalla-train.txt, gowalla-test.txt: a shopper and items a line), else
// drawn to the same size. `bench_eval.py` runs this beside RecBole.
//
//   metrics      metrics at 5, 10 and 20: cases leave the product once their truth is beyond place 20
//   lists        the same, and the 20 best items of every case: the whole product
//   truth_first  metrics, of vectors that rank the truth first: nobody leaves the product, the worst case for metrics alone
#include <algorithm>
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "souk/base/random.h"
#include "souk/eval/rank_eval.h"

namespace souk::eval {
namespace {

constexpr std::size_t kDimension = 64;
using Sequences = std::vector<std::vector<std::uint32_t>>;  // by shopper

// Lines "shopper item item ..."; nothing when the file is not there.
Sequences read_sequences(const std::string& name) {
  Sequences sequences;
  const char* const folder = std::getenv("SOUK_BENCH_DATA");
  if (folder == nullptr) return sequences;
  std::ifstream file(std::string(folder) + "/" + name);
  for (std::string line; std::getline(file, line);) {
    std::istringstream numbers(line);
    std::uint32_t number = 0;
    numbers >> number;  // the shopper
    sequences.emplace_back();
    while (numbers >> number) sequences.back().push_back(number);
  }
  return sequences;
}

Sequences draw_sequences(std::uint32_t shoppers, std::uint32_t items, std::uint32_t fewest, std::uint32_t most) {
  Random random(1);
  Sequences sequences(shoppers);
  for (auto& sequence : sequences) {
    for (std::uint64_t i = fewest + random.below(most - fewest + 1); i > 0; --i) {
      sequence.push_back(static_cast<std::uint32_t>(random.uniform() * random.uniform() * items));
    }
  }
  return sequences;
}

Matrix random_matrix(std::size_t rows, std::uint64_t seed) {
  Random random(seed);
  Matrix matrix(rows, kDimension);
  for (float& value : std::span(matrix.data(), rows * kDimension)) value = static_cast<float>(random.normal());
  return matrix;
}

struct Set {
  Split split;
  Matrix items, cases, truth_first;  // [items or cases, dimension]
};

// held[s]: how many of the last events of shopper s are truth.
Set make_set(const Sequences& sequences, const std::vector<std::size_t>& held, std::uint32_t items) {
  store::InteractionsBuilder builder;
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  for (std::uint32_t item = 0; item < items; ++item) {
    keys.push_back(std::to_string(item));
    ids.push_back(ItemId{item});
  }
  FixedParts parts;
  for (std::uint32_t shopper = 0; shopper < sequences.size(); ++shopper) {
    for (const std::uint32_t item : sequences[shopper]) builder.add({.shopper = shopper, .item = item});
    parts.first_test.push_back(sequences[shopper].size() - held[shopper]);
  }
  parts.first_validation = parts.first_test;
  const auto log = std::move(builder).build(std::move(keys), std::move(ids), {}, false);
  Set set;
  set.split = std::move(make_split(log.value(), {.kind = SplitRule::Kind::fixed}, 1, &parts)).value();
  set.items = random_matrix(items, 1);
  set.cases = random_matrix(set.split.cases.size(), 2);
  set.truth_first = random_matrix(set.split.cases.size(), 3);
  for (std::size_t i = 0; i < set.split.cases.size(); ++i) {
    for (const std::uint32_t item : set.split.cases[i].truth) {
      for (std::size_t c = 0; c < kDimension; ++c) set.truth_first.row(i)[c] += 3 * set.items.row(item)[c];
    }
  }
  return set;
}

const Set& beauty() {
  static const Set set = [] {
    Sequences sequences = read_sequences("beauty.txt");
    for (auto& sequence : sequences) {
      for (auto& item : sequence) --item;  // the file counts from 1
    }
    if (sequences.empty()) sequences = draw_sequences(22'363, 12'101, 5, 13);
    return make_set(sequences, std::vector<std::size_t>(sequences.size(), 1), 12'101);
  }();
  return set;
}

const Set& gowalla() {
  static const Set set = [] {
    Sequences sequences = read_sequences("gowalla-train.txt"), test = read_sequences("gowalla-test.txt");
    if (sequences.empty() || test.size() != sequences.size()) {
      sequences = draw_sequences(29'858, 40'981, 10, 44);
      test = draw_sequences(29'858, 40'981, 4, 10);
    }
    std::vector<std::size_t> held;
    for (std::size_t shopper = 0; shopper < test.size(); ++shopper) {
      held.push_back(test[shopper].size());
      sequences[shopper].insert(sequences[shopper].end(), test[shopper].begin(), test[shopper].end());
    }
    return make_set(sequences, held, 40'981);
  }();
  return set;
}

using GetSet = const Set& (*)();

void sgemm(benchmark::State& state, GetSet get) {
  const Set& set = get();
  openblas_set_num_threads(1);
  constexpr std::size_t kBlock = 1024;  // no size is faster
  std::vector<float> scores(kBlock * set.items.rows());
  const auto n = static_cast<blasint>(set.items.rows()), k = static_cast<blasint>(kDimension);
  for (auto _ : state) {
    for (std::size_t begin = 0; begin < set.cases.rows(); begin += kBlock) {
      const auto m = static_cast<blasint>(std::min(kBlock, set.cases.rows() - begin));
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F, set.cases.row(begin).data(), k, set.items.data(), k, 0.0F,
                  scores.data(), n);
      benchmark::ClobberMemory();
    }
  }
  state.counters["GFLOP"] = 2e-9 * static_cast<double>(set.cases.rows() * set.items.rows() * kDimension);
}

void evaluate(benchmark::State& state, GetSet get, const Matrix Set::*vectors, bool lists) {
  const Set& set = get();
  const Matrix& cases = set.*vectors;
  const DotModel model{set.items.view(), [&](std::size_t first, std::span<const Case> asked, Matrix& out, unsigned) {
                         for (std::size_t i = 0; i < asked.size(); ++i) std::ranges::copy(cases.row(first + i), out.row(i).begin());
                       }};
  const RankEvalOptions options{.threads = static_cast<unsigned>(state.range(0)), .keep_lists = lists};
  double ndcg = 0;
  for (auto _ : state) ndcg = rank_eval(set.split, model, options, Progress::none()).metrics.at("NDCG@20");
  state.counters["NDCG@20"] = ndcg;
}

// A model that scores case by case, at no cost: what is left is the ranking. One truth item a case.
void callback(benchmark::State& state, GetSet get) {
  const Set& set = get();
  std::vector<float> scores(set.items.rows());
  Random random(1);
  for (float& score : scores) score = static_cast<float>(random.uniform());
  const ScoreCase model = [&](const Case&, const History&, std::span<float> out, unsigned) { std::ranges::copy(scores, out.begin()); };
  for (auto _ : state) benchmark::DoNotOptimize(rank_eval(set.split, model, {}, Progress::none()).metrics.size());
}

#define SOUK_TIMES(n) ->Unit(benchmark::kMillisecond)->Iterations(n)->MeasureProcessCPUTime()
// `metrics` takes some 30 ms, in which the start of a thread would count: five times.
#define SOUK_SET(set)                                                                                  \
  BENCHMARK_CAPTURE(sgemm, set, set) SOUK_TIMES(1);                                                    \
  BENCHMARK_CAPTURE(evaluate, set##_metrics, set, &Set::cases, false)->Arg(1)->Arg(2) SOUK_TIMES(5);   \
  BENCHMARK_CAPTURE(evaluate, set##_lists, set, &Set::cases, true)->Arg(1)->Arg(2) SOUK_TIMES(1);      \
  BENCHMARK_CAPTURE(evaluate, set##_truth_first, set, &Set::truth_first, false)->Arg(1) SOUK_TIMES(1); \
  BENCHMARK_CAPTURE(callback, set, set) SOUK_TIMES(1)
SOUK_SET(beauty);
SOUK_SET(gowalla);

}  // namespace
}  // namespace souk::eval
