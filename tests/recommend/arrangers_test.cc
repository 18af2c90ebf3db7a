// What is done to candidates before they are shown.
#include <gmock/gmock.h>

#include "souk/recommend/recommend.h"

#include "tests/support/fake_shop.h"

namespace souk::recommend {
namespace {

using shelf::Candidates;
using shelf::Request;
using souk::testing::FakeShop;
using souk::testing::plain_items;
using ::testing::ElementsAre;

std::vector<std::uint32_t> arranged(const std::string& name, const std::string& settings, const FakeShop& shop, std::size_t count,
                                    const Request& request) {
  shelf::Registry registry;
  register_all(registry);
  const auto arranger = registry.arranger(name, *Config::parse(settings, "test"));
  EXPECT_TRUE(arranger) << arranger.error().message();
  Candidates candidates;
  for (std::uint32_t id = 0; id < count; ++id) {
    const auto score = static_cast<float>(count - id);
    candidates.add(ItemId{id}, score, {candidates.source("test"), score, kNoItem});
  }
  EXPECT_TRUE((*arranger)->arrange(request, candidates, shop.view));
  EXPECT_EQ(candidates.scores.size(), candidates.size());
  EXPECT_TRUE(std::is_sorted(candidates.scores.begin(), candidates.scores.end(), std::greater<>()));
  std::vector<std::uint32_t> ids;
  for (std::size_t at = 0; at < candidates.size(); ++at) {
    ids.push_back(index_of(candidates.items[at]));
    EXPECT_EQ(candidates.reasons[at].at(0).score, static_cast<float>(count - ids.back())) << "reasons travel with their items";
  }
  return ids;
}

TEST(OnePerGroup, KeepsTheBestOfEachGroup) {
  auto items = plain_items(6);
  items[1].group = items[3].group = "shirt";
  items[2].group = items[5].group = "shoe";
  EXPECT_THAT(arranged("one-per-group", "", FakeShop(items), 6, {}), ElementsAre(0, 1, 2, 4));
}

FakeShop shop_of_categories(const std::string& letters) {
  auto items = plain_items(letters.size());
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] != '-') items[i].category = items[i].brand = std::string(1, letters[i]);
  }
  return FakeShop(std::move(items));
}

TEST(Diversify, CapsACategoryOnAPageAndKeepsTheOrderOtherwise) {
  Request request;
  request.k = 4;
  EXPECT_THAT(arranged("diversify", "at-most = 2", shop_of_categories("aaaabbc"), 7, request), ElementsAre(0, 1, 4, 5, 2, 3, 6));
}

TEST(Diversify, LeavesNoPlaceEmpty) {
  Request request;
  request.k = 4;
  EXPECT_THAT(arranged("diversify", "at-most = 1", shop_of_categories("aaaab"), 5, request), ElementsAre(0, 4, 1, 2, 3));
}

TEST(Diversify, CountsEachPageAnewAndPagesNeverOverlap) {
  Request first;
  first.k = 3;
  Request second = first;
  second.offset = 3;
  const FakeShop shop = shop_of_categories("aaaabbbccc");
  const auto one = arranged("diversify", "at-most = 1", shop, 10, first);
  const auto two = arranged("diversify", "at-most = 1", shop, 10, second);
  EXPECT_THAT(std::vector(one.begin(), one.begin() + 3), ElementsAre(0, 4, 7));
  EXPECT_THAT(std::vector(two.begin(), two.begin() + 6), ElementsAre(0, 4, 7, 1, 5, 8));
}

TEST(Diversify, NeverCapsItemsWithoutAValue) {
  EXPECT_THAT(arranged("diversify", "at-most = 1", shop_of_categories("---a"), 4, {}), ElementsAre(0, 1, 2, 3));
}

TEST(Diversify, MayGoByAnyKeywordField) {
  auto items = plain_items(3);
  items[0].brand = items[1].brand = "x";
  items[2].brand = "y";
  Request request;
  request.k = 2;
  EXPECT_THAT(arranged("diversify", "by = \"brand\"\nat-most = 1", FakeShop(items), 3, request), ElementsAre(0, 2, 1));
}

TEST(Arrangers, AcceptNoCandidates) {
  EXPECT_TRUE(arranged("diversify", "", FakeShop(plain_items(1)), 0, {}).empty());
  EXPECT_TRUE(arranged("one-per-group", "", FakeShop(plain_items(1)), 0, {}).empty());
}

}  // namespace
}  // namespace souk::recommend
