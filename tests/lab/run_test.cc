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
  EXPECT_EQ(record.metrics, record.floors.at("co-visitation"));
  EXPECT_LT(record.interval.at("NDCG@10").low, record.metrics.at("NDCG@10"));
  EXPECT_GT(record.interval.at("NDCG@10").high, record.metrics.at("NDCG@10"));
  ASSERT_TRUE(record.versus);
  EXPECT_NE(record.versus->floor, "co-visitation");  // never itself
  EXPECT_GT(record.versus->delta, 0.0);
  EXPECT_LT(record.versus->p, 0.05);
  EXPECT_GT(record.peak_rss_mb, 1.0);
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
  EXPECT_EQ(record.overrides, std::vector<std::string>{"settings.window=1"});
  const auto wrong =
      run_recipe({recipe("co-visitation"), (folder_ / "walks.txt").string(), {"settings.window=-1"}, 1, 1}, Progress::none());
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("window"));
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
  record.paper = Paper{{{"NDCG@10", 0.5}}, "table 2"};
  const auto back = RunRecord::from_json(record.to_json(), "test");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->to_json(), record.to_json());
  for (const char* key : {R"("recipe":"recommend/co-visitation")", R"("system":181)", R"("data":{"name":"walks.txt","hash":")",
                          R"("protocol":"leave-one-out, full ranking, history masked")", R"("seed":1)", R"("floors":{)",
                          R"("paper":{"NDCG@10":0.5,"source":"table 2"})", R"("versus":{"floor":)", R"("seconds":{"load":)",
                          R"("cpu_seconds":{)", R"("epochs":0)", R"("peak_rss_mb":)", R"("version":")"}) {
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
  EXPECT_THAT(*page, HasSubstr("| `recommend/co-visitation` (settings.window=2), seed 1 |"));
  EXPECT_THAT(*page, HasSubstr("does not beat co-visitation"));
  EXPECT_THAT(*page, Not(HasSubstr(folder_.path().string())));
  ASSERT_TRUE(write_file(results / "bad.json", "{}"));
  EXPECT_THAT(render_results(results).error().message(), HasSubstr("bad.json"));
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
