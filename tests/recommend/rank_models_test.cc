// What is true of every model: names, settings, degenerate logs, threads, weights by kind, and lists of the best.
#include <cmath>
#include <gmock/gmock.h>
#include <limits>

#include "tests/recommend/model_support.h"

namespace souk::recommend {
namespace {

using souk::testing::Added;
using souk::testing::fit_model;
using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::random_log;
using souk::testing::scores_of;
using souk::testing::try_fit;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const RankModelEntry& entry : rank_models()) result.emplace_back(entry.name);
  return result;
}

std::vector<eval::History> histories_of(const store::Interactions& log) {
  std::vector<eval::History> result;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) result.push_back(log.row(s));
  return result;
}

TEST(RankModels, AreFoundByName) {
  EXPECT_THAT(names(), ElementsAre("popularity", "inverse popularity", "co-visitation", "buy-again", "item-knn", "session-knn", "ease"));
  for (const std::string& name : names()) {
    const auto entry = find_rank_model(name, "");
    ASSERT_TRUE(entry);
    EXPECT_EQ((*entry)->name, name);
    EXPECT_FALSE((*entry)->help.empty());
    EXPECT_FALSE((*entry)->settings.empty());
  }
  const auto none = find_rank_model("item-nkn", "recipe.toml:3");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_THAT(none.error().message(), HasSubstr("recipe.toml:3"));
  EXPECT_THAT(none.error().message(), HasSubstr("did you mean 'item-knn'?"));
  EXPECT_FALSE(find_rank_model("", "x"));
}

TEST(RankModels, RefuseSettingsTheyDoNotKnow) {
  const auto log = random_log(1, 10, 10, 5);
  for (const std::string& name : names()) {
    const auto model = try_fit(name, log, "\nwindw = 3");
    ASSERT_FALSE(model) << name;
    EXPECT_THAT(model.error().message(), HasSubstr("recipe.toml:2")) << name;
  }
}

TEST(RankModels, RefuseSettingsOutOfTheirRange) {
  const auto log = random_log(1, 10, 10, 5);
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"popularity", "half_life = \"-1d\""},
      {"buy-again", "scale = 0"},
      {"co-visitation", "window = 0"},
      {"co-visitation", "history = 0"},
      {"co-visitation", "backward = -1"},
      {"co-visitation", "keep = 5000000000"},
      {"co-visitation", "alpha = \"much\""},
      {"item-knn", "weighting = \"bm52\""},
      {"item-knn", "b = 1.5"},
      {"item-knn", "k1 = -1"},
      {"item-knn", "shrink = inf"},
      {"item-knn", "neighbours = -1"},
      {"item-knn", "repeats = \"twice\""},
      {"session-knn", "gap = \"-1h\""},
      {"session-knn", "known = -0.1"},
      {"session-knn", "lambda_near = nan"},
      {"ease", "lambda = 0"},
      {"ease", "max_memory = 0"},
      {"ease", "binary = 1"},
      {"item-knn", "weights = {veiw = 1}"},
      {"ease", "weights = {view = -1}"},
      {"popularity", "weights = {}"},
      {"popularity", "weights = 3"},
  };
  for (const auto& [name, settings] : wrong) {
    const auto model = try_fit(name, log, settings);
    ASSERT_FALSE(model) << name << ": " << settings;
    EXPECT_EQ(model.error().kind, ErrorKind::invalid) << name << ": " << settings;
    EXPECT_THAT(model.error().message(), HasSubstr("recipe.toml:1")) << name << ": " << settings;
  }
}

TEST(RankModels, TakeEverySettingTheyName) {
  const auto log = random_log(1, 20, 15, 6);
  const std::map<std::string_view, std::string> values = {
      {"half_life", "\"7d\""}, {"gap", "\"1h\""}, {"lambda_age", "\"3d\""}, {"weighting", "\"bm25\""}, {"repeats", "\"sum\""},
      {"binary", "false"},     {"b", "0.5"}};
  for (const RankModelEntry& entry : rank_models()) {
    std::string settings;
    for (const std::string_view name : entry.settings) {
      const auto value = values.find(name);
      settings += std::string(name) + " = " + (value == values.end() ? "2" : value->second) + "\n";
    }
    EXPECT_NE(fit_model(std::string(entry.name), log, settings), nullptr) << entry.name;
  }
}

