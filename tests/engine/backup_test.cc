// Copies of a shop: made while others write, verified, restored.
#include "souk/engine/backup.h"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "souk/base/random.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using engine::BackupManifest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Backup : public ::testing::Test {
 protected:
  static Result<engine::BackupReport> back_up(const engine::Shop& shop, const fs::path& to, const fs::path& earlier = {}) {
    return shop.backup({.to = to, .earlier = earlier}, Progress::none());
  }
  Result<engine::BackupReport> restore(const fs::path& to) { return engine::restore_backup(backup, to, Progress::none()); }

  const TempDir dir;
  const fs::path backup = dir / "backup";
};

std::vector<std::string> answers_of(const engine::Shop& shop) {
  std::vector<std::string> keys;
  for (const char* shelf : {"for-you", "trending", "also-bought"}) {
    engine::ShelfRequest request = ask(shelf);
    request.shopper = "h3";
    request.items = {"milk"};
    request.now = kMonday + 60 * kDay;
    const auto answer = shop.shelf(request);
    EXPECT_TRUE(answer) << answer.error().message();
    for (const std::string& key : keys_of(*answer)) keys.push_back(key);
  }
  for (const std::string& key : keys_of(shop.search(query("milk")).value())) keys.push_back(key);
  return keys;
}

TEST_F(Backup, RestoresAShopThatAnswersAlike) {
  std::vector<std::string> before;
  {
    const auto shop = grocery(dir / "shop");
    before = answers_of(*shop);
    const auto made = back_up(*shop, backup);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->seq, shop->store().counts().seq);
    EXPECT_GT(made->files, 5U);
    EXPECT_THAT(engine::verify_backup(backup, Progress::none()).value(), ::testing::SizeIs(1));
  }
  const auto restored = restore(dir / "again");
  ASSERT_TRUE(restored) << restored.error().message();
  const auto shop = reopened(dir / "again");
  EXPECT_EQ(answers_of(*shop), before);
  const auto findings = shop->doctor(false, Progress::none()).value();
  for (const engine::Finding& finding : findings) EXPECT_TRUE(finding.ok) << finding.what << finding.detail;
  EXPECT_FALSE(fs::exists(dir / "shop" / "work")) << "what it worked with is gone";
}

TEST_F(Backup, HoldsAllThatWasCommittedBeforeItAndNothingByHalves) {
  const auto shop = grocery(dir / "shop");
  std::atomic<bool> stop{false};
  std::atomic<int> orders{0};
  std::jthread writer([&] {
    for (int order = 0; !stop; ++order) {
      store::Changes changes;  // three lines each, durable together
      for (const char* key : {"milk", "bread", "tea"}) {
        changes.events.push_back(event(fmt::format("n{}:{}", order, key), "late", key, store::EventKind::purchase,
                                       kMonday + order * kMinute, fmt::format("n{}", order)));
      }
      ASSERT_TRUE(shop->store().commit(changes));
      orders = order + 1;
    }
  });
  while (orders < 20) std::this_thread::yield();
  const int before = orders;
  ASSERT_TRUE(back_up(*shop, backup));
  stop = true;
  writer.join();
  ASSERT_TRUE(restore(dir / "again"));
  const auto again = reopened(dir / "again");
  const auto late = again->store().find_shopper("late").value();
  ASSERT_TRUE(late);
  const std::size_t lines = again->store().recent_events(*late, 1'000'000)->size();
  EXPECT_GE(lines, 3U * static_cast<std::size_t>(before));
  EXPECT_EQ(lines % 3, 0U);
}

TEST_F(Backup, SharesWithAnEarlierOneWhatDidNotChange) {
  const auto shop = grocery(dir / "shop");
  ASSERT_TRUE(back_up(*shop, dir / "monday"));
  store::Changes changes;
  changes.items = {item("rice", "Long grain rice", "Food > Pantry", "3.10")};
  apply(*shop, changes);
  const auto second = back_up(*shop, backup, dir / "monday");
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_GT(second->linked, 0U);
  EXPECT_LT(second->linked, second->files);
  struct stat about {};
  ASSERT_EQ(::stat((backup / "models/tables/1/tables.souk").c_str(), &about), 0);
  EXPECT_EQ(about.st_nlink, 2U);
  fs::remove_all(dir / "monday");
  ASSERT_TRUE(restore(dir / "again"));
  EXPECT_TRUE(reopened(dir / "again")->store().find_item("rice").value());
}

