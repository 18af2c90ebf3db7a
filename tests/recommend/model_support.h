// Fitting models by name, and the plainest loops their scores are checked with.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "souk/recommend/rank_model.h"

#include "tests/support/logs.h"

namespace souk::testing {

inline Result<std::unique_ptr<recommend::RankModel>> try_fit(const std::string& name, const store::Interactions& log,
                                                             const std::string& settings = "", unsigned threads = 1) {
  const auto config = Config::parse(settings, "recipe.toml");
  EXPECT_TRUE(config) << settings;
  const auto entry = recommend::find_rank_model(name, "test");
  EXPECT_TRUE(entry) << name;
  return (*entry)->fit({log, *config, threads, 1, Progress::none()});
}

inline std::unique_ptr<recommend::RankModel> fit_model(const std::string& name, const store::Interactions& log,
                                                       const std::string& settings = "", unsigned threads = 1) {
  auto model = try_fit(name, log, settings, threads);
  EXPECT_TRUE(model) << model.error().message();
  return model ? std::move(*model) : nullptr;
}

// Scores of all items for a history.
inline std::vector<float> scores_of(const recommend::RankModel& model, const eval::History& history, std::uint32_t items) {
  std::vector<float> scores(items, 0.0F);
  model.score(history, scores);
  return scores;
}

using Dense = std::vector<std::vector<double>>;

// What a history's items count by the rule in models/history.h.
struct PlainHistory {
  std::size_t last = 0;
  double decay = 0, half_life = 0;  // half_life in milliseconds
  bool sum = false, binary = false;
};
inline std::vector<double> plain_values(const eval::History& history, std::uint32_t items, const PlainHistory& rule) {
  std::vector<double> values(items, 0);
  for (std::size_t i = 0; i < history.size() && (rule.last == 0 || i < rule.last); ++i) {
    const std::size_t event = history.size() - 1 - i;
    double value = rule.binary ? 1.0 : static_cast<double>(history.weights[event]);
    value *= std::pow(static_cast<double>(i + 1), -rule.decay);
    if (rule.half_life > 0) value *= std::exp2(-static_cast<double>(history.times.back() - history.times[event]) / rule.half_life);
    double& cell = values[history.items[event]];
    cell = rule.sum ? cell + value : std::max(cell, value);
  }
  return values;
}

// Expects scores to equal sum over items a of values[a] weights[a][b].
inline void expect_linear(const std::vector<float>& scores, const std::vector<double>& values, const Dense& weights, double tolerance) {
  for (std::size_t b = 0; b < scores.size(); ++b) {
    double expected = 0;
    for (std::size_t a = 0; a < values.size(); ++a) expected += values[a] * weights[a][b];
    EXPECT_NEAR(scores[b], expected, tolerance * (1 + std::abs(expected))) << "item " << b;
  }
}

}  // namespace souk::testing
