// Ranked lists judged and compared, and a shop's search judged by what people said.
#include "souk/lab/judge_runs.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "souk/lab/search_evaluation.h"

#include "tests/engine/small_shop.h"
#include "tests/support/data.h"

namespace souk::lab {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Forty queries with one relevant item each; a good run shows it first, a poor one third.
feeds::JudgementFile one_relevant_each() {
  feeds::JudgementFile file;
  for (int q = 0; q < 40; ++q) file.grades["query " + std::to_string(q)] = {{"right", 1}, {"wrong", 0}};
  file.rows = 80;
  return file;
}
feeds::RankedLists runs_of(const feeds::JudgementFile& judgements, double score_of_right) {
  feeds::RankedLists lists;
  for (const auto& [query, grades] : judgements.grades) lists[query] = {{"right", score_of_right}, {"wrong", 2}, {"other", 1}};
  return lists;
}

TEST(JudgeRuns, ComparesTwoRunsQueryByQuery) {
  const feeds::JudgementFile judgements = one_relevant_each();
  const feeds::RankedLists good = runs_of(judgements, 3), poor = runs_of(judgements, 0);
  const auto report = judge_runs(judgements, {"good", &good}, NamedLists{"poor", &poor}, {.metrics = {"MRR", "MRR", "Judged@2"}});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_THAT(report->metrics, ElementsAre("MRR", "Judged@2")) << "each once";
  EXPECT_EQ(report->run.result.metrics.at("MRR"), 1);
  EXPECT_NEAR(report->against->result.metrics.at("MRR"), 1.0 / 3, 1e-6);
  EXPECT_NEAR(report->versus.at("MRR").delta, 2.0 / 3, 1e-6);
  EXPECT_EQ(report->versus.at("MRR").clusters, 40U);
  EXPECT_THAT(report->to_text(false), HasSubstr("by MRR good beats poor"));
  EXPECT_THAT(report->to_text(false), Not(HasSubstr("query 17")));
  EXPECT_THAT(report->to_text(true), HasSubstr("query 17"));
  const json answer = json::parse(report->to_json(true));
  EXPECT_EQ(answer["judgements"]["judgements"], 80);
  EXPECT_EQ(answer["run"]["lists"], 40);
  EXPECT_EQ(answer["run"]["items"], 120);
  EXPECT_EQ(answer["versus"]["MRR"]["verdict"], "beats");
  EXPECT_EQ(answer["per_query"]["query 17"]["run"]["MRR"], 1);
  EXPECT_NEAR(answer["per_query"]["query 17"]["against"]["MRR"], 1.0 / 3, 1e-6);
  EXPECT_FALSE(json::parse(report->to_json(false)).contains("per_query"));
}

TEST(JudgeRuns, ComparesOnlyQueriesThatBothAnswered) {
  const feeds::JudgementFile judgements = one_relevant_each();
  feeds::RankedLists good = runs_of(judgements, 3), poor = runs_of(judgements, 0);
  good.erase("query 3");
  poor.erase("query 7");
  poor["never judged"] = {{"right", 1}};
  const JudgeOptions answered{.metrics = {"MRR"}, .missing_as_zero = false};
  const auto report = judge_runs(judgements, {"good", &good}, NamedLists{"poor", &poor}, answered);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->run.result.queries.size(), 39U);
  EXPECT_EQ(report->versus.at("MRR").clusters, 38U);
  EXPECT_NEAR(report->versus.at("MRR").delta, 2.0 / 3, 1e-6);
  EXPECT_THAT(report->to_text(true), HasSubstr("1 judged query without a list are left out"));
  EXPECT_THAT(report->to_text(true), HasSubstr("1 query that nobody judged"));
  const auto as_zero = judge_runs(judgements, {"good", &good}, NamedLists{"poor", &poor}, {.metrics = {"MRR"}});
  ASSERT_TRUE(as_zero);
  EXPECT_EQ(as_zero->versus.at("MRR").clusters, 40U);
  EXPECT_NEAR(as_zero->versus.at("MRR").delta, (38 * 2.0 / 3 - 1.0 / 3 + 1) / 40, 1e-6);
}

TEST(JudgeRuns, TooFewQueriesHaveNoVerdict) {
  feeds::JudgementFile judgements;
  judgements.grades["q"] = {{"right", 1}};
  judgements.rows = 1;
  const feeds::RankedLists lists = runs_of(judgements, 3);
  const auto report = judge_runs(judgements, {"a", &lists}, NamedLists{"b", &lists}, {});
  ASSERT_TRUE(report);
  EXPECT_THAT(report->to_text(false), HasSubstr("too few queries to tell (1)"));
}

TEST(JudgeFiles, SayWhenNothingCanBeJudged) {
  const testing::TempDir dir;
  ASSERT_TRUE(write_file(dir / "qrels", "1 0 a 0\n2 0 a 1\n"));
  ASSERT_TRUE(write_file(dir / "run", "3 Q0 a 1 1.5 t\n"));
  const auto zero = judge_files(dir / "qrels", dir / "run", {}, {});
  ASSERT_TRUE(zero) << "a judged query without a list counts as 0";
  EXPECT_EQ(zero->run.result.metrics.at("MAP"), 0);
  const auto none = judge_files(dir / "qrels", dir / "run", {}, {.missing_as_zero = false});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("a query with a relevant item and a list"));
  EXPECT_THAT(none.error().message(), HasSubstr("2 judged queries, 0 of the run among them"));
}

