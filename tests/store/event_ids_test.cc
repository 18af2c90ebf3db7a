#include "souk/store/event_ids.h"

#include <gmock/gmock.h>
#include <map>
#include <unordered_map>

#include "souk/base/random.h"
#include "souk/store/flat_index.h"
#include "souk/store/key_cache.h"

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;

TEST(FlatIndex, FindsWhatWasAddedAndNothingElse) {
  Random random(1);
  FlatIndex index;
  std::vector<std::uint64_t> values;
  const auto find = [&](std::uint64_t value, std::uint64_t hash) {
    return index.find(hash, [&](std::uint32_t position) { return values[position] == value; });
  };
  // Hashes of few different upper halves, so that many collide.
  const auto hash_of = [](std::uint64_t value) { return (value % 97) << 32 | value; };
  EXPECT_EQ(find(1, hash_of(1)), UINT32_MAX);
  for (std::uint64_t value = 0; value < 3000; value += 2) {
    index.add(hash_of(value), static_cast<std::uint32_t>(values.size()));
    values.push_back(value);
  }
  for (std::uint64_t value = 0; value < 3000; ++value) {
    EXPECT_EQ(find(value, hash_of(value)), value % 2 == 0 ? static_cast<std::uint32_t>(value / 2) : UINT32_MAX);
  }
}

TEST(KeyCache, KnowsWhetherItHoldsEveryKey) {
  KeyCache cache(2, true);
  cache.add("a", 0);
  cache.add("b", 1);
  cache.trim();
  cache.add("c", 2);
  EXPECT_EQ(cache.find("c"), 2u);
  EXPECT_EQ(cache.find("d"), std::nullopt);
  EXPECT_TRUE(cache.complete());
  cache.trim();
  EXPECT_EQ(cache.find("c"), std::nullopt);
  EXPECT_FALSE(cache.complete());
}

TEST(KeyCache, ForgetsAKeyForGood) {
  KeyCache cache(10, true);
  cache.add("ann", 0);
  cache.add("bob", 1);
  cache.remove("ann");
  cache.remove("nobody");
  EXPECT_EQ(cache.find("ann"), std::nullopt);
  EXPECT_EQ(cache.find("bob"), 1u);
  cache.add("ann", 2);
  EXPECT_EQ(cache.find("ann"), 2u);
}

// Adds as a commit does: the record in the log, then the table.
void commit(const Database& database, EventIds& ids, Seq seq, const std::vector<EventIdEntry>& entries) {
  rocksdb::WriteBatch batch;
  batch.Put(database.family(Family::event_id_log), slice(seq_key(seq).view()), encode_event_ids(entries));
  ASSERT_TRUE(database.write(batch));
  ids.add(entries);
}

TEST(EventIds, AreFoundInTheLogInMergedFilesAndAfterOpeningAgain) {
  TempDir folder;
  Random random(2);
  std::map<Hash128, std::uint64_t> known;
  std::vector<Hash128> asked;
  Seq seq = 0;
  const auto check = [&](const EventIds& ids) {
    std::vector<std::optional<std::uint64_t>> found(asked.size());
    ASSERT_TRUE(ids.look_up(asked, found));
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto expected = known.find(asked[i]);
      ASSERT_EQ(found[i], expected == known.end() ? std::nullopt : std::optional(expected->second));
    }
  };
  for (int round = 0; round < 6; ++round) {
    auto database = Database::open(folder.path(), round == 0 ? Database::Mode::create : Database::Mode::write,
                                   StoreOptions{.read_only = false, .memory = 8 << 20})
                        .value();
    EventIds ids = EventIds::open(*database).value();
    check(ids);
    for (int commits = 0; commits < 5; ++commits) {
      std::vector<EventIdEntry> entries;
      for (int i = 0; i < 700; ++i) {
        const Hash128 id{random(), random()};
        const std::uint64_t content = random();
        entries.push_back({id, content, event_key(1, 2, 3, random())});
        known[id] = content;
        asked.push_back(id);
        asked.push_back({id.high, id.low + 1});
      }
      commit(*database, ids, ++seq, entries);
      if (commits == 2 && round % 2 == 1) {
        ASSERT_TRUE(ids.merge(seq));
        EXPECT_EQ(ids.gathered(), 0u);
      }
    }
    std::sort(asked.begin(), asked.end());
    check(ids);
  }
}

TEST(EventIds, MergedTwiceAfterADeathStayTheSame) {
  TempDir folder;
  auto database = Database::open(folder.path(), Database::Mode::create, {}).value();
  EventIds ids = EventIds::open(*database).value();
  const std::vector<EventIdEntry> entries{{{1, 1}, 10, event_key(1, 1, 1, 1)}, {{2, 2}, 20, event_key(1, 1, 1, 2)}};
  commit(*database, ids, 1, entries);
  ASSERT_TRUE(ids.merge(1));
  commit(*database, ids, 1, entries);  // as if the log's record had not gone
  ASSERT_TRUE(ids.merge(1));
  std::vector<std::optional<std::uint64_t>> found(2);
  ASSERT_TRUE(ids.look_up(std::vector<Hash128>{{1, 1}, {3, 3}}, found));
  EXPECT_EQ(found[0], 10u);
  EXPECT_EQ(found[1], std::nullopt);
  EXPECT_EQ(EventIds::open(*database).value().gathered(), 0u);
}

// RocksDB takes the file in by a hard link: until the old name is gone both name one file, which now belongs to the store.
TEST(EventIds, AMergeAfterADeathWritesNotIntoTheFileOfTheOneBefore) {
  TempDir folder;
  auto database = Database::open(folder.path(), Database::Mode::create, {}).value();
  EventIds ids = EventIds::open(*database).value();
  const std::vector<EventIdEntry> first{{{1, 1}, 10, event_key(1, 1, 1, 1)}}, second{{{2, 2}, 20, event_key(1, 1, 1, 2)}};
  commit(*database, ids, 1, first);
  ASSERT_TRUE(ids.merge(1));
  std::vector<rocksdb::LiveFileMetaData> files;
  database->db().GetLiveFilesMetaData(&files);
  std::erase_if(files, [](const auto& file) { return file.column_family_name != "event_id"; });
  ASSERT_EQ(files.size(), 1u);
  fs::create_hard_link(folder.path() / files[0].relative_filename, folder / "event_id.ingest");  // as if that had not been deleted
  commit(*database, ids, 2, second);
  ASSERT_TRUE(ids.merge(2));
  EXPECT_TRUE(database->db().VerifyChecksum().ok());
  std::vector<std::optional<std::uint64_t>> found(2);
  ASSERT_TRUE(ids.look_up(std::vector<Hash128>{{1, 1}, {2, 2}}, found));
  EXPECT_EQ(found[0], 10u);
  EXPECT_EQ(found[1], 20u);
}

}  // namespace
}  // namespace souk::store
