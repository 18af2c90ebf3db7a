// A model that is trained by gradients, from its recipe to its record: stopped early, stopped and gone on with.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "souk/lab/run.h"
#include "souk/lab/tune.h"
#include "souk/learn/library.h"

#include "tests/support/data.h"

namespace souk::lab {
namespace {

using souk::testing::TempDir;
using ::testing::HasSubstr;

// 120 shoppers who go round 30 items by steps of 1 or 7.
std::string rounds() {
  std::string text;
  for (int shopper = 1; shopper <= 120; ++shopper) {
    text += std::to_string(shopper);
    for (int i = 0; i < 5 + shopper % 5; ++i) text += fmt::format(" {}", (shopper / 2 + i * (shopper % 2 == 0 ? 1 : 7)) % 30 + 1);
    text += "\n";
  }
  return text;
}

class LearnedTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write_file(folder_ / "walks.txt", rounds())); }
  RunOptions options(const std::string& runs = "runs", std::vector<std::string> more = {}) const {
    std::vector<std::string> overrides = {"settings.dim=16",    "settings.batch=32",  "settings.length=8",  "settings.dropout=0.1",
                                          "settings.rate=0.01", "settings.epochs=12", "settings.patience=4"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    return {fs::path(SOUK_SOURCE_DIR) / "recipes/recommend/sasrec.toml", (folder_ / "walks.txt").string(), overrides, 1, 1, folder_ / runs};
  }
  RunRecord run(const RunOptions& how) {
    auto record = run_recipe(how, Progress::none());
    EXPECT_TRUE(record) << record.error().message();
    return record.value_or(RunRecord{});
  }
  fs::path kept(const RunRecord& record, const std::string& runs = "runs") const {
    return run_folder(folder_ / runs, record.recipe, record.data.name, record.key);
  }
  TempDir folder_;
};

std::string without_times(RunRecord record) {
  record.seconds = record.cpu_seconds = {};
  record.peak_rss_mb = 0;
  return record.to_json();
}

#define SKIP_WITHOUT_LEARNED_MODELS() \
  if (const auto library = learn::models(); !library) GTEST_SKIP() << library.error().message()

TEST_F(LearnedTest, ARecipeSaysWhatIsMissing) {
  const auto record = run_recipe(options(), Progress::none());
  if (learn::models()) return;  // nothing is
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message(), AllOf(HasSubstr("'sasrec' cannot be trained"), HasSubstr("libsouk_learn.so")));
}

TEST_F(LearnedTest, StopsByTheValidationPartAlone) {
  SKIP_WITHOUT_LEARNED_MODELS();
  const RunRecord record = run(options());
  EXPECT_EQ(record.fit, "train");
  EXPECT_GE(record.epochs, 1U);
  EXPECT_LE(record.epochs, 12U);
  EXPECT_THAT(record.note, HasSubstr("by NDCG@10 on validation"));
  EXPECT_GT(record.metrics.at("NDCG@10"), 2 * record.floors.at("popularity").at("NDCG@10"));
  const std::string log = read_file(kept(record) / "model.jsonl").value();
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(log, '\n')), record.epochs);
  EXPECT_THAT(log, HasSubstr("{\"epoch\":1,\"loss\":"));
  EXPECT_FALSE(fs::exists(kept(record) / "model.checkpoint"));
  EXPECT_EQ(without_times(run(options())), without_times(record));

  const RunRecord both = run(options("runs", {"split.fit=train+validation"}));
  EXPECT_EQ(both.epochs, 12U);
  EXPECT_THAT(both.note, HasSubstr("12 epochs, as nothing was held out"));
}

TEST_F(LearnedTest, GoesOnWithATrainingThatWasStopped) {
  SKIP_WITHOUT_LEARNED_MODELS();
  const RunRecord whole = run(options("whole", {"settings.patience=0"}));
  // Stopped as soon as it has told of its fifth epoch; whoever is told must not call back, but for this.
  std::unique_ptr<Progress> progress;
  const auto hear = [&](std::string_view text) {
    if (text.find("epoch 5 of 12") != std::string_view::npos) progress->cancel();
  };
  progress = std::make_unique<Progress>(Progress::Style::lines, hear);
  const auto stopped = run_recipe(options("runs", {"settings.patience=0"}), *progress);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(fs::exists(kept(whole) / "model.checkpoint"));
  const RunRecord again = run(options("runs", {"settings.patience=0"}));
  EXPECT_EQ(without_times(again), without_times(whole));
  const std::string log = read_file(kept(whole) / "model.jsonl").value();
  EXPECT_EQ(std::ranges::count(log, '\n'), 12);
}

TEST_F(LearnedTest, IsTunedByTheCasesThatAreJudged) {
  SKIP_WITHOUT_LEARNED_MODELS();
  fs::create_directories(folder_ / "recipes/recommend");
  ASSERT_TRUE(write_file(folder_ / "recipes/recommend/small.toml", R"(model = "sasrec"
data = "walks.txt"
[settings]
dim = 16
batch = 32
epochs = 3
[tune]
settings.layers = [1, 2]
)"));
  TuneOptions how;
  how.run = options();
  how.run.recipe = folder_ / "recipes/recommend/small.toml";
  how.run.overrides = {};
  const auto result = tune(how, Progress::none());
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_EQ(result->trials.size(), 2U);
  for (const Trial& trial : result->trials) {
    EXPECT_THAT(trial.note, HasSubstr(fmt::format("by NDCG@10 on validation ({:.4f})", trial.metrics.at("NDCG@10"))));
  }
  EXPECT_THAT(result->record.note, HasSubstr("on validation"));
}

}  // namespace
}  // namespace souk::lab
