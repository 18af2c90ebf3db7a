// What holds for every text, tried on texts of ten languages and more, cut up and joined at random.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <unicode/brkiter.h>

#include "souk/base/random.h"
#include "souk/text/analyzer.h"
#include "souk/text/atoms.h"
#include "souk/text/unicode.h"

namespace souk::text {
namespace {

struct Sample {
  std::string_view language, words;
};

constexpr Sample kSamples[] = {
    {"en", "Noise-cancelling wireless headphones women's running shoes don't O'Neill T-shirt coffee maker rock'n'roll blue"},
    {"de", "Kaffeemaschine für Büro Größe Straßenbahn Häuser wiederaufladbare Akkus Kühlschrank Mueller schnellster"},
    {"fr", "l'huile d'olive cafetière élégante qu'il chaussures été aujourd'hui première qualité garçon L'Oréal"},
    {"es", "iluminación niños baterías recargables teléfono cámaras pequeño jabón líquido corazón"},
    {"it", "dell'acqua caffè macchina scarpe perché bottiglia quest'anno qualità più"},
    {"pt", "iluminação sapatos confortáveis câmera cartões d'água promoção pão"},
    {"ru", "беспроводные наушники чёрный ёлка кофемашина синий подъём районный"},
    {"tr", "kablosuz kulaklık ayakkabıları IŞIK ışık İstanbul'da güneş gözlüğü çocuk"},
    {"hu", "kávéfőző gépek cipőkről házakból fülhallgató őszibarack"},
    {"el", "ασύρματα ακουστικά Παπούτσια ΜΑΥΡΟ ήλιος καφετιέρα"},
    {"pl", "bezprzewodowe słuchawki łóżko żółty ekspres do kawy źródło"},
    {"ar", "سماعات لاسلكية مُحَمَّد أحذية قهوة الأسود"},
    {"he", "אוזניות אלחוטיות צה\"ל נעליים שָׁלוֹם קפה"},
    {"hi", "वायरलेस हेडफ़ोन कॉफ़ी मशीन जूते नीला"},
    {"zh", "苹果手机 无线耳机 咖啡机 红色连衣裙 茶 张三丰"},
    {"ja", "ワイヤレスイヤホン コーヒーメーカー 送料無料 ｶﾞﾗｽ お茶の水 がぎ"},
    {"th", "หูฟังไร้สาย เครื่องชงกาแฟ น้ำ รองเท้า"},
    {"ko", "무선 이어폰을 커피 머신 신발 아이폰"},
    {"vi", "tai nghe không dây máy pha cà phê giày đẹp"},
    {"fi", "langattomat kuulokkeet kahvinkeitin kengät työpöytä"},
};

// Written the same everywhere.
constexpr std::string_view kCommon =
    "WH-1000XM4 5.5oz 1,000 1.000,5 3/4 ½ 32\" 20x30cm USB-C wi fi 802.11n 5g 12V 1'000 .5 6'2 h&m AC/DC 1.2.3 iPhone手机壳 "
    "🍏 é m² 1️⃣ a@b x_y e.l.f. 10-20 978-3-16-148410-0 \u00AD \u200D naïve\u2019s 1\u00A0000 \xC3 \xFF™ ٣٤ ㎏ "
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

std::vector<std::string> words_between_blanks(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// A text of `words` with punctuation between them; with bytes changed when `broken`.
std::string random_text(const std::vector<std::string>& words, std::size_t most, bool broken, Random& random) {
  constexpr std::string_view kBetween[] = {" ",      " ", " ", "-", ", ", "/",  ".",      "\u00A0",
                                           "\u2013", "'", "&", "(", ") ", "\"", "\u3001", "\n"};
  std::string text;
  for (std::size_t n = random.below(most + 1); n > 0; --n) {
    std::string word = words[random.below(words.size())];
    if (random.below(6) == 0) word = word.substr(random.below(word.size()));
    text += word;
    if (n > 1) text += kBetween[random.below(std::size(kBetween))];
  }
  if (broken && !text.empty()) text[random.below(text.size())] = static_cast<char>(random.below(256));
  return text;
}

class EveryLanguage : public testing::TestWithParam<Sample> {
 protected:
  void SetUp() override {
    AnalyzerSettings settings;
    const std::vector<WordCount> counts = {{"kaffee", 50}, {"maschine", 40}, {"strassen", 9}, {"bahn", 9}, {"kahvin", 7}, {"keitin", 9}};
    settings.compounds = Compounds::learn(GetParam().language, counts);
    analyzer_ = Analyzer::for_language(GetParam().language, settings);
    words_ = words_between_blanks(GetParam().words);
    for (const std::string& word : words_between_blanks(kCommon)) words_.push_back(word);
  }
  std::shared_ptr<const Analyzer> analyzer_;
  std::vector<std::string> words_;
};

std::vector<bool> borders_of_characters(std::string_view text) {
  std::vector<bool> borders(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); next_character(text, i)) borders[i] = true;
  borders[text.size()] = true;
  return borders;
}

TEST_P(EveryLanguage, TokensStandInOrderAtBordersOfCharacters) {
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(words_, 8, true, random);
    const std::vector<bool> borders = borders_of_characters(text);
    std::uint32_t position = 0, begin = 0, words = 0;
    for (const Token& token : analyzer_->analyze(text)) {
      ASSERT_LT(token.begin, token.end) << text;
      ASSERT_LE(token.end, text.size()) << text;
      ASSERT_TRUE(borders[token.begin] && borders[token.end]) << text << ' ' << token.surface;
      ASSERT_TRUE(token.position == position || token.position == position + 1) << text;
      if (token.position == position) {
        ASSERT_GE(token.begin, begin) << text << ' ' << token.surface;
      } else {
        ASSERT_EQ(words, position + 1) << text << ": one word at a position";
      }
      position = token.position;
      begin = token.begin;
      words += token.extra ? 0 : 1;
      ASSERT_FALSE(token.term.empty() || token.surface.empty()) << text;
    }
    ASSERT_TRUE(words == position + 1 || words == 0) << text;
  }
}

TEST_P(EveryLanguage, SurfacesAreFolded) {
  Random random(2);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_text(words_, 6, true, random);
    ASSERT_EQ(fold(fold(text)), fold(text)) << text;
    for (const Token& token : analyzer_->analyze(text)) ASSERT_EQ(fold(token.surface), token.surface) << text;
  }
}

