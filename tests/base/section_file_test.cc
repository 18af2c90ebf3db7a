#include "souk/base/section_file.h"

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>

#include "souk/base/hash.h"

#include "tests/support/data.h"

namespace souk {
namespace {

const std::vector<std::uint32_t> kNumbers{1, 2, 3, 4, 5};

class SectionFileTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write(path_)); }
  static Status write(const fs::path& path) {
    SectionWriter writer("TEST", 3);
    writer.add("numbers", kNumbers);
    writer.add("empty", std::vector<double>{});
    writer.add_owned("text", "hello");
    return writer.write(path);
  }
  // The first error met by a reader who opens the file and verifies all of it.
  static Status read_all(const fs::path& path) {
    SOUK_TRY(const SectionFile file, SectionFile::open(path, "TEST", 1, 3));
    return file.verify();
  }
  // Not write_file(): hundreds of damaged copies need not survive a power cut.
  static void scribble(const fs::path& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  testing::TempDir dir_;
  fs::path path_ = dir_ / "file";
};

TEST_F(SectionFileTest, GivesBackWhatWasWritten) {
  auto file = SectionFile::open(path_, "TEST", 1, 3);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->version(), 3U);
  EXPECT_EQ(file->path(), path_);
  EXPECT_TRUE(file->has("numbers"));
  EXPECT_FALSE(file->has("number"));
  const auto numbers = file->array<std::uint32_t>("numbers");
  ASSERT_TRUE(numbers);
  EXPECT_EQ(std::vector(numbers->begin(), numbers->end()), kNumbers);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers->data()) % 64, 0U);
  EXPECT_TRUE(file->array<double>("empty").value().empty());
  EXPECT_EQ(file->bytes("text").value().size(), 5U);
  EXPECT_TRUE(file->verify());
  const SectionFile moved = std::move(*file);
  EXPECT_EQ(moved.array<char>("text").value()[4], 'o');
}

TEST_F(SectionFileTest, IsLaidOutAsDescribed) {
  const std::string bytes = read_file(path_).value();
  ASSERT_EQ(bytes.size(), 256U + 5U);  // header 24 + 3 x 40 = 144; sections at 192, 256, 256
  EXPECT_EQ(bytes.substr(0, 8), "SOUKTEST");
  EXPECT_EQ(bytes.substr(8, 8), std::string("\3\0\0\0\3\0\0\0", 8));
  EXPECT_EQ(bytes.substr(24, 8), std::string("numbers\0", 8));
  EXPECT_EQ(bytes.substr(192, 8), std::string("\1\0\0\0\2\0\0\0", 8));
  EXPECT_EQ(bytes.substr(256), "hello");
}

TEST_F(SectionFileTest, EqualContentGivesEqualBytes) {
  ASSERT_TRUE(write(dir_ / "again"));
  EXPECT_EQ(read_file(path_).value(), read_file(dir_ / "again").value());
}

TEST_F(SectionFileTest, FindsEveryFlippedBit) {
  const std::string bytes = read_file(path_).value();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int bit : {0, 7}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      scribble(dir_ / "damaged", damaged);
      const Status status = read_all(dir_ / "damaged");
      ASSERT_FALSE(status) << "byte " << at;
      ASSERT_EQ(status.error().kind, ErrorKind::corrupt) << "byte " << at << ": " << status.error().message();
      ASSERT_EQ(status.error().where, (dir_ / "damaged").string());
    }
  }
}

TEST_F(SectionFileTest, FindsEveryTruncationAndExtensionAtOpen) {
  const std::string bytes = read_file(path_).value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    scribble(dir_ / "short", std::string_view(bytes).substr(0, size));
    const auto file = SectionFile::open(dir_ / "short", "TEST", 1, 3);
    ASSERT_FALSE(file) << size;
    ASSERT_EQ(file.error().kind, ErrorKind::corrupt) << size;
  }
  ASSERT_TRUE(write_file(dir_ / "long", bytes + "x"));
  EXPECT_EQ(SectionFile::open(dir_ / "long", "TEST", 1, 3).error().what, "there are bytes after the last section");
}

// A header that is consistent in itself, but was made to lead a reader outside the file.
TEST_F(SectionFileTest, RefusesAForgedTableWhoseChecksumFits) {
  const std::string bytes = read_file(path_).value();
  constexpr std::size_t kTable = 24, kEntry = 40, kEntries = 3, kOffset = 16, kBytes = 24;
  for (std::size_t entry = 0; entry < kEntries; ++entry) {
    for (const std::size_t field : {kOffset, kBytes}) {
      for (const std::uint64_t value : {0UL, 1UL, 4096UL, UINT64_MAX, UINT64_MAX - 255, 1UL << 63}) {
        std::string forged = bytes;
        std::memcpy(forged.data() + kTable + entry * kEntry + field, &value, sizeof(value));
        if (forged == bytes) continue;
        const std::uint64_t checksum = hash64(forged.substr(0, 16) + forged.substr(kTable, kEntries * kEntry));
        std::memcpy(forged.data() + 16, &checksum, sizeof(checksum));
        scribble(dir_ / "forged", forged);
        const Status status = read_all(dir_ / "forged");
        ASSERT_FALSE(status) << entry << " " << field << " " << value;
        ASSERT_EQ(status.error().kind, ErrorKind::corrupt);
      }
    }
  }
}

TEST_F(SectionFileTest, ADamagedSectionHarmsOnlyItself) {
  std::string bytes = read_file(path_).value();
  bytes.back() = '!';
  ASSERT_TRUE(write_file(path_, bytes));
  const auto file = SectionFile::open(path_, "TEST", 1, 3);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->array<std::uint32_t>("numbers"));
  EXPECT_EQ(file->bytes("text").error().what, "section \"text\" does not match its checksum");
}

TEST_F(SectionFileTest, RefusesOtherKindsAndVersions) {
  const auto other = SectionFile::open(path_, "ROWS", 1, 3);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::invalid);
  EXPECT_EQ(other.error().expected, "\"ROWS\"");
  const auto newer = SectionFile::open(path_, "TEST", 1, 2);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, ErrorKind::version);
  EXPECT_EQ(newer.error().expected, "version 1 to 2");
  EXPECT_EQ(newer.error().found, "version 3");
  EXPECT_EQ(newer.error().hint, "Use the newer Souk that wrote it.");
  EXPECT_EQ(SectionFile::open(path_, "TEST", 4, 4).error().kind, ErrorKind::version);
  EXPECT_EQ(SectionFile::open(dir_ / "none", "TEST", 1, 3).error().kind, ErrorKind::not_found);
}

TEST_F(SectionFileTest, RefusesMissingSectionsAndWrongSizes) {
  const auto file = SectionFile::open(path_, "TEST", 1, 3);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bytes("absent").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(file->array<std::uint64_t>("numbers").error().kind, ErrorKind::corrupt);
}

TEST_F(SectionFileTest, HoldsNoSections) {
  ASSERT_TRUE(SectionWriter("NONE", 1).write(path_));
  const auto file = SectionFile::open(path_, "NONE", 1, 1);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_TRUE(file->verify());
}

}  // namespace
}  // namespace souk
