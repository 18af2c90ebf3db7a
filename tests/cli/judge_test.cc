#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "souk/base/file.h"

#include "tests/cli/run.h"

namespace souk::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(LabJudge, JudgesFilesAndComparesThem) {
  const TempDir dir;
  ASSERT_TRUE(write_file(dir / "qrels.txt", "1 0 a 2\n1 0 b 1\n2 0 a 1\n"));
  ASSERT_TRUE(write_file(dir / "new.run", "1 Q0 a 1 9 t\n1 Q0 b 2 8 t\n2 Q0 c 1 9 t\n2 Q0 a 2 8 t\n"));
  ASSERT_TRUE(write_file(dir / "old.tsv", "query\titem\tscore\n1\tb\t1\n"));
  const std::string qrels = dir / "qrels.txt", run = dir / "new.run", old = dir / "old.tsv";
  const Outcome text = souk({"lab", "judge", "--qrels", qrels, "--run", run, "--against", old, "--per-query"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("nDCG@10"));
  EXPECT_THAT(text.out, HasSubstr("too few queries to tell"));
  const Outcome answer = souk({"lab", "judge", "--judgements", qrels, "--run", run, "--metrics", "MRR,Recall(2)@1", "--json"});
  ASSERT_EQ(answer.status, 0) << answer.err;
  const json judged = json::parse(answer.out);
  EXPECT_EQ(judged["run"]["metrics"]["MRR"], 0.75);
  EXPECT_EQ(judged["run"]["metrics"]["Recall(2)@1"], 0.5);
}

TEST(LabJudge, TellsWrongUsageFromFilesThatCannotBeRead) {
  const TempDir dir;
  ASSERT_TRUE(write_file(dir / "qrels", "1 0 a 2\n1 0 b good\n"));
  ASSERT_TRUE(write_file(dir / "run", "1 Q0 a 1 9 t\n"));
  const std::string qrels = dir / "qrels", run = dir / "run";
  const Outcome metric = souk({"lab", "judge", "--qrels", qrels, "--run", run, "--metrics", "NDCG@10"});
  EXPECT_EQ(metric.status, 2);
  EXPECT_THAT(metric.err, HasSubstr("Did you mean 'nDCG'?"));
  const Outcome grade = souk({"lab", "judge", "--qrels", qrels, "--run", run});
  EXPECT_EQ(grade.status, 1);
  EXPECT_THAT(grade.err, HasSubstr(qrels + ":2: grade"));
  EXPECT_EQ(souk({"lab", "judge", "--qrels", qrels}).status, 2);
}

TEST(EvaluateJudgements, JudgesTheSearchOfAShop) {
  const TempDir dir;
  const std::string shop = dir / "shop";
  ASSERT_TRUE(write_file(dir / "items.jsonl", "{\"key\":\"milk\",\"title\":\"Whole milk\"}\n{\"key\":\"tea\",\"title\":\"Black tea\"}\n"));
  ASSERT_TRUE(write_file(dir / "ratings.csv", "query,docid,rating\nmilk,milk,3\nmilk,tea,0\nblack coffee,tea,1\n"));
  ASSERT_EQ(souk({"init", shop, "--name", "Corner shop", "--quiet"}).status, 0);
  ASSERT_EQ(souk({"import", shop, dir / "items.jsonl", "--as", "items", "--quiet"}).status, 0);
  const Outcome text = souk({"evaluate", shop, "--judgements", dir / "ratings.csv", "--quiet"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("Corner shop: search"));
  EXPECT_THAT(text.out, HasSubstr("nothing relevant stands among the first 10"));
  const Outcome answer = souk({"evaluate", shop, "--judgements", dir / "ratings.csv", "-k", "1", "--json", "--per-query"});
  ASSERT_EQ(answer.status, 0) << answer.err;
  const json judged = json::parse(answer.out);
  EXPECT_EQ(judged["metric"], "nDCG@1");
  EXPECT_EQ(judged["per_query"]["milk"]["run"]["nDCG@1"], 1);
}

TEST(EvaluateJudgements, ExcludeWhatShelvesAreJudgedBy) {
  const TempDir dir;
  EXPECT_EQ(souk({"evaluate", dir / "shop", "--judgements", "j", "--split", "time:14d"}).status, 2);
  EXPECT_EQ(souk({"evaluate", dir / "shop", "--per-query"}).status, 2);
  const Outcome missing = souk({"evaluate", dir / "shop", "--judgements", dir / "none.csv"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.csv"));
}

}  // namespace
}  // namespace souk::testing
