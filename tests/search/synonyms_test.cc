// Rules of synonyms: what they say, and what a shop owner is told when one is wrong.
#include "souk/search/synonyms.h"

#include <gmock/gmock.h>

namespace souk::search {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const text::Analyzer> analyzer() {
  return text::Analyzer::for_language("en");
}

Result<Synonyms> read(const std::string& toml) {
  const auto config = Config::parse(toml, "shop.toml");
  EXPECT_TRUE(config) << toml;
  return Synonyms::from_config(config->table("search"), *analyzer());
}

// The other forms of the words that `text` begins with, after how many words they are.
std::vector<std::string> others(const Synonyms& synonyms, const std::string& text, const std::string& language = "en") {
  const auto match = synonyms.longest(analyzer()->analyze(text), language);
  std::vector<std::string> result;
  if (match.words == 0) return result;
  result.push_back(std::to_string(match.words));
  for (const auto& form : match.others) result.push_back(form.text);
  return result;
}

TEST(Synonyms, FindEachOtherOrOnlyOneWay) {
  const auto synonyms = read("[search.synonyms]\nall = [\"sofa, couch , settee\", \"tv -> television, flat screen\"]").value();
  EXPECT_EQ(synonyms.rules(), 2U);
  EXPECT_THAT(others(synonyms, "sofa"), ElementsAre("1", "couch", "settee"));
  EXPECT_THAT(others(synonyms, "couch"), ElementsAre("1", "sofa", "settee"));
  EXPECT_THAT(others(synonyms, "tv"), ElementsAre("1", "television", "flat screen"));
  EXPECT_THAT(others(synonyms, "television"), IsEmpty());
  EXPECT_THAT(others(synonyms, "flat screen"), IsEmpty());
  EXPECT_THAT(others(synonyms, "chair"), IsEmpty());
  EXPECT_THAT(others(Synonyms(), "sofa"), IsEmpty());
}

TEST(Synonyms, AreComparedAsTheIndexComparesWords) {
  const auto synonyms = read("[search.synonyms]\nall = [\"Café tables, bistro tables\"]").value();
  EXPECT_THAT(others(synonyms, "cafe TABLE, round"), ElementsAre("2", "bistro tables"));
}

TEST(Synonyms, TheLongestSideCounts) {
  const auto synonyms = read("[search.synonyms]\nall = [\"running shoes, trainers\", \"running -> jogging\"]").value();
  EXPECT_THAT(others(synonyms, "running shoes red"), ElementsAre("2", "trainers"));
  EXPECT_THAT(others(synonyms, "running red shoes"), ElementsAre("1", "jogging"));
}

TEST(Synonyms, HoldInTheirLanguageAndItsVariants) {
  const auto synonyms =
      read("[search.synonyms]\nde = [\"handy -> mobiltelefon\"]\nde-AT = [\"handy -> natel\"]\nall = [\"handy -> useful\"]").value();
  EXPECT_THAT(others(synonyms, "handy", "en"), ElementsAre("1", "useful"));
  EXPECT_THAT(others(synonyms, "handy", "de"), ElementsAre("1", "mobiltelefon", "useful"));
  EXPECT_THAT(others(synonyms, "handy", "DE-at"), ElementsAre("1", "mobiltelefon", "natel", "useful"));
  EXPECT_THAT(others(synonyms, "handy", "den"), ElementsAre("1", "useful"));
}

TEST(Synonyms, DoNotChainAndNameEachWordOnce) {
  const auto synonyms = read("[search.synonyms]\nall = [\"a1, b1\", \"b1, c1\", \"a1 -> B1\"]").value();
  EXPECT_THAT(others(synonyms, "a1"), ElementsAre("1", "b1"));
}

TEST(Synonyms, CountAsTheSettingSays) {
  const auto weight = [](const std::string& toml) {
    const auto synonyms = read(toml).value();
    return synonyms.longest(analyzer()->analyze("sofa"), "").others.at(0).weight;
  };
  EXPECT_FLOAT_EQ(weight("[search.synonyms]\nall = [\"sofa, couch\"]"), 0.8F);
  EXPECT_FLOAT_EQ(weight("[search]\nsynonym_weight = 1\n[search.synonyms]\nall = [\"sofa, couch\"]"), 1);
}

TEST(Synonyms, KeepTheRuleForExplanations) {
  const auto synonyms = read("[search.synonyms]\nall = [\"tv ->  flat screen\"]").value();
  const auto match = synonyms.longest(analyzer()->analyze("tv"), "en");
  ASSERT_EQ(match.others.size(), 1U);
  EXPECT_EQ(match.others[0].rule, "tv ->  flat screen");
  EXPECT_THAT(match.others[0].words, ElementsAre("flat", "screen"));
}

TEST(Synonyms, ErrorsNameTheRulesPlace) {
  const auto message = [](const std::string& toml) {
    const auto synonyms = read(toml);
    return synonyms ? "no error" : synonyms.error().message();
  };
  const std::string head = "[search.synonyms]\nall = [\n  \"sofa, couch\",\n  ";
  EXPECT_THAT(message(head + "\"alone\"]"), AllOf(HasSubstr("shop.toml:4:3"), HasSubstr("one side"), HasSubstr("alone")));
  EXPECT_THAT(message(head + "\"\"]"), AllOf(HasSubstr("shop.toml:4:3"), HasSubstr("without a word")));
  EXPECT_THAT(message(head + "\"a1, , b1\"]"), AllOf(HasSubstr("shop.toml:4:3"), HasSubstr("without a word")));
  EXPECT_THAT(message(head + "\"a1, !!\"]"), HasSubstr("without a word"));
  EXPECT_THAT(message(head + "\"a1 ->\"]"), HasSubstr("without a word"));
  EXPECT_THAT(message(head + "\"-> b1\"]"), HasSubstr("without a word"));
  EXPECT_THAT(message(head + "\"a1 -> b1 -> c1\"]"), HasSubstr("two arrows"));
  EXPECT_THAT(message(head + "\"table, Tables\"]"), AllOf(HasSubstr("twice"), HasSubstr("Tables")));
  EXPECT_THAT(message(head + "\"table -> Tables\"]"), HasSubstr("its own synonym"));
  EXPECT_THAT(message(head + "\"a b c d e f g h i, x1\"]"), HasSubstr("at most 8 words"));
  EXPECT_THAT(message("[search.synonyms]\nall = \"sofa, couch\""), AllOf(HasSubstr("shop.toml:2:"), HasSubstr("array")));
  EXPECT_THAT(message("[search.synonyms]\n\"\" = [\"a1, b1\"]"), HasSubstr("unknown language"));
  EXPECT_THAT(message("[search.synonyms]\ngerman_words = []"), AllOf(HasSubstr("shop.toml:2:1"), HasSubstr("unknown language")));
  EXPECT_THAT(message("[search]\nsynonyms = 3"), AllOf(HasSubstr("shop.toml:2:"), HasSubstr("a table")));
  EXPECT_THAT(message("[search]\nsynonym_wieght = 1"), AllOf(HasSubstr("shop.toml:2:"), HasSubstr("synonym_weight")));
  EXPECT_THAT(message("[search]\nsynonym_weight = 0"), HasSubstr("above 0, at most 1"));
  std::string many = "x0";
  for (int i = 1; i <= 50; ++i) many += ", x" + std::to_string(i);
  EXPECT_THAT(message(head + "\"" + many + "\"]"), HasSubstr("too many sides"));
}

}  // namespace
}  // namespace souk::search