TEST(RankModels, SayNothingOfLogsWithoutEvents) {
  for (const std::string& name : names()) {
    const auto nobody = make_sequences({}, 0);
    const auto of_nobody = fit_model(name, nobody);
    ASSERT_NE(of_nobody, nullptr) << name;
    std::vector<float> no_scores;
    of_nobody->score({}, no_scores);

    const auto silent = make_sequences({{}, {}}, 4);
    const auto model = fit_model(name, silent);
    ASSERT_NE(model, nullptr) << name;
    EXPECT_THAT(scores_of(*model, silent.row(0), 4), Each(0.0F)) << name;
  }
}

TEST(RankModels, SayTheSameOfAShopperWithoutHistoryAsOfNobody) {
  const auto log = make_log({{.shopper = 0, .item = 0}, {.shopper = 0, .item = 1}, {.shopper = 1, .item = 1}}, 3, 3);
  for (const std::string& name : names()) {
    const auto model = fit_model(name, log);
    const auto scores = scores_of(*model, log.row(2), 3);
    if (name == "popularity") {
      EXPECT_THAT(scores, ElementsAre(1, 2, 0));
    } else if (name == "inverse popularity") {
      EXPECT_THAT(scores, ElementsAre(-1, -2, 0));
    } else {
      EXPECT_THAT(scores, Each(0.0F)) << name;
    }
  }
}

TEST(RankModels, StandOneItemAndOneEvent) {
  const auto log = make_sequences({{0}, {0, 0, 0}}, 1);
  for (const std::string& name : names()) {
    const auto model = fit_model(name, log);
    ASSERT_NE(model, nullptr) << name;
    EXPECT_TRUE(std::isfinite(scores_of(*model, log.row(1), 1)[0])) << name;
  }
}

TEST(RankModels, AddToTheScoresThatStand) {
  const auto log = random_log(3, 40, 30, 10);
  for (const std::string& name : names()) {
    const auto model = fit_model(name, log);
    const auto alone = scores_of(*model, log.row(5), log.items());
    std::vector<float> more(log.items(), 2.0F);
    model->score(log.row(5), more);
    for (std::size_t i = 0; i < more.size(); ++i) EXPECT_NEAR(more[i], alone[i] + 2.0F, 1e-4F * (1 + std::abs(alone[i]))) << name;
  }
}

TEST(RankModels, AreTheSameForAnyNumberOfThreads) {
  const auto log = random_log(8, 150, 200, 20);
  for (const std::string& name : names()) {
    if (name == "ease") continue;  // BLAS promises equal bits for equal numbers of threads alone
    const auto one = fit_model(name, log, "", 1), three = fit_model(name, log, "", 3);
    for (std::uint32_t s = 0; s < log.shoppers(); s += 7) {
      EXPECT_EQ(scores_of(*one, log.row(s), log.items()), scores_of(*three, log.row(s), log.items())) << name;
    }
  }
}

TEST(RankModels, AnswerAClickWithoutBeingFittedAgain) {
  const auto log = make_sequences({{0, 1}, {0, 1}, {2, 3}, {2, 3}, {4}}, 5);
  const auto clicks = make_sequences({{0}, {0, 2}}, 5);
  for (const std::string name : {"co-visitation", "item-knn", "session-knn", "ease"}) {
    const auto model = fit_model(name, log, name == "ease" ? "lambda = 1" : "");
    const auto before = scores_of(*model, clicks.row(0), 5), after = scores_of(*model, clicks.row(1), 5);
    EXPECT_GT(before[1], before[3]) << name;
    EXPECT_GT(after[3], 0.0F) << name;
    EXPECT_GT(after[3], before[3]) << name;
  }
}

// The log and the histories as they would be, had their events had these weights from the beginning.
store::Interactions with_weights(const store::Interactions& log, float view, float purchase) {
  std::vector<Added> events;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    const auto row = log.row(s);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto kind = static_cast<store::EventKind>(row.kinds[i]);
      const float weight = kind == store::EventKind::view ? view : purchase;
      if (weight == 0) continue;
      events.push_back({.shopper = s, .item = row.items[i], .time = row.times[i], .kind = kind, .weight = weight, .order = row.orders[i]});
    }
  }
  return make_log(events, log.shoppers(), log.items());
}

