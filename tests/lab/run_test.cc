// Runs from file to record, on a toy file of sequences and on real data.
#include "souk/lab/run.h"

#include <gmock/gmock.h>

#include "souk/base/random.h"

#include "tests/support/data.h"

namespace souk::lab {
namespace {

using souk::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;

fs::path recipe(const char* name) {
  return fs::path(SOUK_SOURCE_DIR) / "recipes" / "recommend" / (std::string(name) + ".toml");
}

// 200 shoppers who walk through 50 items in steps of one or two: the next item is near the last.
std::string walks() {
  Random random(5);
  std::string text;
  for (int user = 1; user <= 200; ++user) {
    text += std::to_string(user);
    std::uint64_t item = random.below(50);
    for (int i = 0; i < 12; ++i) {
      item = (item + 1 + random.below(2)) % 50;
      text += " " + std::to_string(item + 1);
    }
    text += "\n";
  }
  return text;
}

class RunTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write_file(folder_ / "walks.txt", walks())); }
  RunRecord run(const char* name, std::vector<std::string> overrides = {}, unsigned threads = 2) {
    auto record = run_recipe({recipe(name), (folder_ / "walks.txt").string(), std::move(overrides), 1, threads}, Progress::none());
    EXPECT_TRUE(record) << record.error().message();
    return record.value_or(RunRecord{});
  }
  TempDir folder_;
};

TEST_F(RunTest, MeasuresAModelBesideItsFloors) {
  const RunRecord record = run("co-visitation");
  EXPECT_EQ(record.recipe, "recommend/co-visitation");
  EXPECT_EQ(record.data.name, "walks.txt");
  EXPECT_EQ(record.data.users, 200U);
  EXPECT_EQ(record.data.items, 50U);
  EXPECT_EQ(record.data.events, 2400U);
  EXPECT_EQ(record.cases, 200U);
  EXPECT_EQ(record.protocol, "leave-one-out, full ranking, history masked");
  ASSERT_EQ(record.floors.size(), 3U);
  EXPECT_GT(record.metrics.at("NDCG@10"), 2 * record.floors.at("popularity").at("NDCG@10"));
  for (const auto& [name, value] : record.floors.at("co-visitation")) EXPECT_EQ(record.metrics.at(name), value) << name;
  EXPECT_EQ(record.fit, "train");
  EXPECT_EQ(record.clusters, 200U);
  EXPECT_EQ(record.settings.at("window"), "8");
  EXPECT_FALSE(record.by_hand);
  EXPECT_TRUE(record.metrics.contains("Coverage@10"));
  EXPECT_TRUE(record.metrics.contains("Gini@10"));
  EXPECT_EQ(record.floor_interval.size(), 3U);
  EXPECT_LT(record.floor_interval.at("popularity").at("NDCG@10").low, record.floors.at("popularity").at("NDCG@10"));
  EXPECT_LT(record.interval.at("NDCG@10").low, record.metrics.at("NDCG@10"));
  EXPECT_GT(record.interval.at("NDCG@10").high, record.metrics.at("NDCG@10"));
  ASSERT_TRUE(record.versus);
  EXPECT_NE(record.versus->floor, "co-visitation");  // never itself
  EXPECT_GT(record.versus->delta, 0.0);
  EXPECT_LT(record.versus->p, 0.05);
  EXPECT_GT(record.peak_rss_mb, 1.0);
}

TEST_F(RunTest, TellsSlicesOfTheCasesApart) {
  const RunRecord record = run("co-visitation");
  std::map<std::string, std::uint64_t> cases;
  std::map<std::string, double> sums;
  for (const RunRecord::Slice& slice : record.slices) {
    cases[slice.group] += slice.cases;
    sums[slice.group] += static_cast<double>(slice.cases) * slice.metrics.at("NDCG@10");
  }
  ASSERT_GE(cases.size(), 2U);
  for (const auto& [group, count] : cases) {
    EXPECT_EQ(count, 200U) << group;
    EXPECT_NEAR(sums.at(group) / 200, record.metrics.at("NDCG@10"), 1e-6) << group;
  }
}

