// What an evaluation says to the owner of a shop.
#include <cmath>
#include <gmock/gmock.h>
#include <sstream>

#include "souk/base/random.h"
#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ShelfVersus versus(std::string floor, double delta, double low, double high, std::string verdict, std::uint64_t shoppers = 400) {
  ShelfVersus made;
  made.floor = std::move(floor);
  made.verdict = verdict;
  made.hits = {delta, {low, high}, 0.01, shoppers};
  made.hits_verdict = std::move(verdict);
  made.difference = made.hits;
  if (made.hits_verdict == "cannot be told from") made.shoppers_to_tell = shoppers_to_tell(made.hits);
  return made;
}

ShelfReport shelf(std::string name, std::vector<ShelfVersus> floors, double hits = 0.612) {
  ShelfReport made;
  made.name = std::move(name);
  made.context = "shopper";
  made.cases = made.possible_cases = made.shoppers = 400;
  made.metrics = {{"HR@10", hits}, {"NDCG@10", 0.2}, {"MRR@10", 0.3}, {"Recall@10", 0.1}};
  made.versus = std::move(floors);
  return made;
}

ShopReport report_of(std::vector<ShelfReport> shelves) {
  ShopReport report;
  report.shop = "Corner";
  report.rule = "time:14d";
  report.split = "events from 2017-12-18T04:01:20Z on are held out; equal times keep the order in which events arrived";
  report.metric = "NDCG@10";
  report.shelves = std::move(shelves);
  return report;
}

std::string words(const ShelfReport& one) {
  return words_on(one, report_of({}));
}

TEST(Words, SayWhatShareIsServedAndAgainstWhat) {
  const auto one = shelf("for-you", {versus("popularity", 0.091, 0.07, 0.112, "beats"), versus("buy-again", 0.02, 0.01, 0.03, "beats")});
  EXPECT_EQ(advice_on(one), Advice::keep);
  EXPECT_EQ(
      words(one),
      "61.2 of 100 shoppers found something they then bought among its first 10. That is 9.1 more than popularity (between 7.0 and 11.2); "
      "2.0 more than buy-again (between 1.0 and 3.0). Keep it.");
}

TEST(Words, SayWhatToSwitchOffAndWhatToShowInstead) {
  const auto one =
      shelf("for-you", {versus("popularity", -0.05, -0.07, -0.03, "does not beat"), versus("buy-again", 0.02, 0.01, 0.03, "beats")});
  EXPECT_EQ(advice_on(one), Advice::switch_off);
  EXPECT_THAT(words(one), HasSubstr("5.0 fewer than popularity (between 3.0 and 7.0)"));
  EXPECT_THAT(words(one), HasSubstr(R"(Switch it off, or let it retrieve "popular" alone.)"));
}

TEST(Words, SayHowManyShoppersWouldTell) {
  const auto one = shelf(
      "for-you", {versus("popularity", 0.091, 0.07, 0.112, "beats"), versus("co-visitation", 0.02, -0.02, 0.06, "cannot be told from")});
  EXPECT_EQ(advice_on(one), Advice::undecided);
  // SE .0204; 400 (2.8016 * .0204 / .02)^2 = 3,270
  EXPECT_THAT(words(one), HasSubstr("Undecided: about 3,300 shoppers would tell it from co-visitation; there are 400."));
  EXPECT_THAT(words(one), HasSubstr("not to be told from co-visitation (+2.0, between -2.0 and +6.0)"));
  auto sampled = one;
  sampled.possible_cases = 9000;
  EXPECT_THAT(words(sampled), HasSubstr("400 were asked (--max-cases 0 asks all)"));
  const auto hopeless = shelf("for-you", {versus("popularity", 0, -0.02, 0.02, "cannot be told from")});
  EXPECT_THAT(words(hopeless), HasSubstr("waiting for more shoppers would not tell it"));
}

TEST(Words, SayWhenADifferenceIsTooSmallToMatter) {
  const auto one = shelf("for-you", {versus("popularity", 0.001, -0.002, 0.004, "cannot be told from")});
  EXPECT_EQ(advice_on(one), Advice::equal);
  EXPECT_THAT(words(one), HasSubstr("serves as many as popularity"));
}

TEST(Words, OfTooFewShoppersSayNothingMore) {
  auto one = shelf("for-you", {versus("popularity", 0.5, 0.1, 0.9, "too few", 7)});
  one.shoppers = 7;
  EXPECT_EQ(advice_on(one), Advice::too_few);
  EXPECT_THAT(words(one), HasSubstr("Too few to tell: 7 shoppers, and at least 20 are needed."));
  EXPECT_THAT(words(one), Not(HasSubstr("popularity")));
}

