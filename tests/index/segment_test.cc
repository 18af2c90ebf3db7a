// Segments on disk: reopening, other schemas, damage, remains of a crash.
#include "souk/index/segment.h"

#include <array>
#include <atomic>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "souk/base/random.h"
#include "souk/base/section_file.h"
#include "souk/index/counts.h"
#include "souk/index/field_index.h"
#include "souk/index/segment_builder.h"

#include "tests/support/data.h"

namespace souk::index {
namespace {

class Segments : public ::testing::Test {
 protected:
  static std::unique_ptr<FieldIndex> open(const fs::path& folder, const Schema& schema = Schema::defaults(), const char* language = "en",
                                          bool read_only = false) {
    auto opened = FieldIndex::open(folder, schema, language, read_only);
    EXPECT_TRUE(opened.has_value()) << opened.error().message();
    return opened ? std::move(*opened) : nullptr;
  }
  static store::Item item(std::uint32_t id) {
    store::Item item;
    item.key = fmt::format("k{}", id);
    item.title = fmt::format("Tea number {}", id);
    item.brand = id % 2 == 0 ? "Acme" : "Best";
    item.group = fmt::format("g{}", id / 3);
    item.category = {"Food > Tea"};
    item.attributes["size"] = {static_cast<double>(id)};
    item.offers.resize(1);
    item.offers[0].amount = Decimal{static_cast<std::int64_t>(id) * 100, 2};
    return item;
  }
  static void put(FieldIndex& index, std::uint32_t first, std::uint32_t last, Seq seq) {
    std::vector<store::Item> items;
    std::vector<FieldIndex::Put> puts;
    for (std::uint32_t id = first; id < last; ++id) items.push_back(item(id));
    for (std::uint32_t id = first; id < last; ++id) puts.push_back({ItemId{id}, &items[id - first]});
    ASSERT_TRUE(index.update(puts, seq).has_value());
  }
  static std::uint64_t total(const FieldIndex& index) { return index.reader()->search({.text = "tea", .one_per_group = false})->total; }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }
  testing::TempDir dir_;
  fs::path folder_ = dir_ / "segments";
};

TEST_F(Segments, KeepWhatWasFlushedAndForgetTheRest) {
  auto index = open(folder_);
  put(*index, 0, 30, 7);
  ASSERT_TRUE(index->flush().has_value());
  put(*index, 30, 40, 8);
  index = open(folder_);
  EXPECT_EQ(total(*index), 30U);
  EXPECT_EQ(index->reader()->through_seq(), 7U) << "the rest comes again by replay";
  EXPECT_EQ(index->schema()->find("size")->type, FieldType::number) << "seen attributes are known again";
  EXPECT_EQ(index->reader()->keyword(ItemId{4}, "brand"), "Acme");
}

TEST_F(Segments, MergeSmallFilesWithAFlush) {
  auto index = open(folder_);
  put(*index, 0, 500, 1);
  ASSERT_TRUE(index->flush().has_value());
  put(*index, 500, 520, 2);
  ASSERT_TRUE(index->flush().has_value());
  EXPECT_EQ(files().size(), 3U) << "a large one, a small one, and the set";
  put(*index, 510, 540, 3);
  ASSERT_TRUE(index->flush().has_value());
  EXPECT_EQ(files().size(), 3U) << "the small one was merged, and its file is gone";
  EXPECT_EQ(total(*index), 540U);
  EXPECT_EQ(total(*open(folder_)), 540U);
}

TEST_F(Segments, CompactToOneFileInAnotherOrder) {
  auto index = open(folder_);
  put(*index, 0, 500, 1);
  ASSERT_TRUE(index->flush().has_value());
  put(*index, 490, 510, 2);
  ASSERT_TRUE(index->flush().has_value());
  const FieldIndex::Put removal{ItemId{7}, nullptr};
  ASSERT_TRUE(index->update(std::span(&removal, 1), 3).has_value());
  ASSERT_TRUE(index->compact().has_value());
  EXPECT_EQ(files().size(), 2U) << "one, and the set";
  EXPECT_EQ(total(*index), 509U);
  index = open(folder_);
  EXPECT_EQ(total(*index), 509U);
  EXPECT_EQ(index->reader()->through_seq(), 3U);
  EXPECT_FALSE(index->reader()->shown(ItemId{7}));
  EXPECT_TRUE(index->reader()->shown(ItemId{509}));
  ASSERT_TRUE(index->compact().has_value());
  EXPECT_EQ(total(*index), 509U);
}

TEST_F(Segments, CompactWhenEmpty) {
  auto index = open(folder_);
  ASSERT_TRUE(index->compact().has_value());
  put(*index, 0, 1, 1);
  ASSERT_TRUE(index->compact().has_value());
  EXPECT_EQ(total(*open(folder_)), 1U);
}

TEST_F(Segments, RememberRemovalsOfItemsInOlderFiles) {
  auto index = open(folder_);
  put(*index, 0, 500, 1);
  ASSERT_TRUE(index->flush().has_value());
  const FieldIndex::Put removal{ItemId{7}, nullptr};
  ASSERT_TRUE(index->update(std::span(&removal, 1), 2).has_value());
  ASSERT_TRUE(index->flush().has_value());
  EXPECT_EQ(total(*index), 499U);
  EXPECT_EQ(total(*open(folder_)), 499U);
}

TEST_F(Segments, AreIgnoredUnderAnotherSchemaOrLanguage) {
  auto index = open(folder_);
  put(*index, 0, 10, 5);
  ASSERT_TRUE(index->flush().has_value());
  Schema weights = Schema::defaults();
  weights.put({.name = "brand", .search = 9, .phrases = true, .facet = true});
  weights.put({.name = "stats.margin", .type = FieldType::number});
  EXPECT_EQ(total(*open(folder_, weights)), 10U) << "weights and stats are a matter of queries";
  Schema searched = Schema::defaults();
  searched.put({.name = "attributes.colour", .search = 1});
  EXPECT_EQ(open(folder_, searched)->reader()->through_seq(), 0U);
  EXPECT_EQ(open(folder_, Schema::defaults(), "de")->reader()->through_seq(), 0U);
  EXPECT_EQ(open(folder_)->reader()->through_seq(), 5U) << "looking changes nothing";
}

TEST_F(Segments, RefuseWritesWhenReadOnly) {
  put(*open(folder_), 0, 1, 1);
  auto index = open(folder_, Schema::defaults(), "en", true);
  EXPECT_EQ(index->flush().error().kind, ErrorKind::unsupported);
  EXPECT_EQ(index->rebuild([](ItemId&, store::Item&) { return false; }, 1, 1, {}).error().kind, ErrorKind::unsupported);
}

TEST_F(Segments, RemoveTheRemainsOfACrash) {
  auto index = open(folder_);
  put(*index, 0, 10, 1);
  ASSERT_TRUE(index->flush().has_value());
  std::ofstream(folder_ / "00000099.seg") << "half written";
  index = open(folder_);
  EXPECT_EQ(total(*index), 10U);
  put(*index, 10, 11, 2);
  ASSERT_TRUE(index->flush().has_value());
  EXPECT_FALSE(fs::exists(folder_ / "00000099.seg"));
}

TEST_F(Segments, AreAnErrorWhenMissing) {
  auto index = open(folder_);
  put(*index, 0, 10, 1);
  ASSERT_TRUE(index->flush().has_value());
  fs::remove(files().front());
  EXPECT_FALSE(FieldIndex::open(folder_, Schema::defaults(), "en", false).has_value());
}

TEST_F(Segments, AreNamedByTheirSetAndNothingElseIs) {
  auto index = open(folder_);
  put(*index, 0, 10, 1);
  ASSERT_TRUE(index->flush().has_value());
  index.reset();
  const Hash128 print = fingerprint(Schema::defaults(), "en");
  const std::array<std::uint64_t, 2> words = {print.high, print.low}, state = {1, 2};
  for (const std::string names :
       {"00000001.seg\n", "../segments/00000001.seg\n", "00000001\n", "/etc/hosts\n", "\n", ".seg\n", "00000002.seg\n"}) {
    SectionWriter writer("SSET", 1);
    writer.add("fingerprint", std::span<const std::uint64_t>(words));
    writer.add("state", std::span<const std::uint64_t>(state));
    writer.add_owned("names", names);
    ASSERT_TRUE(writer.write(folder_ / "segments.set"));
    const auto opened = FieldIndex::open(folder_, Schema::defaults(), "en", true);
    ASSERT_EQ(opened.has_value(), names == "00000001.seg\n") << names;
    if (!opened) {
      EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
      EXPECT_THAT(opened.error().message(), ::testing::HasSubstr("segments.set"));
    }
  }
}

// Whoever reads beside a process that merges finds a set, and perhaps no longer the files that it names.
TEST_F(Segments, AreReadWhileTheyAreReplaced) {
  auto index = open(folder_);
  put(*index, 0, 60, 1);
  ASSERT_TRUE(index->flush().has_value());
  std::atomic<bool> stop{false};
  std::jthread writer([&] {
    for (Seq seq = 2; !stop; ++seq) {
      put(*index, 0, 60, seq);
      ASSERT_TRUE(index->compact().has_value());
    }
  });
  for (int reading = 0; reading < 3000; ++reading) {
    const auto beside = FieldIndex::open(folder_, Schema::defaults(), "en", true);
    if (!beside) {
      ADD_FAILURE() << "reading " << reading << ": " << beside.error().message();
      break;
    }
    ASSERT_EQ(total(**beside), 60U);
  }
  stop = true;
}

TEST_F(Segments, ThatAreGoneAreTold) {
  auto index = open(folder_);
  put(*index, 0, 60, 1);
  ASSERT_TRUE(index->flush().has_value());
  index.reset();
  fs::remove(folder_ / "00000001.seg");
  const auto opened = FieldIndex::open(folder_, Schema::defaults(), "en", true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(opened.error().message(), ::testing::HasSubstr("00000001.seg"));
}

// A seed of another format would only show the fuzzer how a file is refused.
TEST_F(Segments, AreOfTheFormatThatIsFuzzed) {
  const fs::path corpus = fs::path(SOUK_SOURCE_DIR) / "tests" / "index" / "fuzz" / "corpus";
  EXPECT_TRUE(Segment::open(corpus / "segment_fuzz" / "segment", fingerprint(Schema::defaults(), "en")));
  EXPECT_TRUE(Tables::open(corpus / "count_tables_fuzz" / "tables"));
  fs::create_directories(folder_);
  fs::copy_file(corpus / "segment_set_fuzz" / "set", folder_ / "segments.set");
  EXPECT_FALSE(FieldIndex::open(folder_, Schema::defaults(), "de", true)) << "it is read: the segments that it names are missing";
}

// Any one byte wrong, any length cut: an error that says so, or the answer as before. Never a crash.
TEST_F(Segments, SurviveDamage) {
  auto index = open(folder_);
  put(*index, 0, 60, 1);
  ASSERT_TRUE(index->flush().has_value());
  index.reset();
  Random random(1);
  for (const fs::path& path : files()) {
    const std::string whole = read_file(path).value();
    int errors = 0;
    for (int round = 0; round < 400; ++round) {
      std::string damaged = whole;
      if (round % 8 == 0) {
        damaged.resize(random.below(whole.size()));
      } else {
        damaged[random.below(whole.size())] ^= static_cast<char>(1U << random.below(8));
      }
      std::ofstream(path, std::ios::binary) << damaged;
      const auto opened = FieldIndex::open(folder_, Schema::defaults(), "en", true);
      if (!opened) {
        ++errors;
        EXPECT_THAT(opened.error().message(), ::testing::HasSubstr(path.filename().string()));
        continue;
      }
      const std::uint64_t found = total(**opened);
      EXPECT_TRUE(found == 60 || (*opened)->reader()->through_seq() == 0) << "round " << round;
      (*opened)->reader()->similar_text(ItemId{3}, 5);
      (*opened)->reader()->complete("te", 5);
    }
    EXPECT_GT(errors, 200) << path;
    std::ofstream(path, std::ios::binary) << whole;
  }
}

// Sections whose checksums are right but whose content lies: parsing checks offsets and ordinals by itself.
TEST_F(Segments, CheckWhatTheyAreMadeOf) {
  const Schema schema = Schema::defaults();
  const std::vector<Field> fields = searched_fields(schema).value();
  const auto analyzer = text::Analyzer::for_language("en");
  SegmentBuilder builder(schema, fields, *analyzer);
  for (std::uint32_t id = 0; id < 20; ++id) builder.put(ItemId{id}, item(id));
  const SegmentImage made = builder.finish();
  Random random(2);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    SegmentImage image = made;
    auto& [name, bytes] = image.sections[random.below(image.sections.size())];
    if (round % 10 == 0) {
      bytes.resize(random.below(bytes.size()));
    } else {
      bytes[random.below(bytes.size())] ^= std::byte{1} << static_cast<int>(random.below(8));
    }
    const auto segment = Segment::of(std::move(image));
    if (segment) continue;
    ++refused;
    EXPECT_EQ(segment.error().kind, ErrorKind::corrupt);
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace souk::index
