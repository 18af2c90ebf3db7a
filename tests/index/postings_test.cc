// Posting lists and the dictionary over them: what was written comes back, and bytes of another origin are refused.
#include "souk/index/postings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "souk/base/random.h"
#include "souk/index/dictionary.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kCodes = 50;

struct List {
  std::vector<std::uint32_t> documents, codes;
  std::vector<float> impacts;
};

// Every so-manieth document on average, with runs, and codes that are mostly small.
List random_list(Random& random, std::uint32_t documents, double density) {
  List list;
  bool run = false;
  for (std::uint32_t d = 0; d < documents; ++d) {
    if (random.below(200) == 0) run = !run;
    if (random.uniform() >= (run ? 0.9 : density)) continue;
    list.documents.push_back(d);
    list.codes.push_back(static_cast<std::uint32_t>(random.below(4) == 0 ? random.below(kCodes) : random.below(2)));
    list.impacts.push_back(static_cast<float>(random.uniform() * 5));
  }
  return list;
}

using Decoded = std::array<std::uint32_t, kBlockPostings + kernels::kPackGroup>;

void expect_equal(const PostingList& list, const List& expected) {
  ASSERT_EQ(list.frequency(), expected.documents.size());
  std::vector<std::uint32_t> documents, codes;
  for (std::uint32_t block = 0; block < list.blocks(); ++block) {
    Decoded decoded{};
    const std::uint32_t count = list.documents(block, decoded.data());
    ASSERT_EQ(count, list.count(block));
    documents.insert(documents.end(), decoded.begin(), decoded.begin() + count);
    if (list.last(block) != UINT32_MAX) {
      EXPECT_EQ(list.last(block), documents.back());
    }
    list.codes(block, decoded.data());
    codes.insert(codes.end(), decoded.begin(), decoded.begin() + count);
    for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(list.code(block, i), decoded[i]);
    for (std::uint32_t i = block * kBlockPostings; i < documents.size(); ++i) {
      EXPECT_GE(impact_value(list.impact(block)), expected.impacts[i]);
      EXPECT_GE(impact_value(list.max_impact()), expected.impacts[i]);
    }
  }
  EXPECT_EQ(documents, expected.documents);
  EXPECT_EQ(codes, expected.codes);
}

TEST(Impacts, BoundWhatTheyStandFor) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto x = static_cast<float>(std::exp(12 * random.uniform() - 6));
    EXPECT_GE(impact_value(impact_above(x)), x);
    EXPECT_LE(impact_value(impact_below(x)), x);
    EXPECT_LE(impact_above(x) - impact_below(x), 1);
  }
  EXPECT_EQ(impact_above(0), 0);
  EXPECT_EQ(impact_below(0), 0);
  EXPECT_EQ(impact_above(1e30F), 255);
  EXPECT_EQ(impact_below(1e30F), 254);
  for (int b = 1; b < 255; ++b) {
    EXPECT_EQ(impact_above(impact_value(static_cast<std::uint8_t>(b))), b);
    EXPECT_EQ(impact_below(impact_value(static_cast<std::uint8_t>(b))), b);
  }
}

TEST(Postings, ComeBack) {
  Random random(2);
  for (int round = 0; round < 300; ++round) {
    const List list = random_list(random, 1 + static_cast<std::uint32_t>(random.below(6000)), random.uniform() * random.uniform());
    if (list.documents.size() < 2) continue;
    PostingsWriter writer;
    writer.add(list.documents, list.codes, list.impacts);
    const std::size_t size = writer.size();
    const std::vector<std::byte> bytes = writer.take();
    expect_equal(PostingList(bytes.data(), static_cast<std::uint32_t>(list.documents.size())), list);
    EXPECT_TRUE(PostingList::check(bytes.data(), size, static_cast<std::uint32_t>(list.documents.size()), 6001, kCodes));
    EXPECT_FALSE(PostingList::check(bytes.data(), size, static_cast<std::uint32_t>(list.documents.size()), list.documents.back(), kCodes));
    EXPECT_FALSE(PostingList::check(bytes.data(), size - 1, static_cast<std::uint32_t>(list.documents.size()), 6001, kCodes));
  }
}

TEST(Postings, OfOneStandInTheDictionary) {
  const PostingList list(7, 3);
  Decoded decoded{};
  EXPECT_EQ(list.blocks(), 1U);
  EXPECT_EQ(list.documents(0, decoded.data()), 1U);
  EXPECT_EQ(decoded[0], 7U);
  EXPECT_EQ(list.code(0, 0), 3U);
}

