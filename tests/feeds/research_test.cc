// What researchers have, read as a log.
#include "souk/feeds/research.h"

#include <fstream>
#include <gmock/gmock.h>

#include "tests/support/data.h"

namespace souk::feeds {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Research : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, std::string_view text) {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  Result<SetLog> read(std::string_view descriptor) {
    SOUK_TRY(const auto set, Descriptor::load(write("set.toml", descriptor)));
    return read_set(set, dir_.path(), 2, Progress::none());
  }
  static SetLog good(Result<SetLog> set) {
    EXPECT_TRUE(set) << (set ? "" : set.error().message());
    return std::move(set).value();
  }
  // Keys of a shopper's items, in order.
  static std::vector<std::string> keys(const SetLog& set, std::uint32_t shopper) {
    std::vector<std::string> keys;
    for (const std::uint32_t item : set.log.row(shopper).items) keys.emplace_back(set.log.item_keys().key(item));
    return keys;
  }
  testing::TempDir dir_;
};

TEST_F(Research, SequencesNumberItemsInAscendingOrder) {
  const SetLog set = good(read_log(write("s.txt", "1 30 10\n\n2 20 10 30\r\n"), 1, Progress::none()));
  EXPECT_EQ(set.log.shoppers(), 2U);
  EXPECT_EQ(set.log.items(), 3U);
  EXPECT_THAT(set.log.row(1).items, ElementsAre(1, 0, 2));
  EXPECT_THAT(set.log.row(1).weights, ElementsAre(1, 1, 1));
  EXPECT_FALSE(set.log.timed());
  EXPECT_THAT(set.first_test, IsEmpty());
  EXPECT_EQ(set.hash, hash128("1 30 10\n\n2 20 10 30\r\n").hex());
}

TEST_F(Research, ItemRowsFollowTheNumbersOfKeysThenTheirBytes) {
  const SetLog set = good(read_log(write("e.csv", "shopper,item,kind\na,b,view\na,100,view\na,9,view\na,A,view\n"), 1, Progress::none()));
  const RowMap& rows = set.log.item_keys();
  EXPECT_EQ(rows.key(0), "9");
  EXPECT_EQ(rows.key(1), "100");
  EXPECT_EQ(rows.key(2), "A");
  EXPECT_EQ(rows.key(3), "b");
}

TEST_F(Research, ALineThatCannotBeReadNamesFileLineAndField) {
  const auto error = [&](std::string_view text) { return read_log(write("s.txt", text), 1, Progress::none()).error(); };
  EXPECT_EQ(error("1 2\n3\n").where, (dir_ / "s.txt").string() + ":2: item");
  EXPECT_EQ(error("1 2\n3\n").found, "a user alone");
  EXPECT_EQ(error("1 2\n1 x\n").where, (dir_ / "s.txt").string() + ":2: item");
  EXPECT_EQ(error("1 2\n1 x\n").expected, "whole numbers, separated by blanks");
  EXPECT_EQ(error("1 2\n1 x\n").found, "\"x\"");
  EXPECT_EQ(error("a 2\n").where, (dir_ / "s.txt").string() + ":1: shopper");
  EXPECT_EQ(error("1 18446744073709551616\n").found, "\"18446744073709551616\"");
  EXPECT_EQ(error("").what, "the data set holds no events");
}

TEST_F(Research, ATableOfOtherColumnsSaysWhichItHas) {
  const auto error = read_log(write("t.csv", "user,product,when\na,b,7\n"), 1, Progress::none()).error();
  EXPECT_EQ(error.found, "user, product, when");
  EXPECT_EQ(read_log(write("n.csv", "1 2 3\n4 5 6\n"), 1, Progress::none()).value().log.shoppers(), 2U) << "lines of numbers all the same";
}