// Not the terms of languages that stem before they fold; not units, which are no text; nor decimals of three digits where a comma is
// decimal: "3,125" is 3.125, and that is 3125.
TEST_P(EveryLanguage, AnalysingASurfaceGivesItsTerm) {
  Random random(3);
  std::set<std::pair<std::string, std::string>> seen;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(words_, 6, false, random);
    for (const Token& token : analyzer_->analyze(text)) {
      if (token.kind == TokenKind::unit || token.surface.find('.') != std::string::npos) continue;
      if (!seen.insert({token.surface, token.term}).second) continue;
      const std::vector<Token> again = analyzer_->analyze(token.surface);
      ASSERT_FALSE(again.empty()) << text << ": " << token.surface;
      ASSERT_EQ(again[0].surface, token.surface) << text;
      ASSERT_TRUE(again[0].term == token.term || !analyzer_->term_follows_surface()) << text << ": " << token.surface;
    }
  }
  std::set<std::string> surfaces;
  for (const auto& [surface, term] : seen) {
    ASSERT_TRUE(surfaces.insert(surface).second || !analyzer_->term_follows_surface()) << surface << " has two terms";
  }
}

TEST_P(EveryLanguage, ADocumentThatHoldsAQueryMatchesAllOfIt) {
  Random random(4);
  std::size_t concepts = 0;
  for (int round = 0; round < 3000; ++round) {
    const bool broken = random.below(4) == 0;
    const std::string query = random_text(words_, 5, broken, random);
    const std::string document = random_text(words_, 4, broken, random) + " " + query + " " + random_text(words_, 4, broken, random);
    std::set<std::string> terms, surfaces;
    for (const Token& token : analyzer_->analyze(document)) {
      terms.insert(token.term);
      surfaces.insert(token.surface);
    }
    for (const Concept& one : analyzer_->analyze_query(query)) {
      ++concepts;
      ASSERT_FALSE(one.alternatives.empty());
      ASSERT_LE(one.end, query.size());
      ASSERT_LT(one.begin, one.end);
      const bool found = std::any_of(one.alternatives.begin(), one.alternatives.end(), [&](const Alternative& alternative) {
        return std::all_of(alternative.terms.begin(), alternative.terms.end(),
                           [&](const QueryTerm& term) { return terms.contains(term.term) && surfaces.contains(term.surface); });
      });
      ASSERT_TRUE(found) << '"' << query << "\": \"" << one.surface << "\" in " << document;
    }
  }
  EXPECT_GT(concepts, 3000U);
}

