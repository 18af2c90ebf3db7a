#include "souk/learn/vocabulary.h"

#include <gmock/gmock.h>
#include <set>

#include "souk/base/hash.h"
#include "souk/base/random.h"

#include "tests/learn/chi_square.h"
#include "tests/support/data.h"

namespace souk::learn {
namespace {

TEST(Vocabulary, GivesRowsToKeysSeenOftenEnoughInTheirOrder) {
  const auto vocabulary =
      Vocabulary::of(std::vector<std::uint64_t>{50, 10, 40, 20}, std::vector<std::uint32_t>{3, 9, 2, 3}, {.min_count = 3, .shared_rows = 1})
          .value();
  EXPECT_EQ(vocabulary.known(), 3U);
  EXPECT_EQ(vocabulary.rows(), 4U);
  EXPECT_EQ(vocabulary.row(50), 0U);
  EXPECT_EQ(vocabulary.row(10), 1U);
  EXPECT_EQ(vocabulary.row(20), 2U);
  EXPECT_EQ(vocabulary.row(40), 3U);  // too rare
  EXPECT_EQ(vocabulary.row(99), 3U);  // never seen
  EXPECT_TRUE(vocabulary.owns(2));
  EXPECT_FALSE(vocabulary.owns(3));
}

TEST(Vocabulary, SpreadsTheOthersOverSharedRows) {
  const auto vocabulary = Vocabulary::of({}, {}, {.shared_rows = 40}).value();
  for (const bool hashed : {true, false}) {
    std::vector<std::uint64_t> drawn(40);
    for (std::uint64_t key = 0; key < 40'000; ++key) ++drawn[vocabulary.row(hashed ? hash64(std::to_string(key)) : key)];
    EXPECT_LT(chi_square_ratio(drawn, std::vector<double>(40, 1.0 / 40)), 1) << hashed;
  }
}

TEST(Vocabulary, IsReadBack) {
  Random random(1);
  std::vector<std::uint64_t> keys(1000);
  std::vector<std::uint32_t> counts(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i] = random();
    counts[i] = static_cast<std::uint32_t>(random.below(5));
  }
  const auto vocabulary = Vocabulary::of(keys, counts, {.min_count = 2, .shared_rows = 7}).value();
  const souk::testing::TempDir dir;
  SectionWriter writer("TEST", 1);
  vocabulary.add_to(writer, "item");
  ASSERT_TRUE(writer.write(dir / "file"));
  const auto read = Vocabulary::read(SectionFile::open(dir / "file", "TEST", 1, 1).value(), "item");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->rows(), vocabulary.rows());
  std::set<std::uint32_t> own;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(read->row(keys[i]), vocabulary.row(keys[i]));
    EXPECT_EQ(read->owns(read->row(keys[i])), counts[i] >= 2);
    if (counts[i] >= 2) own.insert(read->row(keys[i]));
  }
  EXPECT_EQ(own.size(), vocabulary.known());
}

TEST(Vocabulary, RefusesPartsThatDoNotHoldTogether) {
  using Keys = std::vector<std::uint64_t>;
  using Rows = std::vector<std::uint32_t>;
  const souk::testing::TempDir dir;
  const auto read = [&](const Keys& keys, const Rows& rows, const Rows& shared) {
    SectionWriter writer("TEST", 1);
    writer.add("v.key", keys);
    writer.add("v.row", rows);
    writer.add("v.shared", shared);
    EXPECT_TRUE(writer.write(dir / "file"));
    return Vocabulary::read(SectionFile::open(dir / "file", "TEST", 1, 1).value(), "v");
  };
  EXPECT_TRUE(read({1, 2, 3}, {2, 0, 1}, {4}));
  EXPECT_TRUE(read({}, {}, {1}));
  EXPECT_FALSE(read({1, 3, 2}, {2, 0, 1}, {4}));
  EXPECT_FALSE(read({1, 1, 2}, {2, 0, 1}, {4}));
  EXPECT_FALSE(read({1, 2, 3}, {2, 0, 3}, {4}));
  EXPECT_FALSE(read({1, 2, 3}, {2, 0, 0}, {4}));
  EXPECT_FALSE(read({1, 2}, {1, 0, 2}, {4}));
  EXPECT_FALSE(read({1}, {0}, {0}));
  EXPECT_FALSE(read({1}, {0}, {}));
  EXPECT_FALSE(read({1}, {0}, {UINT32_MAX}));
  EXPECT_FALSE(Vocabulary::of(Keys{1, 1}, Rows{1, 1}, {}));
  EXPECT_FALSE(Vocabulary::of(Keys{1}, Rows{}, {}));
  EXPECT_FALSE(Vocabulary::of(Keys{1}, Rows{1}, {.shared_rows = 0}));
}

}  // namespace
}  // namespace souk::learn