TEST_F(RunTest, SaysWhenAModelLosesToAFloor) {
  const RunRecord record = run("popularity");
  ASSERT_TRUE(record.versus);
  EXPECT_EQ(record.versus->floor, "co-visitation");
  EXPECT_LT(record.versus->delta, 0.0);
  EXPECT_THAT(record.to_text(), HasSubstr("does not beat co-visitation"));
}

TEST_F(RunTest, IsTheSameForAnyNumberOfThreads) {
  const RunRecord one = run("co-visitation", {}, 1), three = run("co-visitation", {}, 3);
  EXPECT_EQ(one.metrics, three.metrics);
  EXPECT_EQ(one.versus->p, three.versus->p);
  EXPECT_EQ(one.split, three.split);
}

TEST_F(RunTest, TakesSettings) {
  const RunRecord record = run("co-visitation", {"settings.window=1"});
  EXPECT_NE(record.metrics, record.floors.at("co-visitation"));  // the floor keeps its constants
  EXPECT_EQ(record.versus->floor, "co-visitation");              // which the same model with other settings is compared with
  EXPECT_EQ(record.overrides, std::vector<std::string>{"settings.window=1"});
  const auto wrong =
      run_recipe({recipe("co-visitation"), (folder_ / "walks.txt").string(), {"settings.window=-1"}, 1, 1}, Progress::none());
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("window"));
}

TEST_F(RunTest, FitsOnTheValidationEventsTooWhereAsked) {
  const RunRecord train = run("co-visitation"), both = run("co-visitation", {"split.fit=train+validation"});
  EXPECT_EQ(both.fit, "train+validation");
  EXPECT_NE(both.split, train.split);
  EXPECT_EQ(both.protocol, "leave-one-out, fitted on train and validation, full ranking, history masked");
  EXPECT_NE(both.metrics, train.metrics);
  EXPECT_FALSE(compare(train, both));
}

TEST_F(RunTest, PrintsBuyAgainWhereRepeatsAreKept) {
  EXPECT_TRUE(run("popularity", {"split.history=kept"}).floors.contains("buy-again"));
}

// Parts that overlap in time, as published: what a record says of it.
TEST_F(RunTest, SaysInHowManyCasesLaterEventsAreKnown) {
  fs::create_directories(folder_ / "cut");
  const std::string header = "shopper,item,kind,time\n";
  const auto write = [&](const std::string& name, const std::string& text) { ASSERT_TRUE(write_file(folder_ / "cut" / name, text)); };
  write("train.csv", header + "a,1,view,2020-01-01T00:00:00Z\nb,2,view,2020-01-01T00:00:00Z\nb,1,view,2020-01-09T00:00:00Z\n");
  write("test.csv", header + "a,2,view,2020-01-05T00:00:00Z\nb,3,view,2020-01-05T00:00:00Z\n");
  const std::string files =
      "[[files]]\npath = \"train.csv\"\nas = \"events\"\n[[files]]\npath = \"test.csv\"\nas = \"events\"\npart = \"test\"\n";
  const fs::path set = folder_ / "recipes/data/toy.toml";
  fs::create_directories(set.parent_path());
  ASSERT_TRUE(write_file(set, "[protocol]\nsplit = \"fixed\"\n" + files));
  const fs::path counting = folder_ / "recipes/counting.toml";
  ASSERT_TRUE(write_file(counting, "model = \"co-visitation\"\ndata = \"toy\"\n"));
  const RunOptions options{counting, (folder_ / "cut").string(), {}, 1, 1};
  const auto refused = run_recipe(options, Progress::none());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("shopper 'b', item '1' at 2020-01-09T00:00:00Z, part train"));

  ASSERT_TRUE(write_file(set, "[protocol]\nsplit = \"fixed\"\noverlap = \"published\"\n" + files));
  const auto record = run_recipe(options, Progress::none());
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_THAT(record->rule, HasSubstr("overlap in time as published: in 1 of 2 cases models know events later than the answer"));
  EXPECT_THAT(record->note, HasSubstr("for 1 of 2 shoppers"));
  EXPECT_THAT(record->to_text(), HasSubstr("for 1 of 2 shoppers"));
  EXPECT_THAT(record->to_json(), HasSubstr("in 1 of 2 cases"));
}

