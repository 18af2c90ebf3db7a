// What a query asks for.
#include <gmock/gmock.h>

#include "tests/search/small_index.h"

namespace souk::search {
namespace {

using shelf::Concept;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::reader_with;

std::vector<std::string> texts(const std::vector<Concept>& concepts) {
  std::vector<std::string> result;
  for (const Concept& wanted : concepts) {
    std::string text = wanted.text + (wanted.whole ? " (whole)" : "") + (wanted.unfinished ? "..." : "");
    for (const Concept::Form& other : wanted.others) text += " | " + other.text;
    result.push_back(text);
  }
  return result;
}

TEST(QueryReader, TakesEveryWordForItself) {
  const QueryReader reader = reader_with();
  EXPECT_THAT(texts(reader.read("Red  wool-shirt, large!", "", false)), ElementsAre("Red", "wool", "shirt", "large"));
  EXPECT_THAT(texts(reader.read("", "", false)), IsEmpty());
  EXPECT_THAT(texts(reader.read(" !? ", "", true)), IsEmpty());
}

TEST(QueryReader, AsksForNothingTwice) {
  EXPECT_THAT(texts(reader_with().read("shirts red Shirt RED", "", false)), ElementsAre("shirts", "red"));
  EXPECT_THAT(texts(reader_with().read("shirt red shirt", "", true)), ElementsAre("shirt", "red", "shirt..."))
      << "it may become another word";
}

TEST(QueryReader, KeepsANumberAndItsUnitTogether) {
  const QueryReader reader = reader_with();
  EXPECT_THAT(texts(reader.read("milk 500 ml", "", false)), ElementsAre("milk", "500 ml (whole)"));
  EXPECT_THAT(texts(reader.read("1.5 L cola 6 Pack", "", false)), ElementsAre("1.5 L (whole)", "cola", "6 Pack (whole)"));
  EXPECT_THAT(texts(reader.read("iphone 15 case", "", false)), ElementsAre("iphone", "15", "case"));
  EXPECT_THAT(texts(reader.read("500", "", false)), ElementsAre("500"));
}

TEST(QueryReader, KeepsQuotedWordsAsTheyStand) {
  const QueryReader reader = reader_with("all = [\"running shoes, trainers\"]\n");
  EXPECT_THAT(texts(reader.read("red \"running shoes\" 32\" tv", "", true)),
              ElementsAre("red", "\"running shoes\" (whole)", "32\" (whole)", "tv..."));
  EXPECT_THAT(texts(reader.read("\u201Cblue tea pot\u201D \"tea", "", false)), ElementsAre("\u201Cblue tea pot\u201D (whole)", "tea"));
  EXPECT_THAT(texts(reader.read("\"trainers\"", "", false)), ElementsAre("trainers | running shoes")) << "one word is a word";
}

TEST(QueryReader, KeepsWordsWithSynonymsTogether) {
  const QueryReader reader = reader_with("all = [\"running shoes, trainers\", \"500 ml, half litre\"]\nde = [\"rot, karmin\"]\n");
  EXPECT_THAT(texts(reader.read("red running shoes large", "", false)), ElementsAre("red", "running shoes | trainers", "large"));
  EXPECT_THAT(texts(reader.read("trainers", "", true)), ElementsAre("trainers... | running shoes"));
  EXPECT_THAT(texts(reader.read("milk 500 ml", "", false)), ElementsAre("milk", "500 ml | half litre"));
  EXPECT_THAT(texts(reader.read("rot", "", false)), ElementsAre("rot"));
  EXPECT_THAT(texts(reader.read("rot", "de-CH", false)), ElementsAre("rot | karmin"));
}

TEST(QueryReader, ReadsAnythingInBoundedTime) {
  const QueryReader reader = reader_with("all = [\"a1, b1\"]");
  std::string words;
  for (int i = 0; i < 1000; ++i) words += "w" + std::to_string(i) + " ";
  EXPECT_EQ(reader.read(words, "", false).size(), 1000U);
  EXPECT_EQ(reader.read(std::string(100'000, 'a'), "", false).size(), 1U);
  EXPECT_THAT(reader.read(std::string("\0\xff\xfe", 3), "", false), IsEmpty());
  EXPECT_THAT(texts(reader.read("\xF0\x9F\x91\x9F a1 \xF0\x9F\x91\x9F", "", false)), ElementsAre("a1 | b1"));
}

}  // namespace
}  // namespace souk::search
