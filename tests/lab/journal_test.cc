#include "souk/lab/journal.h"

#include <gmock/gmock.h>

#include "souk/base/section_file.h"

#include "tests/support/data.h"

namespace souk::lab {
namespace {

using souk::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Stage some_stage() {
  Stage stage;
  stage.metrics = {{"HR@10", 0.5}, {"NDCG@10", 0.25}, {"Coverage@10", 0.125}};
  stage.per_case = {{"HR@10", {1, 0, 1, 0}}, {"NDCG@10", {1, 0, 0.5F, 0}}};
  stage.shoppers = {4, 4, 7, 9};
  stage.note = "the 20 commonest items";
  stage.epochs = 7;
  stage.seconds = {0, 1.5, 2.5};
  stage.cpu_seconds = {0, 1.25, 2.25};
  return stage;
}

void expect_equal(const Stage& a, const Stage& b) {
  EXPECT_EQ(a.metrics, b.metrics);
  EXPECT_EQ(a.per_case, b.per_case);
  EXPECT_EQ(a.shoppers, b.shoppers);
  EXPECT_EQ(a.note, b.note);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.seconds.train, b.seconds.train);
  EXPECT_EQ(a.seconds.evaluate, b.seconds.evaluate);
  EXPECT_EQ(a.cpu_seconds.train, b.cpu_seconds.train);
  EXPECT_EQ(a.cpu_seconds.evaluate, b.cpu_seconds.evaluate);
}

class JournalTest : public ::testing::Test {
 protected:
  Journal open() {
    auto journal = Journal::open(folder());
    EXPECT_TRUE(journal) << journal.error().message();
    return std::move(journal).value_or(Journal());
  }
  fs::path folder() const { return folder_.path() / "runs" / "one"; }
  TempDir folder_;
};

TEST_F(JournalTest, TakesUpWhatWasFinished) {
  {
    Journal journal = open();
    EXPECT_THAT(journal.taken_up(), IsEmpty());
    EXPECT_EQ(journal.find("model"), nullptr);
    ASSERT_TRUE(journal.keep("model", some_stage()));
    ASSERT_TRUE(journal.keep("floor inverse popularity", Stage()));
    EXPECT_NE(journal.find("model"), nullptr);
  }
  const Journal journal = open();
  EXPECT_THAT(journal.taken_up(), ElementsAre("floor_inverse_popularity", "model"));
  ASSERT_NE(journal.find("model"), nullptr);
  expect_equal(*journal.find("model"), some_stage());
  ASSERT_NE(journal.find("floor inverse popularity"), nullptr);
}

TEST_F(JournalTest, BeginsAnewWhenTheRunHadEnded) {
  {
    Journal journal = open();
    ASSERT_TRUE(journal.keep("model", some_stage()));
    ASSERT_TRUE(journal.finish());
  }
  EXPECT_TRUE(read_stage(folder() / "model.stage"));  // kept for comparisons
  EXPECT_THAT(open().taken_up(), IsEmpty());
}

TEST_F(JournalTest, BeginsAnewWhenAnotherProgramWroteIt) {
  {
    Journal journal = open();
    ASSERT_TRUE(journal.keep("model", some_stage()));
  }
  ASSERT_TRUE(write_file(folder() / "program", "another"));
  EXPECT_THAT(open().taken_up(), IsEmpty());
}

TEST_F(JournalTest, DoesNotTakeUpWhatIsDamaged) {
  {
    Journal journal = open();
    ASSERT_TRUE(journal.keep("model", some_stage()));
    ASSERT_TRUE(journal.keep("floor", some_stage()));
  }
  std::string bytes = read_file(folder() / "model.stage").value();
  bytes[bytes.size() - 1] = static_cast<char>(bytes.back() ^ 1);
  ASSERT_TRUE(write_file(folder() / "model.stage", bytes));
  EXPECT_THAT(open().taken_up(), ElementsAre("floor"));
}

TEST_F(JournalTest, AStageThatIsCutOrFlippedIsAnErrorThatNamesTheFile) {
  const fs::path file = folder_.path() / "one.stage";
  ASSERT_TRUE(write_stage(some_stage(), file));
  const std::string whole = read_file(file).value();
  for (const std::size_t kept : {std::size_t{0}, std::size_t{10}, whole.size() / 2}) {
    ASSERT_TRUE(write_file(file, whole.substr(0, kept)));
    const auto stage = read_stage(file);
    ASSERT_FALSE(stage) << kept;
    EXPECT_THAT(stage.error().message(), HasSubstr("one.stage"));
  }
  EXPECT_FALSE(read_stage(folder_.path() / "none.stage"));
}

TEST_F(JournalTest, KeepsWhereATrainingStandsUntilItsStageIsDone) {
  Journal journal = open();
  const auto files = journal.training("the model");
  EXPECT_EQ(files.checkpoint, folder() / "the_model.checkpoint");
  ASSERT_TRUE(write_file(files.checkpoint, "weights"));
  ASSERT_TRUE(write_file(files.log, "{}"));
  open();
  EXPECT_TRUE(fs::exists(files.checkpoint));
  ASSERT_TRUE(journal.keep("the model", some_stage()));
  EXPECT_FALSE(fs::exists(files.checkpoint));
  EXPECT_TRUE(fs::exists(files.log));
}

// What earlier programs wrote, for comparisons with it.
TEST_F(JournalTest, ReadsStagesOfVersionOne) {
  const std::vector<double> means = {0.5}, times = {1, 2, 3, 4};
  SectionWriter writer("STGE", 1);
  writer.add_owned("names", "HR@10\n");
  writer.add("means", means);
  for (const char* const name : {"cases", "values", "shopper", "note"}) writer.add_owned(name, "");
  writer.add("times", times);
  ASSERT_TRUE(writer.write(folder_.path() / "old.stage"));
  const auto stage = read_stage(folder_.path() / "old.stage");
  ASSERT_TRUE(stage) << stage.error().message();
  EXPECT_EQ(stage->metrics.at("HR@10"), 0.5);
  EXPECT_EQ(stage->epochs, 0U);
}

TEST(Journal, ThatKeepsNothingFindsNothing) {
  Journal journal;
  ASSERT_TRUE(journal.keep("model", some_stage()));
  EXPECT_EQ(journal.find("model"), nullptr);
  EXPECT_EQ(journal.training("model").checkpoint, "");
  EXPECT_TRUE(journal.finish());
}

}  // namespace
}  // namespace souk::lab
