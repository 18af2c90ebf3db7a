#include "souk/base/row_map.h"

#include <gtest/gtest.h>
#include <map>

#include "souk/base/random.h"

#include "tests/support/data.h"

namespace souk {
namespace {

std::vector<std::string> random_keys(std::size_t count) {
  Random random(11);
  std::map<std::string, bool> seen;
  std::vector<std::string> keys;
  while (keys.size() < count) {
    std::string key(random.below(12), '\0');
    for (char& c : key) c = static_cast<char>(random.below(4) == 0 ? random.below(256) : 'a' + random.below(3));
    if (seen.emplace(key, true).second) keys.push_back(key);
  }
  return keys;
}

Result<RowMap> through_file(const RowMap& map, const fs::path& path) {
  SectionWriter writer("ROWS", 1);
  map.add_to(writer, "item");
  SOUK_CHECK(writer.write(path));
  SOUK_TRY(const SectionFile file, SectionFile::open(path, "ROWS", 1, 1));
  return RowMap::read(file, "item");
}

TEST(RowMap, AgreesWithAStdMapBeforeAndAfterAFile) {
  const testing::TempDir dir;
  const std::vector<std::string> keys = random_keys(5000);
  std::map<std::string, std::uint32_t> oracle;
  for (std::uint32_t row = 0; row < keys.size(); ++row) oracle[keys[row]] = row;
  const RowMap built = RowMap::of(keys);
  const RowMap stored = through_file(built, dir / "rows").value();
  std::vector<std::string> questions = keys;
  for (const std::string& key : keys) questions.push_back(key + "x");
  for (const RowMap* map : {&built, &stored}) {
    ASSERT_EQ(map->size(), keys.size());
    for (const std::string& question : questions) {
      const auto known = oracle.find(question);
      const auto row = map->find(question);
      ASSERT_EQ(row.has_value(), known != oracle.end());
      if (row) {
        ASSERT_EQ(*row, known->second);
        ASSERT_EQ(map->key(*row), question);
      }
    }
  }
}

TEST(RowMap, MayBeEmpty) {
  const testing::TempDir dir;
  for (const RowMap& map : {RowMap(), RowMap::of({})}) {
    EXPECT_EQ(map.size(), 0U);
    EXPECT_FALSE(map.find(""));
    EXPECT_EQ(through_file(map, dir / "rows").value().size(), 0U);
  }
}

TEST(RowMap, RefusesSectionsThatContradictEachOther) {
  const testing::TempDir dir;
  struct Damage {
    std::string text = "ab";
    std::vector<std::uint64_t> offsets{0, 1, 2}, hashes{1, 2};
    std::vector<std::uint32_t> rows{0, 1};
  };
  std::vector<Damage> damages(8);
  damages[0].text = "abc";
  damages[1].offsets = {0, 3, 2};
  damages[2].offsets = {1, 1, 2};
  damages[3].offsets = {0, 2};
  damages[4].offsets = {};
  damages[5].hashes = {2, 1};
  damages[6].hashes = {1};
  damages[7].rows = {0, 2};
  for (std::size_t i = 0; i < damages.size(); ++i) {
    SectionWriter writer("ROWS", 1);
    writer.add_owned("item.key", damages[i].text);
    writer.add("item.off", damages[i].offsets);
    writer.add("item.hash", damages[i].hashes);
    writer.add("item.row", damages[i].rows);
    ASSERT_TRUE(writer.write(dir / "rows"));
    const auto file = SectionFile::open(dir / "rows", "ROWS", 1, 1);
    ASSERT_TRUE(file);
    const auto map = RowMap::read(*file, "item");
    ASSERT_FALSE(map) << i;
    EXPECT_EQ(map.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(RowMap::read(*file, "shopper").error().kind, ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace souk