TEST(RankModels, TakeWeightsByKindOfEventInPlaceOfTheLogs) {
  const auto log = random_log(12, 60, 40, 12);
  for (const auto& [view, settings] :
       {std::pair(0.0F, "weights = {purchase = 2}"), std::pair(0.1F, "weights = {view = 0.1, purchase = 2}")}) {
    const auto same = with_weights(log, view, 2);
    for (const std::string& name : names()) {
      if (name == "co-visitation") continue;  // below: with weights, it counts them
      const std::string own = name == "ease" ? "binary = false\n" : "";
      const auto model = fit_model(name, log, own + settings), expected = fit_model(name, same, own);
      for (std::uint32_t s = 0; s < log.shoppers(); s += 3) {
        EXPECT_EQ(scores_of(*model, log.row(s), log.items()), scores_of(*expected, same.row(s), log.items())) << name;
      }
    }
  }
}

TEST(CoVisitation, CountsTheWeightsOfBothEventsWhenTheyAreGiven) {
  // The view of 1 beside the purchase of 0 counts 0.5 in the pair and in n; beta 0, and n_0 = 1.
  const auto log = make_log({{.shopper = 0, .item = 0, .time = 1},
                             {.shopper = 0, .item = 1, .time = 2, .kind = store::EventKind::view, .weight = 9},
                             {.shopper = 0, .item = 2, .time = 3, .kind = store::EventKind::cart, .weight = 9}},
                            1, 3);
  const auto model = fit_model("co-visitation", log, "beta = 0\nalpha = 1\nweights = {purchase = 1, view = 0.5}");
  EXPECT_THAT(scores_of(*model, log.row(0).first(1), 3), ElementsAre(0, 0.5F, 0));  // the cart is no event
  EXPECT_THAT(scores_of(*model, log.row(0).first(2), 3), ElementsAre(0.5F * (0.5F / 0.5F), 0.5F * 0.5F, 0));
}

TEST(CoVisitation, RecommendsAnItemAgainAsFarAsToldTo) {
  const auto log = make_sequences({{0, 1}, {0, 2}, {0, 1}}, 3);
  const auto history = make_sequences({{0}}, 3);
  const auto never = fit_model("co-visitation", log, "alpha = 1\nbeta = 0");
  EXPECT_EQ(scores_of(*never, history.row(0), 3)[0], 0.0F);
  const auto model = fit_model("co-visitation", log, "alpha = 1\nbeta = 0\nself = 0.5");
  EXPECT_THAT(scores_of(*model, history.row(0), 3), ElementsAre(0.5F, ::testing::FloatEq(2.0F / 3), ::testing::FloatEq(1.0F / 3)));
}

TEST(TopK, HoldsTheBestItemsThatTheModelSpeaksOf) {
  const auto log = random_log(9, 80, 60, 10);
  const auto histories = histories_of(log);
  for (const std::string& name : names()) {
    const auto model = fit_model(name, log);
    for (const bool mask : {true, false}) {
      const auto lists = top_k(*model, log.items(), histories, {.k = 7, .mask_history = mask, .threads = 3}, Progress::none());
      ASSERT_THAT(lists, SizeIs(histories.size()));
      for (std::size_t s = 0; s < lists.size(); ++s) {
        const auto scores = scores_of(*model, histories[s], log.items());
        const auto items = histories[s].items;
        std::vector<Scored> expected;
        for (std::uint32_t i = 0; i < scores.size(); ++i) {
          const bool known = std::find(items.begin(), items.end(), i) != items.end();
          if (scores[i] != 0 && !(mask && known)) expected.push_back({i, scores[i]});
        }
        std::sort(expected.begin(), expected.end(), better);
        if (expected.size() > 7) expected.resize(7);
        EXPECT_EQ(lists[s], expected) << name << ", shopper " << s;
      }
    }
  }
}

TEST(TopK, OfNothingIsNothing) {
  const auto log = random_log(2, 5, 5, 3);
  const auto model = fit_model("popularity", log);
  EXPECT_THAT(top_k(*model, log.items(), {}, {}, Progress::none()), IsEmpty());
  const auto histories = histories_of(log);
  EXPECT_THAT(top_k(*model, log.items(), histories, {.k = 0}, Progress::none()), Each(IsEmpty()));
}

TEST(ScoreCase, IsTheModelsOwnScore) {
  const auto log = random_log(4, 20, 20, 8);
  const auto model = fit_model("item-knn", log);
  std::vector<float> scores(log.items(), 0.0F);
  model->as_score_case()({}, log.row(3), scores, 0);
  EXPECT_EQ(scores, scores_of(*model, log.row(3), log.items()));
}

}  // namespace
}  // namespace souk::recommend