// People move what is large to another disk, and leave a link.
TEST_F(Backup, HoldsWhatStandsBehindLinks) {
  const auto moved = [&](const fs::path& from, const std::string& name) {
    fs::rename(from, dir / name);
    fs::create_symlink(dir / name, from);
  };
  std::vector<std::string> before;
  {
    const auto shop = grocery(dir / "shop");
    before = answers_of(*shop);
    moved(dir / "shop" / "models" / "tables" / "1" / "tables.souk", "file");
    moved(dir / "shop" / "models" / "tables", "folder");
    fs::create_directories(dir / "elsewhere" / "deep");
    std::ofstream(dir / "elsewhere" / "deep" / "run.json") << "{}";
    fs::create_symlink("../elsewhere", dir / "shop" / "results");
    fs::create_symlink("run.json", dir / "elsewhere" / "deep" / "same.json");
    ASSERT_TRUE(back_up(*shop, backup));
  }
  for (const char* file : {"models/tables/1/tables.souk", "results/deep/run.json", "results/deep/same.json"}) {
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(backup / file))) << file;
  }
  EXPECT_THAT(engine::verify_backup(backup, Progress::none()).value(), ::testing::SizeIs(1));
  for (const char* gone : {"shop", "file", "folder", "elsewhere"}) fs::remove_all(dir / gone);
  ASSERT_TRUE(restore(dir / "again"));
  EXPECT_EQ(answers_of(*reopened(dir / "again")), before);
}

TEST_F(Backup, NamesALinkThatLeadsNowhereOrBack) {
  const auto shop = grocery(dir / "shop");
  const fs::path link = dir / "shop" / "results" / "in" / "link";
  fs::create_directories(link.parent_path());
  fs::create_directories(dir / "other");
  fs::create_symlink(link.parent_path(), dir / "other" / "back");
  for (const char* target : {"nowhere", "link", ".", "..", "/", "../../../other"}) {
    fs::create_symlink(target, link);
    const auto refused = back_up(*shop, backup);
    ASSERT_FALSE(refused) << target;
    EXPECT_THAT(refused.error().message(), HasSubstr("link")) << target;
    EXPECT_FALSE(fs::exists(backup));
    fs::remove(link);
  }
  fs::remove_all(link.parent_path().parent_path());
  fs::create_symlink("nowhere", dir / "shop" / "results");
  EXPECT_THAT(back_up(*shop, backup).error().message(), HasSubstr("results"));
}

TEST_F(Backup, IsNotSharedWithADamagedFile) {
  const auto shop = grocery(dir / "shop");
  ASSERT_TRUE(back_up(*shop, dir / "monday"));
  std::fstream(dir / "monday" / "models/tables/1/tables.souk", std::ios::in | std::ios::out | std::ios::binary).seekp(100).put('!');
  ASSERT_TRUE(back_up(*shop, backup, dir / "monday"));
  EXPECT_THAT(engine::verify_backup(backup, Progress::none()).value(), ::testing::SizeIs(1));
}

TEST_F(Backup, WillNotOverwriteAnything) {
  const auto shop = grocery(dir / "shop");
  fs::create_directories(backup);
  std::ofstream(backup / "letter") << "dear";
  EXPECT_EQ(back_up(*shop, backup).error().kind, ErrorKind::exists);
  EXPECT_EQ(back_up(*shop, dir / "shop" / "backup").error().kind, ErrorKind::invalid);
  EXPECT_EQ(back_up(*shop, dir / "new", dir / "shop").error().kind, ErrorKind::not_found) << "a shop is no backup";
  ASSERT_TRUE(back_up(*shop, dir / "good"));
  EXPECT_EQ(engine::restore_backup(dir / "good", dir / "shop", Progress::none()).error().kind, ErrorKind::exists);
  EXPECT_EQ(engine::restore_backup(dir / "shop", dir / "new", Progress::none()).error().kind, ErrorKind::not_found);
  EXPECT_FALSE(fs::exists(dir / "new"));
}

