// Words in quotation marks: found as they stand, and only so.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "souk/base/random.h"
#include "souk/index/field_index.h"
#include "souk/index/forward.h"

#include "tests/support/data.h"

namespace souk::index {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PhraseSlot any_of(std::vector<std::uint32_t> terms) {
  return {{{std::move(terms)}, 1}};
}

TEST(HoldsPhrase, IsWhatLookingAtEveryPlaceSays) {
  Random random(3);
  std::vector<std::uint32_t> starts;
  int held = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<ForwardWord> row;
    for (std::uint64_t n = random.below(12); n > 0; --n) {
      row.push_back(random.below(5) == 0 ? kTextEnds : forward_word(static_cast<std::uint32_t>(random.below(3)), false));
    }
    std::vector<std::uint32_t> wanted;
    std::vector<PhraseSlot> slots;
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
      wanted.push_back(static_cast<std::uint32_t>(random.below(3)));
      slots.push_back(any_of({wanted.back()}));
    }
    bool expected = false;
    for (std::size_t at = 0; at + wanted.size() <= row.size(); ++at) {
      bool here = true;
      for (std::size_t i = 0; i < wanted.size(); ++i) here = here && row[at + i] == forward_word(wanted[i], false);
      expected = expected || here;
    }
    ASSERT_EQ(holds_phrase(row, slots, starts), expected);
    held += expected ? 1 : 0;
  }
  EXPECT_GT(held, 2000);
}

TEST(HoldsPhrase, ReadsFurtherReadings) {
  std::vector<std::uint32_t> starts;
  // "wi-fi router": wi (wifi) fi router
  const std::vector<ForwardWord> row = {forward_word(0, false), forward_word(1, true), forward_word(2, false), forward_word(3, false)};
  EXPECT_TRUE(holds_phrase(row, std::vector<PhraseSlot>{any_of({1}), any_of({3})}, starts));
  EXPECT_TRUE(holds_phrase(row, std::vector<PhraseSlot>{any_of({0}), any_of({2}), any_of({3})}, starts));
  EXPECT_FALSE(holds_phrase(row, std::vector<PhraseSlot>{any_of({0}), any_of({3})}, starts)) << "only a further reading may span words";
  EXPECT_FALSE(holds_phrase(row, std::vector<PhraseSlot>{any_of({3}), any_of({0})}, starts));
  EXPECT_FALSE(holds_phrase({}, std::vector<PhraseSlot>{any_of({0})}, starts));
  // A run of words whose second is missing.
  const PhraseSlot two = {{{{0}, {9}}, 2}, {{{0}, {2, 5}}, 2}};
  EXPECT_TRUE(holds_phrase(row, std::vector<PhraseSlot>{two, any_of({3})}, starts));
}

TEST(ForwardTerms, NoticeWhatDoesNotHoldTogether) {
  std::vector<std::byte> packed;
  const std::vector<std::uint32_t> words = {forward_word(0, false), forward_word(2, true), kTextEnds};
  const unsigned bits = kernels::packed_width(forward_word(2, true));
  kernels::pack(words, bits, packed);
  packed.resize(packed.size() + kernels::kPackReadsBeyond);
  const std::vector<std::uint32_t> rows = {0, 2, 3}, falling = {0, 2, 1}, beyond = {0, 2, 30};
  EXPECT_TRUE(ForwardTerms(rows, bits, packed).check(2, 3));
  EXPECT_FALSE(ForwardTerms(rows, bits, packed).check(3, 3));
  EXPECT_FALSE(ForwardTerms(rows, bits, packed).check(2, 2)) << "a term beyond the last";
  EXPECT_FALSE(ForwardTerms(falling, bits, packed).check(2, 3));
  EXPECT_FALSE(ForwardTerms(beyond, bits, packed).check(2, 3));
  EXPECT_FALSE(ForwardTerms(rows, 40, packed).check(2, 3));
  EXPECT_FALSE(ForwardTerms({}, bits, packed).check(2, 3));
  EXPECT_TRUE(ForwardTerms().check(2, 3));
}

class Phrases : public ::testing::Test {
 protected:
  void SetUp() override { open("en", Schema::defaults()); }
  void open(const std::string& language, const Schema& schema) {
    folder_.emplace();
    auto opened = FieldIndex::open(*folder_ / "segments", schema, language, false);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    index_ = std::move(*opened);
  }
  void put(std::uint32_t id, std::string title, std::string description = {}) {
    store::Item item;
    item.key = fmt::format("k{}", id);
    item.title = std::move(title);
    item.description = std::move(description);
    const FieldIndex::Put change{ItemId{id}, &item};
    ASSERT_TRUE(index_->update(std::span(&change, 1), ++seq_).has_value());
  }
  void remove(std::uint32_t id) {
    const FieldIndex::Put change{ItemId{id}, nullptr};
    ASSERT_TRUE(index_->update(std::span(&change, 1), ++seq_).has_value());
  }
  std::vector<std::uint32_t> found(std::string text, Match match = Match::all) const {
    LexicalQuery query;
    query.text = std::move(text);
    query.match = match;
    query.k = 10'000;
    query.count = false;
    const auto answer = index_->reader()->search(query);
    EXPECT_TRUE(answer.has_value());
    std::vector<std::uint32_t> ids;
    for (const Hit& hit : answer->hits) ids.push_back(index_of(hit.item));
    std::ranges::sort(ids);
    return ids;
  }

