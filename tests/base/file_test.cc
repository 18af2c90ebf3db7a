#include "souk/base/file.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/support/data.h"

namespace souk {
namespace {

std::size_t files_in(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

TEST(WriteFile, MakesOrReplacesTheWholeFileAndLeavesNothingElse) {
  const testing::TempDir dir;
  const fs::path path = dir / "f";
  ASSERT_TRUE(write_file(path, "a long first content"));
  EXPECT_EQ(read_file(path).value(), "a long first content");
  ASSERT_TRUE(write_file(path, "second"));
  EXPECT_EQ(read_file(path).value(), "second");
  const std::array<std::string_view, 3> pieces{"one", "", "two"};
  ASSERT_TRUE(write_file(path, pieces));
  EXPECT_EQ(read_file(path).value(), "onetwo");
  EXPECT_EQ(files_in(dir.path()), 1U);
}

TEST(AbsolutePath, LeavesAsItIsWhatCannotBeTold) {
  EXPECT_EQ(absolute_path("/a/../b"), "/a/../b");
  EXPECT_EQ(absolute_path("a"), fs::current_path() / "a");
  EXPECT_EQ(absolute_path(""), "");
  EXPECT_EQ(make_directories("").error().kind, ErrorKind::invalid);
  const fs::path before = fs::current_path();
  {
    const testing::TempDir gone;
    fs::current_path(gone.path());
  }
  EXPECT_EQ(absolute_path("a"), "a");
  EXPECT_EQ(make_directories("a").error().kind, ErrorKind::not_found);
  fs::current_path(before);
}

TEST(TemporaryFolder, IsAFolderOrAnError) {
  EXPECT_TRUE(fs::is_directory(temporary_folder().value()));
  const char* set = std::getenv("TMPDIR");
  const std::string before = set == nullptr ? "" : set;
  ::setenv("TMPDIR", "/no/such/folder", 1);
  EXPECT_EQ(temporary_folder().error().where, "/no/such/folder");
  if (set == nullptr) ::unsetenv("TMPDIR");
  if (set != nullptr) ::setenv("TMPDIR", before.c_str(), 1);
}

TEST(WriteFile, WritesLargeContentWhole) {
  const testing::TempDir dir;
  std::string content;
  content.resize(9'000'001);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 >> 10);
  const std::array<std::string_view, 2> pieces{content, std::string_view(content).substr(0, 4 << 20)};
  ASSERT_TRUE(write_file(dir / "f", pieces));
  EXPECT_TRUE(read_file(dir / "f").value() == content + content.substr(0, 4 << 20));
}

TEST(WriteFile, KeepsTheOldContentWhenItFails) {
  const testing::TempDir dir;
  fs::create_directory(dir / "taken");  // a rename onto a folder fails, after the temporary file was written
  const Status status = write_file(dir / "taken", "content");
  ASSERT_FALSE(status);
  EXPECT_TRUE(fs::is_directory(dir / "taken"));
  EXPECT_EQ(files_in(dir.path()), 1U) << "the temporary file is gone";
  EXPECT_EQ(write_file(dir / "missing/f", "x").error().kind, ErrorKind::not_found);
}

TEST(WriteFile, KeepsPermissions) {
  const testing::TempDir dir;
  ASSERT_TRUE(write_file(dir / "keys", "secret"));
  ASSERT_EQ(::chmod((dir / "keys").c_str(), 0600), 0);
  ASSERT_TRUE(write_file(dir / "keys", "other"));
  struct stat status {};
  ASSERT_EQ(::stat((dir / "keys").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST(WriteFile, ReadersAndWritersAtOnceSeeWholeContents) {
  const testing::TempDir dir;
  const fs::path path = dir / "f";
  ASSERT_TRUE(write_file(path, std::string(10'000, 'a')));
  {
    std::vector<std::jthread> writers;
    for (const char letter : {'a', 'b', 'c'}) {
      writers.emplace_back([&path, letter] {
        for (int i = 0; i < 20; ++i) EXPECT_TRUE(write_file(path, std::string(10'000, letter)));
      });
    }
    for (int i = 0; i < 100; ++i) {
      const auto content = read_file(path);
      ASSERT_TRUE(content);
      ASSERT_EQ(*content, std::string(10'000, content->front()));
    }
  }
  EXPECT_EQ(files_in(dir.path()), 1U);
}

TEST(MappedFile, ShowsTheBytesAndCanBeMoved) {
  const testing::TempDir dir;
  ASSERT_TRUE(write_file(dir / "f", "hello"));
  auto file = MappedFile::open(dir / "f");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text(), "hello");
  MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.text(), "hello");
  ASSERT_TRUE(write_file(dir / "f", "another"));
  EXPECT_EQ(moved.text(), "hello") << "a map keeps the file it opened";
}

TEST(MappedFile, OpensEmptyFilesAndRefusesOthers) {
  const testing::TempDir dir;
  ASSERT_TRUE(write_file(dir / "empty", ""));
  EXPECT_EQ(MappedFile::open(dir / "empty").value().text(), "");
  EXPECT_EQ(MappedFile::open(dir / "none").error().kind, ErrorKind::not_found);
  EXPECT_EQ(MappedFile::open(dir.path()).error().kind, ErrorKind::invalid);
  EXPECT_EQ(read_file(dir / "none").error().kind, ErrorKind::not_found);
  EXPECT_EQ(read_file(dir.path()).error().kind, ErrorKind::io);
}

TEST(MakeDirectories, MakesWhatIsMissingAndSaysWhatIsInTheWay) {
  const testing::TempDir dir;
  ASSERT_TRUE(make_directories(dir / "a/b/c"));
  EXPECT_TRUE(fs::is_directory(dir / "a/b/c"));
  EXPECT_TRUE(make_directories(dir / "a/b/c"));
  EXPECT_TRUE(make_directories(dir / "a/d/"));
  EXPECT_TRUE(fs::is_directory(dir / "a/d"));
  ASSERT_TRUE(write_file(dir / "file", "x"));
  const Status status = make_directories(dir / "file/e");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("file"), std::string::npos);
}

TEST(RemoveLeftovers, DeletesWhatWriteFileLeavesWhenItDiesAndNothingElse) {
  const testing::TempDir dir;
  for (const char* name : {"a.toml", "a.toml.tmp-12-0", ".tmp-1-1", "notes.tmp-1-x", "b.tmp-", "c.tmp-3-14"}) {
    ASSERT_TRUE(write_file(dir / name, "x"));
  }
  remove_leftovers(dir.path());
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(dir.path())) left.push_back(entry.path().filename().string());
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{".tmp-1-1", "a.toml", "b.tmp-", "notes.tmp-1-x"}));
  remove_leftovers(dir / "none");
}

TEST(NamelessFile, IsReadByItsPathAndFoundByNobody) {
  const testing::TempDir dir;
  fs::path path;
  {
    auto made = NamelessFile::make(dir.path());
    ASSERT_TRUE(made) << made.error().message();
    NamelessFile file = std::move(*made);
    EXPECT_TRUE(fs::is_empty(dir.path()));
    ASSERT_TRUE(file.append("one "));
    ASSERT_TRUE(file.append("two"));
    path = file.path();
    EXPECT_TRUE(is_nameless(path));
    for (int again = 0; again < 2; ++again) EXPECT_EQ(read_file(path).value(), "one two") << "from its beginning each time";
    EXPECT_EQ(fs::file_size(path), 7U);
  }
  EXPECT_TRUE(fs::is_empty(dir.path()));
  EXPECT_FALSE(is_nameless(dir / "file"));
  EXPECT_FALSE(NamelessFile::make(dir / "none"));
}

TEST(FolderSize, CountsFilesBelow) {
  const testing::TempDir dir;
  EXPECT_EQ(folder_size(dir.path()), 0U);
  fs::create_directories(dir / "a/b");
  ASSERT_TRUE(write_file(dir / "a/b/f", std::string(100'000, 'x')));
  EXPECT_GE(folder_size(dir.path()), 100'000U);
  EXPECT_LT(folder_size(dir.path()), 300'000U);
  EXPECT_EQ(folder_size(dir / "none"), 0U);
}

}  // namespace
}  // namespace souk
