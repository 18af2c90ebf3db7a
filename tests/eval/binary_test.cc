// Scores of yes-or-no questions, held to the definitions counted pair by pair and bin by bin.
#include "souk/eval/binary.h"

#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include "souk/base/random.h"

namespace souk::eval {
namespace {

using Labels = std::vector<std::uint8_t>;

double auc_by_pairs(const std::vector<float>& scores, const Labels& labels) {
  double right = 0, pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (labels[i] == 0 || labels[j] != 0) continue;
      ++pairs;
      right += scores[i] > scores[j] ? 1 : (scores[i] == scores[j] ? 0.5 : 0);
    }
  }
  return right / pairs;
}

struct Drawn {
  std::vector<float> scores;
  Labels labels;
  std::vector<std::uint32_t> groups;
};
Drawn draw(Random& random, std::size_t count, std::uint64_t levels) {
  Drawn drawn;
  for (std::size_t i = 0; i < count; ++i) {
    drawn.scores.push_back(static_cast<float>(random.below(levels)) / static_cast<float>(levels));
    drawn.labels.push_back(static_cast<std::uint8_t>(random.below(2)));
    drawn.groups.push_back(static_cast<std::uint32_t>(random.below(12)) * 7);
  }
  return drawn;
}

TEST(Auc, IsTheShareOfPairsInTheRightOrder) {
  const std::vector<float> scores = {0.9F, 0.8F, 0.8F, 0.1F};
  EXPECT_DOUBLE_EQ(auc(scores, Labels{1, 1, 0, 0}), (2 + 1.5) / 4);
  EXPECT_DOUBLE_EQ(auc(scores, Labels{0, 0, 0, 1}), 0);
  EXPECT_DOUBLE_EQ(auc(std::vector<float>(4, 0.5F), Labels{1, 0, 1, 0}), 0.5) << "one answer for all earns nothing";
}

TEST(Auc, EqualsCountingPairsOnRandomScoresWithTies) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const Drawn drawn = draw(random, 2 + random.below(60), 1 + random.below(20));
    const double expected = auc_by_pairs(drawn.scores, drawn.labels);
    const double found = auc(drawn.scores, drawn.labels);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(found));
    } else {
      EXPECT_NEAR(found, expected, 1e-12);
    }
  }
}

TEST(Auc, OfOneClassIsNoNumberAndWhatIsNoNumberIsTheLowest) {
  EXPECT_TRUE(std::isnan(auc({}, {})));
  EXPECT_TRUE(std::isnan(auc(std::vector<float>{1, 2}, Labels{1, 1})));
  EXPECT_TRUE(std::isnan(auc(std::vector<float>{1, 2}, Labels{0, 0})));
  EXPECT_DOUBLE_EQ(auc(std::vector<float>{NAN, -5, 3}, Labels{1, 0, 1}), 0.5);
}

TEST(GroupedAuc, WeighsGroupsBySizeAndLeavesOutThoseOfOneClass) {
  Random random(2);
  for (int round = 0; round < 100; ++round) {
    const Drawn drawn = draw(random, 1 + random.below(100), 8);
    std::map<std::uint32_t, Drawn> groups;
    for (std::size_t i = 0; i < drawn.scores.size(); ++i) {
      groups[drawn.groups[i]].scores.push_back(drawn.scores[i]);
      groups[drawn.groups[i]].labels.push_back(drawn.labels[i]);
    }
    double sum = 0, weight = 0;
    std::uint64_t left_out = 0;
    for (const auto& [group, members] : groups) {
      const double value = auc_by_pairs(members.scores, members.labels);
      if (std::isnan(value)) {
        ++left_out;
        continue;
      }
      sum += value * static_cast<double>(members.scores.size());
      weight += static_cast<double>(members.scores.size());
    }
    const GroupedAuc found = gauc(drawn.scores, drawn.labels, drawn.groups);
    EXPECT_EQ(found.left_out, left_out);
    EXPECT_EQ(found.groups, groups.size() - left_out);
    if (weight > 0) {
      EXPECT_NEAR(found.value, sum / weight, 1e-12);
    } else {
      EXPECT_TRUE(std::isnan(found.value));
    }
  }
}

TEST(LogLoss, IsTheMeanSurpriseAndClipsCertainty) {
  EXPECT_NEAR(log_loss(std::vector<float>{0.75F, 0.25F}, Labels{1, 1}), -(std::log(0.75) + std::log(0.25)) / 2, 1e-12);
  EXPECT_NEAR(log_loss(std::vector<float>{0.0F}, Labels{1}), -std::log(1e-7), 1e-9);
  EXPECT_NEAR(log_loss(std::vector<float>{1.0F}, Labels{0}), -std::log(1e-7), 1e-6);
  EXPECT_EQ(log_loss({}, {}), 0);
}

