// Judgements and runs in the forms people exchange them in: what each form holds, and what is said of one that cannot be read.
#include "souk/feeds/trec.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <zlib.h>

#include "souk/base/json_text.h"
#include "souk/base/random.h"
#include "souk/feeds/json_text.h"

#include "tests/support/data.h"

namespace souk::feeds {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

JudgementFile judgements(std::string_view text) {
  auto read = parse_judgements(text, "j");
  EXPECT_TRUE(read) << (read ? "" : read.error().message());
  return read ? std::move(*read) : JudgementFile{};
}
RunFile run(std::string_view text) {
  auto read = parse_run(text, "r");
  EXPECT_TRUE(read) << (read ? "" : read.error().message());
  return read ? std::move(*read) : RunFile{};
}
Error judgement_error(std::string_view text) {
  const auto read = parse_judgements(text, "j");
  EXPECT_FALSE(read) << text;
  return read ? Error{} : read.error();
}
Error run_error(std::string_view text) {
  const auto read = parse_run(text, "r");
  EXPECT_FALSE(read) << text;
  return read ? Error{} : read.error();
}

const Judgements kLaptops = {{"laptop", {{"d1", 2}, {"d2", 0}}}, {"red kettle", {{"d1", 0.5}, {"d3", -1}}}};

TEST(Qrels, AreFourFieldsBetweenSpacesOrTabs) {
  const JudgementFile file = judgements("q1 0 d1 2\nq1\t0\td2\t0\r\n\n  q2   Q0 d1    -1  \n");
  EXPECT_EQ(file.grades, (Judgements{{"q1", {{"d1", 2}, {"d2", 0}}}, {"q2", {{"d1", -1}}}}));
  EXPECT_EQ(file.rows, 3U);
  EXPECT_EQ(file.repeated, 0U);
  EXPECT_EQ(judgements("1 0 2 3").grades, (Judgements{{"1", {{"2", 3}}}})) << "a last line needs no end";
}

TEST(Qrels, MayBeEmpty) {
  EXPECT_TRUE(judgements("").grades.empty());
  EXPECT_TRUE(judgements(" \r\n\n").grades.empty());
}

TEST(Qrels, SayLineAndFieldOfWhatIsWrong) {
  const Error fields = judgement_error("q 0 d 1\nq 0 d\n");
  EXPECT_EQ(fields.where, "j:2");
  EXPECT_EQ(fields.expected, "4 fields: query 0 item grade");
  EXPECT_EQ(fields.found, "3 fields");
  const Error grade = judgement_error("q 0 d 1\n\nq 0 e good\n");
  EXPECT_EQ(grade.where, "j:3: grade");
  EXPECT_EQ(grade.expected, "a number such as 2 or 0.5");
  EXPECT_EQ(grade.found, "\"good\"");
  for (const char* number : {"nan", "inf", "1e999", "0x10", "1,5", "+1", "2a"}) {
    EXPECT_EQ(judgement_error("q 0 d 1\nq 0 e " + std::string(number)).where, "j:2: grade") << number;
  }
  EXPECT_EQ(judgement_error("q 0 d 1\nq 0 \xFF 1\n").where, "j:2");
  EXPECT_EQ(judgement_error("q 0 d 1\nq 0 \xFF 1\n").expected, "UTF-8 text");
}

TEST(Judgements, StandingTwiceAreCountedWhenTheyAgreeAndRefusedWhenNot) {
  const JudgementFile file = judgements("q 0 d 1\nq 0 e 1\nq 0 d 1.0\n");
  EXPECT_EQ(file.grades, (Judgements{{"q", {{"d", 1}, {"e", 1}}}}));
  EXPECT_EQ(file.rows, 3U);
  EXPECT_EQ(file.repeated, 1U);
  const Error error = judgement_error("q 0 d 1\nq 0 e 1\nq 0 d 2\n");
  EXPECT_EQ(error.where, "j:3: grade");
  EXPECT_EQ(error.expected, "1 as before");
  EXPECT_THAT(error.found, HasSubstr("2 for item \"d\" of query \"q\""));
}

TEST(JudgementTables, HaveAHeaderThatNamesTheColumns) {
  EXPECT_EQ(judgements("query,docid,rating\nlaptop,d1,2\nlaptop,d2,0\nred kettle,d1,0.5\nred kettle,d3,-1\n").grades, kLaptops);
  EXPECT_EQ(
      judgements("Doc_ID\tnote\tQuery\tRelevance\r\nd1\t,\tlaptop\t2\r\nd2\t5\"\tlaptop\t0\r\nd1\tx\tred kettle\t0.5\nd3\t\tred kettle\t-1")
          .grades,
      kLaptops);
  EXPECT_EQ(judgements("\xEF\xBB\xBFquery,item,grade\n\"red, \"\"big\"\" kettle\",d,1\n").grades,
            (Judgements{{"red, \"big\" kettle", {{"d", 1}}}}));
}

TEST(JudgementTables, OfSeveralColumnsThePreferredOneCounts) {
  EXPECT_EQ(judgements("query_id,final_rating,query,product_id,rating\n7,0,laptop,d1,2\n").grades, (Judgements{{"laptop", {{"d1", 2}}}}));
  EXPECT_EQ(judgements("query,docid,agent_1_rating,final_rating\nlaptop,d1,0,2\n").grades, (Judgements{{"laptop", {{"d1", 2}}}}));
}

TEST(JudgementTables, SayLineAndFieldOfWhatIsWrong) {
  const Error column = judgement_error("query,item,stars\nq,d,1\n");
  EXPECT_EQ(column.where, "j:1: grade");
  EXPECT_EQ(column.expected, "a column 'grade'");
  EXPECT_EQ(column.found, "\"query\", \"item\", \"stars\"");
  const Error width = judgement_error("query,item,grade\nq,d,1\nq,e\n");
  EXPECT_EQ(width.where, "j:3");
  EXPECT_EQ(width.expected, "3 fields, as in the header");
  EXPECT_EQ(judgement_error("query,item,grade\n\"q\nq\",d,1\nq,d,\n").where, "j:4: grade") << "lines, not records";
  EXPECT_EQ(judgement_error("query,item,grade\n,d,1\n").where, "j:2: query");
  EXPECT_EQ(judgement_error("query,item,grade\nq,,1\n").where, "j:2: item");
  EXPECT_EQ(judgement_error("query,item,grade\nq,d,1\n\"q,d,1\n").expected, "a closing quote");
  EXPECT_EQ(judgement_error("query,item,grade\n\"q\"x,d,1\n").where, "j:2");
  const Error form = judgement_error("laptop,d1,2\n");
  EXPECT_EQ(form.where, "j:1");
  EXPECT_THAT(form.expected, HasSubstr("'query 0 item grade', or a header with the columns query, item and grade"));
}

TEST(JudgementJson, MayBeALineForEachRecord) {
  EXPECT_EQ(judgements("{\"query\":\"laptop\",\"item\":\"d1\",\"grade\":2}\n{\"query\":\"laptop\",\"item\":\"d2\",\"grade\":0}\n\n"
                       "{\"grade\":0.5,\"query\":\"red kettle\",\"item\":\"d1\",\"by\":[\"me\"]}\r\n"
                       "{\"query\":\"red kettle\",\"docId\":\"d3\",\"rating\":\"-1\"}")
                .grades,
            kLaptops);
  EXPECT_EQ(judgements("{\"query\":7,\"item\":12,\"grade\":1}").grades, (Judgements{{"7", {{"12", 1}}}}))
      << "whole numbers become their decimal text";
}

TEST(JudgementJson, MayBeOneDocument) {
  EXPECT_EQ(judgements("{\"name\":\"x\",\"judgmentRatings\":[{\"query\":\"laptop\",\"ratings\":[{\"docId\":\"d1\",\"rating\":\"2.000\"},\n"
                       "{\"docId\":\"d2\",\"rating\":\"0.000\"}]},{\"query\":\"red kettle\",\"ratings\":"
                       "[{\"docId\":\"d1\",\"rating\":0.5},{\"docId\":\"d3\",\"rating\":-1}]}]}")
                .grades,
            kLaptops);
  EXPECT_EQ(judgements("{\"laptop\":[{\"docId\":\"d1\",\"rating\":2},{\"docId\":\"d2\",\"rating\":0}],\n"
                       "\"red kettle\":{\"d1\":0.5,\"d3\":-1}}")
                .grades,
            kLaptops);
  EXPECT_EQ(judgements("[\n {\"query\":\"q\",\"item\":\"d\",\"grade\":1}\n]").grades, (Judgements{{"q", {{"d", 1}}}}));
  EXPECT_TRUE(judgements("[]").grades.empty());
}

TEST(JudgementJson, HoldsGradesBeyondAllWholeNumbers) {
  std::string line = R"({"query":"q","item":"d","grade":)";
  append_json_number(line, 4444444444444444327936.0);
  EXPECT_EQ(judgements(line + "}").grades, (Judgements{{"q", {{"d", 4444444444444444327936.0}}}})) << line;
}
TEST(JudgementJson, SaysWhereWhatIsWrongStands) {
  const Error missing = judgement_error("{\"query\":\"q\",\"item\":\"d\",\"grade\":1}\n{\"query\":\"q\",\"item\":\"e\"}\n");
  EXPECT_EQ(missing.where, "j:2: grade");
  EXPECT_EQ(missing.found, "nothing");
  EXPECT_EQ(judgement_error("{\"query\":\"q\",\"item\":\"d\",\"grade\":1}\n{\"query\":\"q\",\"it\n").where, "j:2");
  EXPECT_EQ(judgement_error("{\"query\":\"q\",\"item\":\"d\",\"grade\":true}").where, "j: grade");
  EXPECT_EQ(judgement_error("{\"query\":\"q\",\"item\":\"d\",\"grade\":true}").found, "true or false");
  const Error nested = judgement_error(
      "{\"judgmentRatings\":[{\"query\":\"q\",\"ratings\":[{\"docId\":\"a\",\"rating\":1},{\"docId\":\"b\","
      "\"rating\":\"good\"}]}]}");
  EXPECT_EQ(nested.where, "j: judgmentRatings[0].ratings[1]: grade");
  EXPECT_EQ(nested.found, "\"good\"");
  EXPECT_EQ(judgement_error("{\"q\":[{\"docId\":\"a\",\"rating\":1}],\"r\":5}").where, "j: r");
  EXPECT_EQ(judgement_error("[[[1]]]").where, "j: [0][0][0]");
  EXPECT_EQ(judgement_error("{\"query\":\"\",\"item\":\"d\",\"grade\":1}").found, "an empty one");
  EXPECT_EQ(judgement_error("{\"q\":{\"\":1}}").where, "j: q: item");
  EXPECT_EQ(judgement_error("{\"q\":{\"d\":1}").expected, "JSON");
}

TEST(Runs, AreSixFieldsWhoseRankIsNotAsked) {
  const RunFile file = run("q1 Q0 d1 1 0.5 mine\nq1 Q0 d2 nonsense 7.25 mine\nq2\tQ0\td1\t1\t-3e2\tother\n");
  EXPECT_THAT(file.lists,
              ElementsAre(Pair("q1", ElementsAre(Pair("d1", 0.5), Pair("d2", 7.25))), Pair("q2", ElementsAre(Pair("d1", -300)))));
  EXPECT_EQ(file.tag, "mine");
  EXPECT_EQ(file.rows, 3U);
}

TEST(Runs, MayBeTablesWhereQueriesHoldWhiteSpace) {
  EXPECT_THAT(run("query,item,score\nred kettle,d1,1\nred kettle,d2,0.5\n").lists,
              ElementsAre(Pair("red kettle", ElementsAre(Pair("d1", 1), Pair("d2", 0.5)))));
}

TEST(Runs, SayLineAndFieldOfWhatIsWrong) {
  EXPECT_EQ(run_error("q Q0 d 1 0.5 me\nq Q0 e 1 0.5\n").expected, "6 fields: query Q0 item rank score tag");
  EXPECT_EQ(run_error("q Q0 d 1 0.5 me\nq Q0 e 1 high me\n").where, "r:2: score");
  const Error twice = run_error("q Q0 d 1 0.5 me\nz Q0 d 1 0.5 me\nq Q0 d 2 0.4 me\n");
  EXPECT_EQ(twice.where, "r:3: item");
  EXPECT_THAT(twice.found, HasSubstr("\"d\" again, for query \"q\""));
  EXPECT_EQ(run_error("query,item\nq,d\n").where, "r:1: score");
  EXPECT_EQ(run_error("{}").where, "r:1");
}

TEST(TrecRun, IsWrittenAsTrecEvalOrdersItAndReadsBackTheSame) {
  const auto text = trec_run({{"q2", {{"a", 1}}}, {"q1", {{"b", 0.1}, {"c", 3}, {"d", 0.1}}}}, "souk");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "q1 Q0 c 1 3 souk\nq1 Q0 d 2 0.1 souk\nq1 Q0 b 3 0.1 souk\nq2 Q0 a 1 1 souk\n");
  Random random(3);
  RankedLists lists;
  for (int q = 0; q < 20; ++q) {
    auto& list = lists["q" + std::to_string(q)];
    for (int i = 0; i < 30; ++i)
      list.emplace_back("d" + std::to_string(i), (random.uniform() - 0.5) * std::pow(10, static_cast<double>(random.below(60)) - 30));
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  }
  const testing::TempDir dir;
  ASSERT_TRUE(write_trec_run(dir / "run.txt", lists, "souk"));
  const auto back = read_run(dir / "run.txt");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->lists, lists) << "to the last bit";
  EXPECT_EQ(back->tag, "souk");
}