  std::optional<testing::TempDir> folder_;
  std::unique_ptr<FieldIndex> index_;
  Seq seq_ = 0;
};

TEST_F(Phrases, StandInOneText) {
  put(1, "Blue tea pot", "keeps coffee warm");
  put(2, "Tea blue pot");
  put(3, "Pot of tea", "blue");
  put(4, "Large pot, tea", "pot blue tea pots");
  EXPECT_THAT(found("\"tea pot\""), ElementsAre(1, 4)) << "by stems, in any field";
  EXPECT_THAT(found("\"blue tea pot\""), ElementsAre(1, 4));
  EXPECT_THAT(found("large \"tea pot\""), ElementsAre(4));
  EXPECT_THAT(found("large \"tea pot\"", Match::any), ElementsAre(1, 4)) << "other words need not be there";
  EXPECT_THAT(found("large red \"tea pot\"", Match::automatic), ElementsAre(4)) << "nor those that nothing has";
  EXPECT_THAT(found("\"pot keeps\""), IsEmpty()) << "not across fields";
  EXPECT_THAT(found("\"pot blue\" \"tea pot\""), ElementsAre(4));
  EXPECT_THAT(found("\"pot coffee\"", Match::automatic), IsEmpty()) << "nothing is made up";
  EXPECT_THAT(found("\"tea pot"), ElementsAre(1, 2, 3, 4)) << "an open mark is no phrase";
}

TEST_F(Phrases, AreFoundHoweverTheyAreWritten) {
  put(1, "TP-Link Wi-Fi router AX55");
  put(2, "WiFi router black");
  put(3, "router Wi-Fi");
  put(4, "Sony WH-1000XM4 headphones");
  EXPECT_THAT(found("\"wifi router\""), ElementsAre(1, 2));
  EXPECT_THAT(found("\"wi-fi router\""), ElementsAre(1, 2));
  EXPECT_THAT(found("\"wi fi router\""), ElementsAre(1, 2));
  EXPECT_THAT(found("\"sony wh1000xm4 headphones\""), ElementsAre(4));
  EXPECT_THAT(found("\"sony wh-1000xm4\""), ElementsAre(4));
  EXPECT_THAT(found("\"sony headphones\""), IsEmpty());
}

TEST_F(Phrases, OfScriptsWithoutBlanks) {
  open("zh", Schema::defaults());
  put(1, "无线蓝牙耳机 黑色");
  put(2, "耳机无线 蓝牙 音箱");
  EXPECT_THAT(found("\"无线蓝牙耳机\""), ElementsAre(1));
  EXPECT_THAT(found("\"蓝牙耳机 黑色\""), ElementsAre(1));
  EXPECT_THAT(found("\"蓝牙 音箱\""), ElementsAre(2));
}

TEST_F(Phrases, NeedFieldsThatKnowThem) {
  Schema schema = Schema::defaults();
  for (Field field : std::vector<Field>(schema.fields())) {
    field.phrases = false;
    schema.put(field);
  }
  open("en", schema);
  put(1, "Tea blue pot");
  EXPECT_THAT(found("\"tea pot\""), ElementsAre(1)) << "the words alone";
}

TEST_F(Phrases, WherePartsOfWordsAreNotSearched) {
  Schema schema = Schema::defaults();
  Field parts = *schema.find("parts");
  parts.search = 0;
  schema.put(parts);
  open("en", schema);
  put(1, "Sony WH-1000XM4 headphones");
  EXPECT_THAT(found("\"sony wh-1000xm4 headphones\""), ElementsAre(1));
  EXPECT_THAT(found("\"1000xm4 headphones\""), ElementsAre(1));
  ASSERT_TRUE(index_->compact().has_value());
  EXPECT_THAT(found("\"1000xm4 headphones\""), ElementsAre(1));
}

TEST_F(Phrases, AreWhatReadingTheTitlesSays) {
  constexpr std::array kTitleWords = {"red", "blue", "tea", "pots", "pot", "milk", "the"};
  Random random(5);
  std::map<std::uint32_t, std::string> titles;
  const auto words = [&](std::uint64_t count) {
    std::string text;
    for (; count > 0; --count) text += std::string(text.empty() ? "" : " ") + kTitleWords[random.below(kTitleWords.size())];
    return text;
  };
  const auto check = [&] {
    for (int i = 0; i < 60; ++i) {
      std::string phrase = words(2 + random.below(2));
      const auto singular = [](std::string text) {
        for (std::size_t at; (at = text.find("pots")) != std::string::npos;) text.erase(at + 3, 1);
        return " " + text + " ";
      };
      std::vector<std::uint32_t> expected;
      for (const auto& [id, title] : titles) {
        if (singular(title).find(singular(phrase)) != std::string::npos) expected.push_back(id);
      }
      ASSERT_EQ(found("\"" + phrase + "\""), expected) << phrase;
    }
  };
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 40; ++i) {
      const auto id = static_cast<std::uint32_t>(random.below(100));
      if (random.below(5) == 0) {
        titles.erase(id);
        remove(id);
      } else {
        titles[id] = words(1 + random.below(8));
        put(id, titles[id]);
      }
    }
    check();
    if (round % 2 == 1) {
      ASSERT_TRUE(index_->flush().has_value());
    }
    check();
  }
}

}  // namespace
}  // namespace souk::index