class LeakTest : public RunTest {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    auto loaded = Recipe::load(recipe("co-visitation"));
    ASSERT_TRUE(loaded) << loaded.error().message();
    recipe_ = std::move(*loaded);
    auto data = load_data((folder_ / "walks.txt").string(), recipe_.data, recipe_.descriptors, 1, Progress::none());
    ASSERT_TRUE(data) << data.error().message();
    data_ = std::move(*data);
    task_ = recipe_.on(data_.name, data_.protocol).value();
    split_ = split_for(task_.judging, data_).value();
  }
  Result<RunRecord> run_it() { return run_task(recipe_, task_, data_, split_, {}, Progress::none()); }
  Recipe recipe_;
  Data data_;
  Task task_;
  eval::Split split_;
};

TEST_F(LeakTest, ASplitThatIsRightRuns) {
  EXPECT_TRUE(run_it());
}

TEST_F(LeakTest, TrainingOnTheWholeLogIsRefused) {
  split_.train = eval::make_split(data_.log,
                                  [] {
                                    eval::SplitRule rule;
                                    rule.part = eval::Part::test;
                                    rule.fit_validation = true;
                                    return rule;
                                  }())
                     .value()
                     .train;
  for (eval::Case& one : split_.cases) --one.history_events;  // what models saw is now the future
  const auto record = run_it();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().kind, ErrorKind::invalid);
}

TEST_F(LeakTest, AnAnswerThatWasLearnedIsRefused) {
  split_.cases[3].history_events = 2;  // the shopper's later events are in the training log
  const auto record = run_it();
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message(), HasSubstr("3"));
}

TEST_F(LeakTest, AnotherFingerprintIsRefused) {
  split_.fingerprint = "00000000000000000000000000000000";
  const auto record = run_it();
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message(), HasSubstr("fingerprint"));
}

// Everything of a record that is not time or memory.
std::string figures(RunRecord record) {
  record.seconds = record.cpu_seconds = {};
  record.peak_rss_mb = 0;
  return record.to_json();
}

class ResumeTest : public RunTest {
 protected:
  RunRecord run_kept(const char* name = "co-visitation") {
    auto record = run_recipe({recipe(name), (folder_ / "walks.txt").string(), {}, 1, 2, folder_ / "runs"}, Progress::none());
    EXPECT_TRUE(record) << record.error().message();
    return record.value_or(RunRecord{});
  }
  fs::path kept(const RunRecord& record) const { return run_folder(folder_ / "runs", record.recipe, record.data.name, record.key); }
};

// What a kill leaves: the stages that were finished, and no word that the run has ended.
TEST_F(ResumeTest, AKilledRunGoesOnWhereItStopped) {
  const RunRecord whole = run_kept();
  fs::remove(kept(whole) / "done");
  fs::remove(kept(whole) / "floor_popularity.stage");
  const auto model_before = fs::last_write_time(kept(whole) / "model.stage");
  const RunRecord again = run_kept();
  EXPECT_EQ(figures(again), figures(whole));
  EXPECT_EQ(again.seconds.train, whole.seconds.train);  // not fitted again
  EXPECT_EQ(fs::last_write_time(kept(whole) / "model.stage"), model_before);
  EXPECT_TRUE(fs::exists(kept(whole) / "floor_popularity.stage"));
  EXPECT_EQ(figures(run("co-visitation")), figures(whole));  // as a run that was never stopped
}

TEST_F(ResumeTest, ARunThatEndedBeginsAnew) {
  const RunRecord whole = run_kept();
  const RunRecord again = run_kept();
  EXPECT_NE(again.seconds.train, whole.seconds.train);
  EXPECT_EQ(figures(again), figures(whole));
}

TEST_F(ResumeTest, OtherSettingsDoNotTakeUpTheseStages) {
  const RunRecord first = run_kept();
  fs::remove(kept(first) / "done");
  auto other = run_recipe({recipe("co-visitation"), (folder_ / "walks.txt").string(), {"settings.window=2"}, 1, 2, folder_ / "runs"},
                          Progress::none());
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_NE(other->key, first.key);
  EXPECT_NE(other->metrics, first.metrics);
}