TEST(TrecRun, RefusesWhatItCannotHold) {
  EXPECT_EQ(trec_run({{"red kettle", {{"d", 1}}}}, "t").error().where, "query");
  EXPECT_THAT(trec_run({{"red kettle", {{"d", 1}}}}, "t").error().hint, HasSubstr("CSV and TSV can"));
  EXPECT_EQ(trec_run({{"q", {{"d\n", 1}}}}, "t").error().where, "item");
  EXPECT_THAT(trec_run({{"\xEF\xBB\xBF", {{"d", 1}}}}, "t").error().expected, HasSubstr("byte order mark"));
  EXPECT_EQ(trec_run({{"q", {{"", 1}}}}, "t").error().where, "item");
  EXPECT_EQ(trec_run({}, "").error().where, "tag");
  EXPECT_EQ(trec_run({{"q", {{"d", NAN}}}}, "t").error().where, "score");
}

TEST(JudgementFiles, MayBeCompressedAndNameThemselvesInErrors) {
  const testing::TempDir dir;
  const std::string path = (dir / "qrels.gz").string();
  gzFile file = ::gzopen(path.c_str(), "wb");
  ::gzputs(file, "q 0 d 1\nq 0 e x\n");
  ::gzclose(file);
  const auto read = read_judgements(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().where, path + ":2: grade");
  EXPECT_EQ(read_judgements(dir / "none").error().kind, ErrorKind::not_found);
}

