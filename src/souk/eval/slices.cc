#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "souk/eval/rank_eval.h"

namespace souk::eval {
namespace {

enum Popularity : std::uint8_t { head, middle, tail, cold };

// By item: the commonest items that hold the first third of the training events between them are the head, and so on. An item belongs
// where its first event falls; of equally common ones the lower row comes first.
std::vector<Popularity> popularity_of_items(const store::Interactions& train) {
  std::vector<std::uint64_t> events(train.items());
  for (const std::uint32_t item : train.event_items()) ++events[item];
  std::vector<std::uint32_t> order(events.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return events[a] > events[b]; });
  std::vector<Popularity> result(events.size(), cold);
  std::uint64_t before = 0;
  for (const std::uint32_t item : order) {
    if (events[item] == 0) break;
    result[item] = 3 * before < train.events() ? head : 3 * before < 2 * train.events() ? middle : tail;
    before += events[item];
  }
  return result;
}

}  // namespace

std::vector<Slice> slices(const Split& split) {
  std::array<Slice, 4> popularity{
      {{"popularity", "head", {}}, {"popularity", "middle", {}}, {"popularity", "tail", {}}, {"popularity", "cold", {}}}};
  std::array<Slice, 6> history{{{"history", "0", {}},
                                {"history", "1-4", {}},
                                {"history", "5-9", {}},
                                {"history", "10-19", {}},
                                {"history", "20-49", {}},
                                {"history", "50+", {}}}};
  constexpr std::array<std::uint64_t, 5> kBegins{1, 5, 10, 20, 50};
  const std::vector<Popularity> popular = popularity_of_items(split.train);
  for (std::uint32_t i = 0; i < split.cases.size(); ++i) {
    const Case& one = split.cases[i];
    if (!one.truth.empty()) {
      Popularity best = cold;
      for (const std::uint32_t item : one.truth) best = std::min(best, popular[item]);
      popularity[best].cases.push_back(i);
    }
    const auto bucket = std::ranges::upper_bound(kBegins, one.history_events) - kBegins.begin();
    history[static_cast<std::size_t>(bucket)].cases.push_back(i);
  }
  std::vector<Slice> result;
  const auto add = [&](Slice& slice) {
    if (!slice.cases.empty()) result.push_back(std::move(slice));
  };
  std::ranges::for_each(popularity, add);
  std::ranges::for_each(history, add);
  return result;
}

Metrics slice_means(const RankResult& result, const Slice& slice) {
  Metrics means;
  for (const auto& [name, values] : result.per_case) {
    double sum = 0;
    for (const std::uint32_t which : slice.cases) sum += static_cast<double>(values[which]);
    means[name] = slice.cases.empty() ? 0.0 : sum / static_cast<double>(slice.cases.size());
  }
  return means;
}

}  // namespace souk::eval