TEST_P(EveryLanguage, WhatATokenizerRemembersChangesNothing) {
  Random random(5);
  Tokenizer remembers(*analyzer_), forgets(*analyzer_, 1);
  for (int round = 0; round < 1000; ++round) {
    const std::string text = random_text(words_, 8, true, random);
    Tokenizer fresh(*analyzer_);
    const std::span<const TokenRef> expected = fresh.analyze(text);
    for (Tokenizer* tokenizer : {&remembers, &forgets}) {
      const std::span<const TokenRef> got = tokenizer->analyze(text);
      ASSERT_EQ(got.size(), expected.size()) << text;
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(tokenizer->term(got[i].word), fresh.term(expected[i].word)) << text;
        ASSERT_EQ(tokenizer->surface(got[i].word), fresh.surface(expected[i].word)) << text;
        ASSERT_EQ(got[i].begin, expected[i].begin) << text;
        ASSERT_EQ(got[i].end, expected[i].end) << text;
        ASSERT_EQ(got[i].position, expected[i].position) << text;
        ASSERT_EQ(got[i].kind, expected[i].kind) << text;
        ASSERT_EQ(got[i].extra, expected[i].extra) << text;
      }
    }
  }
}

TEST_P(EveryLanguage, HighlightingMarksWhatMatchesAndKeepsTheText) {
  Random random(6);
  for (int round = 0; round < 1000; ++round) {
    const std::string query = random_text(words_, 3, false, random);
    const std::string document = random_text(words_, 4, false, random) + " " + query + " " + random_text(words_, 4, false, random);
    const std::vector<Concept> concepts = analyzer_->analyze_query(query);
    std::string marked = highlight(*analyzer_, document, concepts, false, "\x01", "\x02");
    const auto marks = std::count(marked.begin(), marked.end(), '\x01');
    ASSERT_EQ(std::count(marked.begin(), marked.end(), '\x02'), marks);
    ASSERT_EQ(marks > 0, !concepts.empty()) << query << " in " << marked;
    std::erase_if(marked, [](char c) { return c == '\x01' || c == '\x02'; });
    ASSERT_EQ(marked, escape_html(document));
  }
}

INSTANTIATE_TEST_SUITE_P(Of, EveryLanguage, testing::ValuesIn(kSamples),
                         [](const auto& sample) { return std::string(sample.param.language); });

// Atoms refine the words of UAX 29 in scripts with blanks: none crosses a border of ICU's, and every letter and digit is in one. (Fractions
// do cross them, and multiplication signs and square units are no words to ICU.)
TEST(Atoms, RefineTheWordsOfIcu) {
  const std::vector<std::u32string> alphabets = {U"abcXYZ019", U"éÄñçßøłž", U"абвЁйі", U"αβγΣς", U"אבגש",
                                                 U"ابتث",      U"अआकख",     U"தமிழ்",   U"აბგ",   U"աբգ"};
  constexpr std::u32string_view kBetween = U" _.,;:'\"-/+&@#()\n\t\u00A0\u00B7\u2013\u2019\u2010\u3001\u00AD\u0301\u200D!";
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaker(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  ASSERT_TRUE(U_SUCCESS(status));
  Random random(7);
  for (int round = 0; round < 30'000; ++round) {
    const std::u32string& letters = alphabets[random.below(alphabets.size())];
    icu::UnicodeString units;
    for (std::size_t length = random.below(14); length > 0; --length) {
      units.append(
          static_cast<UChar32>(random.below(3) == 0 ? kBetween[random.below(kBetween.size())] : letters[random.below(letters.size())]));
    }
    std::string text;
    units.toUTF8String(text);
    const Utf16 decoded = to_utf16(text);
    std::set<std::size_t> borders;
    breaker->setText(units);
    for (std::int32_t at = breaker->first(); at != icu::BreakIterator::DONE; at = breaker->next()) {
      borders.insert(decoded.offsets[static_cast<std::size_t>(at)]);
    }
    std::vector<bool> covered(text.size());
    Atoms atoms;
    Group group;
    for (std::size_t at = 0; next_group(text, at, group); at = group.end) {
      ASSERT_GT(group.end, at) << text;
      atoms.read(std::string_view(text).substr(group.begin, group.end - group.begin));
      for (const Atom& atom : atoms.all()) {
        const std::size_t begin = group.begin + atom.begin, end = group.begin + atom.end;
        std::fill(covered.begin() + static_cast<std::ptrdiff_t>(begin), covered.begin() + static_cast<std::ptrdiff_t>(end), true);
        if (atoms.folded(atom).find('/') != std::string_view::npos) continue;
        const auto next = borders.upper_bound(begin + (text[begin] == '.' ? 1 : 0));
        ASSERT_TRUE(next != borders.end() && end <= *next) << '"' << text << "\" from " << begin << " to " << end;
      }
    }
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t at = i;
      const CharClass kind = class_of(next_character(text, i));
      ASSERT_TRUE(covered[at] || (kind != CharClass::letter && kind != CharClass::digit)) << '"' << text << "\" at " << at;
    }
  }
}

}  // namespace
}  // namespace souk::text
