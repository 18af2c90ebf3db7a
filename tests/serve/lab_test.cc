// Recorded runs and evaluations of shops, as the console's runs page asks for them.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr const char* kRun =
    R"({"recipe":"recommend/ease","system":181,"model":"ease","data":{"name":"clicks","hash":"a8","users":3,"items":4,"events":9},)"
    R"("protocol":"leave-one-out","split":"d3","cases":3,"seed":1,"metrics":{"NDCG@10":0.5},"interval":{"NDCG@10":[0.4,0.6]},)"
    R"("slices":[{"group":"history","name":"1-4","cases":3,"metrics":{"NDCG@10":0.5}}],"floors":{"popularity":{"NDCG@10":0.1}},)"
    R"("seconds":{"load":1,"train":2,"evaluate":3},"cpu_seconds":{"load":1,"train":2,"evaluate":3},"epochs":0,"peak_rss_mb":5,)"
    R"("version":"0.1.0"})";
constexpr const char* kReport =
    R"({"shop":"Corner shop","split":"the end","fingerprint":"e0","data":{"hash":"a9","shoppers":2,"items":3,"events":9,"train_events":8},)"
    R"("metric":"NDCG@10","seed":1,"shelves":[],"seconds":1,"version":"0.1.0"})";

class Lab : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    options_.results_dir = results_;
    keep("recommend/ease/clicks-seed1.json", kRun);
    keep("recommend/a b/50%.json", kRun);
    keep("shops/Corner-shop.json", kReport);
  }
  void keep(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((results_ / name).parent_path());
    write(results_ / name, text);
  }
  Json list(const std::string& what) {
    const auto reply = get("/v1/lab/" + what);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Json::parse(reply.body);
  }
  static std::vector<std::string> names(const Json& records) {
    std::vector<std::string> out;
    for (const Json& record : records) out.push_back(record["name"]);
    return out;
  }

  const std::filesystem::path results_ = dir_ / "results";
};

TEST_F(Lab, RunsAreListedByNameWithoutTheirSlices) {
  start();
  const Json answer = list("runs");
  EXPECT_EQ(answer["folder"], results_.string());
  EXPECT_EQ(answer["exists"], true);
  EXPECT_EQ(answer["complete"], true);
  EXPECT_EQ(answer["broken"], Json::array());
  EXPECT_THAT(names(answer["runs"]), ElementsAre("recommend/a b/50%", "recommend/ease/clicks-seed1"));
  const Json& run = answer["runs"][1];
  EXPECT_EQ(run["recipe"], "recommend/ease");
  EXPECT_EQ(run["metrics"]["NDCG@10"], 0.5);
  EXPECT_EQ(run["slices"], Json::array());
  EXPECT_THAT(run["written"].get<std::string>(), HasSubstr("T"));
}

TEST_F(Lab, OneRunComesWhole) {
  start();
  const auto reply = get("/v1/lab/runs/recommend/ease/clicks-seed1");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.header("content-type"), "application/json");
  const Json run = Json::parse(reply.body);
  EXPECT_EQ(run["name"], "recommend/ease/clicks-seed1");
  EXPECT_EQ(run["slices"][0]["name"], "1-4");
  EXPECT_EQ(Json::parse(get("/v1/lab/runs/recommend/a%20b/50%25").body)["name"], "recommend/a b/50%");
}

TEST_F(Lab, WhatTheClientHasIsNotSentAgain) {
  start();
  const std::string tag = get("/v1/lab/runs").header("etag");
  ASSERT_FALSE(tag.empty());
  EXPECT_EQ(get("/v1/lab/runs", {{"If-None-Match", tag}}).status, 304);
  keep("recommend/new/clicks-seed1.json", kRun);
  EXPECT_EQ(get("/v1/lab/runs", {{"If-None-Match", tag}}).status, 200);
}

TEST_F(Lab, EvaluationsOfShopsAreListedApart) {
  start();
  const Json answer = list("shops");
  EXPECT_THAT(names(answer["shops"]), ElementsAre("Corner-shop"));
  EXPECT_EQ(answer["shops"][0]["shop"], "Corner shop");
  EXPECT_EQ(get("/v1/lab/runs/shops/Corner-shop").status, 404);
}

