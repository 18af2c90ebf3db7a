#include "souk/text/analyzer.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "souk/base/random.h"
#include "souk/text/unicode.h"

namespace souk::text {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// The terms of the words, without further readings.
std::vector<std::string> terms(std::string_view text, std::string_view language = "en") {
  std::vector<std::string> result;
  for (Token& token : Analyzer::for_language(language)->analyze(text)) {
    if (!token.extra) result.push_back(std::move(token.term));
  }
  return result;
}

// "term@position" of all tokens, further readings in parentheses.
std::vector<std::string> readings(std::string_view text, std::string_view language = "en") {
  std::vector<std::string> result;
  for (const Token& token : Analyzer::for_language(language)->analyze(text)) {
    const std::string shown = token.term + "@" + std::to_string(token.position);
    result.push_back(token.extra ? "(" + shown + ")" : shown);
  }
  return result;
}

TEST(Analyzer, FoldsAndStemsEnglish) {
  EXPECT_THAT(terms("Running SHOES, for Women's feet"), ElementsAre("run", "shoe", "for", "women", "feet"));
}

TEST(Analyzer, RemovesAccentsAndCompatibilityForms) {
  EXPECT_THAT(terms("Crème Brûlée ＡＢＣ ﬁne"), ElementsAre("creme", "brule", "abc", "fine"));
  EXPECT_THAT(terms("RØDE Łódź Æther ışık", ""), ElementsAre("rode", "lodz", "aether", "isik"));
}

TEST(Analyzer, ReadsCodesWholeAndInParts) {
  EXPECT_THAT(readings("X100"), ElementsAre("x100@0", "(x@0)", "(100@0)"));
  EXPECT_THAT(readings("WH-1000XM4 black"),
              ElementsAre("wh@0", "(wh1000xm4@0)", "1000xm4@1", "(1000@1)", "(xm4@1)", "(xm@1)", "(4@1)", "black@2"));
  EXPECT_THAT(readings("802.11n"), ElementsAre("802.11n@0", "(802.11@0)", "(n@0)"));
  EXPECT_THAT(readings("v1.2.3"), ElementsAre("v1.2.3@0", "(v@0)", "(1.2.3@0)"));
  EXPECT_THAT(readings("1.2.30"), ElementsAre("1.2.30@0", "(1@0)", "(2@0)", "(30@0)"));
  EXPECT_THAT(readings("a1b2c3d4e5"), ElementsAre("a1b2c3d4e5@0")) << "a serial number has no parts";
}

TEST(Analyzer, ReadsJoinedWordsApartAndAsOne) {
  EXPECT_THAT(readings("wi-fi"), ElementsAre("wi@0", "(wifi@0)", "fi@1"));
  EXPECT_THAT(readings("wi fi"), ElementsAre("wi@0", "(wifi@0)", "fi@1")) << "by the table";
  EXPECT_THAT(readings("USB-C"), ElementsAre("usb@0", "(usbc@0)", "c@1"));
  EXPECT_THAT(readings("AC/DC"), ElementsAre("ac@0", "(acdc@0)", "dc@1"));
  EXPECT_THAT(readings("audio/video"), ElementsAre("audio@0", "video@1"));
  EXPECT_THAT(readings("e.l.f. H&M"), ElementsAre("e@0", "(elf@0)", "l@1", "f@2", "h@3", "(hm@3)", "m@4"));
  EXPECT_THAT(readings("10-20"), ElementsAre("10@0", "20@1"));
  EXPECT_THAT(readings("978-3-16-148410-0").at(1), "(9783161484100@0)");
  EXPECT_THAT(readings("32-inch"), ElementsAre("32@0", "inch@1", "(#inch@1)")) << "a quantity is no code";
}

TEST(Analyzer, TreatsApostrophesAsTheLanguageDoes) {
  EXPECT_THAT(readings("Levi's Levi’s levis"), ElementsAre("levi@0", "levi@1", "levi@2"));
  EXPECT_THAT(terms("don't James's 80's"), ElementsAre("dont", "jame", "80s"));
  EXPECT_THAT(readings("O'Neill"), ElementsAre("o@0", "(oneil@0)", "neill@1"));
  EXPECT_THAT(readings("l'huile d'olive", "fr"), ElementsAre("(lhuil@0)", "huil@0", "(doliv@1)", "oliv@1"));
  EXPECT_THAT(readings("Apple'ın", "tr"), ElementsAre("apple@0", "(applein@0)"));
}

TEST(Analyzer, ReadsQuantitiesAlikeHoweverTheyAreWritten) {
  const auto same = [](std::string_view one, std::string_view two) { EXPECT_EQ(terms(one), terms(two)) << one << " and " << two; };
  same("5.5oz", "5.5 oz");
  same("20x30cm", "20 x 30 cm");
  same("20×30", "20 × 30");
  same("12V7Ah", "12 V 7 Ah");
  EXPECT_THAT(readings("5.5oz"), ElementsAre("5.5@0", "oz@1", "(#ounce@1)"));
  EXPECT_THAT(readings("5.5 ounces"), ElementsAre("5.5@0", "ounc@1", "(#ounce@1)"));
  EXPECT_THAT(readings("32\" TV"), ElementsAre("32@0", "#inch@1", "tv@2"));
  EXPECT_THAT(readings("32 in"), ElementsAre("32@0", "in@1", "(#inch@1)"));
  EXPECT_THAT(readings("in 32"), ElementsAre("in@0", "32@1")) << "no unit before a number";
  EXPECT_THAT(readings("6'2\""), ElementsAre("6@0", "#foot@1", "2@2", "#inch@3"));
  EXPECT_THAT(readings("500㎖", "ja"), ElementsAre("500@0", "ml@1", "(#milliliter@1)"));
  EXPECT_THAT(readings("5g"), ElementsAre("5g@0", "(5@0)", "(g@0)", "(#gram@0)")) << "or a name";
  EXPECT_THAT(readings("5.0g"), ElementsAre("5.0@0", "g@1", "(#gram@1)"));
}

TEST(Analyzer, ReadsNumbersByLanguage) {
  EXPECT_THAT(terms("1,000 1.5 1,000.50 1,00,000"), ElementsAre("1000", "1.5", "1000.50", "100000"));
  EXPECT_THAT(terms("1.000 1,5 1.000,50 1.5", "de"), ElementsAre("1000", "1.5", "1000.50", "1.5"));
  EXPECT_THAT(terms("1'000.50 1.000", "de-CH"), ElementsAre("1000.50", "1.000"));
  EXPECT_THAT(readings("1 000 W", "fr"), ElementsAre("1@0", "(1000@0)", "000@1", "w@2", "(#watt@2)"));
  EXPECT_THAT(readings("1\u202F000"), ElementsAre("1@0", "(1000@0)", "000@1"));
  EXPECT_THAT(terms(".5 0,125 1,2,3"), ElementsAre("0.5", "0.125", "1", "2", "3"));
  EXPECT_THAT(terms("3/4 ½ 1½ 50/60 ٣"), ElementsAre("3/4", "1/2", "1", "1/2", "50", "60", "3"));
}

TEST(Analyzer, PairsCharactersOfScriptsWithoutBlanks) {
  EXPECT_THAT(readings("苹果手机", "zh"), ElementsAre("苹果@0", "果手@1", "手机@2", "(机@2)"));
  EXPECT_THAT(readings("茶", "zh"), ElementsAre("茶@0"));
  EXPECT_THAT(readings("iPhone手机5G", "zh"), ElementsAre("iphone@0", "手机@1", "(机@1)", "5g@2", "(5@2)", "(g@2)", "(#gram@2)"));
  EXPECT_THAT(readings("ｶﾞｷﾞ", "ja"), ElementsAre("ガギ@0", "(ギ@0)")) << "half width, with voicing marks";
  EXPECT_THAT(readings("กาแฟ", "th"), ElementsAre("กา@0", "าแ@1", "แฟ@2", "(ฟ@2)"));
  EXPECT_THAT(readings("น้ำ", "th").size(), 1U) << "a character with its marks is one";
  EXPECT_THAT(readings("삼성 폰", "ko"), ElementsAre("삼성@0", "(성@0)", "폰@1"));
}

TEST(Analyzer, CanLeaveEachFeatureOut) {
  AnalyzerSettings plain;
  plain.stems = plain.codes = plain.units = plain.grams = false;
  std::vector<std::string> got;
  for (Token& token : Analyzer::for_language("en", plain)->analyze("WH-1000XM4 headphones 5.5oz 1,000 wi fi 苹果手机")) {
    EXPECT_FALSE(token.extra);
    got.push_back(std::move(token.term));
  }
  EXPECT_THAT(got, ElementsAre("wh", "1000xm4", "headphones", "5.5oz", "1,000", "wi", "fi", "苹果", "手机"));
}

TEST(Analyzer, CanKeepAccents) {
  AnalyzerSettings plain;
  plain.stems = plain.folds = false;
  const auto german = Analyzer::for_language("de", plain);
  std::vector<std::string> got;
  const std::string text = "Größe CAFÉ É2x Été-Ü";
  for (Token& token : german->analyze(text)) {
    if (!token.extra) got.push_back(text.substr(token.begin, token.end - token.begin) + "=" + token.surface);
  }
  EXPECT_THAT(got, ElementsAre("Größe=größe", "CAFÉ=café", "É2x=é2x", "Été=été", "Ü=ü"));
  EXPECT_EQ(german->analyze_query("café").front().alternatives.front().terms.front().term, "café");
}

TEST(Analyzer, CanReadEachTextInItsLanguage) {
  AnalyzerSettings settings;
  settings.detects = true;
  const auto english = Analyzer::for_language("en", settings);
  EXPECT_FALSE(english->term_follows_surface());
  const std::string text = "Ce casque sans fil possède une batterie qui dure trente heures et il est agréable à porter l'été";
  const auto terms_of = [](const Analyzer& analyzer, const std::string& read) {
    std::vector<std::string> found;
    for (Token& token : analyzer.analyze(read)) found.push_back(std::move(token.term));
    return found;
  };
  EXPECT_EQ(terms_of(*english, text), terms_of(*Analyzer::for_language("fr"), text));
  EXPECT_EQ(terms_of(*english, "headphones, batteries"), terms_of(*Analyzer::for_language("en"), "headphones, batteries"));
  const std::string german = "Diese kabellosen Kopfhörer haben einen Akku, der dreißig Stunden hält, und sind angenehm zu tragen";
  Tokenizer tokenizer(*english);
  for (int round = 0; round < 3; ++round) {  // the same words in one language after the other
    for (const auto& [language, read] : {std::pair("fr", text), std::pair("de", german), std::pair("en", std::string("heures Stunden"))}) {
      std::vector<std::string> found;
      for (const TokenRef& token : tokenizer.analyze(read)) found.emplace_back(tokenizer.term(token.word));
      EXPECT_EQ(found, terms_of(*Analyzer::for_language(language), read)) << language;
    }
  }
}

TEST(Analyzer, StemsTheNamedLanguage) {
  EXPECT_EQ(terms("Häuser", "de-AT"), terms("Haus", "de"));
  EXPECT_THAT(terms("running", "xx"), ElementsAre("running")) << "an unknown language is not stemmed";
  EXPECT_EQ(Analyzer::for_language("de-AT")->language(), "de-AT");
}

TEST(Analyzer, SplitsCompoundsIntoTheShopsWords) {
  const std::vector<WordCount> counts = {{"kaffee", 50}, {"maschine", 40}, {"kaffeemaschine", 5}, {"strassen", 9}, {"bahn", 9}};
  AnalyzerSettings settings;
  settings.compounds = Compounds::learn("de", counts);
  const auto german = Analyzer::for_language("de", settings);
  const std::string text = "Straßenbahn Kaffeemaschine";
  const std::vector<Token> tokens = german->analyze(text);
  ASSERT_EQ(tokens.size(), 6U);
  EXPECT_EQ(tokens[1].surface, "strassen");
  EXPECT_EQ(text.substr(tokens[1].begin, tokens[1].end - tokens[1].begin), "Straßen");
  EXPECT_EQ(text.substr(tokens[5].begin, tokens[5].end - tokens[5].begin), "maschine");
  EXPECT_EQ(tokens[5].kind, TokenKind::part);
  EXPECT_EQ(tokens[5].position, 1U);
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

TEST(Analyzer, ReadsEndlessTextsOfEveryKind) {
  const auto analyzer = Analyzer::for_language("en");
  for (const std::string_view piece :
       {"a-", "1,", "1/2/", "5x", "a1", "ü", "机", "กำ", "a'", "\u0301", "🍏", "א", "\xFF", "1'", "\"", "é.", "한"}) {
    std::string text;
    while (text.size() < 100'000) text += piece;
    for (const Token& token : analyzer->analyze(text)) ASSERT_LE(token.term.size(), 1100U) << piece;
    analyzer->analyze_query(text);
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
        for (Token& token : analyzer->analyze(text)) {
          if (!token.extra) got.push_back(std::move(token.term));
        }
        if (got != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Tokenizer, NumbersItsWords) {
  const auto analyzer = Analyzer::for_language("en");
  Tokenizer tokenizer(*analyzer);
  const std::vector<TokenRef> first(tokenizer.analyze("red shoes").begin(), tokenizer.analyze("red shoes").end());
  const auto again = tokenizer.analyze("shoe red Shoes");
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(again.size(), 3U);
  EXPECT_EQ(again[1].word, first[0].word);
  EXPECT_EQ(again[2].word, first[1].word);
  EXPECT_NE(again[0].word, first[1].word) << "another surface";
  EXPECT_EQ(tokenizer.term(again[0].word), tokenizer.term(first[1].word));
  EXPECT_EQ(tokenizer.words(), 3U);
}

TEST(Tokenizer, ForgetsWhenItHasMetTooManyWords) {
  const auto analyzer = Analyzer::for_language("en");
  Tokenizer tokenizer(*analyzer, 10);
  for (int i = 0; i < 100; ++i) {
    const std::string text = "word" + std::string(1, static_cast<char>('a' + i % 26)) + " again shoes";
    ASSERT_EQ(tokenizer.analyze(text).size(), 3U);
    ASSERT_LE(tokenizer.words(), 14U);
  }
  EXPECT_GT(tokenizer.generation(), 1U);
}

TEST(Fold, ComparesAsPeopleDo) {
  EXPECT_EQ(fold("  Nestlé   S.A.\n"), "nestle s.a.");
  EXPECT_EQ(fold("STRASSE"), fold("straße"));
  EXPECT_EQ(fold("Ёлка"), "елка");
  EXPECT_EQ(fold("Йод"), "йод");
  EXPECT_EQ(fold("\u3000全角\u3000"), "全角");
  EXPECT_EQ(fold("Levi’s"), "levi's");
  EXPECT_EQ(fold("Łódź"), fold("lodz"));
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
