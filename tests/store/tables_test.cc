// A flipped bit at the end of a table of the store, where no checksum holds, is noticed when the store is opened, and the table is named.
#include "souk/store/tables.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::HasSubstr;

constexpr std::size_t kFooter = 53;

// A table with records that are packed, of a store that was closed.
fs::path table_of_events(const fs::path& directory) {
  {
    const auto shop = Store::create(directory).value();
    std::vector<Event> events;
    for (int i = 0; i < 200; ++i) events.push_back(purchase(fmt::format("e{}", i), "ann", fmt::format("kettle-{}", i % 7)));
    EXPECT_TRUE(shop->commit(events_of(std::move(events))));
    EXPECT_TRUE(shop->flush());
  }
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != ".sst") continue;
    if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
  }
  return largest;
}

Status tells_all(const fs::path& directory) {
  SOUK_TRY(const auto shop, Store::open(directory));
  std::uint64_t events = 0;
  SOUK_CHECK(shop->for_each_event([&](Event&& /*event*/) {
    ++events;
    return true;
  }));
  EXPECT_EQ(events, 200);
  return shop->verify();
}

TEST(Tables, EveryBitOfTheirEndsIsNoticedOrHarmless) {
  const TempDir folder;
  const fs::path directory = folder / "store", table = table_of_events(directory);
  const std::string whole = read_file(table).value();
  ASSERT_TRUE(tells_all(directory));
  for (std::size_t bit = 0; bit < kFooter * 8; ++bit) {
    std::string flipped = whole;
    char& byte = flipped[whole.size() - kFooter + bit / 8];
    byte = static_cast<char>(byte ^ (1 << bit % 8));
    ASSERT_TRUE(write_file(table, flipped));
    const Status told = tells_all(directory);
    if (told) continue;
    EXPECT_THAT(told.error().message(), HasSubstr(table.filename().string())) << "bit " << bit;
  }
  ASSERT_TRUE(write_file(table, whole));
  EXPECT_TRUE(tells_all(directory));
}

TEST(Tables, OfAnotherVersionOrUnheldToTheirChecksumsAreNamed) {
  const TempDir folder;
  const fs::path directory = folder / "store", table = table_of_events(directory);
  const std::string whole = read_file(table).value();
  for (const auto& [at, value] : {std::pair{std::size_t{41}, '\x01'}, std::pair{std::size_t{0}, '\0'}}) {
    std::string changed = whole;
    changed[whole.size() - kFooter + at] = value;
    ASSERT_TRUE(write_file(table, changed));
    const Status told = tells_all(directory);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(told.error().message(), HasSubstr(table.filename().string()));
  }
}

TEST(Tables, AreReadWhole) {
  const TempDir folder;
  const fs::path directory = folder / "store", table = table_of_events(directory);
  const std::vector<std::string> names{"/" + table.filename().string(), "/000999.sst"};  // the second was rewritten since
  EXPECT_TRUE(read_tables(directory, names));
  std::string flipped = read_file(table).value();
  flipped[10] = static_cast<char>(flipped[10] ^ 1);
  ASSERT_TRUE(write_file(table, flipped));
  const Status read = read_tables(directory, names);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr(table.filename().string()));
}

}  // namespace
}  // namespace souk::store