TEST_F(Research, FilesOfAFixedSplitFollowEachOther) {  // LightGCN
  write("train.txt", "0 1 2\n1 3\n2 1 3\n");
  write("test.txt", "1 2 1\n0 3\n");
  const SetLog set =
      good(read("[[files]]\npath = \"train.txt\"\nas = \"sequences\"\npart = \"train\"\n"
                "[[files]]\npath = \"test.txt\"\nas = \"sequences\"\npart = \"test\"\n"));
  EXPECT_THAT(keys(set, 0), ElementsAre("1", "2", "3"));
  EXPECT_THAT(keys(set, 1), ElementsAre("3", "2", "1"));
  EXPECT_THAT(set.first_validation, ElementsAre(2, 1, 2));
  EXPECT_THAT(set.first_test, ElementsAre(2, 1, 2));
}

TEST_F(Research, PairsStandInTimeOrderAndNeedNoHeader) {  // BERT4Rec
  write("pairs.txt", "7 1\n7 2\n8 1\n7 3\n");
  const SetLog set = good(read("[[files]]\npath = \"pairs.txt\"\nas = \"pairs\"\n"));
  EXPECT_THAT(keys(set, 0), ElementsAre("1", "2", "3"));
  EXPECT_THAT(keys(set, 1), ElementsAre("1"));
  EXPECT_EQ(set.log.row(0).kinds[0], static_cast<std::uint8_t>(store::EventKind::purchase));
}

TEST_F(Research, ACaseIsAShopperWhoseKnownItemsTrainNothing) {  // sessions, SR-GNN
  write("train.txt", "5 6 7\n6 8\n");
  write("test.txt", "5 6\t8\n5\t6\n");
  const SetLog set =
      good(read("[[files]]\npath = \"train.txt\"\nas = \"sessions\"\n"
                "[[files]]\npath = \"test.txt\"\nas = \"cases\"\npart = \"test\"\n[files.constants]\nkind = \"purchase\"\n"));
  EXPECT_EQ(set.log.shoppers(), 4U);
  EXPECT_THAT(keys(set, 2), ElementsAre("5", "6", "8"));
  EXPECT_THAT(set.first_validation, ElementsAre(3, 2, 0, 0));
  EXPECT_THAT(set.first_test, ElementsAre(3, 2, 2, 1));
}

TEST_F(Research, TheLastLinesMayValidateWithTheirLastItem) {
  write("s.txt", "1 2\n3 4\n5\n6 7 8\n");
  const SetLog set = good(read("[[files]]\npath = \"s.txt\"\nas = \"sessions\"\nvalidation = 0.5\n"));
  EXPECT_THAT(set.first_validation, ElementsAre(2, 2, 1, 2));
  EXPECT_THAT(set.first_test, ElementsAre(2, 2, 1, 3));
  EXPECT_EQ(read("[[files]]\npath = \"s.txt\"\nas = \"sessions\"\nvalidation = 2\n").error().expected,
            "a share from 0 to 1 of what trains");
}

TEST_F(Research, ACaseOfTwoNamedColumnsMayTrain) {
  write("valid.tsv", "user\thistory\titem\nA1\t5 6\t8\n");
  write("test.tsv", "user\thistory\titem\nA1\t6 8\t9\n");
  constexpr std::string_view kLists = "[files.lists]\nhistory = \"history\"\ntarget = \"item\"\n";
  const SetLog set = good(read("[[files]]\npath = \"valid.tsv\"\nas = \"cases\"\npart = \"train\"\n" + std::string(kLists) +
                               "[[files]]\npath = \"test.tsv\"\nas = \"cases\"\npart = \"test\"\n" + std::string(kLists)));
  EXPECT_EQ(set.log.shoppers(), 2U);  // the users' rows are not joined: each case knows what it says
  EXPECT_THAT(set.first_validation, ElementsAre(3, 0));
  EXPECT_THAT(set.first_test, ElementsAre(3, 2));
}

