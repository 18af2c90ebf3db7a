#include "souk/lab/tune.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "souk/base/random.h"

#include "tests/support/data.h"

namespace souk::lab {
namespace {

using souk::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kTuned = R"(title = "Counting"
model = "co-visitation"
data = "toy"

[settings]
window = 4  # stays where it is

[metrics]
report = ["HR@10", "NDCG@10"]

[tune]
settings.window = [1, 2, 8]
settings.beta = [0.3, 0.6]
)";

class TuneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "recipes/recommend");
    ASSERT_TRUE(write_file(recipe(), kTuned));
    Random random(7);
    std::string text;
    for (int user = 1; user <= 150; ++user) {
      text += std::to_string(user);
      std::uint64_t item = random.below(40);
      for (int i = 0; i < 10; ++i) {
        item = (item + 1 + random.below(3)) % 40;
        text += " " + std::to_string(item + 1);
      }
      text += "\n";
    }
    ASSERT_TRUE(write_file(folder_ / "walks.txt", text));
  }
  fs::path recipe() const { return folder_ / "recipes/recommend/counting.toml"; }
  TuneOptions options() const { return {{recipe(), (folder_ / "walks.txt").string(), {}, 1, 2, folder_ / "runs"}}; }
  TuneResult tuned(const TuneOptions& given) {
    auto result = tune(given, Progress::none());
    EXPECT_TRUE(result) << result.error().message();
    return std::move(result).value_or(TuneResult());
  }
  TempDir folder_;
};

TEST_F(TuneTest, JudgesEveryCombinationOnValidationAndTheBestOnTest) {
  const TuneResult result = tuned(options());
  ASSERT_EQ(result.trials.size(), 6U);
  EXPECT_EQ(result.possible, 6U);
  for (std::size_t i = 1; i < result.trials.size(); ++i) {
    EXPECT_GE(result.trials[i - 1].metrics.at("NDCG@10"), result.trials[i].metrics.at("NDCG@10"));
  }
  // A trial is what a run on the validation part with these settings says.
  const Values& best = result.trials.front().values;
  std::vector<std::string> overrides = {"split.part=validation"};
  for (const auto& [key, value] : best) overrides.push_back(key + "=" + value);
  const auto validation = run_recipe({recipe(), options().run.data, overrides, 1, 1}, Progress::none());
  ASSERT_TRUE(validation) << validation.error().message();
  EXPECT_EQ(validation->metrics.at("NDCG@10"), result.trials.front().metrics.at("NDCG@10"));
  // And the record is a run of the best on test.
  overrides.front() = "split.part=test";
  const auto test = run_recipe({recipe(), options().run.data, overrides, 1, 1}, Progress::none());
  ASSERT_TRUE(test) << test.error().message();
  EXPECT_EQ(result.record.metrics, test->metrics);
  EXPECT_EQ(result.record.split, test->split);
  ASSERT_TRUE(result.record.tuned);
  EXPECT_EQ(result.record.tuned->on, "validation");
  EXPECT_EQ(result.record.tuned->trials, 6U);
  EXPECT_FALSE(result.record.tuned->forced);
  EXPECT_THAT(result.record.tuned->grid, HasSubstr(R"("settings.window":[1,2,8])"));
  EXPECT_THAT(result.to_text(), HasSubstr("[on.\"walks.txt\".settings]"));
  EXPECT_THAT(result.to_json(), HasSubstr(R"("trials":[{"settings":{"settings.beta":)"));
}

TEST_F(TuneTest, RefusesToTuneOnTestUnlessForced) {
  TuneOptions on_test = options();
  on_test.on = "test";
  const auto refused = tune(on_test, Progress::none());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("--force-test-tuning"));
  on_test.force_test = true;
  const TuneResult forced = tuned(on_test);
  ASSERT_TRUE(forced.record.tuned);
  EXPECT_TRUE(forced.record.tuned->forced);
  EXPECT_EQ(forced.record.tuned->on, "test");
  ASSERT_TRUE(record_run(forced.record, folder_ / "results"));
  EXPECT_THAT(render_results(folder_ / "results").value(), HasSubstr("**tuned on test**"));
}

