// Training in a child process: what comes of children that fail, and of what they leave.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "souk/engine/learn.h"
#include "souk/engine/work_folder.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using engine::Shop;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ChildTraining : public ::testing::Test {
 protected:
  void SetUp() override { grocery(dir / "shop"); }

  // The shop with a program whose children run this script; $2 is the folder of their work.
  std::unique_ptr<Shop> with_children(const std::string& script) {
    const fs::path program = dir / "child.sh";
    std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(program, fs::perms::owner_all);
    auto shop = Shop::open(dir / "shop", {.read_only = false, .for_repair = false, .threads = 1, .program = program});
    EXPECT_TRUE(shop) << shop.error().message();
    return std::move(*shop);
  }
  // That training failed, and that the shop is as it was.
  void expect_failure(Shop& shop, ErrorKind kind, const std::string& words, std::optional<Duration> budget = {}) {
    const auto trained = shop.train(Progress::none(), budget);
    ASSERT_FALSE(trained);
    EXPECT_EQ(trained.error().kind, kind) << trained.error().message();
    EXPECT_THAT(trained.error().message(), HasSubstr(words));
    EXPECT_EQ(shop.view()->version, "tables-1");
    EXPECT_FALSE(fs::exists(dir / "shop" / "work"));
    EXPECT_FALSE(fs::exists(dir / "shop" / "models" / "tables" / "2"));
  }

  const TempDir dir;
};

TEST_F(ChildTraining, GetsACheckpointAndTheSettings) {
  const auto shop = with_children(
      R"([ "$1" = train-child ] && [ -f "$2/store/CURRENT" ] && grep -q weights "$2/shop.toml" && echo all there >&2; exit 1)");
  expect_failure(*shop, ErrorKind::internal, "all there");
}

TEST_F(ChildTraining, ThatFailsChangesNothingAndSaysWhy) {
  expect_failure(*with_children("echo 'the abacus broke' >&2; exit 9"), ErrorKind::internal, "the abacus broke");
  expect_failure(*with_children("kill -SEGV $$"), ErrorKind::internal, "signal 11");
  expect_failure(*with_children("exit 70"), ErrorKind::limit, "memory");
  expect_failure(*with_children("sleep 60"), ErrorKind::limit, "budget", 200);
}

TEST_F(ChildTraining, IsNotTakenAtItsWord) {
  expect_failure(*with_children("exit 0"), ErrorKind::not_found, "lesson");
  expect_failure(*with_children("echo nonsense > $2/lesson"), ErrorKind::corrupt, "lesson");
  expect_failure(*with_children("echo 9 9 9 9 > $2/lesson; mkdir $2/tables; echo junk > $2/tables/tables.souk"), ErrorKind::corrupt,
                 "tables.souk");
}

TEST_F(ChildTraining, IsStoppedWithTheWork) {
  const auto shop = with_children("sleep 60");
  Progress progress(Progress::Style::silent);
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    progress.cancel();
  });
  EXPECT_EQ(shop->train(progress).error().kind, ErrorKind::cancelled);
}

// It works on the store as it was, with whoever was forgotten since.
TEST_F(ChildTraining, UnderWayLetsCompactSayThatItHasToBeDoneAgain) {
  const auto shop = with_children("touch $2/begun; while [ ! -e $2/end ]; do sleep 0.01; done; exit 9");
  const fs::path work = dir / "shop" / "work" / "train-1";
  std::thread training([&] { EXPECT_FALSE(shop->train(Progress::none())); });
  for (int i = 0; i < 2000 && !fs::exists(work / "begun"); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(shop->forget("h1"));
  const Status compacted = shop->compact();
  std::ofstream(work / "end") << "now";
  training.join();
  ASSERT_FALSE(compacted);
  EXPECT_EQ(compacted.error().kind, ErrorKind::busy);
  EXPECT_THAT(compacted.error().message(), AllOf(HasSubstr("train-1"), HasSubstr("Compact again")));
  EXPECT_TRUE(shop->compact());
}

TEST_F(ChildTraining, LearnsTheSameAsInTheShopsOwnProcess) {
  const fs::path work = dir / "work";
  std::string here;
  {
    const auto shop = reopened(dir / "shop");
    fs::create_directories(work);
    ASSERT_TRUE(shop->store().checkpoint(work / "store"));
    fs::copy_file(dir / "shop" / "shop.toml", work / "shop.toml");
    here = read_file(dir / "shop" / "models/tables/1/tables.souk").value();
  }
  ASSERT_TRUE(engine::learn_in(work, 1, Progress::none()));
  const auto lesson = engine::read_lesson(work);
  ASSERT_TRUE(lesson);
  EXPECT_EQ(lesson->shoppers, 60U);
  EXPECT_EQ(read_file(work / "tables/tables.souk")->size(), here.size());
}

TEST_F(ChildTraining, WhatKilledProcessesLeftIsGoneAfterTheNextOpening) {
  const fs::path shop = dir / "shop";
  fs::create_directories(shop / "work" / "train-abc123" / "store");
  fs::create_directories(shop / "models" / "tables" / "2");  // complete or not: never became active
  fs::copy_file(shop / "models/tables/1/tables.souk", shop / "models/tables/2/tables.souk");
  const auto opened = reopened(shop);
  EXPECT_FALSE(fs::exists(shop / "work"));
  EXPECT_FALSE(fs::exists(shop / "models" / "tables" / "2"));
  EXPECT_TRUE(fs::exists(shop / "models" / "tables" / "1"));
  EXPECT_EQ(opened->view()->version, "tables-1");
}

// One that ends removes the folder above when nothing is left in it, while another may be making its own there.
TEST(WorkFolders, ComeAndGoBesideEachOther) {
  const TempDir dir;
  const auto work = [&](const char* name) {
    for (int i = 0; i < 200; ++i) {
      const auto folder = engine::WorkFolder::make(dir / "shop", name);
      ASSERT_TRUE(folder) << folder.error().message();
      ASSERT_TRUE(fs::is_directory(folder->path()));
    }
  };
  std::thread backups([&] { work("backup"); });
  work("train");
  backups.join();
  EXPECT_FALSE(fs::exists(dir / "shop" / "work"));
}

// A shop open for reading that follows the one that writes.
TEST(Following, SeesItemsEventsAndTablesWithinASecondOrTwo) {
  const TempDir dir;
  const auto writer = grocery(dir / "shop");
  EXPECT_EQ(writer->staleness(), std::nullopt);
  auto reader = Shop::open(dir / "shop", {.read_only = true, .for_repair = false, .threads = 1}).value();
  ASSERT_TRUE(reader->staleness());
  reader->start_background();
  store::Changes changes;
  changes.items = {item("rice", "Long grain rice", "Food > Pantry", "3.10")};
  apply(*writer, changes);
  ASSERT_TRUE(writer->train(Progress::none()));
  const auto in_step = [&] { return reader->view()->version == "tables-2" && keys_of(reader->search(query("rice")).value()).size() == 1; };
  for (int i = 0; i < 1000 && !in_step(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(in_step());
  EXPECT_LT(*reader->staleness(), 10 * kSecond);
  EXPECT_THAT(reader->status_json(), AllOf(HasSubstr(R"("read_only":true)"), HasSubstr(R"("stale_ms":)")));
  EXPECT_EQ(reader->apply(changes).error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace souk::testing
