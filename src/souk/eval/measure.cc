#include "souk/eval/measure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace souk::eval {
namespace {

constexpr std::string_view kCaseMetrics[] = {"HR", "Recall", "Precision", "NDCG", "MRR", "MAP"};
constexpr std::size_t kMetrics = std::size(kCaseMetrics);
constexpr std::uint32_t kLargestCutoff = 10'000;

// The metrics of one case with at least one place, in the order of kCaseMetrics.
std::array<float, kMetrics> measure(std::span<const Place> places, std::size_t truth_size, std::uint32_t cutoff,
                                    std::span<const double> ideal) {
  double hits = 0, gain = 0, precision = 0, best = std::numeric_limits<double>::infinity();
  for (const Place& place : places) {
    if (place.rank > cutoff) continue;
    ++hits;
    gain += 1.0 / std::log2(place.rank + 1.0);
    precision += place.among_truth / place.rank;
    best = std::min(best, place.rank);
  }
  if (hits == 0) return {};
  const std::size_t reachable = std::min<std::size_t>(truth_size, cutoff);
  return {1.0F,
          static_cast<float>(hits / static_cast<double>(truth_size)),
          static_cast<float>(hits / cutoff),
          static_cast<float>(gain / ideal[reachable]),
          static_cast<float>(1.0 / best),
          static_cast<float>(precision / static_cast<double>(reachable))};
}

std::string named(std::string_view metric, std::uint32_t cutoff) {
  return std::string(metric) + "@" + std::to_string(cutoff);
}

// Gini's coefficient of counts: 0 when all are equal, (n - 1) / n when one has everything.
double gini(std::vector<std::uint64_t> counts) {
  std::ranges::sort(counts);
  double total = 0, weighted = 0;
  const auto size = static_cast<double>(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto count = static_cast<double>(counts[i]);
    total += count;
    weighted += (2 * static_cast<double>(i + 1) - size - 1) * count;
  }
  return total == 0 ? 0.0 : weighted / (size * total);
}

}  // namespace

Measures::Measures(std::size_t cases, const std::vector<std::uint32_t>& cutoffs)
    : cutoffs_(cutoffs), ideal_(1), columns_(cutoffs.size() * kMetrics, std::vector<float>(cases)) {
  const std::uint32_t largest = cutoffs.empty() ? 0 : *std::ranges::max_element(cutoffs);
  for (std::uint32_t i = 1; i <= largest; ++i) ideal_.push_back(ideal_.back() + 1.0 / std::log2(static_cast<double>(i) + 1.0));
}

void Measures::put(std::size_t which, std::span<const Place> places, std::size_t truth_size) {
  if (places.empty()) return;
  for (std::size_t c = 0; c < cutoffs_.size(); ++c) {
    const auto values = measure(places, truth_size, cutoffs_[c], ideal_);
    for (std::size_t metric = 0; metric < kMetrics; ++metric) columns_[c * kMetrics + metric][which] = values[metric];
  }
}

RankResult Measures::result() && {
  RankResult result;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const std::string name = named(kCaseMetrics[column % kMetrics], cutoffs_[column / kMetrics]);
    std::vector<float>& values = columns_[column];
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    result.metrics[name] = values.empty() ? 0.0 : sum / static_cast<double>(values.size());
    result.per_case[name] = std::move(values);
  }
  return result;
}

void add_spread(const std::vector<std::vector<std::uint32_t>>& lists, std::uint32_t items, const std::vector<std::uint32_t>& cutoffs,
                Metrics& metrics) {
  for (const std::uint32_t cutoff : cutoffs) {
    std::vector<std::uint64_t> shown(items);
    for (const auto& list : lists) {
      for (const std::uint32_t item : std::span(list).first(std::min<std::size_t>(cutoff, list.size()))) ++shown[item];
    }
    const auto ever = std::ranges::count_if(shown, [](std::uint64_t times) { return times > 0; });
    metrics[named("Coverage", cutoff)] = items == 0 ? 0.0 : static_cast<double>(ever) / items;
    metrics[named("Gini", cutoff)] = gini(std::move(shown));
  }
}

Result<MetricName> MetricName::parse(std::string_view text, const std::string& where) {
  const auto wrong = [&] {
    return fail(Error{ErrorKind::invalid,
                      "unknown metric",
                      where,
                      "HR, Recall, Precision, NDCG, MRR, MAP, Coverage or Gini at a cutoff, such as NDCG@10",
                      std::string(text),
                      {}});
  };
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return wrong();
  MetricName metric;
  metric.name = text.substr(0, at);
  if (std::ranges::find(kCaseMetrics, metric.name) == std::end(kCaseMetrics) && metric.name != "Coverage" && metric.name != "Gini") {
    return wrong();
  }
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data() + at + 1, end, metric.cutoff);
  if (error != std::errc{} || read != end || metric.cutoff == 0 || metric.cutoff > kLargestCutoff) return wrong();
  return metric;
}

RankResult list_eval(const std::vector<Case>& cases, const std::vector<std::vector<std::uint32_t>>& lists,
                     const std::vector<std::uint32_t>& cutoffs) {
  Measures measures(cases.size(), cutoffs);
  std::vector<Place> places;
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    places.clear();
    found.clear();
    const auto& truth = cases[i].truth;
    if (i < lists.size()) {
      for (std::size_t at = 0; at < lists[i].size() && found.size() < truth.size(); ++at) {
        const std::uint32_t item = lists[i][at];
        if (!std::ranges::binary_search(truth, item) || std::ranges::find(found, item) != found.end()) continue;
        found.push_back(item);
        places.push_back({static_cast<double>(at) + 1.0, static_cast<double>(found.size())});
      }
    }
    measures.put(i, places, truth.size());
  }
  return std::move(measures).result();
}

}  // namespace souk::eval