TEST_F(ResumeTest, KeptCasesAreComparedInPairs) {
  const RunRecord a = run_kept("popularity"), b = run_kept("co-visitation");
  const auto tested = compare(a, b, folder_ / "runs");
  ASSERT_TRUE(tested) << tested.error().message();
  EXPECT_THAT(*tested, HasSubstr(", p 0.0"));
  EXPECT_THAT(*tested, HasSubstr("NDCG@10 by slices"));
  EXPECT_THAT(*compare(a, b), HasSubstr("Not tested in pairs"));
}

TEST_F(RunTest, RefusesDataThatIsNotThere) {
  const auto missing = run_recipe({recipe("popularity"), "amazon-s3rec-beuty", {}, 1, 1}, Progress::none());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_THAT(missing.error().message(), HasSubstr("did you mean 'amazon-s3rec-beauty'?"));
}

TEST_F(RunTest, ComesBackFromJsonAsItWas) {
  RunRecord record = run("co-visitation", {"settings.window=2"});
  record.system = 181;
  record.paper = Paper{{{"NDCG@10", 0.5}}, "table 2", false};
  record.tuned = Tuned{"validation", 4, R"({"settings.window":[2,4]})", false};
  record.note = "a word";
  const auto back = RunRecord::from_json(record.to_json(), "test");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->to_json(), record.to_json());
  for (const char* key : {R"("recipe":"recommend/co-visitation")",
                          R"("system":181)",
                          R"("data":{"name":"walks.txt","hash":")",
                          R"("protocol":"leave-one-out, full ranking, history masked")",
                          R"("seed":1)",
                          R"("floors":{)",
                          R"("paper":{"NDCG@10":0.5,"source":"table 2","same_data":false})",
                          R"("slices":[{"group":")",
                          R"("tuned":{"on":"validation","trials":4,"grid":{"settings.window":[2,4]},"forced":false})",
                          R"("fit":"train")",
                          R"("note":"a word")",
                          R"("floor_interval":{)",
                          R"("settings":{)",
                          R"("versus":{"floor":)",
                          R"("seconds":{"load":)",
                          R"("cpu_seconds":{)",
                          R"("epochs":0)",
                          R"("peak_rss_mb":)",
                          R"("version":")",
                          R"("commit":")"}) {
    EXPECT_THAT(record.to_json(), HasSubstr(key));
  }
}

TEST_F(RunTest, RefusesRecordsThatAreNone) {
  for (const char* text : {"", "{", "[]", "{}", R"({"recipe":3})"}) {
    const auto record = RunRecord::from_json(text, "broken.json");
    ASSERT_FALSE(record) << text;
    EXPECT_EQ(record.error().kind, ErrorKind::invalid);
    EXPECT_THAT(record.error().message(), HasSubstr("broken.json"));
  }
  std::string rounded = run("popularity").to_json();
  rounded.replace(rounded.find(R"("epochs":0)"), 10, R"("epochs":1e300)");
  EXPECT_FALSE(RunRecord::from_json(rounded, "broken.json"));
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const auto record = RunRecord::from_json(R"({"settings":{"a":)" + deep + "}}", "deep.json");
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message(), AllOf(HasSubstr("deep.json"), HasSubstr("levels")));
}

TEST_F(RunTest, ComparesOnlyLikeWithLike) {
  const RunRecord a = run("popularity"), b = run("co-visitation");
  const auto table = compare(a, b);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT(*table, HasSubstr("NDCG@10"));
  EXPECT_THAT(*table, HasSubstr("difference"));
  RunRecord other = b;
  other.data.hash = "another";
  EXPECT_THAT(compare(a, other).error().message(), HasSubstr("differ in data"));
  other = b;
  other.protocol = "leave-one-out, full ranking, history kept";
  EXPECT_THAT(compare(a, other).error().message(), HasSubstr("differ in protocol"));
  other = b;
  other.split = "another";
  EXPECT_THAT(compare(a, other).error().message(), HasSubstr("differ in split"));
}