TEST(Postings, SeekTheBlockThatMayHoldADocument) {
  Random random(3);
  const List list = random_list(random, 100'000, 0.05);
  PostingsWriter writer;
  writer.add(list.documents, list.codes, list.impacts);
  const std::vector<std::byte> bytes = writer.take();
  const PostingList packed(bytes.data(), static_cast<std::uint32_t>(list.documents.size()));
  for (int i = 0; i < 2000; ++i) {
    const auto from = static_cast<std::uint32_t>(random.below(packed.blocks()));
    const auto document = static_cast<std::uint32_t>(random.below(100'100));
    std::uint32_t expected = from;
    while (expected < packed.blocks() && packed.last(expected) < document) ++expected;
    ASSERT_EQ(packed.seek(from, document), expected);
  }
}

TEST(Postings, KnowTheirBestToSomeDepths) {
  Random random(4);
  List list = random_list(random, 3000, 0.4);
  PostingsWriter writer;
  writer.add(list.documents, list.codes, list.impacts);
  const std::vector<std::byte> bytes = writer.take();
  const PostingList packed(bytes.data(), static_cast<std::uint32_t>(list.documents.size()));
  std::sort(list.impacts.rbegin(), list.impacts.rend());
  ASSERT_GE(list.impacts.size(), 1000U);
  for (std::size_t i = 0; i < kKnownDepths.size(); ++i) {
    EXPECT_LE(impact_value(packed.known_impact(i)), list.impacts[kKnownDepths[i] - 1]);
    EXPECT_GT(packed.known_impact(i), 0);
  }
}

class Dictionaries : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kDocuments = 2000;

  void make(std::uint64_t seed, std::size_t words) {
    Random random(seed);
    while (lists_.size() < words) {
      std::string word;
      for (std::size_t n = 1 + random.below(random.below(20) == 0 ? 250 : 9); n > 0; --n) word.push_back("abcd\xC3\xA9"[random.below(6)]);
      List list = random_list(random, kDocuments, random.below(3) == 0 ? 0.3 : 0.001);
      if (!list.documents.empty()) lists_.try_emplace(word, std::move(list));
    }
    DictionaryWriter writer;
    for (const auto& [word, list] : lists_) writer.add(word, list.documents, list.codes, list.impacts);
    BlobWriter blob;
    writer.write(blob);
    bytes_ = blob.take();
    BlobReader reader(bytes_);
    dictionary_.parse(reader, kDocuments, kCodes);
    ASSERT_FALSE(reader.failed());
  }
  std::map<std::string, List> lists_;
  std::vector<std::byte> bytes_;
  Dictionary dictionary_;
};

TEST_F(Dictionaries, FindWhatWasAddedAndNothingElse) {
  make(1, 700);
  ASSERT_EQ(dictionary_.size(), lists_.size());
  std::uint32_t number = 0;
  auto walk = dictionary_.walk();
  for (const auto& [word, list] : lists_) {
    ASSERT_TRUE(walk.next());
    EXPECT_EQ(walk.word(), word);
    const auto term = dictionary_.find(word);
    ASSERT_TRUE(term.has_value()) << word;
    EXPECT_EQ(term->number, number);
    EXPECT_EQ(dictionary_.word(number), word);
    EXPECT_EQ(dictionary_.at(number).begin, term->begin);
    expect_equal(dictionary_.list(*term), list);
    expect_equal(dictionary_.list(walk.term()), list);
    EXPECT_EQ(dictionary_.find(word + "a").has_value(), lists_.contains(word + "a"));
    EXPECT_EQ(dictionary_.find(word.substr(1)).has_value(), lists_.contains(word.substr(1)));
    ++number;
  }
  EXPECT_FALSE(walk.next());
  EXPECT_FALSE(dictionary_.find(std::string(300, 'a')).has_value());
  EXPECT_FALSE(dictionary_.find("").has_value());
}

TEST_F(Dictionaries, WalkFromAnyWord) {
  make(2, 300);
  Random random(5);
  for (int round = 0; round < 500; ++round) {
    std::string word;
    for (std::size_t n = random.below(10); n > 0; --n) word.push_back("abcde\xC3"[random.below(6)]);
    auto walk = dictionary_.from(word);
    for (auto expected = lists_.lower_bound(word); expected != lists_.end(); ++expected) {
      ASSERT_TRUE(walk.next());
      ASSERT_EQ(walk.word(), expected->first) << "from " << word;
    }
    EXPECT_FALSE(walk.next());
  }
}

TEST_F(Dictionaries, OfNothing) {
  make(3, 0);
  EXPECT_EQ(dictionary_.size(), 0U);
  EXPECT_FALSE(dictionary_.find("a").has_value());
  EXPECT_FALSE(dictionary_.from("a").next());
}

// Damaged bytes are refused, or read without leaving them.
TEST_F(Dictionaries, RefuseDamage) {
  make(4, 200);
  Random random(6);
  int refused = 0;
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::byte> damaged = bytes_;
    if (round % 10 == 0) {
      damaged.resize(random.below(damaged.size()));
    } else {
      damaged[random.below(damaged.size())] ^= std::byte{1} << static_cast<int>(random.below(8));
    }
    BlobReader reader(damaged);
    Dictionary dictionary;
    dictionary.parse(reader, kDocuments, kCodes);
    if (reader.failed()) {
      ++refused;
      continue;
    }
    for (auto walk = dictionary.walk(); walk.next();) {
      const PostingList list = dictionary.list(walk.term());
      for (std::uint32_t block = 0; block < list.blocks(); ++block) {
        Decoded decoded{};
        const std::uint32_t count = list.documents(block, decoded.data());
        for (std::uint32_t i = 0; i < count; ++i) ASSERT_LT(decoded[i], kDocuments);
        list.codes(block, decoded.data());
        for (std::uint32_t i = 0; i < count; ++i) ASSERT_LT(decoded[i], kCodes);
      }
    }
  }
  EXPECT_GT(refused, kRounds / 2);
}

}  // namespace
}  // namespace souk::index