TEST_F(Research, ListsHoldAllPartsInOneLine) {
  write("s.tsv", "user\ttrain\tvalid\ttest\n1\t30 10\t20\t40\n2\t10\t\t\n");
  constexpr std::string_view kSet =
      "[[files]]\npath = \"s.tsv\"\nas = \"lists\"\n[files.lists]\nshopper = \"user\"\ntrain = \"train\"\nvalidation = \"valid\"\n";
  const SetLog set = good(read(std::string(kSet) + "test = \"test\"\n"));
  EXPECT_THAT(keys(set, 0), ElementsAre("30", "10", "20", "40"));
  EXPECT_THAT(set.first_validation, ElementsAre(2, 1));
  EXPECT_THAT(set.first_test, ElementsAre(3, 1));
  const auto wrong = read(std::string(kSet) + "test = \"tests\"\n");
  EXPECT_EQ(wrong.error().expected, "a column \"tests\"");
  EXPECT_EQ(wrong.error().hint, "Did you mean \"test\"?");
}

TEST_F(Research, ABasketIsOneOrderOfItsOwnShopper) {
  write("b.csv", "whole milk, rolls,butter\nwhole milk\n");
  const SetLog set = good(read("[[files]]\npath = \"b.csv\"\nas = \"baskets\"\n"));
  EXPECT_EQ(set.log.shoppers(), 2U);
  EXPECT_THAT(keys(set, 0), ElementsAre("whole milk", "rolls", "butter"));
  EXPECT_EQ(set.log.row(0).orders[0], set.log.row(0).orders[2]);
  EXPECT_NE(set.log.row(0).orders[0], set.log.row(1).orders[0]);
  write("b.csv", "milk,,butter\n");
  EXPECT_EQ(read("[[files]]\npath = \"b.csv\"\nas = \"baskets\"\n").error().where, (dir_ / "b.csv").string() + ":1: item");
}