// What a kill between trials leaves: some trials, and no word that tuning has ended.
TEST_F(TuneTest, GoesOnWhereItWasKilled) {
  const TuneResult whole = tuned(options());
  fs::path journal;
  for (const auto& entry : fs::directory_iterator(folder_ / "runs/recommend/counting")) {
    if (entry.path().filename().string().find("tune-") != std::string::npos) journal = entry.path();
  }
  ASSERT_FALSE(journal.empty());
  fs::remove(journal / "done");
  std::vector<fs::path> stages;
  for (const auto& entry : fs::directory_iterator(journal)) {
    if (entry.path().extension() == ".stage") stages.push_back(entry.path());
  }
  ASSERT_EQ(stages.size(), 6U);
  fs::remove(stages[0]);
  fs::remove(stages[1]);
  const auto kept = fs::last_write_time(stages[2]);
  const TuneResult again = tuned(options());
  EXPECT_EQ(fs::last_write_time(stages[2]), kept);
  ASSERT_EQ(again.trials.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(again.trials[i].number, whole.trials[i].number);
    EXPECT_EQ(again.trials[i].metrics, whole.trials[i].metrics);
  }
  EXPECT_EQ(again.record.metrics, whole.record.metrics);
}

TEST_F(TuneTest, BeginsNoTrialAfterItsBudget) {
  TuneOptions short_of_time = options();
  short_of_time.budget = 1;
  short_of_time.run.threads = 1;
  const TuneResult result = tuned(short_of_time);
  EXPECT_GE(result.trials.size(), 1U);
  EXPECT_LE(result.trials.size(), 6U);
  EXPECT_EQ(result.record.tuned->trials, result.trials.size());
}

TEST_F(TuneTest, TriesAsManyCombinationsAsAreDrawn) {
  ASSERT_TRUE(write_file(recipe(), std::string(kTuned) + "trials = 3\ncases = 40\n"));
  const TuneResult result = tuned(options());
  EXPECT_EQ(result.trials.size(), 3U);
  EXPECT_EQ(result.possible, 6U);
  EXPECT_EQ(result.record.cases, 150U);  // the test part is judged whole
  const TuneResult again = tuned(options());
  EXPECT_EQ(again.trials.front().number, result.trials.front().number);
}