TEST(JudgementFiles, CutAnywhereAreReadOrRefusedAndNeverHarm) {
  const std::string whole[] = {
      "q1 0 d1 2\nq1 0 d2 0\nq2 0 d1 1\n",
      "query,item,grade\n\"a,b\",d1,2\nlaptop,\"d\"\"2\",0\n",
      "{\"query\":\"q\",\"item\":\"d\",\"grade\":2}\n{\"query\":\"q\",\"item\":\"e\",\"grade\":1}\n",
      "{\"judgmentRatings\":[{\"query\":\"q\",\"ratings\":[{\"docId\":\"a\",\"rating\":\"1.0\"}]}]}",
  };
  Random random(9);
  for (const std::string& text : whole) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      (void)parse_judgements(text.substr(0, cut), "j");
      (void)parse_run(text.substr(0, cut), "r");
      std::string damaged = text;
      damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
      const auto read = parse_judgements(damaged, "j");
      if (!read) {
        EXPECT_FALSE(read.error().where.empty());
      }
    }
  }
}

TEST(SharedJudgements, AreReadWhole) {
  SOUK_NEEDS_DATA("chorus-electronics/Broad_Query_Set_rated.csv");
  const auto rated = read_judgements(testing::data_dir() / ("chorus-electronics/Broad_Query_Set_rated.csv"));
  ASSERT_TRUE(rated) << rated.error().message();
  EXPECT_EQ(rated->rows, 2383U);
  EXPECT_EQ(rated->repeated, 0U);
  EXPECT_EQ(rated->grades.size(), 90U);
  SOUK_NEEDS_DATA("chorus-electronics/Broad_Query_Set_individual_ratings.csv");
  const auto each = read_judgements(testing::data_dir() / ("chorus-electronics/Broad_Query_Set_individual_ratings.csv"));
  ASSERT_TRUE(each) << each.error().message();
  EXPECT_EQ(each->rows, 2076U);
  EXPECT_EQ(each->grades.at("bluetooth speaker").at("1993197"), 3);
  SOUK_NEEDS_DATA("ubi-esci/esci_us_judgments.json.gz");
  const auto esci = read_judgements(testing::data_dir() / ("ubi-esci/esci_us_judgments.json.gz"));
  ASSERT_TRUE(esci) << esci.error().message();
  EXPECT_EQ(esci->rows, 6678U);
  EXPECT_EQ(esci->grades.size(), 150U);
  EXPECT_EQ(esci->grades.at("t towels kitchen").at("B07NCQWCQS"), 100);
}

}  // namespace
}  // namespace souk::feeds
