#include "souk/eval/binary.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace souk::eval {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Sample {
  float score = 0;  // NaN counts as the lowest
  bool positive = false;
};

std::vector<Sample> samples_of(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  assert(scores.size() == labels.size());
  std::vector<Sample> samples(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    samples[i] = {std::isnan(scores[i]) ? -std::numeric_limits<float>::infinity() : scores[i], labels[i] != 0};
  }
  return samples;
}

// The Mann-Whitney form: positives' places in ascending order, the tied sharing the mean of theirs.
double auc_of(std::vector<Sample>& samples) {
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.score < b.score; });
  double positives = 0, places = 0;
  for (std::size_t begin = 0, end = 0; begin < samples.size(); begin = end) {
    double tied = 0;
    for (; end < samples.size() && samples[end].score == samples[begin].score; ++end) tied += samples[end].positive ? 1 : 0;
    const double mean = (static_cast<double>(begin) + 1 + static_cast<double>(end)) / 2;
    places += tied * mean;
    positives += tied;
  }
  const double negatives = static_cast<double>(samples.size()) - positives;
  if (positives == 0 || negatives == 0) return kNaN;
  return (places - positives * (positives + 1) / 2) / (positives * negatives);
}

double clipped(float probability) {
  constexpr double kLeast = 1e-7;
  return std::isnan(probability) ? kNaN : std::clamp(static_cast<double>(probability), kLeast, 1 - kLeast);
}

// The mean of a loss over all samples; 0 where there are none.
template <class Loss>
double mean_loss(std::span<const float> probabilities, std::span<const std::uint8_t> labels, const Loss& loss) {
  assert(probabilities.size() == labels.size());
  if (probabilities.empty()) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < probabilities.size(); ++i) sum += loss(clipped(probabilities[i]), labels[i] != 0);
  return sum / static_cast<double>(probabilities.size());
}

}  // namespace

double auc(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  std::vector<Sample> samples = samples_of(scores, labels);
  return auc_of(samples);
}

GroupedAuc gauc(std::span<const float> scores, std::span<const std::uint8_t> labels, std::span<const std::uint32_t> groups) {
  assert(scores.size() == groups.size());
  const std::vector<Sample> samples = samples_of(scores, labels);
  std::vector<std::size_t> order(samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return groups[a] < groups[b]; });
  GroupedAuc result;
  double weighted = 0, weight = 0;
  std::vector<Sample> group;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    group.clear();
    for (; end < order.size() && groups[order[end]] == groups[order[begin]]; ++end) group.push_back(samples[order[end]]);
    const auto size = static_cast<double>(group.size());
    const double value = auc_of(group);
    if (std::isnan(value)) {
      ++result.left_out;
      continue;
    }
    ++result.groups;
    weighted += value * size;
    weight += size;
  }
  result.value = weight > 0 ? weighted / weight : kNaN;
  return result;
}

double log_loss(std::span<const float> probabilities, std::span<const std::uint8_t> labels) {
  return mean_loss(probabilities, labels, [](double p, bool positive) { return -std::log(positive ? p : 1 - p); });
}

double brier(std::span<const float> probabilities, std::span<const std::uint8_t> labels) {
  return mean_loss(probabilities, labels, [](double p, bool positive) {
    const double miss = p - (positive ? 1 : 0);
    return miss * miss;
  });
}

Calibration calibration(std::span<const float> probabilities, std::span<const std::uint8_t> labels, std::uint32_t bins) {
  std::vector<Sample> samples = samples_of(probabilities, labels);
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.score < b.score; });
  Calibration result;
  bins = std::max(bins, 1U);
  const auto n = static_cast<double>(samples.size());
  double predicted = 0, positives = 0;
  std::size_t last_bin = 0;
  for (std::size_t begin = 0, end = 0; begin < samples.size(); begin = end) {
    double observed = 0;
    for (; end < samples.size() && samples[end].score == samples[begin].score; ++end) observed += samples[end].positive ? 1 : 0;
    // Equal predictions go where the middle of them would.
    const auto bin = static_cast<std::size_t>(static_cast<double>(begin + end) / 2 / n * bins);
    if (result.bins.empty() || bin != last_bin) result.bins.emplace_back();
    last_bin = bin;
    CalibrationBin& into = result.bins.back();
    const double sum = static_cast<double>(samples[begin].score) * static_cast<double>(end - begin);
    into.predicted += sum;
    into.observed += observed;
    into.count += end - begin;
    predicted += sum;
    positives += observed;
  }
  for (CalibrationBin& bin : result.bins) {
    const auto count = static_cast<double>(bin.count);
    bin.predicted /= count;
    bin.observed /= count;
    result.error += std::abs(bin.predicted - bin.observed) * count / n;
  }
  result.ratio = positives > 0 ? predicted / positives : kNaN;
  return result;
}

Majority majority(std::span<const std::uint32_t> train, std::span<const std::uint32_t> test) {
  Majority result;
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const std::uint32_t label : train) ++counts[label];
  std::uint64_t most = 0;
  for (const auto& [label, count] : counts) {
    if (count <= most) continue;  // of equally common labels the lowest
    most = count;
    result.label = label;
  }
  if (train.empty() || test.empty()) return result;
  std::set<std::uint32_t> labels(test.begin(), test.end());
  labels.insert(result.label);
  const auto right = static_cast<double>(std::count(test.begin(), test.end(), result.label));
  result.accuracy = right / static_cast<double>(test.size());
  // The one label ever said has precision = accuracy and recall 1 (when it occurs); all others have an F1 of 0.
  result.macro_f1 = 2 * result.accuracy / (1 + result.accuracy) / static_cast<double>(labels.size());
  return result;
}

}  // namespace souk::eval
