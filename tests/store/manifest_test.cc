// A flipped bit in the store's list of files is never taken for the end of the list.
#include "souk/store/manifest.h"

#include <gmock/gmock.h>

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::HasSubstr;

struct ListOfFiles {
  fs::path path;
  std::string bytes;
  std::vector<std::size_t> records;  // where each begins
};

// Of a store that wrote several tables and was closed.
ListOfFiles list_of_files(const fs::path& directory) {
  {
    const auto shop = Store::create(directory).value();
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(shop->commit(events_of({purchase("e" + std::to_string(i), "ann", "kettle")})));
      EXPECT_TRUE(shop->flush());
    }
  }
  ListOfFiles list;
  std::string name = read_file(directory / "CURRENT").value();
  name.pop_back();
  list.path = directory / name;
  list.bytes = read_file(list.path).value();
  for (std::size_t at = 0; at + 7 <= list.bytes.size();) {
    list.records.push_back(at);
    at +=
        7 + static_cast<unsigned char>(list.bytes[at + 4]) + 256 * static_cast<std::size_t>(static_cast<unsigned char>(list.bytes[at + 5]));
  }
  return list;
}

void expect_refused(const fs::path& directory, const fs::path& named) {
  for (const bool read_only : {false, true}) {
    const auto shop = Store::open(directory, {.read_only = read_only});
    ASSERT_FALSE(shop);
    EXPECT_EQ(shop.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(shop.error().message(), HasSubstr(named.filename().string()));
  }
}

TEST(Manifest, OfAClosedStoreIsWhole) {
  const TempDir folder;
  const ListOfFiles list = list_of_files(folder / "store");
  EXPECT_GT(list.records.size(), 4U);
  EXPECT_TRUE(check_manifest(folder / "store"));
}

TEST(Manifest, ARecordWithAnotherLengthIsDamage) {
  const TempDir folder;
  const ListOfFiles list = list_of_files(folder / "store");
  for (const std::size_t record : list.records) {
    for (int bit = 0; bit < 16; ++bit) {
      std::string flipped = list.bytes;
      flipped[record + 4 + static_cast<std::size_t>(bit / 8)] ^= static_cast<char>(1 << bit % 8);
      ASSERT_TRUE(write_file(list.path, flipped));
      const Status checked = check_manifest(folder / "store");
      ASSERT_FALSE(checked) << "record at " << record << ", bit " << bit;
      EXPECT_EQ(checked.error().where, list.path.string());
    }
  }
  expect_refused(folder / "store", list.path);
  ASSERT_TRUE(write_file(list.path, list.bytes));
  EXPECT_TRUE(Store::open(folder / "store"));
}

TEST(Manifest, ALastRecordThatIsCutOffIsNone) {
  const TempDir folder;
  const ListOfFiles list = list_of_files(folder / "store");
  for (std::size_t size = list.records.back(); size < list.bytes.size(); ++size) {
    ASSERT_TRUE(write_file(list.path, std::string_view(list.bytes).substr(0, size)));
    EXPECT_TRUE(check_manifest(folder / "store")) << size;
  }
}

TEST(Manifest, IsNotBlamedForTheEndOfATable) {
  const TempDir folder;
  list_of_files(folder / "store");
  for (const auto& entry : fs::directory_iterator(folder / "store")) {
    if (entry.path().extension() != ".sst") continue;
    const std::string table = read_file(entry.path()).value();
    std::string flipped = table;
    flipped[table.size() - 10] ^= 8;  // the format's version
    ASSERT_TRUE(write_file(entry.path(), flipped));
    const auto shop = Store::open(folder / "store");
    ASSERT_FALSE(shop);
    EXPECT_EQ(shop.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(shop.error().message(), HasSubstr(entry.path().filename().string()));
    ASSERT_TRUE(write_file(entry.path(), table));
  }
  EXPECT_TRUE(Store::open(folder / "store"));
}

TEST(Manifest, ThatIsNotThereIsDamageOfTheFileThatNamesIt) {
  for (const char* const content : {"", "MANIFEST-", "MANIFEST-000999\n", "MANIFEST-000001", "../x\n"}) {
    const TempDir folder;
    list_of_files(folder / "store");
    ASSERT_TRUE(write_file(folder / "store" / "CURRENT", content));
    expect_refused(folder / "store", "CURRENT");
  }
}

}  // namespace
}  // namespace souk::store
