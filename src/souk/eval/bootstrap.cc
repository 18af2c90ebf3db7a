// Percentile bootstrap. A round draws as many clusters as there are, with replacement, and takes the mean over the cases drawn.
#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <utility>

#include "souk/base/random.h"
#include "souk/eval/rank_eval.h"

namespace souk::eval {
namespace {

struct Cluster {
  double sum = 0, count = 0;
};

std::vector<Cluster> gather(std::span<const double> values, std::span<const std::uint32_t> numbers) {
  std::vector<Cluster> clusters;
  if (numbers.empty()) {
    clusters.reserve(values.size());
    for (const double value : values) clusters.push_back({value, 1});
    return clusters;
  }
  assert(numbers.size() == values.size());
  std::unordered_map<std::uint32_t, std::size_t> places;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t place = places.try_emplace(numbers[i], clusters.size()).first->second;
    if (place == clusters.size()) clusters.emplace_back();
    clusters[place].sum += values[i];
    clusters[place].count += 1;
  }
  return clusters;
}

// The means of all rounds, ascending.
std::vector<double> resampled_means(const std::vector<Cluster>& clusters, std::uint64_t seed, std::uint32_t rounds) {
  Random random(seed);
  std::vector<double> means(rounds);
  for (double& mean : means) {
    Cluster drawn;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      const Cluster& one = clusters[random.below(clusters.size())];
      drawn.sum += one.sum;
      drawn.count += one.count;
    }
    mean = drawn.sum / drawn.count;
  }
  std::sort(means.begin(), means.end());
  return means;
}

Interval middle_95(const std::vector<double>& sorted) {
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = place - static_cast<double>(below);
    return sorted[below] * (1 - part) + sorted[above] * part;
  };
  return {at(0.025), at(0.975)};
}

}  // namespace

Interval bootstrap(std::span<const float> values, std::uint64_t seed, std::uint32_t rounds, std::span<const std::uint32_t> clusters) {
  if (values.empty() || rounds == 0) return {};
  const std::vector<double> wide(values.begin(), values.end());
  return middle_95(resampled_means(gather(wide, clusters), seed, rounds));
}

PairedDifference paired_bootstrap(std::span<const float> a, std::span<const float> b, std::uint64_t seed, std::uint32_t rounds,
                                  std::span<const std::uint32_t> clusters) {
  assert(a.size() == b.size());
  PairedDifference result;
  if (a.empty() || rounds == 0) return result;
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences[i] = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    result.delta += differences[i];
  }
  result.delta /= static_cast<double>(a.size());
  const std::vector<Cluster> gathered = gather(differences, clusters);
  result.clusters = gathered.size();
  const std::vector<double> means = resampled_means(gathered, seed, rounds);
  result.interval = middle_95(means);
  // Rounds on the other side of zero (zero itself counts for both sides), never below what so many rounds can tell.
  const auto at_most = static_cast<double>(std::upper_bound(means.begin(), means.end(), 0.0) - means.begin());
  const auto at_least = static_cast<double>(means.end() - std::lower_bound(means.begin(), means.end(), 0.0));
  result.p = std::min(1.0, 2.0 * (std::min(at_most, at_least) + 1.0) / (static_cast<double>(rounds) + 1.0));
  return result;
}

std::string_view verdict(double delta, double p, std::uint64_t clusters) {
  if (clusters < kFewestClusters) return "too few";
  if (p >= 0.05) return "cannot be told from";
  return delta > 0 ? "beats" : "does not beat";
}

}  // namespace souk::eval
