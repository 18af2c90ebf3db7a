// Compounds in the index: learned from items, kept with the segments, and read the same way by writers, readers and queries.
#include "souk/index/learn_words.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "souk/base/random.h"
#include "souk/index/field_index.h"

#include "tests/support/data.h"

namespace souk::index {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

store::Item titled(std::string title, std::string category = {}) {
  store::Item item;
  item.title = std::move(title);
  if (!category.empty()) item.category = {std::move(category)};
  return item;
}

const std::vector<store::Item>& shop() {
  static const std::vector<store::Item> items = {titled("Kaffee gemahlen"),        titled("Kaffee ganze Bohne"),
                                                 titled("Nähmaschine mit Koffer"), titled("Maschine für Brot"),
                                                 titled("Maschine für Nudeln"),    titled("Kaffeemaschine rot"),
                                                 titled("Straßenkarte"),           titled("Karte der Straßen", "Karte"),
                                                 titled("Bahn", "Straßen > Bahn"), titled("Straßenbahn aus Holz"),
                                                 titled("Bahn aus Blech"),         titled("Karte von Europa")};
  return items;
}

LearnedWords learned_from(std::span<const store::Item> items, const char* language = "de") {
  WordLearner learner(language);
  for (const store::Item& item : items) learner.add(item);
  return learner.learn();
}

class SplitCompounds : public ::testing::Test {
 protected:
  std::unique_ptr<FieldIndex> open(const Schema& schema = Schema::defaults(), const char* language = "de") const {
    auto opened = FieldIndex::open(folder_, schema, language, false);
    EXPECT_TRUE(opened.has_value()) << opened.error().message();
    return opened ? std::move(*opened) : nullptr;
  }
  static void rebuild(FieldIndex& index, std::span<const store::Item> items, LearnedWords learned, Seq seq = 1) {
    std::uint32_t row = 0;
    const auto next = [&](ItemId& id, store::Item& item) {
      if (row == items.size()) return false;
      id = ItemId{row};
      item = items[row++];
      return true;
    };
    ASSERT_TRUE(index.rebuild(next, seq, 2, std::move(learned)));
  }
  static void put(FieldIndex& index, std::uint32_t id, const store::Item& item, Seq seq) {
    const FieldIndex::Put put{ItemId{id}, &item};
    ASSERT_TRUE(index.update(std::span(&put, 1), seq));
  }
  static std::vector<std::uint32_t> found(const FieldIndex& index, const std::string& text, Match match = Match::all) {
    const auto answer = index.reader()->search({.text = text, .match = match});
    EXPECT_TRUE(answer.has_value());
    std::vector<std::uint32_t> items;
    for (const Hit& hit : answer->hits) items.push_back(index_of(hit.item));
    return items;
  }

  testing::TempDir dir_;
  fs::path folder_ = dir_ / "segments";
};

TEST(WordLearner, CountsItemsNotWords) {
  const std::vector<store::Item> items = {titled("Kaffee, Kaffee und Kaffee", "Kaffee"), titled("Tee", "Küche > Kaffee"),
                                          titled("Tee 250g Kaffee2go")};
  const LearnedWords learned = learned_from(items);
  EXPECT_EQ(learned.items, 3U);
  ASSERT_EQ(learned.compounds->words().size(), 1U) << "words of one item, short ones and codes are no parts";
  EXPECT_EQ(learned.compounds->words()[0].word, "kaffee");
  EXPECT_EQ(learned.compounds->words()[0].documents, 2U);
}

TEST(WordLearner, ReadsTheTitleOfTheLanguage) {
  store::Item item = titled("coffee maker");
  item.text["de"].title = "Kaffee Maschine";
  const std::vector<store::Item> items = {item, item};
  const LearnedWords learned = learned_from(items);
  std::set<std::string> words;
  for (const text::WordCount& known : learned.compounds->words()) words.insert(known.word);
  EXPECT_THAT(words, UnorderedElementsAre("kaffee", "maschine"));
}

TEST(WordLearner, LearnsNothingWhereCompoundsAreWrittenApart) {
  EXPECT_EQ(learned_from(shop(), "en").compounds, nullptr);
}

TEST_F(SplitCompounds, FindTheirPartsAndTheOtherWayRound) {
  const auto index = open();
  rebuild(*index, shop(), learned_from(shop()));
  EXPECT_EQ(index->learned_from(), 12U);
  EXPECT_THAT(found(*index, "maschine"), UnorderedElementsAre(3, 4, 5)) << "nothing else says what the rest of a sewing machine is";
  EXPECT_THAT(found(*index, "Kaffee"), UnorderedElementsAre(0, 1, 5));
  EXPECT_THAT(found(*index, "kaffee maschine"), ElementsAre(5));
  EXPECT_THAT(found(*index, "strassenkarte"), UnorderedElementsAre(6, 7)) << "its parts as words of their own";
  EXPECT_EQ(found(*index, "Straßenkarte").front(), 6U) << "the word as it was typed counts most";
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 9, 10));
}

