#include "souk/text/compounds.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "souk/base/random.h"

namespace souk::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> parts(const Compounds& compounds, std::string_view word) {
  std::vector<std::string> result;
  for (const CompoundPart& part : compounds.split(word)) result.emplace_back(word.substr(part.begin, part.end - part.begin));
  return result;
}

// Every way to read a word, from the back to the front: the sum of the log counts and the parts.
struct Reading {
  double sum = 0;
  std::vector<CompoundPart> parts;
};

void all_readings(std::string_view word, std::uint32_t at, const std::map<std::string, std::uint32_t>& counts,
                  const std::vector<std::string>& links, std::vector<Reading>& found) {
  found.clear();
  if (at == word.size()) {
    found.emplace_back();
    return;
  }
  for (std::size_t length = word.size() - at; length >= 1; --length) {
    const auto count = counts.find(std::string(word.substr(at, length)));
    if (count == counts.end()) continue;
    for (const std::string& link : links) {
      const std::size_t next = at + length + link.size();
      if (next > word.size() || word.substr(at + length, link.size()) != link || (!link.empty() && next == word.size())) continue;
      std::vector<Reading> rests;
      all_readings(word, static_cast<std::uint32_t>(next), counts, links, rests);
      for (Reading& rest : rests) {
        rest.sum = std::log(static_cast<double>(count->second)) + rest.sum;
        rest.parts.insert(rest.parts.begin(), {at, at + static_cast<std::uint32_t>(length)});
        found.push_back(std::move(rest));
      }
    }
  }
}

// The reading of several parts with the highest geometric mean; of equals the first with the fewest parts.
std::vector<CompoundPart> brute_force(std::string_view word, const std::map<std::string, std::uint32_t>& counts,
                                      const std::vector<std::string>& links) {
  std::vector<Reading> readings;
  all_readings(word, 0, counts, links, readings);
  const Reading* best = nullptr;
  for (std::size_t k = 2; k <= Compounds::kMaxParts; ++k) {
    const Reading* best_of_k = nullptr;
    for (const Reading& reading : readings) {
      if (reading.parts.size() == k && (best_of_k == nullptr || reading.sum > best_of_k->sum)) best_of_k = &reading;
    }
    const auto mean = [](const Reading& reading) { return reading.sum / static_cast<double>(reading.parts.size()); };
    if (best_of_k != nullptr && (best == nullptr || mean(*best_of_k) > mean(*best))) best = best_of_k;
  }
  return best == nullptr ? std::vector<CompoundPart>() : best->parts;
}

TEST(Compounds, SplitIntoKnownWords) {
  const std::vector<WordCount> counts = {{"kaffee", 50},  {"maschine", 40}, {"kaffeemaschine", 5}, {"arbeit", 20},
                                         {"schuhe", 300}, {"hand", 900},    {"handschuhe", 800},   {"platz", 20}};
  const auto compounds = Compounds::learn("de", counts);
  EXPECT_THAT(parts(*compounds, "kaffeemaschine"), ElementsAre("kaffee", "maschine"));
  EXPECT_THAT(parts(*compounds, "arbeitsplatz"), ElementsAre("arbeit", "platz"));
  EXPECT_THAT(parts(*compounds, "handschuhe"), ElementsAre("hand", "schuhe")) << "however common it is by itself";
  EXPECT_THAT(parts(*compounds, "kaffees"), IsEmpty()) << "a link joins two parts";
  EXPECT_THAT(parts(*compounds, "unbekannt"), IsEmpty());
  EXPECT_THAT(parts(*compounds, ""), IsEmpty());
}

TEST(Compounds, KnowOnlyWhatCanBeAPart) {
  const std::vector<WordCount> counts = {{"ein", 9000}, {"haus", 10}, {"tür", 9}, {"rare", 1}, {"x100s", 99}, {"haus", 5}, {"größe", 3}};
  const auto compounds = Compounds::learn("de", counts);
  ASSERT_EQ(compounds->words().size(), 2U);
  EXPECT_EQ(compounds->words()[0].word, "größe");
  EXPECT_EQ(compounds->words()[1].word, "haus");
  EXPECT_EQ(compounds->words()[1].documents, 15U) << "counts of one word add up";
}

TEST(Compounds, AreLearnedAgainFromTheirWords) {
  const std::vector<WordCount> counts = {{"kaffee", 50}, {"maschine", 40}, {"filter", 2}, {"tuer", 1}};
  const auto first = Compounds::learn("de", counts);
  const auto second = Compounds::learn("de", first->words(), 1);
  ASSERT_EQ(first->words().size(), second->words().size());
  EXPECT_EQ(parts(*first, "kaffeefiltermaschine"), parts(*second, "kaffeefiltermaschine"));
}

TEST(Compounds, StandOnlyInLanguagesThatWriteThem) {
  EXPECT_EQ(Compounds::learn("en", std::vector<WordCount>{{"house", 9}}), nullptr);
  for (const char* language : {"de", "nl", "sv", "da", "no", "nb", "fi"}) EXPECT_NE(Compounds::learn(language, {}), nullptr);
}

TEST(Compounds, SplitAsTheBestOfAllReadings) {
  const std::map<std::string, std::vector<std::string>> links = {
      {"de", {"", "s", "es", "n", "en", "er", "e", "ens", "ns"}}, {"nl", {"", "s", "e", "en", "er", "n"}}, {"fi", {"", "n", "s", "den"}}};
  Random random(3);
  std::size_t split = 0;
  for (int round = 0; round < 300; ++round) {
    const auto& [language, joins] = *std::next(links.begin(), static_cast<std::ptrdiff_t>(random.below(links.size())));
    constexpr std::string_view kLetters = "ensar";
    const auto random_word = [&](std::size_t shortest, std::size_t longest) {
      std::string word;
      for (std::size_t length = shortest + random.below(longest - shortest + 1); length > 0; --length) {
        random.below(20) == 0 ? word += "ß" : word += kLetters[random.below(kLetters.size())];
      }
      return word;
    };
    std::map<std::string, std::uint32_t> counts;
    std::vector<WordCount> list;
    for (int i = 0; i < 60; ++i) counts[random_word(4, 6)] = 1 + static_cast<std::uint32_t>(random.below(1000));
    for (const auto& [word, count] : counts) list.push_back({word, count});
    const auto compounds = Compounds::learn(language, list, 1);
    for (int i = 0; i < 30; ++i) {
      std::string word;
      for (std::size_t n = 1 + random.below(4); n > 0; --n) {
        word += random.below(5) == 0 ? random_word(1, 3)
                                     : std::next(counts.begin(), static_cast<std::ptrdiff_t>(random.below(counts.size())))->first;
        if (n > 1) word += joins[random.below(joins.size())];
      }
      const std::vector<CompoundPart> expected = brute_force(word, counts, joins);
      ASSERT_EQ(compounds->split(word), expected) << language << ' ' << word;
      split += expected.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(split, 2000U);
}

}  // namespace
}  // namespace souk::text