TEST_F(Research, AtomicFilesAreToldByTheirTypedHeader) {
  const SetLog set = good(read_log(write("x.inter",
                                         "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                                         "u1\ti2\t4.0\t881250949.5\nu1\ti1\t3.0\t881250948\n"),
                                   2, Progress::none()));
  EXPECT_TRUE(set.log.timed());
  EXPECT_THAT(keys(set, 0), ElementsAre("i1", "i2"));
  EXPECT_THAT(set.log.row(0).times, ElementsAre(881250948000, 881250949500));
  EXPECT_EQ(set.log.row(0).kinds[0], static_cast<std::uint8_t>(store::EventKind::rating));
  EXPECT_EQ(set.log.row(0).weights[0], 1.0F);  // the log's only kind
}

TEST_F(Research, AtomicFilesOfCutSequencesAreCases) {
  const SetLog set =
      good(read_log(write("x.inter", "session_id:token\titem_id_list:token_seq\titem_id:token\n1\t5 6\t7\n"), 1, Progress::none()));
  EXPECT_THAT(keys(set, 0), ElementsAre("5", "6", "7"));
}

TEST_F(Research, KindsHaveTheirUsualWeights) {
  const SetLog set =
      good(read_log(write("e.csv", "shopper,item,kind\na,1,view\na,2,purchase\na,3,impression\nb,3,impression\n"), 1, Progress::none()));
  EXPECT_EQ(set.log.shoppers(), 1U);
  EXPECT_THAT(set.log.row(0).weights, ElementsAre(0.2F, 1.0F));
}

TEST_F(Research, TestEventsWithoutTimesComeLast) {
  write("train.csv", "shopper,item,kind,time\na,1,view,2020-01-01T00:00:00Z\na,2,view,2020-01-03T00:00:00Z\n");
  write("test.csv", "shopper,item\na,3\n");
  const SetLog set =
      good(read("[[files]]\npath = \"train.csv\"\nas = \"events\"\n"
                "[[files]]\npath = \"test.csv\"\nas = \"events\"\npart = \"test\"\n[files.constants]\nkind = \"purchase\"\n"));
  EXPECT_THAT(keys(set, 0), ElementsAre("1", "2", "3"));
  EXPECT_EQ(set.log.row(0).times[2], set.log.row(0).times[1]);
  EXPECT_THAT(set.first_test, ElementsAre(2));
  ASSERT_EQ(set.notes.size(), 1U);
  EXPECT_THAT(set.notes[0], HasSubstr("1 events without a time"));
}

// A split that its files say, with times in every part.
class TimedParts : public Research {
 protected:
  static constexpr std::string_view kHeader = "shopper,item,kind,time\n";
  Result<SetLog> cut(const std::string& train, const std::string& test, const std::string& protocol = "split = \"fixed\"\n") {
    write("train.csv", std::string(kHeader) + train);
    write("test.csv", std::string(kHeader) + test);
    return read("[protocol]\n" + protocol +
                "[[files]]\npath = \"train.csv\"\nas = \"events\"\n"
                "[[files]]\npath = \"test.csv\"\nas = \"events\"\npart = \"test\"\n");
  }
  static constexpr const char* kPublished = "split = \"fixed\"\noverlap = \"published\"\n";
};

TEST_F(TimedParts, OneAfterTheOtherAreALogWithTimes) {
  const SetLog set = good(cut("a,1,view,2020-01-05T00:00:00Z\n", "a,1,view,2020-01-06T00:00:00Z\na,2,view,2020-01-07T00:00:00Z\n"));
  EXPECT_TRUE(set.log.timed());
  EXPECT_THAT(keys(set, 0), ElementsAre("1", "1", "2"));
  EXPECT_THAT(set.late, IsEmpty());
  EXPECT_THAT(set.notes, IsEmpty());
}

TEST_F(TimedParts, WithATrainingEventAfterWhatIsAskedAboutAreRefusedByName) {
  const std::string train = "b,1,view,2020-01-01T00:00:00Z\na,1,view,2020-01-05T00:00:00Z\nc,1,view,2020-01-05T00:00:00Z\n";
  const std::string test = "b,2,view,2020-01-02T00:00:00Z\na,2,view,2020-01-03T00:00:00Z\nc,2,view,2020-01-04T00:00:00Z\n";
  const auto set = cut(train, test);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().kind, ErrorKind::invalid);
  EXPECT_EQ(set.error().where, "shopper 'a', item '1' at 2020-01-05T00:00:00Z, part train");
  EXPECT_EQ(set.error().expected, "no event after item '2' at 2020-01-03T00:00:00Z, part test");
  EXPECT_EQ(set.error().found, "2 shoppers with such events");
  EXPECT_THAT(set.error().hint, HasSubstr("overlap = \"published\""));
}

TEST_F(TimedParts, ThatWerePublishedSoAreReadAndCounted) {
  const std::string train = "b,1,view,2020-01-01T00:00:00Z\na,1,view,2020-01-05T00:00:00Z\n";
  const std::string test = "b,2,view,2020-01-02T00:00:00Z\na,2,view,2020-01-03T00:00:00Z\n";
  const SetLog set = good(cut(train, test, kPublished));
  EXPECT_FALSE(set.log.timed());
  EXPECT_THAT(keys(set, 1), ElementsAre("1", "2"));
  EXPECT_THAT(set.late, ElementsAre(0, SetLog::kLateTest));
  EXPECT_THAT(set.notes, ElementsAre(HasSubstr("as published: for 1 of 2 shoppers")));
  EXPECT_THAT(cut(train, test, "overlap = \"perhaps\"\n").error().message(), HasSubstr("published, or nothing"));
}

TEST_F(TimedParts, ThatHoldTheVeryEventAskedAboutAreRefusedHoweverPublished) {
  const std::string train =
      "a,1,view,2020-01-01T00:00:00Z\na,2,view,2020-01-03T00:00:00Z\n"
      "b,1,view,2020-01-01T00:00:00Z\nb,2,cart,2020-01-03T00:00:00Z\n";
  const std::string test = "a,2,view,2020-01-03T00:00:00Z\nb,2,purchase,2020-01-03T00:00:00Z\n";
  for (const char* protocol : {"split = \"fixed\"\n", kPublished}) {
    const auto set = cut(train, test, protocol);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().where, "shopper 'a', item '2' at 2020-01-03T00:00:00Z");
    EXPECT_EQ(set.error().found, "parts train and test; 2 such events");
  }
}

