// What the model of a disk promises (disk.h), and that the layer sees what a program does.
#include "tests/faults/disk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <set>
#include <unistd.h>

#include "tests/support/data.h"

namespace souk::faults {
namespace {

using souk::testing::TempDir;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path()).value();
  }
  return files;
}

// Everything that a disk may hold when the power goes out after these operations.
std::set<std::map<std::string, std::string>> outcomes(const std::vector<Operation>& operations, int draws = 200) {
  Disk disk;
  for (const Operation& operation : operations) disk.apply(operation);
  std::set<std::map<std::string, std::string>> all;
  for (int seed = 0; seed < draws; ++seed) {
    const TempDir folder;
    Random random(static_cast<std::uint64_t>(seed));
    EXPECT_TRUE(disk.write_after_cut(folder.path(), static_cast<Kept>(seed % 4), random));
    all.insert(files_in(folder.path()));
  }
  return all;
}

// What `work` does below a folder that holds `before`.
template <class Work>
std::vector<Operation> recorded(const TempDir& folder, const Work& work) {
  start_recording(folder.path().string());
  work();
  return read_operations(stop_recording());
}

void put(const fs::path& path, std::string_view text, bool sync, int flags = O_CREAT | O_TRUNC) {
  const int file = ::open(path.c_str(), O_WRONLY | flags, 0644);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_TRUE(!sync || ::fsync(file) == 0);
  ::close(file);
}

TEST(Disk, LosesWhatWasNotSynced) {
  const TempDir folder;
  const auto all = outcomes(recorded(folder, [&] { put(folder / "a", "new", false); }));
  EXPECT_THAT(all, Contains(IsEmpty())) << "the name";
  EXPECT_THAT(all, Contains(ElementsAre(std::pair("a", "")))) << "the bytes";
  EXPECT_THAT(all, Contains(ElementsAre(std::pair("a", "new"))));
}

TEST(Disk, AFilesSyncKeepsItsBytesAndNotItsName) {
  const TempDir folder;
  const auto all = outcomes(recorded(folder, [&] { put(folder / "a", "new", true); }));
  EXPECT_THAT(all, UnorderedElementsAre(IsEmpty(), ElementsAre(std::pair("a", "new"))));
}

TEST(Disk, KeepsWhatWasSyncedWithItsFolder) {
  const TempDir folder;
  const auto all = outcomes(recorded(folder, [&] {
    put(folder / "a", "new", true);
    ASSERT_TRUE(sync_directory(folder.path()));
  }));
  EXPECT_THAT(all, ElementsAre(ElementsAre(std::pair("a", "new"))));
}

TEST(Disk, WriteFileIsTheOldOrTheNewContent) {
  const TempDir folder;
  ASSERT_TRUE(write_file(folder / "a", "old"));
  const auto operations = recorded(folder, [&] { ASSERT_TRUE(write_file(folder / "a", std::string(2000, 'n'))); });
  for (std::size_t cut = 0; cut <= operations.size(); ++cut) {
    for (const auto& files : outcomes({operations.begin(), operations.begin() + static_cast<std::ptrdiff_t>(cut)}, 40)) {
      if (!files.contains("a")) {
        EXPECT_EQ(cut, 0u) << "before the recording says what there was";
      } else if (cut == operations.size()) {
        EXPECT_EQ(files.at("a"), std::string(2000, 'n'));
      } else {
        EXPECT_TRUE(files.at("a") == "old" || files.at("a") == std::string(2000, 'n')) << files.at("a");
      }
    }
  }
}

TEST(Disk, AFileReplacedInPlaceMayBeTornBySectors) {
  const TempDir folder;
  put(folder / "a", std::string(2048, 'o'), true);
  const auto all = outcomes(recorded(folder, [&] { put(folder / "a", std::string(2048, 'n'), false, 0); }));
  std::set<std::string> contents;
  for (const auto& files : all) contents.insert(files.at("a"));
  EXPECT_GT(contents.size(), 4u);
  for (const std::string& content : contents) {
    ASSERT_EQ(content.size(), 2048u);
    for (std::size_t s = 0; s < 4; ++s) {
      const std::string sector = content.substr(512 * s, 512);
      EXPECT_TRUE(sector == std::string(512, 'o') || sector == std::string(512, 'n'));
    }
  }
}

TEST(Disk, NamesChangeInTheOrderInWhichTheyWereChanged) {
  const TempDir folder;
  const auto all = outcomes(recorded(folder, [&] {
    put(folder / "a", "1", true);
    fs::rename(folder / "a", folder / "b");
    put(folder / "c", "2", true);
    fs::remove(folder / "b");
  }));
  const std::pair<const std::string, std::string> a{"a", "1"}, b{"b", "1"}, c{"c", "2"};
  EXPECT_THAT(all, UnorderedElementsAre(IsEmpty(), ElementsAre(a), ElementsAre(b), ElementsAre(b, c), ElementsAre(c)));
}

TEST(Disk, AFolderThatWasMadeButNotSyncedIsLostWithAllThatIsInIt) {
  const TempDir folder;
  const auto work = [&](bool durable) {
    return recorded(folder, [&] {
      if (durable) {
        ASSERT_TRUE(make_directories(folder / "x" / "y"));
      } else {
        fs::create_directories(folder / "x" / "y");
      }
      ASSERT_TRUE(write_file(folder / "x" / "y" / "a", "1"));
    });
  };
  EXPECT_THAT(outcomes(work(false)), Contains(IsEmpty()));
  fs::remove_all(folder / "x");
  EXPECT_THAT(outcomes(work(true)), Not(Contains(IsEmpty())));
}

TEST(Disk, HardLinksAreOneFile) {
  const TempDir folder;
  const auto all = outcomes(recorded(folder, [&] {
    put(folder / "a", "old", true);
    ASSERT_EQ(::link((folder / "a").c_str(), (folder / "b").c_str()), 0);
    ASSERT_TRUE(sync_directory(folder.path()));
    put(folder / "a", "", true);
  }));
  EXPECT_THAT(all, ElementsAre(ElementsAre(std::pair("a", ""), std::pair("b", ""))));
}

TEST(FileLayer, FailsTheCallsItIsToldToAndNoOthers) {
  const TempDir folder;
  arm(folder.path().string(), {.first = 3, .last = 3, .error = ENOSPC});
  const int file = ::open((folder / "a").c_str(), O_WRONLY | O_CREAT, 0644);
  EXPECT_EQ(::write(file, "1", 1), 1);
  EXPECT_EQ(::write(file, "2", 1), -1);
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_EQ(::write(file, "3", 1), 1);
  EXPECT_EQ(calls(), 4u);
  disarm();
  ::close(file);
  EXPECT_EQ(read_file(folder / "a").value(), "13");
}

TEST(FileLayer, WritesShortAndFlipsBitsOfWhatIsRead) {
  const TempDir folder;
  arm(folder.path().string(), {.short_write = 2, .flip_read = 1, .seed = 5});
  ASSERT_TRUE(write_file(folder / "a", "abcdefgh")) << "goes on behind a short write";
  EXPECT_NE(read_file(folder / "a").value(), "abcdefgh");
  EXPECT_EQ(read_file(folder / "a").value(), "abcdefgh");
  disarm();
}

}  // namespace
}  // namespace souk::faults