// A set that came split into train and test alone: users 1 to 60, whose last item is the test part.
TEST_F(TuneTest, HoldsOutOfTheTrainingPartWhereThereIsNoValidationPart) {
  fs::create_directories(folder_ / "recipes/data");
  std::string train, test;
  for (int user = 1; user <= 60; ++user) {
    train += std::to_string(user);
    for (int i = 0; i < 6; ++i) train += " " + std::to_string((user + i) % 30 + 1);
    train += "\n";
    test += fmt::format("{} {}\n", user, (user + 6) % 30 + 1);
  }
  fs::create_directories(folder_ / "set");
  ASSERT_TRUE(write_file(folder_ / "set/train.txt", train));
  ASSERT_TRUE(write_file(folder_ / "set/test.txt", test));
  ASSERT_TRUE(write_file(folder_ / "recipes/data/toy.toml", R"(name = "toy"
[protocol]
split = "fixed"
[[files]]
path = "train.txt"
as = "sequences"
part = "train"
[[files]]
path = "test.txt"
as = "sequences"
part = "test"
)"));
  TuneOptions on_set = options();
  on_set.run.data = (folder_ / "set").string();
  const TuneResult result = tuned(on_set);
  EXPECT_EQ(result.on, "validation, loo on train");
  EXPECT_EQ(result.record.protocol, "split as the set came, full ranking, history masked");
  EXPECT_EQ(result.record.cases, 60U);
  EXPECT_EQ(result.record.tuned->on, "validation, loo on train");
  EXPECT_FALSE(result.record.tuned->forced);
}

// 40 sessions to learn from, the last item of every second half of them to validate, 10 test cases: nothing known of these is a question.
TEST_F(TuneTest, IsNotAskedWhatIsKnownOfTestCases) {
  fs::create_directories(folder_ / "recipes/data");
  fs::create_directories(folder_ / "set");
  std::string train, test;
  for (int session = 1; session <= 40; ++session) {
    for (int i = 0; i < 5; ++i) train += fmt::format("{}{}", i == 0 ? "" : " ", (session + i) % 20 + 1);
    train += "\n";
  }
  for (int one = 1; one <= 10; ++one) test += fmt::format("{} {} {}\t{}\n", one, one + 1, one + 2, one + 3);
  ASSERT_TRUE(write_file(folder_ / "set/train.txt", train));
  ASSERT_TRUE(write_file(folder_ / "set/test.txt", test));
  ASSERT_TRUE(write_file(folder_ / "recipes/data/toy.toml", R"(name = "toy"
[protocol]
split = "fixed"
history = "kept"
[[files]]
path = "train.txt"
as = "sessions"
part = "train"
validation = 0.5
[[files]]
path = "test.txt"
as = "cases"
part = "test"
)"));
  TuneOptions on_set = options();
  on_set.run.data = (folder_ / "set").string();
  const TuneResult result = tuned(on_set);
  EXPECT_EQ(result.on, "validation");
  EXPECT_EQ(result.cases, 20U);
  EXPECT_EQ(result.record.cases, 10U);
}

TEST_F(TuneTest, NamesTheSettingsThatAModelRefuses) {
  ASSERT_TRUE(write_file(recipe(), std::string(kTuned) + "settings.history = [0]\n"));
  const auto refused = tune(options(), Progress::none());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("history=0"));
}

TEST_F(TuneTest, DoesNotTryWhatIsSet) {
  TuneOptions set = options();
  set.run.overrides = {"settings.window=2"};
  const auto refused = tune(set, Progress::none());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("what is tuned cannot be set as well"), HasSubstr("settings.window")));
}

TEST_F(TuneTest, NeedsATableOfValues) {
  ASSERT_TRUE(write_file(recipe(), "model = \"popularity\"\ndata = \"toy\"\n"));
  EXPECT_THAT(tune(options(), Progress::none()).error().message(), HasSubstr("[tune]"));
}

TEST_F(TuneTest, WritesItsBlockIntoTheRecipeOnce) {
  ASSERT_TRUE(write_file(recipe(), std::string(kTuned) + "\n[on.\"walks.txt\".settings]\nalpha = 0.75\nwindow = 5\n"));
  const TuneResult result = tuned(options());
  ASSERT_TRUE(write_tuned(result, recipe()));
  const std::string once = read_file(recipe()).value();
  EXPECT_TRUE(once.starts_with(kTuned));
  EXPECT_THAT(once, HasSubstr("alpha = 0.75\n"));  // was not tried, and stays
  EXPECT_THAT(once, ::testing::Not(HasSubstr("window = 5\n")));
  ASSERT_TRUE(write_tuned(result, recipe()));
  EXPECT_EQ(read_file(recipe()).value(), once);
  const auto read_back = Recipe::load(recipe());
  ASSERT_TRUE(read_back) << read_back.error().message();
  const Task task = read_back->on("walks.txt", {}).value();
  ASSERT_TRUE(task.tuned);
  EXPECT_EQ(task.tuned->trials, 6U);
  const auto run = run_recipe({recipe(), options().run.data, {}, 1, 1}, Progress::none());
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_EQ(run->metrics, result.record.metrics);
  EXPECT_TRUE(run->tuned);
}

}  // namespace
}  // namespace souk::lab