TEST_F(Backup, TakesNothingIn) {
  const auto shop = grocery(dir / "shop");
  ASSERT_TRUE(back_up(*shop, backup));
  fs::create_directory_symlink(backup, dir / "link");
  for (const fs::path& inside : {backup / "in", dir / "link" / "store" / "in"}) {
    EXPECT_EQ(restore(inside).error().kind, ErrorKind::invalid);
    EXPECT_EQ(back_up(*shop, inside, backup).error().kind, ErrorKind::invalid);
    EXPECT_FALSE(fs::exists(inside));
  }
  EXPECT_THAT(engine::verify_backup(backup, Progress::none()).value(), ::testing::SizeIs(1));
}

TEST_F(Backup, LeavesNothingWhenItIsStopped) {
  const auto shop = grocery(dir / "shop");
  Progress progress(Progress::Style::silent);
  progress.cancel();
  EXPECT_EQ(shop->backup({.to = backup, .earlier = {}}, progress).error().kind, ErrorKind::cancelled);
  ASSERT_TRUE(back_up(*shop, backup));
  EXPECT_EQ(engine::restore_backup(backup, dir / "again", progress).error().kind, ErrorKind::cancelled);
  for (const char* left : {"backup.part-1", "again", "again.part-1"}) EXPECT_FALSE(fs::exists(dir / left)) << left;
}

TEST_F(Backup, RemovesWhatADeadOneLeft) {
  const fs::path left = dir / "again.part-1", mine = dir / "again.part-2", other = dir / "other.part-1";
  ASSERT_TRUE(back_up(*grocery(dir / "shop"), backup));
  for (const char* folder : {"again", "other", "again"}) {  // the third removes what the first left, and leaves the same
    const pid_t child = ::fork();
    if (child == 0) {
      Progress dying(Progress::Style::records, [](std::string_view) { ::raise(SIGKILL); });
      (void)engine::restore_backup(backup, dir / folder, dying);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(fs::exists(left / "whole"));
    EXPECT_FALSE(fs::exists(mine));
  }
  fs::create_directories(mine);
  std::ofstream(mine / "letter") << "dear";
  std::ofstream(left / "letter") << "dear";
  ASSERT_TRUE(restore(dir / "again"));
  EXPECT_TRUE(fs::exists(mine / "letter"));
  EXPECT_TRUE(fs::exists(left / "letter")) << "someone keeps it there";
  EXPECT_FALSE(fs::exists(left / "whole"));
  EXPECT_TRUE(fs::exists(other / "whole")) << "it is of another folder";
}

TEST_F(Backup, RemovesNoFolderThatItDidNotMake) {
  for (const char* name : {"a.part", "a.part-1", "a.part-2", "a.part-x", "a.part-"}) {
    ASSERT_TRUE(grocery(dir / name));
    const auto shop = reopened(dir / name);
    ASSERT_TRUE(back_up(*shop, dir / "a")) << "its own source";
    EXPECT_TRUE(shop->doctor(false, Progress::none()));
    fs::remove_all(dir / "a");
  }
  ASSERT_TRUE(back_up(*reopened(dir / "a.part"), dir / "b.part-1"));
  fs::create_symlink(dir / "a.part", dir / "b.part-2");
  std::ofstream(dir / "b.part-3") << "a file";
  ASSERT_TRUE(engine::restore_backup(dir / "b.part-1", dir / "b", Progress::none()));
  EXPECT_THAT(engine::verify_backup(dir / "b.part-1", Progress::none()).value(), ::testing::SizeIs(1));
  for (const char* name : {"a.part", "a.part-1", "a.part-2", "a.part-x", "a.part-"}) EXPECT_TRUE(reopened(dir / name)) << name;
  EXPECT_TRUE(fs::exists(dir / "b.part-2") && fs::exists(dir / "b.part-3"));
}

TEST_F(Backup, LeavesALeftoverThatIsReadFrom) {
  ASSERT_TRUE(back_up(*grocery(dir / "shop"), backup));
  const fs::path source = dir / "again.part-1" / "whole";
  fs::create_directories(source.parent_path());
  fs::rename(backup, source);
  std::ofstream(source.parent_path() / "souk-unfinished").flush();
  ASSERT_TRUE(engine::restore_backup(source, dir / "again", Progress::none()));
  EXPECT_TRUE(fs::exists(source / "store"));
}

TEST_F(Backup, TwoAtOnceDoNotHarmEachOther) {
  const auto shop = grocery(dir / "shop");
  std::optional<Error> second;
  const auto with_another = [&](auto make) {
    second.reset();
    return std::make_unique<Progress>(Progress::Style::records, [&second, make](std::string_view) {
      if (const auto made = make(); !second && !made) second = made.error();
    });
  };
  const auto while_backing_up = with_another([&] { return back_up(*shop, backup); });
  ASSERT_TRUE(shop->backup({.to = backup, .earlier = {}}, *while_backing_up));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->kind, ErrorKind::busy) << second->message();
  EXPECT_THAT(second->message(), HasSubstr("another backup or restore"));
  EXPECT_THAT(engine::verify_backup(backup, Progress::none()).value(), ::testing::SizeIs(1));
  const auto while_restoring = with_another([&] { return restore(dir / "again"); });
  ASSERT_TRUE(engine::restore_backup(backup, dir / "again", *while_restoring));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->kind, ErrorKind::busy) << second->message();
  EXPECT_EQ(answers_of(*reopened(dir / "again")), answers_of(*shop));
}

