// Models of libsouk_learn.so, seen from a program that does not link it: how they are known and refused, and what SASRec learns.
#include <cmath>
#include <gmock/gmock.h>

#include "souk/learn/library.h"

#include "tests/recommend/model_support.h"
#include "tests/support/data.h"

namespace souk::recommend {
namespace {

using souk::testing::fit_model;
using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::scores_of;
using souk::testing::TempDir;
using souk::testing::try_fit;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint32_t kItems = 24;

// Everybody goes round the items by steps of their own, 1 or 5: what comes next is told by the two items before it, not by the last alone.
std::vector<std::vector<std::uint32_t>> walks() {
  std::vector<std::vector<std::uint32_t>> result;
  for (std::uint32_t s = 0; s < 96; ++s) {
    std::vector<std::uint32_t> walk;
    for (std::uint32_t i = 0; i < 6 + s % 6; ++i) walk.push_back((s / 2 + i * (s % 2 == 0 ? 1 : 5)) % kItems);
    result.push_back(walk);
  }
  return result;
}

// Five items by each step from each item; the next one is not in the log.
store::Interactions questions() {
  std::vector<std::vector<std::uint32_t>> walked;
  for (std::uint32_t i = 0; i < kItems; ++i) {
    for (const std::uint32_t step : {1U, 5U}) {
      walked.push_back({});
      for (std::uint32_t j = 0; j < 5; ++j) walked.back().push_back((i + j * step) % kItems);
    }
  }
  return make_sequences(walked, kItems);
}

// The share of those after which the right item is first.
double right(const RankModel& model) {
  const auto log = questions();
  int count = 0;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    auto scores = scores_of(model, log.row(s), kItems);
    for (const std::uint32_t item : log.row(s).items) scores[item] = -INFINITY;
    const std::uint32_t wanted = (log.row(s).items[4] + (s % 2 == 0 ? 1 : 5)) % kItems;
    count += std::ranges::max_element(scores) - scores.begin() == wanted ? 1 : 0;
  }
  return count / static_cast<double>(log.shoppers());
}

std::string small(int epochs) {
  return "dim = 16\nbatch = 16\nlength = 8\ndropout = 0.1\nrate = 0.01\nepochs = " + std::to_string(epochs) + "\n";
}

TEST(LearnedModels, AreNamedWithoutTheirLibrary) {
  std::vector<std::string> names;
  for (const RankModelEntry& entry : learned_models()) names.emplace_back(entry.name);
  EXPECT_THAT(names, ElementsAre("sasrec"));
  const auto entry = find_rank_model("sasrec", "");
  ASSERT_TRUE(entry);
  EXPECT_THAT((*entry)->settings, ::testing::IsSupersetOf({"dim", "loss", "layers"}));
  EXPECT_THAT(find_rank_model("sasrc", "recipe.toml:1").error().message(), HasSubstr("did you mean 'sasrec'?"));
  const auto model = try_fit("sasrec", make_sequences(walks(), kItems), "\nwindw = 3");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("recipe.toml:2"));
}

TEST(LearnedModels, SayWhatIsMissingWithoutTheirLibrary) {
  const auto model = try_fit("sasrec", make_sequences(walks(), kItems), "epochs = 1");
  if (learn::models()) return;  // nothing is
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(model.error().message(), AllOf(HasSubstr("'sasrec' cannot be trained"), HasSubstr("libsouk_learn.so")));
}

class SasrecTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto library = learn::models(); !library) GTEST_SKIP() << library.error().message();
  }
  Result<std::unique_ptr<RankModel>> fit(const std::string& settings, Validation validation = {}, TrainingFiles files = {},
                                         Progress& progress = Progress::none()) {
    const Config config = Config::parse(settings, "recipe.toml").value();
    return (*find_rank_model("sasrec", ""))->fit({log_, config, 1, 1, progress, std::move(validation), std::move(files)});
  }
  void expect_same(const RankModel& a, const RankModel& b) {
    for (std::uint32_t s = 0; s < 9; ++s) EXPECT_EQ(scores_of(a, log_.row(s), kItems), scores_of(b, log_.row(s), kItems));
  }
  store::Interactions log_ = make_sequences(walks(), kItems);
};

TEST_F(SasrecTest, LearnsWhatCountingCannot) {
  const auto model = fit_model("sasrec", log_, small(60));
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(right(*model), 1.0);
  EXPECT_LT(right(*fit_model("co-visitation", log_)), 0.9);
  EXPECT_LT(right(*fit_model("popularity", log_)), 0.2);
}

TEST_F(SasrecTest, LearnsByEveryLoss) {
  for (const std::string loss : {"sampled", "bce", "gbce"}) {
    const auto model = fit_model("sasrec", log_, small(60) + "negatives = 8\nloss = \"" + loss + "\"");
    ASSERT_NE(model, nullptr);
    EXPECT_GT(right(*model), 0.75) << loss;
  }
}

TEST_F(SasrecTest, IsTheSameForTheSameSeed) {
  const std::string settings = small(3) + "layers = 1\nheads = 2\n";
  expect_same(**fit(settings), **fit(settings));
  const auto other = fit(settings + "negatives = 3\nloss = \"sampled\"");
  EXPECT_NE(scores_of(**fit(settings), log_.row(0), kItems), scores_of(**other, log_.row(0), kItems));
}

