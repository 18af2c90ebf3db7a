#include "souk/lab/data.h"

#include <gmock/gmock.h>

#include "tests/support/data.h"

namespace souk::lab {
namespace {

using souk::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(descriptors());
    fs::create_directories(folder_ / "files");
    write("recipes/data/walks.toml", "name = \"walks\"\n[[files]]\npath = \"set/walks.txt\"\nas = \"sequences\"\n");
    write("recipes/data/orders.toml", "name = \"orders\"\n[[files]]\npath = \"orders.jsonl\"\nas = \"events\"\n");
    write("files/walks.txt", "7 10 30 20\n9 20 10 20\n");
    write("files/orders.jsonl", R"({"shopper":"a","item":"tea","kind":"purchase","time":"2020-01-01T00:00:00Z"})"
                                "\n"
                                R"({"shopper":"a","item":"milk","kind":"purchase","time":"2020-01-02T00:00:00Z"})"
                                "\n");
  }
  void write(const std::string& name, std::string_view text) { ASSERT_TRUE(write_file(folder_ / name, text)); }
  fs::path descriptors() const { return folder_ / "recipes/data"; }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  Result<Data> load(const std::string& given, const std::string& own) {
    return load_data(given, own, std::vector{folder_ / "nothing/data", descriptors()}, 2, Progress::none());
  }
  TempDir folder_;
};

TEST_F(DataTest, AFileOfSequencesIsReadAsItStands) {
  const auto data = load(at("files/walks.txt"), "orders");
  ASSERT_TRUE(data) << data.error().message();
  EXPECT_EQ(data->name, "walks.txt");
  EXPECT_EQ(data->log.shoppers(), 2U);
  EXPECT_THAT(data->log.row(1).items, ElementsAre(1, 0, 1));
  EXPECT_EQ(data->log.item_keys().key(2), "30");
  EXPECT_FALSE(data->log.timed());
}

TEST_F(DataTest, AFolderHoldsTheFilesOfTheRecipesOwnSet) {
  const auto data = load(at("files"), "walks");  // found by its name, though the descriptor says set/walks.txt
  ASSERT_TRUE(data) << data.error().message();
  EXPECT_EQ(data->name, "walks");
  EXPECT_EQ(data->hash, load(at("files/walks.txt"), "walks")->hash);
}

TEST_F(DataTest, RecordsAreReadWithoutAShop) {
  const auto data = load(at("files"), "orders");
  ASSERT_TRUE(data) << data.error().message();
  EXPECT_EQ(data->log.shoppers(), 1U);
  EXPECT_EQ(data->log.events(), 2U);
  EXPECT_TRUE(data->log.timed());
  EXPECT_FALSE(data->parts);
  EXPECT_EQ(data->hash, load(at("files"), "orders")->hash);
  EXPECT_EQ(data->hash, load(at("files/orders.jsonl"), "orders")->hash);  // a file of events without its descriptor
}

TEST_F(DataTest, ASetBringsItsSplitAndHowItsUsersJudge) {
  write("recipes/data/cut.toml",
        "name = \"cut\"\n[protocol]\nsplit = \"fixed\"\nhistory = \"kept\"\nreport = [\"HR@20\"]\nprimary = \"HR@20\"\n"
        "[[files]]\npath = \"train.txt\"\nas = \"sessions\"\n[[files]]\npath = \"test.txt\"\nas = \"cases\"\npart = \"test\"\n");
  write("files/train.txt", "1 2 3\n");
  write("files/test.txt", "1 2\t3\n");
  const auto data = load(at("files"), "cut");
  ASSERT_TRUE(data) << data.error().message();
  ASSERT_TRUE(data->parts);
  EXPECT_THAT(data->parts->first_validation, ElementsAre(3, 0));
  EXPECT_THAT(data->parts->first_test, ElementsAre(3, 2));
  EXPECT_EQ(data->protocol.split, "fixed");
  EXPECT_EQ(data->protocol.history, "kept");
  EXPECT_THAT(data->protocol.report, ElementsAre("HR@20"));
}

TEST_F(DataTest, WhatIsNotThereIsNamed) {
  EXPECT_THAT(load("walk", "walks").error().message(), HasSubstr("did you mean 'walks'?"));
  EXPECT_THAT(load("", "walk").error().message(), HasSubstr("did you mean 'walks'?"));
  fs::remove(folder_ / "files/walks.txt");
  const auto gone = load(at("files"), "walks");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::not_found);
  EXPECT_THAT(gone.error().message(), HasSubstr("walks.txt"));
  EXPECT_THAT(gone.error().message(), HasSubstr("SOUK_DATA"));
}

}  // namespace
}  // namespace souk::lab