TEST_F(Backup, DoesNotReplaceWhatIsPutThereMeanwhile) {
  ASSERT_TRUE(back_up(*grocery(dir / "shop"), backup));
  for (const bool empty_before : {false, true}) {
    for (const char* meanwhile : {"a file", "a folder", "an empty folder"}) {
      const fs::path to = dir / "again";
      if (empty_before) fs::create_directories(to);
      Progress progress(Progress::Style::records, [&, put = false](std::string_view) mutable {
        if (std::exchange(put, true)) return;
        if (meanwhile == std::string("a file")) {
          fs::remove_all(to);
          std::ofstream(to) << "mine";
        } else {
          fs::create_directories(to);
          if (meanwhile == std::string("a folder")) std::ofstream(to / "letter") << "mine";
        }
      });
      const auto restored = engine::restore_backup(backup, to, progress);
      if (empty_before && meanwhile == std::string("an empty folder")) {
        EXPECT_TRUE(restored) << "as it was asked for";
      } else {
        ASSERT_FALSE(restored) << meanwhile;
        EXPECT_EQ(restored.error().kind, ErrorKind::exists) << restored.error().message();
        EXPECT_FALSE(fs::exists(to / "store"));
      }
      EXPECT_FALSE(fs::exists(dir / "again.part-1"));
      fs::remove_all(to);
    }
  }
}

// Name, size, time and content of every file.
std::map<std::string, std::string> all_of(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    all[name] = fmt::format("{}", entry.last_write_time().time_since_epoch().count());
    if (entry.is_regular_file()) all[name] += read_file(entry.path()).value();
  }
  return all;
}

TEST_F(Backup, IsOnlyReadHoweverItIsOpened) {
  std::vector<std::string> before;
  {
    const auto shop = grocery(dir / "shop");
    before = answers_of(*shop);
    ASSERT_TRUE(back_up(*shop, backup));
  }
  const auto files = all_of(backup);
  for (const bool for_repair : {false, true}) {
    const auto refused = engine::Shop::open(backup, {.for_repair = for_repair});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("souk restore"), HasSubstr("--read-only")));
  }
  {
    const auto shop = engine::Shop::open(backup, {.read_only = true});
    ASSERT_TRUE(shop) << shop.error().message();
    EXPECT_EQ(answers_of(**shop), before);
    EXPECT_TRUE((*shop)->interactions());
    EXPECT_TRUE((*shop)->doctor(false, Progress::none()));
    EXPECT_FALSE((*shop)->doctor(true, Progress::none()));
  }
  EXPECT_EQ(all_of(backup), files);
  ASSERT_TRUE(restore(dir / "again"));
  EXPECT_EQ(answers_of(*reopened(dir / "again")), before);
}

