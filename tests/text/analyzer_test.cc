#include "souk/text/analyzer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "souk/base/random.h"
#include "souk/text/unicode.h"

namespace souk::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> terms(std::string_view text, std::string_view language = "en") {
  std::vector<std::string> result;
  for (Token& token : Analyzer::for_language(language)->analyze(text)) result.push_back(std::move(token.term));
  return result;
}

TEST(Analyzer, FoldsAndStemsEnglish) {
  EXPECT_THAT(terms("Running SHOES, for Women's feet"), ElementsAre("run", "shoe", "for", "women", "feet"));
}

TEST(Analyzer, KeepsNumbersAndCodesWhole) {
  EXPECT_THAT(terms("17 OZ"), ElementsAre("17", "oz"));
  EXPECT_THAT(terms("X100s 3.5mm 1,000"), ElementsAre("x100s", "3.5mm", "1,000"));
}

TEST(Analyzer, RemovesAccentsAndCompatibilityForms) {
  EXPECT_THAT(terms("Crème Brûlée ＡＢＣ ﬁne"), ElementsAre("creme", "brule", "abc", "fine"));
}

TEST(Analyzer, SplitsChineseJapaneseAndThaiByDictionary) {
  EXPECT_THAT(terms("苹果手机", "zh"), ElementsAre("苹果", "手机"));
  EXPECT_GT(terms("กาแฟเย็น", "th").size(), 1U);
  EXPECT_THAT(terms("がぎぐ", "ja").front(), ::testing::StartsWith("が")) << "voicing marks make other letters";
}

TEST(Analyzer, StemsTheNamedLanguage) {
  EXPECT_EQ(terms("Häuser", "de-AT"), terms("Haus", "de"));
  EXPECT_THAT(terms("running", "xx"), ElementsAre("running")) << "an unknown language is not stemmed";
  EXPECT_EQ(Analyzer::for_language("de-AT")->language(), "de-AT");
}

TEST(Analyzer, TellsSurfacePositionAndBytes) {
  const std::string text = "Größe: Äpfel";
  const std::vector<Token> tokens = Analyzer::for_language("de")->analyze(text);
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens[0].surface, "grosse");
  EXPECT_EQ(text.substr(tokens[1].begin, tokens[1].end - tokens[1].begin), "Äpfel");
  EXPECT_EQ(tokens[1].position, 1U);
}

TEST(Analyzer, FindsNothingInTextWithoutWords) {
  EXPECT_THAT(terms(""), IsEmpty());
  EXPECT_THAT(terms(" ...!? \t\n"), IsEmpty());
  EXPECT_THAT(terms("🍏🍎"), IsEmpty());
}

TEST(Analyzer, ReadsInvalidUtf8AndNul) {
  const std::string text = std::string("caf\xC3 \xFF\xFE milk") + '\0' + "tea";
  const std::vector<Token> tokens = Analyzer::for_language("en")->analyze(text);
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(text.substr(tokens[1].begin, tokens[1].end - tokens[1].begin), "milk");
  EXPECT_EQ(tokens[2].term, "tea");
}

TEST(Analyzer, CutsEndlessWordsAtACharacter) {
  std::string endless;
  for (int i = 0; i < 50'000; ++i) endless += "é";
  const std::vector<Token> tokens = Analyzer::for_language("en")->analyze(endless + "ж");
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_LE(tokens[0].surface.size(), 255U);
}

TEST(Analyzer, ScansAsciiAsIcuDoes) {
  Random random(7);
  constexpr std::string_view alphabet = "abcXYZ019 _.,;:'\"-/+&@#()\n\t";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t length = random.below(14); length > 0; --length) text.push_back(alphabet[random.below(alphabet.size())]);
    const auto fast = ascii_words(text);
    const auto slow = unicode_words(text);
    ASSERT_EQ(fast.size(), slow.size()) << '"' << text << '"';
    for (std::size_t i = 0; i < fast.size(); ++i) {
      ASSERT_EQ(fast[i].begin, slow[i].begin) << text;
      ASSERT_EQ(fast[i].end, slow[i].end) << text;
    }
  }
}

TEST(Analyzer, IsTheSameInEveryThread) {
  const auto analyzer = Analyzer::for_language("en");
  const std::string text = "Crunchy peanut butters, 苹果手机 and naïve running";
  const auto expected = terms(text);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::vector<std::string> got;
        for (Token& token : analyzer->analyze(text)) got.push_back(std::move(token.term));
        if (got != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Fold, ComparesAsPeopleDo) {
  EXPECT_EQ(fold("  Nestlé   S.A.\n"), "nestle s.a.");
  EXPECT_EQ(fold("STRASSE"), fold("straße"));
  EXPECT_EQ(fold("Ёлка"), "елка");
  EXPECT_EQ(fold("Йод"), "йод");
  EXPECT_EQ(fold("\u3000全角\u3000"), "全角");
  EXPECT_EQ(fold(""), "");
}

TEST(Fold, ChangesNothingTheSecondTime) {
  Random random(11);
  for (int round = 0; round < 20'000; ++round) {
    icu::UnicodeString units;
    for (std::size_t length = 1 + random.below(6); length > 0; --length) {
      units.append(static_cast<UChar32>(random.below(4) == 0 ? 0x300 + random.below(0x70) : random.below(0x3100)));
    }
    std::string text;
    units.toUTF8String(text);
    const std::string once = fold(text);
    ASSERT_EQ(fold(once), once) << text;
  }
}

}  // namespace
}  // namespace souk::text