TEST_F(SasrecTest, ScoresByTheLatestEventsOfItemsItKnows) {
  const auto model = fit_model("sasrec", log_, small(5));
  std::vector<std::uint32_t> far(30, 3), near(30, 9);
  for (std::uint32_t i = 0; i < 8; ++i) far.push_back(i), near.push_back(i);
  auto newer = near;
  newer.push_back(kItems), newer.insert(newer.begin() + 32, kItems + 3);
  const auto rows = make_sequences({far, near, newer, {}, {kItems}}, kItems + 4);
  const auto scores = [&](std::uint32_t row) { return scores_of(*model, rows.row(row), kItems); };
  EXPECT_EQ(scores(0), scores(1));
  EXPECT_EQ(scores(0), scores(2));
  EXPECT_THAT(scores(3), ::testing::Each(0.0F));
  EXPECT_THAT(scores(4), ::testing::Each(0.0F));
}

TEST_F(SasrecTest, RanksManyCasesAsOneByOne) {
  const auto model = fit_model("sasrec", log_, small(60));
  const auto split = eval::make_split(log_, {}).value();
  for (const unsigned threads : {1U, 3U}) {
    const eval::RankEvalOptions options{.cutoffs = {1, 5}, .threads = threads, .keep_lists = true};
    const auto together = model->rank(split, options, Progress::none());
    const auto alone = eval::rank_eval(split, model->as_score_case(), options, Progress::none());
    EXPECT_EQ(together.metrics, alone.metrics);
    EXPECT_EQ(together.lists, alone.lists);
  }
}

TEST_F(SasrecTest, KeepsTheEpochThatValidationLikesBest) {
  int asked = 0;
  const std::vector<double> says = {0.1, 0.3, 0.5, 0.2, 0.4, 0.45};
  const Validation validation{"HR@1", [&](const RankModel&) { return says.at(static_cast<std::size_t>(asked++)); }};
  const auto model = fit(small(60) + "patience = 2\n", validation);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->epochs(), 5U);
  EXPECT_EQ((*model)->note(), "epoch 3 of 5 trained, the best by HR@1 on validation (0.5000)");
  const auto last = fit(small(3));
  EXPECT_EQ((*last)->note(), "3 epochs, as nothing was held out to stop by");
  expect_same(**model, **last);
}

TEST_F(SasrecTest, IsValidatedBehindItsWeights) {
  const auto views = make_log({{.item = 1, .kind = store::EventKind::view}, {.item = 2, .kind = store::EventKind::view}}, 1, kItems);
  int asked = 0;
  const Validation validation{"none", [&](const RankModel& model) {
                                EXPECT_THAT(scores_of(model, views.row(0), kItems), ::testing::Each(0.0F));
                                return ++asked;
                              }};
  const auto model = fit(small(2) + "weights = {purchase = 1}", validation);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(asked, 2);
  EXPECT_EQ((*model)->epochs(), 2U);
}

TEST_F(SasrecTest, GoesOnWhereItWasStopped) {
  const TempDir dir;
  const TrainingFiles files{dir / "model.checkpoint", dir / "model.jsonl"};
  const std::string settings = small(6);
  int asked = 0;
  const auto grows = [&](const RankModel&) { return ++asked; };
  const auto unbroken = fit(settings, {"HR@1", grows});
  ASSERT_TRUE(unbroken);
  Progress progress(Progress::Style::silent);
  asked = 0;
  const auto stops = [&](const RankModel&) {
    if (asked == 3) progress.cancel();
    return ++asked;
  };
  const auto stopped = fit(settings, {"HR@1", stops}, files, progress);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
  const auto again = fit(settings, {"HR@1", grows}, files);
  ASSERT_TRUE(again) << again.error().message();
  expect_same(**unbroken, **again);
  EXPECT_EQ((*again)->note(), (*unbroken)->note());
  const std::string log = read_file(files.log).value();
  EXPECT_EQ(std::ranges::count(log, '\n'), 6);
  const auto other = fit(settings + "heads = 2", {"HR@1", grows}, files);  // the same parameters, of another model
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().where, files.checkpoint.string());
}

TEST_F(SasrecTest, RefusesLogsThatTeachNothing) {
  for (const auto& log : {make_sequences({}, 0), make_sequences({{1}, {2}}, kItems), make_sequences({{1, 2, 3}, {2}}, kItems),
                          make_sequences({{0, 0}, {0, 0}}, 1)}) {
    const auto model = try_fit("sasrec", log, "");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().kind, ErrorKind::invalid);
    EXPECT_THAT(model.error().message(), HasSubstr("too small"));
  }
}

TEST_F(SasrecTest, RefusesSettingsOutOfTheirRange) {
  for (const std::string settings :
       {"heads = 3", "dropout = 1", "loss = \"fool\"", "dim = 0", "rate = 0", "calibration = 2", "negatives = 0", "max_memory = 0"}) {
    const auto model = try_fit("sasrec", log_, settings);
    ASSERT_FALSE(model) << settings;
    EXPECT_EQ(model.error().kind, ErrorKind::invalid);
    EXPECT_THAT(model.error().message(), HasSubstr("recipe.toml:1")) << settings;
  }
}

TEST_F(SasrecTest, SaysWhatMemoryItNeedsBeforeItTakesIt) {
  const auto model = try_fit("sasrec", log_, "max_memory = 0.00001");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::limit);
  EXPECT_THAT(model.error().message(), AllOf(HasSubstr("recipe.toml:1"), HasSubstr("found about 0.0")));
  const auto huge = try_fit("sasrec", log_, "dim = 4000000000");
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().kind, ErrorKind::limit);
  const auto many = try_fit("sasrec", log_, "loss = \"bce\"\nnegatives = 1000000000\nmax_memory = 8");
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().message(), HasSubstr("set a smaller dim, negatives or batch"));
}

}  // namespace
}  // namespace souk::recommend