TEST(Words, DependOnWhatTheShelfIsAskedWith) {
  auto one = shelf("also-bought", {versus("popularity", 0.09, 0.07, 0.11, "beats")}, 0.25);
  one.context = "item";
  EXPECT_THAT(words(one), HasSubstr("For 25.0 of 100 items of a basket, another item of that basket"));
  one.context = "basket";
  EXPECT_THAT(words(one), HasSubstr("For 25.0 of 100 baskets"));
  one.context = "shopper";
  one.truth = "view";
  EXPECT_THAT(words(one), HasSubstr("something they then looked at"));
}

TEST(Words, CompareWithWhatCouldStandInTheShelfsPlace) {
  auto one = shelf("also-bought", {versus("popularity", 0.09, 0.07, 0.11, "beats"), versus("buy-again", -0.2, -0.3, -0.1, "does not beat"),
                                   versus("co-visitation", 0.03, 0.02, 0.04, "beats")});
  EXPECT_EQ(advice_on(one), Advice::switch_off);
  one.context = "item";
  EXPECT_EQ(advice_on(one), Advice::keep) << "what a shopper bought before is no answer to an item";
  one.versus[2] = versus("co-visitation", -0.03, -0.04, -0.02, "does not beat");
  EXPECT_EQ(advice_on(one), Advice::switch_off);
  EXPECT_THAT(words(one), HasSubstr(R"(let it retrieve "co-visit" alone)"));
  one.context = "none";
  EXPECT_EQ(advice_on(one), Advice::keep) << "the same for everyone, as popularity";
}

TEST(Words, LeaveOpenWhatServesFewerAndPlacesThemHigher) {
  auto one = shelf("for-you", {versus("popularity", -0.03, -0.04, -0.02, "does not beat")});
  one.versus[0].verdict = "beats";
  EXPECT_EQ(advice_on(one), Advice::undecided);
  EXPECT_THAT(words(one), HasSubstr("Undecided: popularity serves more, but this places what it finds higher."));
}

TEST(Words, OfOlderRecordsWithoutHitsAreNone) {
  auto one = shelf("for-you", {versus("popularity", 0.09, 0.07, 0.11, "beats")});
  one.versus[0].hits_verdict.clear();
  EXPECT_EQ(advice_on(one), Advice::none);
  EXPECT_EQ(words(one), "");
}

TEST(ShopText, EndsWithTheSumOfItAndFitsATerminal) {
  auto report = report_of({shelf("for-you", {versus("popularity", 0.03, 0.02, 0.04, "beats")}),
                           shelf("trending", {versus("popularity", -0.03, -0.04, -0.02, "does not beat")}),
                           shelf("similar", {versus("popularity", 0.01, -0.02, 0.04, "cannot be told from")}),
                           shelf("complete-the-basket", {versus("popularity", 0.05, 0.02, 0.08, "beats")})});
  for (ShelfReport& one : report.shelves) {
    one.judged_on = judged_on(eval::SplitRule{}, shelf::Context::item);
    one.floors = {{"popularity", one.metrics}};
    one.floor_interval["popularity"] = {};
  }
  const std::string text = report.to_text();
  EXPECT_THAT(text, HasSubstr("\nIn words\n"));
  EXPECT_THAT(text, HasSubstr("(+5.0), for-you (+3.0)."));
  EXPECT_THAT(text, HasSubstr("To switch off: trending. Undecided: similar."));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_THAT(report.to_markdown(), HasSubstr("- **trending**: 61.2 of 100"));
}

// The oracle: draw so many shoppers many times, and count how often the difference shows.
TEST(ShoppersToTell, ShowTheDifferenceFourTimesInFive) {
  constexpr double kMean = 0.1, kDeviation = 0.5;
  constexpr double kShoppers = 100;
  const double half = 1.959964 * kDeviation / std::sqrt(kShoppers);
  const std::uint64_t needed = shoppers_to_tell({kMean, {kMean - half, kMean + half}, 0.05, 100});
  EXPECT_NEAR(static_cast<double>(needed), 196.2, 1);
  Random random(3);
  int shown = 0;
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    double sum = 0, squares = 0;
    for (std::uint64_t i = 0; i < needed; ++i) {
      const double value = kMean + kDeviation * std::sqrt(12.0) * (random.uniform() - 0.5);
      sum += value;
      squares += value * value;
    }
    const auto n = static_cast<double>(needed);
    const double mean = sum / n, error = std::sqrt((squares / n - mean * mean) / n);
    shown += mean / error > 1.959964 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(shown) / kRounds, 0.8, 0.03);
  EXPECT_EQ(shoppers_to_tell({0, {-0.1, 0.1}, 1, 100}), 0U) << "no difference, no number";
  EXPECT_EQ(shoppers_to_tell({1e-9, {-0.1, 0.1}, 1, 100}), 0U) << "more than there are people";
}

}  // namespace
}  // namespace souk::lab