TEST_F(TimedParts, ThatShareAnIdAreRefused) {
  write("train.csv", "id,shopper,item,kind\n1,a,x,view\n2,a,y,view\n");
  write("test.csv", "id,shopper,item,kind\n2,a,y,view\n3,a,z,view\n");
  const auto set =
      read("[[files]]\npath = \"train.csv\"\nas = \"events\"\n[[files]]\npath = \"test.csv\"\nas = \"events\"\npart = \"test\"\n");
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().where, HasSubstr("test.csv: id '2', shopper 'a', item 'y', parts train and test"));
  EXPECT_EQ(set.error().found, "1 such events");
}

TEST_F(TimedParts, ValidationCountsAsAnEarlierPart) {
  write("train.csv", "shopper,item,kind,time\na,1,view,2020-01-01T00:00:00Z\n");
  write("valid.csv", "shopper,item,kind,time\na,2,view,2020-01-05T00:00:00Z\n");
  write("test.csv", "shopper,item,kind,time\na,3,view,2020-01-03T00:00:00Z\n");
  const auto set = read(
      "[[files]]\npath = \"train.csv\"\nas = \"events\"\n[[files]]\npath = \"valid.csv\"\nas = \"events\"\npart = \"validation\"\n"
      "[[files]]\npath = \"test.csv\"\nas = \"events\"\npart = \"test\"\n");
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().where, HasSubstr("item '2' at 2020-01-05T00:00:00Z, part validation"));
}

TEST_F(Research, WithoutTimesWhatWasChosenBeforeMayBeAskedAbout) {
  write("train.txt", "7 1 2\n");
  write("test.txt", "7 2\n");
  const SetLog set =
      good(read("[[files]]\npath = \"train.txt\"\nas = \"sequences\"\n"
                "[[files]]\npath = \"test.txt\"\nas = \"sequences\"\npart = \"test\"\n"));
  EXPECT_THAT(keys(set, 0), ElementsAre("1", "2", "2"));
}

TEST_F(Research, RepeatedIdsAndShoppersWithoutConsentAreLeftOut) {
  write("people.csv", "key,consent.train\na,true\nb,false\n");
  write("e.csv", "id,shopper,item,kind\n1,a,x,view\n1,a,x,view\n2,b,y,view\n3,c,x,view\n");
  const SetLog set =
      good(read("[[files]]\npath = \"people.csv\"\nas = \"shoppers\"\n"
                "[[files]]\npath = \"e.csv\"\nas = \"events\"\n"));
  EXPECT_EQ(set.log.shoppers(), 2U);
  EXPECT_EQ(set.log.events(), 2U);
  EXPECT_EQ(set.log.items(), 1U);
}

TEST_F(Research, ManyRefusedRecordsAreAnError) {
  write("e.csv", "shopper,item,kind,time\na,1,view,2020-01-01T00:00:00Z\na,2,view,yesterday\n");
  const auto set = read("[[files]]\npath = \"e.csv\"\nas = \"events\"\n");
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().where, (dir_ / "e.csv").string() + ":3: time");
  EXPECT_EQ(set.error().found, "\"yesterday\"");
  EXPECT_EQ(set.error().hint, "1 of 2 records refused");
}

TEST_F(Research, EqualContentHasAnEqualHash) {
  write("a.txt", "0 1 2\n");
  write("b.txt", "0 3\n");
  const std::string set = "[[files]]\npath = \"a.txt\"\nas = \"sequences\"\n[[files]]\npath = \"b.txt\"\nas = \"sequences\"\npart = ";
  const std::string test = good(read(set + "\"test\"\n")).hash;
  EXPECT_EQ(good(read(set + "\"test\"\n")).hash, test);
  EXPECT_NE(good(read(set + "\"validation\"\n")).hash, test);  // the same log, cut elsewhere
}

}  // namespace
}  // namespace souk::feeds