feeds::JudgementFile grocery_judgements() {
  feeds::JudgementFile file;
  file.grades = {{"milk", {{"milk", 3}, {"milk-skim", 3}, {"butter", 0}}},
                 {"acme bread", {{"bread", 2}}},
                 {"cheese", {{"butter", 1}}},
                 {"wine", {{"tea", 0}}},
                 {"honey", {{"honey", 3}, {"marmalade", 1}}}};
  file.rows = 9;
  return file;
}

TEST(SearchEvaluation, AsksEveryQueryAndSaysWhatIsWeak) {
  const testing::TempDir dir;
  const auto shop = testing::grocery(dir / "shop");
  const auto report = evaluate_search(*shop, grocery_judgements(), "ratings.csv", {.cutoffs = {10, 2}}, Progress::none());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_THAT(report->judged.run.result.queries, ElementsAre("acme bread", "cheese", "honey", "milk"));
  EXPECT_THAT(report->judged.run.result.per_query.at("nDCG@10"), ElementsAre(1, 0, ::testing::FloatNear(0.826F, 0.001F), 1));
  EXPECT_EQ(report->judged.run.result.without_relevant, 1U);
  EXPECT_EQ(report->judged.against->name, "bm25");
  EXPECT_EQ(report->judged.against->result.per_query.at("nDCG@10")[3], 1) << "the floor finds milk too";
  EXPECT_EQ(report->nothing_relevant, 1U);
  EXPECT_EQ(report->without_answer, 1U);
  EXPECT_EQ(report->unknown_items, 1U) << "marmalade";
  ASSERT_EQ(report->weakest.size(), 4U);
  EXPECT_EQ(report->weakest[0].query, "cheese");
  EXPECT_EQ(report->weakest[0].first, "");
  EXPECT_EQ(report->weakest[1].query, "honey");
  EXPECT_EQ(report->weakest[1].found, 1U);
  EXPECT_EQ(report->weakest[1].relevant, 2U);
  EXPECT_EQ(report->weakest[1].first, "Clover honey");
  const std::string text = report->to_text(false);
  EXPECT_THAT(text, HasSubstr("In 1 of 4 queries (25 %) nothing relevant stands among the first 10."));
  EXPECT_THAT(text, HasSubstr("cheese: 0 of 1 relevant among the first 10; nothing found"));
  const json answer = json::parse(report->to_json(true));
  EXPECT_EQ(answer["shop"], "Grocery");
  EXPECT_EQ(answer["run"]["name"], "search");
  EXPECT_EQ(answer["nothing_relevant"], 1);
  EXPECT_EQ(answer["weakest"][0]["query"], "cheese");
  EXPECT_TRUE(answer["run"]["metrics"].contains("Recall@2"));
}

TEST(SearchEvaluation, IsTheSameForAnyNumberOfThreads) {
  const testing::TempDir dir;
  const auto shop = testing::grocery(dir / "shop");
  const auto one = evaluate_search(*shop, grocery_judgements(), "j", {.threads = 1}, Progress::none());
  const auto four = evaluate_search(*shop, grocery_judgements(), "j", {.threads = 4}, Progress::none());
  ASSERT_TRUE(one && four);
  EXPECT_EQ(one->judged.to_json(true), four->judged.to_json(true));
}

TEST(SearchEvaluation, RefusesJudgementsThatCannotJudge) {
  const testing::TempDir dir;
  const auto shop = testing::grocery(dir / "shop");
  feeds::JudgementFile hopeless;
  hopeless.grades["wine"] = {{"tea", 0}};
  const auto none = evaluate_search(*shop, hopeless, "j.csv", {}, Progress::none());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("a query with a relevant item"));
  feeds::JudgementFile endless;
  endless.grades[std::string(5000, 'x')] = {{"tea", 1}};
  const auto refused = evaluate_search(*shop, endless, "j.csv", {}, Progress::none());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().where, HasSubstr("query 'xxx"));
}

TEST(SearchEvaluation, OfRealElectronicsFindsMostOfWhatPeopleCalledRelevant) {
  SOUK_NEEDS_DATA("chorus-electronics/products.jsonl.gz");
  const testing::TempDir dir;
  auto shop = engine::Shop::init(dir / "shop", {"Electronics", "en", "USD"});
  ASSERT_TRUE(shop) << shop.error().message();
  const auto set = feeds::Descriptor::load(souk::testing::data_recipe("chorus-electronics"));
  ASSERT_TRUE(set) << set.error().message();
  const auto imported = (*shop)->import_data(*set, testing::data_dir(), Progress::none());
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(imported->accepted, 19406U);
  const auto ratings = feeds::read_judgements(testing::data_dir() / "chorus-electronics" / "Broad_Query_Set_rated.csv");
  ASSERT_TRUE(ratings) << ratings.error().message();
  const auto report = evaluate_search(**shop, *ratings, "rated", {.threads = 2}, Progress::none());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->judged.run.result.queries.size(), 77U);
  EXPECT_EQ(report->judged.run.result.without_relevant, 13U);
  EXPECT_EQ(report->unknown_items, 0U);
  EXPECT_GT(report->judged.run.result.metrics.at("nDCGexp@10"), 0.775) << "what a new shop gets";
  EXPECT_GT(report->judged.against->result.metrics.at("nDCG@10"), 0.7);
}

}  // namespace
}  // namespace souk::lab
