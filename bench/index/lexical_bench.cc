// Building, searching and changing a catalogue of the size and shape of a grocery shop: 92,331 products of 2,400 types, three facets a
// query, variants collapsed.
#include <benchmark/benchmark.h>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>

#include "souk/base/random.h"
#include "souk/index/field_index.h"

namespace souk::index {
namespace {

constexpr std::size_t kItems = 92'331;

std::size_t zipf(Random& random, std::size_t n) {
  return std::min(n - 1, static_cast<std::size_t>(std::pow(static_cast<double>(n), random.uniform()) - 1));
}

struct Catalogue {
  std::vector<std::string> words;
  std::vector<store::Item> items;
};

const Catalogue& catalogue() {
  static const Catalogue made = [] {
    Catalogue c;
    Random random(1);
    for (int i = 0; i < 6000; ++i) {
      std::string word;
      for (std::size_t n = 3 + random.below(7); n > 0; --n) word.push_back(static_cast<char>('a' + random.below(26)));
      c.words.push_back(std::move(word));
    }
    std::vector<std::string> types(2400);
    for (std::string& type : types) {
      for (std::size_t n = 1 + random.below(4); n > 0; --n) type += c.words[zipf(random, c.words.size())] + " ";
    }
    c.items.resize(kItems);
    for (std::size_t i = 0; i < kItems; ++i) {
      const std::size_t type = zipf(random, types.size()), size = random.below(20);
      store::Item& item = c.items[i];
      item.key = std::to_string(1'000'000 + i);
      item.brand = random.below(4) == 0 ? "Private" : fmt::format("National {}", zipf(random, 6000));
      item.title = fmt::format("{}{} oz", types[type], size);
      item.category = {fmt::format("{} > {}", c.words[type % 30], c.words[100 + type % 300])};
      item.group = fmt::format("{}-{}-{}", item.brand, type, size);
      item.offers.resize(1);
      item.offers[0].amount = Decimal{static_cast<std::int64_t>(random.below(2000)), 2};
    }
    return c;
  }();
  return made;
}

std::unique_ptr<FieldIndex> built(const fs::path& folder) {
  fs::remove_all(folder);
  auto index = FieldIndex::open(folder, Schema::defaults(), "en", false).value();
  std::uint32_t next = 0;
  const Status status = index->rebuild(
      [&](ItemId& id, store::Item& item) {
        if (next == kItems) return false;
        id = ItemId{next};
        item = catalogue().items[next++];
        return true;
      },
      1, 1, {});
  return status ? std::move(index) : nullptr;
}

const FieldIndex& shared_index() {
  static const auto index = built(fs::temp_directory_path() / "souk-bench-lexical");
  return *index;
}

void rebuild(benchmark::State& state) {
  catalogue();
  for (auto _ : state) benchmark::DoNotOptimize(built(fs::temp_directory_path() / "souk-bench-rebuild"));
}
BENCHMARK(rebuild)->Unit(benchmark::kMillisecond);

// Arguments: rank of the first word (0 the most common; -1 no words at all), rank of the second (-1 none).
void search(benchmark::State& state) {
  const auto reader = shared_index().reader();
  LexicalQuery query;
  for (const std::int64_t rank : {state.range(0), state.range(1)}) {
    if (rank >= 0) query.text += catalogue().words[static_cast<std::size_t>(rank)] + " ";
  }
  query.facets = {"brand", "category", "price"};
  std::uint64_t total = 0;
  for (auto _ : state) total = reader->search(query)->total;
  state.counters["total"] = static_cast<double>(total);
}
BENCHMARK(search)->Args({0, -1})->Args({50, -1})->Args({500, -1})->Args({3, 10})->Args({-1, -1})->Unit(benchmark::kMicrosecond);

void similar_text(benchmark::State& state) {
  const auto reader = shared_index().reader();
  std::uint32_t item = 0;
  for (auto _ : state) benchmark::DoNotOptimize(reader->similar_text(ItemId{item = (item + 37) % kItems}, 20));
}
BENCHMARK(similar_text)->Unit(benchmark::kMicrosecond);

void complete(benchmark::State& state) {
  const auto reader = shared_index().reader();
  const std::string prefix = catalogue().words[20].substr(0, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(reader->complete(prefix, 8));
}
BENCHMARK(complete)->Arg(1)->Arg(3)->Unit(benchmark::kMicrosecond);

void update_one(benchmark::State& state) {
  const auto index = built(fs::temp_directory_path() / "souk-bench-update");
  Random random(2);
  Seq seq = 1;
  for (auto _ : state) {
    const FieldIndex::Put put{ItemId{static_cast<std::uint32_t>(random.below(kItems))}, &catalogue().items[random.below(kItems)]};
    benchmark::DoNotOptimize(index->update(std::span(&put, 1), ++seq));
  }
}
BENCHMARK(update_one)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace souk::index