TEST(Brier, IsTheMeanSquaredMiss) {
  EXPECT_NEAR(brier(std::vector<float>{0.75F, 0.25F}, Labels{1, 1}), (0.0625 + 0.5625) / 2, 1e-12);
  EXPECT_NEAR(brier(std::vector<float>{1.0F, 0.0F}, Labels{1, 0}), 0, 1e-12);
  EXPECT_EQ(brier({}, {}), 0);
}

TEST(Calibration, BinsHoldEquallyManyAndTheErrorIsTheirMeanMiss) {
  std::vector<float> predictions;
  Labels labels;
  for (int i = 0; i < 100; ++i) {
    predictions.push_back(static_cast<float>(i) / 100.0F);
    labels.push_back(i >= 50 ? 1 : 0);
  }
  const Calibration found = calibration(predictions, labels, 2);
  ASSERT_EQ(found.bins.size(), 2U);
  EXPECT_EQ(found.bins[0].count, 50U);
  EXPECT_NEAR(found.bins[0].predicted, 0.245, 1e-6);
  EXPECT_EQ(found.bins[0].observed, 0);
  EXPECT_EQ(found.bins[1].count, 50U);
  EXPECT_NEAR(found.bins[1].predicted, 0.745, 1e-6);
  EXPECT_EQ(found.bins[1].observed, 1);
  EXPECT_NEAR(found.error, (0.245 + 0.255) / 2, 1e-6);
  EXPECT_NEAR(found.ratio, 49.5 / 50, 1e-6);
}

TEST(Calibration, EqualPredictionsShareABinAndBinsCoverEverySampleOnce) {
  Random random(3);
  for (int round = 0; round < 100; ++round) {
    const Drawn drawn = draw(random, 1 + random.below(200), 1 + random.below(30));
    const auto bins = static_cast<std::uint32_t>(1 + random.below(12));
    const Calibration found = calibration(drawn.scores, drawn.labels, bins);
    EXPECT_LE(found.bins.size(), bins);
    std::map<float, std::uint64_t> count;
    std::map<float, double> positives;
    double sum = 0, positive = 0;
    for (std::size_t i = 0; i < drawn.scores.size(); ++i) {
      ++count[drawn.scores[i]];
      positives[drawn.scores[i]] += drawn.labels[i];
      sum += static_cast<double>(drawn.scores[i]);
      positive += drawn.labels[i];
    }
    // Distinct predictions, ascending, must fill the bins exactly: none is cut in two.
    auto next = count.begin();
    double error = 0;
    for (const CalibrationBin& bin : found.bins) {
      std::uint64_t size = 0;
      double predicted = 0, observed = 0;
      for (; next != count.end() && size < bin.count; ++next) {
        size += next->second;
        predicted += static_cast<double>(next->first) * static_cast<double>(next->second);
        observed += positives[next->first];
      }
      ASSERT_EQ(size, bin.count);
      EXPECT_NEAR(bin.predicted, predicted / static_cast<double>(size), 1e-9);
      EXPECT_NEAR(bin.observed, observed / static_cast<double>(size), 1e-9);
      error += std::abs(predicted - observed);
    }
    EXPECT_TRUE(next == count.end());
    EXPECT_NEAR(found.error, error / static_cast<double>(drawn.scores.size()), 1e-9);
    if (positive > 0) {
      EXPECT_NEAR(found.ratio, sum / positive, 1e-9);
    } else {
      EXPECT_TRUE(std::isnan(found.ratio));
    }
  }
}

TEST(Calibration, OfNothingIsEmpty) {
  const Calibration found = calibration({}, {});
  EXPECT_TRUE(found.bins.empty());
  EXPECT_EQ(found.error, 0);
  EXPECT_TRUE(std::isnan(found.ratio));
}

TEST(Majority, AlwaysAnswersTheCommonestLabelOfTraining) {
  const std::vector<std::uint32_t> train = {3, 1, 1, 3, 2};
  const std::vector<std::uint32_t> test = {1, 1, 3, 4};
  const Majority found = majority(train, test);
  EXPECT_EQ(found.label, 1U) << "of equally common labels the lowest";
  EXPECT_DOUBLE_EQ(found.accuracy, 0.5);
  // F1 of label 1: precision 1/2, recall 1; labels 3 and 4: 0.
  EXPECT_DOUBLE_EQ(found.macro_f1, (2.0 / 3) / 3);
}

TEST(Majority, KnowsNothingWithoutTrainingAndIsWrongAboutUnseenLabels) {
  EXPECT_EQ(majority({}, std::vector<std::uint32_t>{1}).accuracy, 0);
  EXPECT_EQ(majority(std::vector<std::uint32_t>{1}, {}).accuracy, 0);
  const Majority found = majority(std::vector<std::uint32_t>{5}, std::vector<std::uint32_t>{6, 7});
  EXPECT_EQ(found.label, 5U);
  EXPECT_EQ(found.accuracy, 0);
  EXPECT_EQ(found.macro_f1, 0);
}

}  // namespace
}  // namespace souk::eval
