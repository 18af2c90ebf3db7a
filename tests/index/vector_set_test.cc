// The vectors of a shop on disk: their set, damage, remains of a crash, readers beside the writer.
#include <array>
#include <atomic>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <thread>

#include "souk/base/random.h"
#include "souk/base/section_file.h"
#include "souk/index/vector_store.h"

#include "tests/support/data.h"

namespace souk::index {
namespace {

using ::testing::HasSubstr;

class VectorSet : public ::testing::Test {
 protected:
  static std::vector<SpaceSettings> spaces() { return {{.name = "image", .dimension = 2, .metric = Metric::l2}}; }
  static Result<std::unique_ptr<VectorStore>> open(const fs::path& folder, bool read_only = false) {
    return VectorStore::open(folder, spaces(), read_only);
  }
  // Items first to last, each at (its number, round), and in a space that nobody declared.
  static void put(VectorStore& store, std::uint32_t first, std::uint32_t last, Seq seq) {
    std::vector<store::Item> items(last - first);
    std::vector<ItemPut> puts;
    for (std::uint32_t id = first; id < last; ++id) {
      items[id - first].vectors = {{"image", {static_cast<float>(id), static_cast<float>(seq)}}, {"seen", {1, static_cast<float>(id), 2}}};
      puts.push_back({ItemId{id}, &items[id - first]});
    }
    ASSERT_TRUE(store.update(puts, seq));
  }
  static void remove(VectorStore& store, std::uint32_t id, Seq seq) {
    const ItemPut removal{ItemId{id}, nullptr};
    ASSERT_TRUE(store.update(std::span(&removal, 1), seq));
  }
  static void flush(VectorStore& store) { ASSERT_TRUE(store.flush(1, Progress::none())); }
  static std::size_t total(const VectorStore& store) {
    const std::vector<float> anywhere(2, 0);
    const auto found = store.reader()->search({.space = "image", .vector = anywhere, .k = 10'000});
    EXPECT_TRUE(found) << found.error().message();
    return found ? found->size() : 0;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  }
  testing::TempDir dir_;
  fs::path folder_ = dir_ / "vectors";
};

TEST_F(VectorSet, KeepsWhatWasFlushedAndForgetsTheRest) {
  auto store = *open(folder_);
  put(*store, 0, 30, 7);
  flush(*store);
  put(*store, 20, 40, 8);
  remove(*store, 3, 9);
  store = *open(folder_);
  EXPECT_EQ(total(*store), 30U);
  EXPECT_EQ(store->reader()->through_seq(), 7U) << "the rest comes again by replay";
  EXPECT_EQ(store->reader()->vector("image", ItemId{25})->back(), 7) << "of that moment, not of a later one";
}

TEST_F(VectorSet, RemembersWhatFilesNoLongerSay) {
  auto store = *open(folder_);
  put(*store, 0, 500, 1);
  flush(*store);
  remove(*store, 7, 2);
  put(*store, 8, 9, 3);
  flush(*store);
  store = *open(folder_);
  EXPECT_EQ(total(*store), 499U);
  EXPECT_FALSE(store->reader()->vector("image", ItemId{7}));
  EXPECT_EQ(store->reader()->vector("image", ItemId{8})->back(), 3);
}

TEST_F(VectorSet, MergesSmallFilesWithAFlush) {
  auto store = *open(folder_);
  put(*store, 0, 500, 1);
  flush(*store);
  put(*store, 500, 520, 2);
  flush(*store);
  EXPECT_EQ(files().size(), 5U) << "in each of two spaces a large one and a small one, and the set";
  put(*store, 510, 540, 3);
  flush(*store);
  EXPECT_EQ(files().size(), 5U) << "the small ones were merged, and their files are gone";
  EXPECT_EQ(total(*store), 540U);
  ASSERT_TRUE(store->compact(1, Progress::none()));
  EXPECT_EQ(files().size(), 3U);
  const auto before = files();
  ASSERT_TRUE(store->compact(1, Progress::none()));
  EXPECT_EQ(files(), before) << "what is whole is left as it is";
  EXPECT_EQ(total(**open(folder_)), 540U);
}

TEST_F(VectorSet, RemovesTheRemainsOfACrash) {
  auto store = *open(folder_);
  put(*store, 0, 10, 1);
  flush(*store);
  std::ofstream(folder_ / "00000099.vec") << "half written";
  store = *open(folder_);
  EXPECT_EQ(total(*store), 10U);
  put(*store, 10, 11, 2);
  flush(*store);
  EXPECT_FALSE(fs::exists(folder_ / "00000099.vec"));
}

TEST_F(VectorSet, TellsFilesThatAreGone) {
  auto store = *open(folder_);
  put(*store, 0, 10, 1);
  flush(*store);
  store.reset();
  const fs::path lost = files().front();
  fs::remove(lost);
  const auto refused = open(folder_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(refused.error().message(), HasSubstr(lost.filename().string()));
}

TEST_F(VectorSet, RefusesAFileOfAnotherSpace) {
  auto store = *open(folder_);
  put(*store, 0, 10, 1);
  flush(*store);
  store.reset();
  const std::vector<fs::path> both = files();
  ASSERT_EQ(both.size(), 3U);
  fs::rename(both[0], folder_ / "other");
  fs::rename(both[1], both[0]);
  fs::rename(folder_ / "other", both[1]);
  const auto refused = open(folder_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(refused.error().message(), HasSubstr("\"seen\""));
}

// Whoever reads beside a process that merges finds a set, and perhaps no longer the files that it names.
TEST_F(VectorSet, IsReadWhileItIsReplaced) {
  auto store = *open(folder_);
  put(*store, 0, 60, 1);
  flush(*store);
  std::atomic<bool> stop{false};
  std::jthread writer([&] {
    for (Seq seq = 2; !stop; ++seq) {
      put(*store, 0, 60, seq);
      ASSERT_TRUE(store->compact(1, Progress::none()));
    }
  });
  for (int reading = 0; reading < 300; ++reading) {
    const auto beside = open(folder_, true);
    if (!beside) {
      ADD_FAILURE() << "reading " << reading << ": " << beside.error().message();
      break;
    }
    ASSERT_EQ(total(**beside), 60U);
  }
  stop = true;
}

// Any one byte wrong, any length cut: an error that names the file, or the answer as before. Never a crash.
TEST_F(VectorSet, SurvivesDamage) {
  auto store = *open(folder_);
  put(*store, 0, 60, 1);
  flush(*store);
  remove(*store, 5, 2);
  flush(*store);
  store.reset();
  Random random(1);
  for (const fs::path& path : files()) {
    const std::string whole = read_file(path).value();
    int errors = 0;
    for (int round = 0; round < 200; ++round) {
      std::string damaged = whole;
      if (round % 8 == 0) {
        damaged.resize(random.below(whole.size()));
      } else {
        damaged[random.below(whole.size())] ^= static_cast<char>(1U << random.below(8));
      }
      std::ofstream(path, std::ios::binary) << damaged;
      const auto opened = open(folder_, true);
      if (!opened) {
        ++errors;
        EXPECT_THAT(opened.error().message(), HasSubstr(path.filename().string()));
        continue;
      }
      EXPECT_TRUE((*opened)->reader()->through_seq() == 0 || total(**opened) == 59) << "round " << round;
    }
    EXPECT_GT(errors, 100) << path;
    std::ofstream(path, std::ios::binary) << whole;
  }
}

// Sections whose checksums are right but whose content lies.
TEST_F(VectorSet, ChecksWhatItIsMadeOf) {
  auto store = *open(folder_);
  put(*store, 0, 70, 1);
  flush(*store);
  remove(*store, 5, 2);
  flush(*store);
  store.reset();
  const fs::path path = folder_ / "vectors.set";
  const std::string whole = read_file(path).value();
  const auto refused_with = [&](std::string_view changed, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << whole;
    SectionWriter writer("VSET", 1);
    {
      const auto set = SectionFile::open(path, "VSET", 1, 1);
      for (const char* name : {"fingerprint", "state", "names", "spaces", "about", "of", "live.at", "live"}) {
        const auto section = set->bytes(name).value();
        writer.add_owned(name, name == changed ? bytes : std::string(reinterpret_cast<const char*>(section.data()), section.size()));
      }
    }
    EXPECT_TRUE(writer.write(path));
    const auto opened = open(folder_, true);
    EXPECT_TRUE(opened || opened.error().kind == ErrorKind::corrupt);
    return !opened;
  };
  const auto numbers = [](auto... values) {
    const std::array all{values...};
    return std::string(reinterpret_cast<const char*>(all.data()), sizeof all);
  };
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  EXPECT_FALSE(refused_with("none", "")) << "unchanged it opens";
  EXPECT_TRUE(refused_with("names", "00000001.vec\n00000001.vec\n"));
  EXPECT_TRUE(refused_with("names", "00000001.vec\n"));
  EXPECT_TRUE(refused_with("names", "../vectors/00000001.vec\n00000002.vec\n"));
  EXPECT_TRUE(refused_with("names", "00000001.vec\n00000077.vec\n"));
  EXPECT_TRUE(refused_with("spaces", "image\n"));
  EXPECT_TRUE(refused_with("spaces", "image\nimage\n"));
  EXPECT_TRUE(refused_with("spaces", "image\nsees\n"));
  EXPECT_TRUE(refused_with("spaces", "image\nse\ten\n"));
  EXPECT_TRUE(refused_with("about", ""));
  EXPECT_TRUE(refused_with("of", numbers(std::uint32_t{0}, std::uint32_t{2})));
  EXPECT_TRUE(refused_with("of", numbers(std::uint32_t{1}, std::uint32_t{0})));
  EXPECT_TRUE(refused_with("live.at", numbers(std::uint64_t{0}, std::uint64_t{2})));
  EXPECT_TRUE(refused_with("live.at", numbers(std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{4})));
  EXPECT_TRUE(refused_with("live.at", numbers(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{4})));
  EXPECT_TRUE(refused_with("live.at", numbers(std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4})));
  EXPECT_TRUE(refused_with("live", numbers(kAll, kAll, kAll, kAll))) << "bits beyond the last row";
}

// A seed of another format would only show the fuzzer how a file is refused.
TEST_F(VectorSet, IsOfTheFormatThatIsFuzzed) {
  fs::create_directories(folder_);
  fs::copy_file(fs::path(SOUK_SOURCE_DIR) / "tests" / "index" / "fuzz" / "corpus" / "vector_set_fuzz" / "set", folder_ / "vectors.set");
  const auto opened = open(folder_, true);
  ASSERT_FALSE(opened) << "it is read: the segments that it names are missing";
  EXPECT_THAT(opened.error().message(), HasSubstr("00000001.vec"));
}

}  // namespace
}  // namespace souk::index