TEST_F(SplitCompounds, ReadWhatComesLaterInTheSameWay) {
  auto index = open();
  rebuild(*index, shop(), learned_from(shop()));
  put(*index, 20, titled("Brotmaschine, Kaffeebahn"), 2);
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 9, 10, 20)) << "in memory";
  ASSERT_TRUE(index->flush());
  index = open();
  EXPECT_EQ(index->learned_from(), 12U);
  EXPECT_EQ(index->reader()->through_seq(), 2U);
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 9, 10, 20)) << "from files";
  EXPECT_THAT(found(*index, "kaffee bahn"), ElementsAre(20));
  put(*index, 21, titled("Kartenbahn"), 3);
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 9, 10, 20, 21)) << "written after reopening";
  ASSERT_TRUE(index->compact());
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 9, 10, 20, 21));
}

TEST_F(SplitCompounds, AreThoseOfTheLastRebuild) {
  const auto index = open();
  rebuild(*index, shop(), {});
  EXPECT_EQ(index->learned_from(), 0U);
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 10)) << "nothing was learned";
  rebuild(*index, shop(), learned_from(shop()), 2);
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 9, 10));
  const auto before = index->reader();
  rebuild(*index, shop(), {}, 3);
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 10));
  EXPECT_EQ(before->search({.text = "bahn"})->total, 3U) << "a reader's queries are read as its segments were";
}

TEST_F(SplitCompounds, OnlyWhereLanguageAndSchemaSaySo) {
  EXPECT_EQ(open(Schema::defaults(), "en")->learned_from(), std::nullopt);
  auto index = open();
  rebuild(*index, shop(), learned_from(shop()));
  Schema whole = Schema::defaults();
  whole.set_compounds(false);
  index = open(whole);
  EXPECT_EQ(index->reader()->through_seq(), 0U) << "segments with other terms are left aside";
  EXPECT_EQ(index->learned_from(), std::nullopt);
  rebuild(*index, shop(), learned_from(shop()));
  EXPECT_THAT(found(*index, "bahn"), UnorderedElementsAre(8, 10)) << "what is learned in vain is not used";
}

// Any one byte of the set wrong, any length cut: an error that names it, or all as before.
TEST_F(SplitCompounds, SurviveDamageToTheirWords) {
  auto index = open();
  rebuild(*index, shop(), learned_from(shop()));
  index.reset();
  const fs::path set = folder_ / "segments.set";
  const std::string whole = read_file(set).value();
  Random random(5);
  int errors = 0;
  for (int round = 0; round < 600; ++round) {
    std::string damaged = whole;
    if (round % 8 == 0) {
      damaged.resize(random.below(whole.size()));
    } else {
      damaged[random.below(whole.size())] ^= static_cast<char>(1U << random.below(8));
    }
    std::ofstream(set, std::ios::binary) << damaged;
    const auto opened = FieldIndex::open(folder_, Schema::defaults(), "de", true);
    if (!opened) {
      ++errors;
      EXPECT_THAT(opened.error().message(), ::testing::HasSubstr("segments.set"));
      continue;
    }
    const auto reader = (*opened)->reader();
    EXPECT_TRUE(reader->through_seq() == 0 || reader->search({.text = "bahn"})->total == 3) << "round " << round;
  }
  EXPECT_GT(errors, 300);
}

// Against the plainest reading: a document has a concept when it has all terms of one of the concept's alternatives.
TEST_F(SplitCompounds, FindWhatReadingEveryTitleFinds) {
  const std::vector<std::string> parts = {"kaffee", "maschine", "bahn", "karte", "nagel", "schere", "holz", "brett"};
  Random random(11);
  for (int round = 0; round < 20; ++round) {
    const auto word = [&] {
      std::string made = parts[random.below(parts.size())];
      for (std::size_t more = random.below(3); more > 0; --more) {
        if (random.below(3) == 0) made += random.below(2) == 0 ? "n" : "s";
        made += parts[random.below(parts.size())];
      }
      return made;
    };
    std::vector<store::Item> items;
    for (std::size_t n = 5 + random.below(40); n > 0; --n) {
      std::string title = word();
      for (std::size_t more = random.below(4); more > 0; --more) title += " " + word();
      items.push_back(titled(title));
    }
    fs::remove_all(folder_);
    const auto index = open();
    rebuild(*index, items, learned_from(items));
    const auto analyzer = index->reader()->analyzer();
    std::vector<std::set<std::string>> terms;
    for (const store::Item& item : items) {
      std::set<std::string>& own = terms.emplace_back();
      for (const text::Token& token : analyzer->analyze(item.title)) own.insert(token.term);
    }
    for (int query = 0; query < 20; ++query) {
      const std::string asked = random.below(2) == 0 ? word() : word() + " " + word();
      std::vector<std::uint32_t> expected;
      for (std::uint32_t row = 0; row < items.size(); ++row) {
        const auto has = [&](const text::QueryTerm& term) { return terms[row].contains(term.term); };
        const auto says = [&](const text::Alternative& alternative) { return std::ranges::all_of(alternative.terms, has); };
        const auto concepts = analyzer->analyze_query(asked);
        if (std::ranges::all_of(concepts, [&](const text::Concept& said) { return std::ranges::any_of(said.alternatives, says); })) {
          expected.push_back(row);
        }
      }
      const auto answer = index->reader()->search({.text = asked, .match = Match::all, .k = items.size()});
      ASSERT_TRUE(answer.has_value());
      std::vector<std::uint32_t> got;
      for (const Hit& hit : answer->hits) got.push_back(index_of(hit.item));
      std::ranges::sort(got);
      ASSERT_EQ(got, expected) << asked;
    }
  }
}

}  // namespace
}  // namespace souk::index
