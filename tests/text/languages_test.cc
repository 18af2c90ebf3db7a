#include "souk/text/languages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "souk/text/analyzer.h"
#include "souk/text/numbers.h"
#include "souk/text/stemmer.h"
#include "souk/text/units.h"

namespace souk::text {
namespace {

std::string stem(std::string_view word, std::string_view language) {
  Stemmer stemmer(language_of(language));
  return std::string(stemmer.stem(fold(word), word));
}

void expect_one_stem(std::string_view language, const std::vector<std::string>& forms) {
  for (const std::string& form : forms) EXPECT_EQ(stem(form, language), stem(forms[0], language)) << language << ' ' << form;
}

TEST(Languages, AreFoundByTheirTags) {
  EXPECT_EQ(language_of("de-AT").code, "de");
  EXPECT_EQ(language_of("PT_br").code, "pt");
  EXPECT_EQ(language_of("nb").code, "no");
  EXPECT_EQ(language_of("xx").code, "");
  EXPECT_EQ(language_of("").stemmer, "");
  EXPECT_TRUE(language_of("es").decimal_comma);
  EXPECT_FALSE(language_of("es-MX").decimal_comma);
}

TEST(Languages, StemTheFormsOfAWordAlike) {
  expect_one_stem("en", {"battery", "batteries"});
  expect_one_stem("de", {"Kühlschrank", "Kühlschränke", "kuehlschrank", "KÜHLSCHRÄNKEN"});
  expect_one_stem("nl", {"koptelefoon", "koptelefoons"});
  expect_one_stem("sv", {"hörlur", "hörlurar", "horlurar"});
  expect_one_stem("da", {"højttaler", "højttalere"});
  expect_one_stem("no", {"kopp", "kopper", "koppen"});
  expect_one_stem("fi", {"talo", "talossa", "talot"});
  expect_one_stem("fr", {"salée", "salées", "salee", "salé"});
  expect_one_stem("fr", {"première", "premières", "premiere"});
  expect_one_stem("es", {"iluminación", "iluminaciones", "iluminacion"});
  expect_one_stem("pt", {"iluminação", "iluminações", "iluminacao"});
  expect_one_stem("it", {"scarpa", "scarpe"});
  expect_one_stem("ca", {"il·luminació", "il·luminacions"});
  expect_one_stem("ro", {"aplicație", "aplicaţii", "aplicatie"});
  expect_one_stem("ru", {"наушник", "наушники", "НАУШНИКОВ"});
  expect_one_stem("el", {"παπούτσι", "παπούτσια", "ΠΑΠΟΥΤΣΙΑ"});
  expect_one_stem("hu", {"ház", "házból", "házak"});
  expect_one_stem("tr", {"kulaklık", "kulaklıklar", "KULAKLIKLAR"});
  expect_one_stem("lt", {"batas", "batai"});
  expect_one_stem("id", {"sepatu", "sepatunya"});
}

TEST(Languages, StemWordsWithoutTheirAccentsAlike) {
  for (const auto& [language, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"de", {"größere", "Häuser", "schöne", "Füße"}},
           {"fr", {"élégante", "cafetière", "brûlée", "garçons", "été"}},
           {"es", {"baterías", "pequeño", "jabón", "cámaras", "inglés"}},
           {"pt", {"promoções", "confortáveis", "câmera", "consistência", "pão"}},
           {"it", {"qualità", "perché", "caffè"}},
           {"ca", {"màquina", "estació", "cafè"}},
           {"ro", {"încălțăminte", "mașină", "căști"}},
           {"sv", {"kläder", "tröjor", "hörlurar"}},
           {"fi", {"kengät", "pöytä"}},
           {"el", {"ακουστικά", "ήλιος"}},
           {"ru", {"чёрный", "зелёная"}},
           {"ga", {"bróga", "císte"}},
       }) {
    for (const std::string& word : words) EXPECT_EQ(stem(word, language), stem(fold(word), language)) << language << ' ' << word;
  }
}

TEST(Numbers, AreReadAsTheLanguageWritesThem) {
  const auto read = [](std::string_view run, bool decimal_comma) {
    std::string canonical;
    const NumberKind kind = read_number(run, decimal_comma, canonical);
    return kind == NumberKind::number ? canonical : kind == NumberKind::version ? "version" : "list";
  };
  for (const bool comma : {false, true}) {
    EXPECT_EQ(read("12", comma), "12");
    EXPECT_EQ(read("1.5", comma), "1.5");
    EXPECT_EQ(read("1,5", comma), "1.5");
    EXPECT_EQ(read("1,234.5", comma), "1234.5");
    EXPECT_EQ(read("1.234,5", comma), "1234.5");
    EXPECT_EQ(read("1.234.567", comma), "1234567");
    EXPECT_EQ(read("12,34,567", comma), "1234567") << "as in India";
    EXPECT_EQ(read("1'234'567", comma), "1234567");
    EXPECT_EQ(read("0.125", comma), "0.125");
    EXPECT_EQ(read(".5", comma), "0.5");
    EXPECT_EQ(read("3/4", comma), "3/4");
    EXPECT_EQ(read("1.2.3", comma), "version");
    EXPECT_EQ(read("1,2,3", comma), "list");
    EXPECT_EQ(read("6'2", comma), "list");
    EXPECT_EQ(read("1.234,567.8", comma), "list");
  }
  EXPECT_EQ(read("1.234", false), "1.234");
  EXPECT_EQ(read("1.234", true), "1234");
  EXPECT_EQ(read("1,234", false), "1234");
  EXPECT_EQ(read("1,234", true), "1.234");
}

TEST(Numbers, AreFractionsWhenTheyAreProper) {
  const auto is_fraction = [](std::string_view text) { return is_fraction_slash(text, text.find('/')); };
  for (const char* text : {"1/2", "3/4in", "11/16", "1/64"}) EXPECT_TRUE(is_fraction(text)) << text;
  for (const char* text : {"24/7", "50/60", "1/2/2023", "2/1", "0/4", "1/7", "1.1/2", "1234/5", "/2", "1/", "x1/2"})
    EXPECT_FALSE(is_fraction(text)) << text;
}

TEST(Units, HaveOneTermForAllSpellings) {
  for (const char* spelling : {"oz", "ounce", "ounces", "unzen", "onzas"}) {
    EXPECT_EQ(unit_of(spelling).term, "#ounce");
    EXPECT_FALSE(unit_of(spelling).after_number);
  }
  for (const char* spelling : {"in", "m", "g", "pc"}) EXPECT_TRUE(unit_of(spelling).after_number) << spelling;
  EXPECT_EQ(unit_of("shoe").term, "");
  EXPECT_EQ(unit_of("").term, "");
}

TEST(Units, KnowWordsThatAreWrittenApart) {
  EXPECT_TRUE(one_word("wi", "fi"));
  EXPECT_FALSE(one_word("fi", "wi"));
  EXPECT_FALSE(one_word("w", "ifi"));
  EXPECT_TRUE(begins_one_word("blu"));
  EXPECT_FALSE(begins_one_word("ray"));
}

}  // namespace
}  // namespace souk::text