TEST_F(Backup, RefusesToRestoreDamage) {
  ASSERT_TRUE(back_up(*grocery(dir / "shop"), backup));
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(backup)) {
    if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(entry.path());
  }
  Random random(5);
  for (int round = 0; round < 60; ++round) {
    const fs::path& file = files[random.below(static_cast<std::uint32_t>(files.size()))];
    const std::string content = read_file(file).value();
    std::string damaged = content;
    damaged[random.below(static_cast<std::uint32_t>(damaged.size()))] ^= static_cast<char>(1 + random.below(255));
    std::ofstream(file, std::ios::binary) << damaged;
    const auto restored = restore(dir / "again");
    ASSERT_FALSE(restored) << file;
    EXPECT_TRUE(restored.error().kind == ErrorKind::corrupt || restored.error().kind == ErrorKind::version) << restored.error().message();
    EXPECT_FALSE(fs::exists(dir / "again"));
    const auto findings = engine::verify_backup(backup, Progress::none()).value();
    EXPECT_FALSE(std::all_of(findings.begin(), findings.end(), [](const engine::Finding& finding) { return finding.ok; })) << file;
    std::ofstream(file, std::ios::binary) << content;
  }
  EXPECT_TRUE(restore(dir / "again"));
}

TEST_F(Backup, NamesWhatIsMissingAndWhatDoesNotBelong) {
  ASSERT_TRUE(back_up(*grocery(dir / "shop"), backup));
  fs::remove(backup / "store" / "CURRENT");
  std::ofstream(backup / "notes.txt") << "mine";
  const auto findings = engine::verify_backup(backup, Progress::none()).value();
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_FALSE(findings[1].ok);
  EXPECT_EQ(findings[1].what, "store/CURRENT");
  EXPECT_TRUE(findings[2].warning);
  EXPECT_EQ(findings[2].what, "notes.txt");
  EXPECT_THAT(restore(dir / "again").error().message(), AllOf(HasSubstr("CURRENT"), HasSubstr("no such file")));
}

TEST(BackupManifest, ReadsBackWhatItWrote) {
  const BackupManifest written{.shop = "Corner\nshop",
                               .souk = "0.1.0",
                               .made = 1'700'000'000'123,
                               .seq = 42,
                               .files = {{"a b/c", 3, hash128("abc")}, {"shop.toml", 0, hash128("")}}};
  const auto read = engine::parse_manifest(engine::manifest_text(written), "manifest");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->shop, "Corner shop");
  EXPECT_EQ(read->made, written.made);
  EXPECT_EQ(read->seq, 42U);
  ASSERT_EQ(read->files.size(), 2U);
  EXPECT_EQ(read->files[0].path, "a b/c");
  EXPECT_EQ(read->files[0].size, 3U);
  EXPECT_EQ(read->files[0].hash, hash128("abc"));
}

TEST(BackupManifest, NoticesEveryChangedByteAndEveryCut) {
  const std::string text =
      engine::manifest_text({.shop = "s", .souk = "0.1.0", .made = 0, .seq = 1, .files = {{"shop.toml", 9, hash128("x")}}});
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string flipped = text;
    flipped[at] ^= 0x04;
    EXPECT_FALSE(engine::parse_manifest(flipped, "m")) << flipped;
    EXPECT_FALSE(engine::parse_manifest(text.substr(0, at), "m")) << at;
  }
  EXPECT_FALSE(engine::parse_manifest(text + "\n", "m"));
}

TEST(BackupManifest, IsWrittenInOneWayOnly) {
  const std::string text =
      engine::manifest_text({.shop = "s", .souk = "0", .made = 0, .seq = 7, .files = {{"shop.toml", 9, hash128("x")}}});
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string above = text.substr(0, text.find("end "));
    above.replace(above.find(from), from.size(), to);
    return above + "end " + hash128(above).hex() + "\n";
  };
  EXPECT_TRUE(engine::parse_manifest(with("seq 7", "seq 8"), "m"));
  EXPECT_FALSE(engine::parse_manifest(with("seq 7", "seq 07"), "m"));
  EXPECT_FALSE(engine::parse_manifest(with(" 9 ", " 09 "), "m"));
  EXPECT_FALSE(engine::parse_manifest(with("00:00:00Z", "01:00:00+01:00"), "m"));
}

TEST(BackupManifest, LeadsNowhereElse) {
  for (const char* path : {"../shop.toml", "/etc/passwd", "store/../../x", "", "./x", "store//x", "store/"}) {
    const std::string text = engine::manifest_text({.shop = "s", .souk = "0", .made = 0, .seq = 0, .files = {{path, 1, hash128("x")}}});
    EXPECT_FALSE(engine::parse_manifest(text, "m")) << path;
  }
}

}  // namespace
}  // namespace souk::testing