TEST_F(RunTest, AreKeptAndRenderedAsAPage) {
  const RunRecord a = run("popularity"), b = run("co-visitation"), c = run("co-visitation", {"settings.window=2"});
  const fs::path results = folder_ / "results";
  for (const RunRecord& record : {a, b, c, b}) ASSERT_TRUE(record_run(record, results));
  EXPECT_TRUE(fs::exists(results / "recommend" / "co-visitation" / "walks.txt-seed1.json"));
  EXPECT_TRUE(fs::exists(results / "recommend" / "co-visitation" / "walks.txt-settings.window=2-seed1.json"));
  const auto page = render_results(results);
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_THAT(*page, HasSubstr("## walks.txt, leave-one-out, full ranking, history masked"));
  EXPECT_THAT(*page, HasSubstr("| *floor:* inverse popularity |"));
  EXPECT_THAT(*page, HasSubstr("| `recommend/co-visitation` (settings.window=2) |  | settings by hand | 1 |"));
  EXPECT_THAT(*page, HasSubstr("| `recommend/popularity` |  | not tuned | 1 |"));
  EXPECT_THAT(*page, HasSubstr("does not beat co-visitation"));
  EXPECT_THAT(*page, Not(HasSubstr(folder_.path().string())));
  EXPECT_EQ(load_runs(results)->size(), 3U);
  ASSERT_TRUE(write_file(results / "bad.json", "{}"));
  EXPECT_THAT(render_results(results).error().message(), HasSubstr("bad.json"));
}

TEST_F(RunTest, AreRenderedWithTheirSeedsTogetherAndUnlikeRunsApart) {
  RunRecord one = run("co-visitation"), two = one, other = run("co-visitation", {"split.fit=train+validation"});
  two.seed = 2;
  two.metrics["NDCG@10"] += 0.01;
  one.paper = two.paper = Paper{{{"NDCG@10", 0.5}}, "table 2", false};
  one.system = two.system = 181;
  RunRecord forced = run("popularity");
  forced.tuned = Tuned{"test", 3, "", true};
  const fs::path results = folder_ / "results";
  for (const RunRecord& record : {one, two, other, forced}) ASSERT_TRUE(record_run(record, results));
  const std::string page = render_results(results).value();
  EXPECT_THAT(page, HasSubstr("| `recommend/co-visitation` | 181 | not tuned | 1, 2 |"));
  EXPECT_THAT(page, HasSubstr("over seeds)"));
  EXPECT_THAT(page, HasSubstr("| *published:* table 2 (other data) | 181 |"));
  EXPECT_THAT(page, HasSubstr("**tuned on test**"));
  EXPECT_THAT(page, HasSubstr("## walks.txt, leave-one-out, fitted on train and validation, full ranking, history masked"));
}

// The floors of the S3-Rec sets as they were measured independently; full ranking, mean rank for ties.
TEST(RealData, S3RecBeautyHasTheFloorsThatAreKnown) {
  SOUK_NEEDS_DATA("amazon-s3rec/Beauty.txt.gz");
  const std::string file = (souk::testing::data_dir() / "amazon-s3rec" / "Beauty.txt.gz").string();
  const auto record = run_recipe({recipe("co-visitation"), file, {}, 1, 2}, Progress::none());
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(record->data.users, 22363U);
  EXPECT_EQ(record->data.items, 12101U);
  EXPECT_EQ(record->data.events, 198502U);
  EXPECT_NEAR(record->metrics.at("HR@10"), 0.0767, 0.001);
  EXPECT_NEAR(record->metrics.at("NDCG@10"), 0.0478, 0.001);
  EXPECT_NEAR(record->floors.at("popularity").at("HR@10"), 0.0115, 0.001);
  EXPECT_NEAR(record->floors.at("popularity").at("NDCG@10"), 0.0055, 0.001);
  EXPECT_LT(record->versus->p, 0.05);
}

TEST(RealData, S3RecSportsHasTheFloorsThatAreKnown) {
  SOUK_NEEDS_DATA("amazon-s3rec/Sports_and_Outdoors.txt.gz");
  const std::string file = (souk::testing::data_dir() / "amazon-s3rec" / "Sports_and_Outdoors.txt.gz").string();
  const auto record = run_recipe({recipe("co-visitation"), file, {}, 1, 2}, Progress::none());
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_NEAR(record->metrics.at("HR@10"), 0.0427, 0.001);
  EXPECT_NEAR(record->metrics.at("NDCG@10"), 0.0258, 0.001);
}

}  // namespace
}  // namespace souk::lab
