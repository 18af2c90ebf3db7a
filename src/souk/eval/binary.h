// Scores of yes-or-no questions: clicks, purchases, matches. Spans that belong together are equally long; a label is 0 or not 0. Pure
// functions, for any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/result.h"

namespace souk::eval {

// Share of pairs (positive, negative) in the right order; ties count half; a score that is no number is the
// lowest. NaN where one class is absent.
double auc(std::span<const float> scores, std::span<const std::uint8_t> labels);
// Mean of the groups' AUC weighted by their size; groups with one class only are left out (Zhou et al., Deep Interest Network,
// 2018). NaN where every group is.
struct GroupedAuc {
  double value = 0;
  std::uint64_t groups = 0, left_out = 0;
};
GroupedAuc gauc(std::span<const float> scores, std::span<const std::uint8_t> labels, std::span<const std::uint32_t> groups);

// Means over all samples of probabilities, which are clipped to [1e-7, 1 - 1e-7]; 0 where there are none.
double log_loss(std::span<const float> probabilities, std::span<const std::uint8_t> labels);
double brier(std::span<const float> probabilities, std::span<const std::uint8_t> labels);

struct CalibrationBin {
  double predicted = 0, observed = 0;  // means
  std::uint64_t count = 0;
};
struct Calibration {
  double error = 0;  // expected calibration error: mean of |predicted - observed| weighted by count
  double ratio = 0;  // sum of predictions / positives; NaN without positives
  std::vector<CalibrationBin> bins;
};
// Bins of about equal count, by prediction, ascending, empty ones left out; equal predictions share a bin. Predictions must be finite.
Calibration calibration(std::span<const float> probabilities, std::span<const std::uint8_t> labels, std::uint32_t bins = 10);

// The floor of classification: the share of the commonest label in `train`, asked of `test`; of equally common ones the lowest.
// macro_f1 is over the labels of `test` and the one that is always answered.
struct Majority {
  std::uint32_t label = 0;
  double accuracy = 0, macro_f1 = 0;
};
Majority majority(std::span<const std::uint32_t> train, std::span<const std::uint32_t> test);

}  // namespace souk::eval
