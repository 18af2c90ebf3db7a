// From places of truth items to metrics: shared by ranked scores and ranked lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "souk/eval/rank_eval.h"

namespace souk::eval {

// A truth item's place among all items and among the truth, both 1-based and, for ties, the mean over the tied.
struct Place {
  double rank = 0;
  double among_truth = 0;
};

// The values of all cases: a column for each cutoff and metric.
class Measures {
 public:
  Measures(std::size_t cases, const std::vector<std::uint32_t>& cutoffs);
  // Truth items without a place, or placed beyond the cutoff, are missed. Different cases may be put from several threads.
  void put(std::size_t which, std::span<const Place> places, std::size_t truth_size);
  RankResult result() &&;  // metrics and per_case

 private:
  std::vector<std::uint32_t> cutoffs_;
  std::vector<double> ideal_;  // ideal_[i]: the gain of i truth items in the first i places
  std::vector<std::vector<float>> columns_;
};

// Adds Coverage@k and Gini@k of the lists.
void add_spread(const std::vector<std::vector<std::uint32_t>>& lists, std::uint32_t items, const std::vector<std::uint32_t>& cutoffs,
                Metrics& metrics);

}  // namespace souk::eval
