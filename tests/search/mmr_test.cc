// Variety by maximal marginal relevance, beside the formula.
#include <cmath>
#include <gmock/gmock.h>

#include "souk/base/random.h"
#include "souk/search/search.h"

#include "tests/support/fake_shop.h"

namespace souk::search {
namespace {

using shelf::Candidates;
using souk::testing::FakeItem;
using souk::testing::FakeShop;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::unique_ptr<shelf::Arranger>> make(const std::string& settings) {
  shelf::Registry registry;
  register_all(registry);
  return registry.arranger("mmr", *Config::parse(settings, "shop.toml"));
}

std::vector<std::uint32_t> arranged(const FakeShop& shop, const std::vector<float>& scores, const std::string& settings) {
  Candidates candidates;
  for (std::uint32_t i = 0; i < scores.size(); ++i) candidates.add(ItemId{i}, scores[i], {});
  const auto mmr = make(settings);
  EXPECT_TRUE(mmr) << mmr.error().message();
  EXPECT_TRUE((*mmr)->arrange({}, candidates, shop.view));
  EXPECT_EQ(candidates.scores, scores) << "scores stay with the places";
  std::vector<std::uint32_t> order;
  for (const ItemId item : candidates.items) order.push_back(index_of(item));
  return order;
}

FakeItem item(const std::string& category, const std::string& brand, const std::string& group = {}) {
  return {.title = "x", .category = category, .brand = brand, .group = group, .released = {}};
}

TEST(Mmr, PutsWhatIsDifferentBetweenWhatIsAlike) {
  const FakeShop shop({item("Toys", "A"), item("Toys", "A"), item("Toys", "A"), item("Food", "B"), item("Garden", "C")});
  EXPECT_THAT(arranged(shop, {1, 0.99F, 0.98F, 0.9F, 0.8F}, "lambda = 0.5"), ElementsAre(0, 3, 4, 1, 2));
  EXPECT_THAT(arranged(shop, {1, 0.99F, 0.98F, 0.9F, 0.8F}, "lambda = 1"), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(arranged(shop, {1, 0.99F, 0.98F, 0.9F, 0.8F}, "lambda = 0.5\nfirst = 2"), ElementsAre(0, 3, 1, 2, 4));
}

TEST(Mmr, CategoriesAreAsAlikeAsTheirPathsAreShared) {
  const FakeShop shop({item("Home > Kitchen > Kettles", ""), item("Home > Kitchen > Kettles", ""), item("Home > Kitchen > Pots", ""),
                       item("Home > Bath", ""), item("", "")});
  // Beside the first: 1, 2/3, 1/3, 0.
  EXPECT_THAT(arranged(shop, {1, 1, 1, 1, 1}, "lambda = 0.5\nby = [\"category\"]\nfirst = 2"), ElementsAre(0, 4, 1, 2, 3));
  EXPECT_THAT(arranged(shop, {1, 1, 1, 0.95F, 0}, "lambda = 0.5\nby = [\"category\"]\nfirst = 2"), ElementsAre(0, 3, 1, 2, 4));
}

TEST(Mmr, KnowsVariantsByTheirGroup) {
  const FakeShop shop({item("", "", "shirt"), item("", "", "shirt"), item("", "", "sock"), item("", "")});
  EXPECT_THAT(arranged(shop, {1, 1, 1, 1}, "lambda = 0.5\nby = [\"group\"]"), ElementsAre(0, 2, 3, 1));
}

TEST(Mmr, LeavesWhatHasNoScores) {
  const FakeShop shop({item("A", "A"), item("A", "A"), item("B", "B")});
  EXPECT_THAT(arranged(shop, {0, 0, 0}, ""), ElementsAre(0, 1, 2));
  EXPECT_THAT(arranged(shop, {}, ""), ElementsAre());
}

TEST(Mmr, RefusesSettingsThatMakeNoSense) {
  const auto message = [](const std::string& settings) {
    const auto mmr = make(settings);
    return mmr ? "no error" : mmr.error().message();
  };
  EXPECT_THAT(message("lambda = 1.5"), AllOf(HasSubstr("shop.toml:1:1"), HasSubstr("from 0")));
  EXPECT_THAT(message("by = []"), HasSubstr("1 to 8 keyword fields"));
  EXPECT_THAT(message("first = 201"), HasSubstr("from 1 to 200"));
  EXPECT_THAT(message("lamda = 1"), HasSubstr("lambda"));
}

// The formula, from scratch for every place.
std::vector<std::uint32_t> by_formula(const std::vector<FakeItem>& items, const std::vector<float>& scores, float lambda,
                                      std::size_t first) {
  const auto parts = [](const std::string& path) {
    std::vector<std::string> result;
    for (std::size_t begin = 0; !path.empty();) {
      const std::size_t end = path.find(" > ", begin);
      result.push_back(path.substr(begin, end - begin));
      if (end == std::string::npos) break;
      begin = end + 3;
    }
    return result;
  };
  const auto alike = [&](std::uint32_t a, std::uint32_t b) {
    const auto x = parts(items[a].category), y = parts(items[b].category);
    std::size_t shared = 0;
    while (shared < std::min(x.size(), y.size()) && x[shared] == y[shared]) ++shared;
    const std::size_t longest = std::max(x.size(), y.size());
    float sum = longest == 0 ? 0 : static_cast<float>(shared) / static_cast<float>(longest);
    if (!items[a].brand.empty() && items[a].brand == items[b].brand) sum += 1;
    return sum / 2;
  };
  std::vector<std::uint32_t> order;
  std::vector<bool> placed(items.size(), false);
  while (order.size() < std::min(first, items.size())) {
    std::uint32_t best = 0;
    float best_merit = -INFINITY;
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      float nearest = 0;
      for (const std::uint32_t j : order) nearest = std::max(nearest, alike(i, j));
      const float merit = lambda * (std::max(scores[i], 0.0F) / scores[0]) - (1 - lambda) * nearest;
      if (placed[i] || merit <= best_merit) continue;
      best = i;
      best_merit = merit;
    }
    placed[best] = true;
    order.push_back(best);
  }
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    if (!placed[i]) order.push_back(i);
  }
  return order;
}

TEST(Mmr, EqualsTheFormula) {
  Random random(17);
  const std::vector<std::string> paths = {"", "A", "A > B", "A > B > C", "A > D", "E > B", "E"};
  for (int round = 0; round < 200; ++round) {
    std::vector<FakeItem> items;
    std::vector<float> scores;
    for (std::size_t n = 1 + random.below(40); n > 0; --n) {
      items.push_back(item(paths[random.below(paths.size())], std::vector<std::string>{"", "X", "Y"}[random.below(3)]));
      scores.push_back(static_cast<float>(random.uniform() * 10 - 1));
    }
    scores[0] = 9.5F;
    std::sort(scores.rbegin(), scores.rend());
    const auto tenths = random.below(11);
    const std::size_t first = 1 + random.below(50);
    const FakeShop shop(items);
    const std::string settings = "lambda = " + std::to_string(static_cast<double>(tenths) / 10) + "\nfirst = " + std::to_string(first);
    EXPECT_EQ(arranged(shop, scores, settings), by_formula(items, scores, static_cast<float>(static_cast<double>(tenths) / 10), first))
        << settings;
  }
}

}  // namespace
}  // namespace souk::search