TEST_F(Lab, BrokenFilesAreNamedAndHideNoOther) {
  keep("recommend/torn/clicks-seed1.json", R"({"recipe": )");
  keep("recommend/empty/clicks-seed1.json", "");
  keep("recommend/other/clicks-seed1.json", R"({"recipe":"x"})");
  keep("recommend/large/clicks-seed1.json", std::string((4U << 20) + 1, ' '));
  keep("shops/Torn.json", "[]");
  start();
  const Json answer = list("runs");
  EXPECT_EQ(answer["runs"].size(), 2U);
  ASSERT_EQ(answer["broken"].size(), 4U);
  EXPECT_THAT(names(answer["broken"]), ElementsAre("recommend/empty/clicks-seed1", "recommend/large/clicks-seed1",
                                                   "recommend/other/clicks-seed1", "recommend/torn/clicks-seed1"));
  EXPECT_THAT(answer["broken"][1]["problem"].get<std::string>(), HasSubstr("too large"));
  EXPECT_THAT(answer["broken"][3]["problem"].get<std::string>(), HasSubstr("no record of a run"));
  EXPECT_THAT(answer["broken"].dump(), Not(HasSubstr(dir_.path().string())));
  EXPECT_THAT(names(list("shops")["broken"]), ElementsAre("Torn"));

  const auto reply = get("/v1/lab/runs/recommend/torn/clicks-seed1");
  EXPECT_EQ(reply.status, 500);
  const Json problem = Json::parse(reply.body);
  EXPECT_EQ(problem["type"], "urn:souk:problem:broken-record");
  EXPECT_EQ(problem["errors"][0]["path"], "recommend/torn/clicks-seed1.json");
}

TEST_F(Lab, OnlyJsonFilesOfTheFolderAreRecords) {
  write(dir_ / "outside.json", kRun);
  std::filesystem::create_symlink(dir_ / "outside.json", results_ / "link.json");
  std::filesystem::create_directory_symlink(dir_.path(), results_ / "up");
  keep("notes.txt", "kept private");
  keep(".hidden.json", kRun);
  keep(".git/config.json", kRun);
  start();
  EXPECT_THAT(names(list("runs")["runs"]), ElementsAre("recommend/a b/50%", "recommend/ease/clicks-seed1"));
  for (const char* name :
       {"../outside", "..%2foutside", "recommend/../../outside", "link", "up/outside", ".hidden", ".git/config", "nosuch", "recommend",
        "recommend/ease/", "%2fetc%2fpasswd", "notes.txt", "recommend%5c..%5c..%5coutside", "recommend/ease/clicks-seed1.json"}) {
    const auto reply = get(std::string("/v1/lab/runs/") + name);
    EXPECT_EQ(reply.status, 404) << name << " " << reply.body;
  }
  EXPECT_EQ(get("/v1/lab/runs/nul%00").status, 400);
  EXPECT_EQ(get("/v1/lab/runs/").status, 404);
}

TEST_F(Lab, WithoutAFolderTheListsAreEmpty) {
  std::filesystem::remove_all(results_);
  start();
  Json answer = list("runs");
  EXPECT_EQ(answer["exists"], false);
  EXPECT_EQ(answer["runs"], Json::array());
  EXPECT_EQ(list("shops")["exists"], false);
  EXPECT_EQ(get("/v1/lab/runs/recommend/ease/clicks-seed1").status, 404);

  keep("recommend/ease/clicks-seed1.json", kRun);  // recorded while the server runs
  EXPECT_EQ(list("runs")["runs"].size(), 1U);

  server_.reset();
  options_.results_dir.clear();
  start();
  answer = list("runs");
  EXPECT_EQ(answer["folder"], "");
  EXPECT_EQ(answer["exists"], false);
  EXPECT_EQ(get("/v1/lab/runs/recommend/ease/clicks-seed1").status, 404);
}

TEST_F(Lab, TheRecordsAreOnlyRead) {
  start();
  EXPECT_EQ(put("/v1/lab/runs/recommend/ease/clicks-seed1", kRun).status, 405);
  EXPECT_EQ(ask("DELETE", "/v1/lab/runs/recommend/ease/clicks-seed1").status, 405);
  EXPECT_EQ(ask("HEAD", "/v1/lab/runs").status, 200);
}

TEST_F(Lab, ChartsComeFromTheSystemUnlessTheConsoleHasItsOwn) {
  options_.script_dir = dir_ / "javascript";
  start();
  EXPECT_EQ(get("/vendor/chart.js").status, 404);
  std::filesystem::create_directories(options_.script_dir / "chart.js");
  write(options_.script_dir / "chart.js" / "chart.min.js", "packaged");
  write(options_.script_dir / "chart.js" / "other.js", "kept private");
  const auto reply = get("/vendor/chart.js");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "packaged");
  EXPECT_EQ(reply.header("content-type"), "text/javascript; charset=utf-8");
  for (const char* path : {"/vendor/chart.js/other.js", "/vendor/other.js", "/vendor/../vendor/chart.js", "/chart.js/chart.min.js"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  std::filesystem::create_directories(options_.console_dir / "vendor");
  write(options_.console_dir / "vendor" / "chart.js", "own");
  EXPECT_EQ(get("/vendor/chart.js").body, "own");
}

}  // namespace
}  // namespace souk::serve
