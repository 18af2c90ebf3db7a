// Folders that have their name when they are complete: rights, links, mount points, and what processes that were killed leave in them.
#include "souk/engine/unfinished_folder.h"

#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "souk/engine/backup.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using engine::UnfinishedFolder;
using ::testing::HasSubstr;

class Unfinished : public ::testing::Test {
 protected:
  static void fill(const fs::path& whole) {
    for (const char* file : {"store/CURRENT", "models/tables/1/tables.souk", "shop.toml", "backup.manifest"}) {
      fs::create_directories((whole / file).parent_path());
      std::ofstream(whole / file) << file;
    }
  }
  static std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
    return names;
  }
  static mode_t rights(const fs::path& folder) {
    struct stat about {};
    return ::stat(folder.c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
  }
  // What a process leaves that is killed when so many entries went up.
  void leave(std::size_t gone_up) {
    const fs::path part = dest / "souk.part-1", whole = part / "whole";
    fs::create_directories(dest);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto unfinished = UnfinishedFolder::within(dest, {});
      if (unfinished) fill(unfinished->path());
      ::raise(SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(fs::exists(whole / "shop.toml"));
    std::string moves;
    for (const char* name : kOrder) {
      struct stat about {};
      ASSERT_EQ(::lstat((whole / name).c_str(), &about), 0);
      moves += fmt::format("{} {} {}\n", about.st_dev, about.st_ino, name);
    }
    std::ofstream(part / "moves") << moves;
    for (std::size_t i = 0; i < gone_up; ++i) fs::rename(whole / kOrder[i], dest / kOrder[i]);
  }

  static constexpr std::array<const char*, 4> kOrder{"backup.manifest", "store", "models", "shop.toml"};
  const std::set<std::string> all{kOrder.begin(), kOrder.end()};
  const TempDir dir;
  const fs::path dest = dir / "dest";
};

TEST_F(Unfinished, IsForItsOwnerAloneUnlessItWasThere) {
  for (const mode_t before : {mode_t{0}, mode_t{0750}, mode_t{0700}}) {
    if (before != 0) {
      fs::create_directories(dest);
      ASSERT_EQ(::chmod(dest.c_str(), before), 0);
    }
    auto made = UnfinishedFolder::make(dest, {});
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(rights(made->path().parent_path()), mode_t{0700});
    fill(made->path());
    ASSERT_TRUE(made->finish());
    EXPECT_EQ(rights(dest), before == 0 ? mode_t{0700} : before);
    EXPECT_EQ(names_in(dir.path()), std::set<std::string>{"dest"});
    fs::remove_all(dest);
  }
}

TEST_F(Unfinished, StandsBehindALink) {
  fs::create_directories(dest);
  fs::create_directory_symlink("dest", dir / "link");
  auto made = UnfinishedFolder::make(dir / "link", {});
  ASSERT_TRUE(made) << made.error().message();
  fill(made->path());
  ASSERT_TRUE(made->finish());
  EXPECT_EQ(names_in(dest), all);
  EXPECT_TRUE(fs::is_symlink(dir / "link"));

  fs::create_directory_symlink("nowhere", dir / "dead");
  const auto refused = UnfinishedFolder::make(dir / "dead", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("leads nowhere"));
}

TEST_F(Unfinished, FillsAFolderFromWithin) {
  fs::create_directories(dest);
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(dest.c_str(), &before), 0);
  auto made = UnfinishedFolder::within(dest, {});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(engine::remove_unfinished(dest, {}).error().kind, ErrorKind::busy) << "its maker lives";
  fill(made->path());
  ASSERT_TRUE(made->finish());
  EXPECT_EQ(names_in(dest), all);
  EXPECT_EQ(read_file(dest / "models/tables/1/tables.souk").value(), "models/tables/1/tables.souk");
  ASSERT_EQ(::stat(dest.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(Unfinished, DoesNotMixWithWhatIsPutThereMeanwhile) {
  fs::create_directories(dest);
  {
    auto made = UnfinishedFolder::within(dest, {});
    ASSERT_TRUE(made);
    fill(made->path());
    std::ofstream(dest / "letter") << "mine";
    EXPECT_EQ(made->finish().error().kind, ErrorKind::exists);
  }
  EXPECT_EQ(names_in(dest), std::set<std::string>{"letter"});
  { ASSERT_TRUE(UnfinishedFolder::within(dir / "dest", {})); }
  EXPECT_EQ(names_in(dest), std::set<std::string>{"letter"}) << "what is not finished goes";
}

TEST_F(Unfinished, LeavesNothingOfADeadOneWhereverItDied) {
  for (std::size_t gone_up = 0; gone_up < kOrder.size(); ++gone_up) {
    leave(gone_up);
    EXPECT_FALSE(fs::exists(dest / "shop.toml")) << "it is no shop yet";
    ASSERT_TRUE(engine::remove_unfinished(dest, {}));
    EXPECT_TRUE(fs::is_empty(dest)) << gone_up;
  }
  leave(kOrder.size());
  ASSERT_TRUE(engine::remove_unfinished(dest, {}));
  EXPECT_EQ(names_in(dest), all) << "it was complete";
}

TEST_F(Unfinished, RemovesNothingOfAnyoneElse) {
  leave(2);
  std::ofstream(dest / "letter") << "mine";
  ASSERT_TRUE(engine::remove_unfinished(dest, {}));
  EXPECT_EQ(names_in(dest), (std::set<std::string>{"backup.manifest", "store", "letter", "souk.part-1"}));
  fs::remove_all(dest);
  leave(2);
  std::ofstream(dest / "mine") << "mine";  // beside what has the name now, so that no file gets its number
  fs::remove_all(dest / "store");
  fs::rename(dest / "mine", dest / "store");
  ASSERT_TRUE(engine::remove_unfinished(dest, {}));
  EXPECT_EQ(read_file(dest / "store").value(), "mine");
}

// Mounts while it lives.
class Mount {
 public:
  Mount(const char* from, const fs::path& to, const char* type, unsigned long flags) : to_(to) {
    fs::create_directories(to);
    mounted_ = ::mount(from, to.c_str(), type, flags, nullptr) == 0;
  }
  ~Mount() {
    if (mounted_) ::umount2(to_.c_str(), MNT_DETACH);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  explicit operator bool() const { return mounted_; }

 private:
  const fs::path to_;
  bool mounted_;
};

TEST_F(Unfinished, FillsMountPoints) {
  const auto shop = grocery(dir / "shop");
  fs::create_directories(dir / "same-disk");
  for (const bool other_disk : {true, false}) {
    for (const bool of_a_backup : {true, false}) {
      const fs::path volume = dir / "volume", backup = of_a_backup ? volume : dir / "backup";
      const Mount mount(other_disk ? "tmpfs" : (dir / "same-disk").c_str(), volume, other_disk ? "tmpfs" : nullptr,
                        other_disk ? 0 : MS_BIND);
      if (!mount) GTEST_SKIP() << "needs the right to mount";
      const auto made = shop->backup({.to = backup, .earlier = {}}, Progress::none());
      ASSERT_TRUE(made) << made.error().message();
      EXPECT_THAT(engine::verify_backup(backup, Progress::none()).value(), ::testing::SizeIs(1));
      const fs::path again = of_a_backup ? dir / "again" : volume;
      const auto restored = engine::restore_backup(backup, again, Progress::none());
      ASSERT_TRUE(restored) << restored.error().message();
      EXPECT_EQ(names_in(again), (std::set<std::string>{"models", "shop.toml", "store"}));
      EXPECT_EQ(reopened(again)->store().counts().seq, shop->store().counts().seq);
      EXPECT_EQ(engine::restore_backup(backup, volume, Progress::none()).error().kind,
                of_a_backup ? ErrorKind::invalid : ErrorKind::exists);
      for (const auto& entry : fs::directory_iterator(volume)) fs::remove_all(entry.path());
      for (const char* left : {"backup", "again"}) fs::remove_all(dir / left);
    }
  }
}

}  // namespace
}  // namespace souk::testing
