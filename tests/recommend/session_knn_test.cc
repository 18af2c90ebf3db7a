// Session neighbours against the formulas, written out over all pairs of sessions.
#include <cmath>
#include <gmock/gmock.h>
#include <map>

#include "tests/recommend/model_support.h"

namespace souk::recommend {
namespace {

using souk::testing::Added;
using souk::testing::fit_model;
using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::random_log;
using souk::testing::scores_of;
using ::testing::ElementsAre;
using ::testing::FloatNear;

struct PlainRule {
  Duration gap = 30 * kMinute;
  std::size_t history = 20, sample = 2500, neighbours = 500;
  double position = 1.5, age = 0, near = 2.5, idf = 0, item_idf = 0, known = 1;
};

struct PlainSession {
  std::map<std::uint32_t, std::pair<double, double>> items;  // item -> position of its last event, largest weight
  Timestamp end = 0;
};

std::vector<PlainSession> plain_sessions(const store::Interactions& log, Duration gap) {
  std::vector<PlainSession> sessions;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    const auto row = log.row(s);
    std::size_t position = 0;
    for (std::size_t i = 0; i < row.size(); ++i, ++position) {
      if (i == 0 || (gap > 0 && row.times[i] - row.times[i - 1] > gap)) {
        sessions.emplace_back();
        position = 0;
      }
      auto& item = sessions.back().items[row.items[i]];
      item = {static_cast<double>(position), std::max<double>(item.second, row.weights[i])};
      sessions.back().end = row.times[i];
    }
  }
  std::stable_sort(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) { return a.end < b.end; });
  return sessions;
}

std::vector<double> scores_by_force(const std::vector<PlainSession>& sessions, const eval::History& history, std::uint32_t items,
                                    const PlainRule& rule) {
  std::map<std::uint32_t, std::pair<double, double>> own;  // item -> place from the end, largest weight
  for (std::size_t i = 0; i < history.size() && i < rule.history; ++i) {
    const std::size_t event = history.size() - 1 - i;
    if (i > 0 && rule.gap > 0 && history.times[event + 1] - history.times[event] > rule.gap) break;
    const auto [item, added] = own.try_emplace(history.items[event], static_cast<double>(i), 0.0);
    item->second.second = std::max<double>(item->second.second, history.weights[event]);
  }
  const auto idf = [&](std::uint32_t item) {
    double with = 0;
    for (const PlainSession& session : sessions) with += static_cast<double>(session.items.count(item));
    return std::log(static_cast<double>(sessions.size()) / with);
  };
  std::vector<std::pair<double, const PlainSession*>> found;  // latest first
  for (auto session = sessions.rbegin(); session != sessions.rend() && found.size() < rule.sample; ++session) {
    double sum = 0;
    bool shares = false;
    for (const auto& [item, chosen] : own) {
      if (session->items.count(item) == 0) continue;
      shares = true;
      sum += chosen.second * (rule.position > 0 ? std::exp(-chosen.first / rule.position) : 1) * std::pow(idf(item), rule.idf);
    }
    if (!shares) continue;
    sum /= std::sqrt(static_cast<double>(own.size() * session->items.size()));
    if (rule.age > 0) sum *= std::exp(-std::max(0.0, static_cast<double>(history.times.back() - session->end)) / rule.age);
    found.emplace_back(sum, &*session);
  }
  std::reverse(found.begin(), found.end());
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first + 1e-9; });
  if (found.size() > rule.neighbours) found.resize(rule.neighbours);
  std::vector<double> scores(items, 0);
  for (const auto& [similarity, session] : found) {
    std::pair<double, double> meeting = {1e9, 0};  // place in the current session, position in the past one
    for (const auto& [item, chosen] : own) {
      if (session->items.count(item) > 0) meeting = std::min(meeting, {chosen.first, session->items.at(item).first});
    }
    for (const auto& [item, there] : session->items) {
      double value = similarity * there.second * std::pow(idf(item), rule.item_idf);
      if (rule.near > 0) value *= std::exp(-std::abs(there.first - meeting.second) / rule.near);
      scores[item] += own.count(item) > 0 ? value * rule.known : value;
    }
  }
  return scores;
}

TEST(SessionKnn, EqualsTheFormulasWrittenOut) {
  struct Case {
    std::string settings;
    PlainRule rule;
  };
  const std::vector<Case> cases = {
      {"", {}},
      {"gap = \"6h\"\nlambda_age = \"5d\"\nidf = 1\nitem_idf = 0.5\nknown = 0",
       {.gap = 6 * kHour, .age = 5.0 * kDay, .idf = 1, .item_idf = 0.5, .known = 0}},
      {"gap = \"0s\"\nhistory = 3\nlambda_position = 0\nlambda_near = 0\nknown = 0.5",
       {.gap = 0, .history = 3, .position = 0, .near = 0, .known = 0.5}},
      {"gap = \"12h\"\nsample = 25\nlambda_position = 4", {.gap = 12 * kHour, .sample = 25, .position = 4}},
  };
  for (const Case& one : cases) {
    for (const std::uint64_t seed : {1, 2}) {
      const auto log = random_log(seed, 60, 30, 12);
      const auto sessions = plain_sessions(log, one.rule.gap);
      const auto model = fit_model("session-knn", log, one.settings);
      for (std::uint32_t s = 0; s < log.shoppers(); s += 4) {
        const auto history = log.row(s).first(log.row(s).size() * 2 / 3);
        const auto expected = scores_by_force(sessions, history, log.items(), one.rule);
        const auto scores = scores_of(*model, history, log.items());
        for (std::uint32_t i = 0; i < log.items(); ++i) EXPECT_NEAR(scores[i], expected[i], 1e-4 * (1 + expected[i])) << one.settings;
      }
    }
  }
}

TEST(SessionKnn, KeepsToTheNearestSessions) {
  // Of the sessions with item 0, {0, 1} is nearer than {0, 2, 3}: shorter.
  const auto log = make_sequences({{0, 2, 3}, {0, 1}}, 4);
  const auto history = make_sequences({{0}}, 4);
  const auto model = fit_model("session-knn", log, "neighbours = 1\nlambda_near = 0\nknown = 0");
  EXPECT_THAT(scores_of(*model, history.row(0), 4), ElementsAre(0, FloatNear(1 / std::sqrt(2.0F), 1e-6F), 0, 0));
}

TEST(SessionKnn, KnowsOnlyTheSessionThatStillRuns) {
  const auto log = make_sequences({{0, 1}, {2, 3}}, 4);
  const auto history = make_log({{.shopper = 0, .item = 0, .time = 0}, {.shopper = 0, .item = 2, .time = kHour}}, 1, 4);
  const auto timed = make_log({{.shopper = 0, .item = 0, .time = 0},
                               {.shopper = 0, .item = 1, .time = 1},
                               {.shopper = 1, .item = 2, .time = 0},
                               {.shopper = 1, .item = 3, .time = 1}},
                              2, 4);
  const auto model = fit_model("session-knn", timed, "known = 0");
  EXPECT_EQ(scores_of(*model, history.row(0), 4)[1], 0.0F);
  EXPECT_GT(scores_of(*model, history.row(0), 4)[3], 0.0F);
  const auto untimed = fit_model("session-knn", log, "known = 0");  // a row is one session
  EXPECT_GT(scores_of(*untimed, history.row(0), 4)[1], 0.0F);
}

}  // namespace
}  // namespace souk::recommend
