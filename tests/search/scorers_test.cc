// Numbers from 0 to 1 that a shelf may rank by.
#include <gmock/gmock.h>

#include "souk/search/search.h"

#include "tests/support/fake_shop.h"

namespace souk::search {
namespace {

using souk::testing::FakeItem;
using souk::testing::FakeShop;
using souk::testing::fit_tables;
using souk::testing::make_sequences;
using souk::testing::plain_items;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

Result<std::unique_ptr<shelf::Scorer>> make(const std::string& name, const std::string& settings = {}) {
  shelf::Registry registry;
  register_all(registry);
  return registry.scorer(name, *Config::parse(settings, "shop.toml"));
}

std::vector<float> scores(const FakeShop& shop, std::size_t items, const std::string& name, const std::string& settings = {},
                          Timestamp now = 0) {
  shelf::Candidates candidates;
  for (std::uint32_t i = 0; i < items; ++i) candidates.add(ItemId{i}, 7, {});
  shelf::Request request;
  request.now = now;
  const auto scorer = make(name, settings);
  EXPECT_TRUE(scorer) << scorer.error().message();
  EXPECT_TRUE((*scorer)->score(request, candidates, shop.view));
  return candidates.scores;
}

FakeItem released(std::optional<Timestamp> time) {
  return {.title = "x", .category = {}, .brand = {}, .group = {}, .released = time};
}

TEST(PopularityScorer, IsWhatTheTablesSay) {
  const FakeShop shop(plain_items(3), fit_tables(make_sequences({{2, 2, 1}}, 3)));
  const auto found = scores(shop, 3, "popularity");
  EXPECT_EQ(found[2], 1);
  EXPECT_GT(found[2], found[1]);
  EXPECT_EQ(found[0], 0);
  EXPECT_THAT(scores(FakeShop(plain_items(2)), 2, "popularity"), ElementsAre(0, 0)) << "nothing was learned yet";
}

TEST(RecencyScorer, HalvesWithAge) {
  const Timestamp now = 1000 * kDay;
  const FakeShop shop({released(now), released(now - 30 * kDay), released(now - 60 * kDay), released(now + kDay), released(std::nullopt)});
  EXPECT_THAT(scores(shop, 5, "recency", "half_life = \"30d\"", now), ElementsAre(1, FloatEq(0.5F), FloatEq(0.25F), 1, 0));
}

TEST(FieldScorer, IsWhereAValueLiesBetweenTwoEnds) {
  const FakeShop shop({released(0), released(50), released(100), released(500), released(std::nullopt)});
  EXPECT_THAT(scores(shop, 5, "field", "field = \"released\"\nfrom = 0\nto = 100"), ElementsAre(0, 0.5F, 1, 1, 0));
  EXPECT_THAT(scores(shop, 5, "field", "field = \"released\"\nfrom = 100\nto = 0"), ElementsAre(1, 0.5F, 0, 0, 0)) << "less is more";
}

TEST(Scorers, RefuseSettingsThatMakeNoSense) {
  const auto message = [](const std::string& name, const std::string& settings) {
    const auto scorer = make(name, settings);
    return scorer ? "no error" : scorer.error().message();
  };
  EXPECT_THAT(message("popularity", "x = 1"), HasSubstr("shop.toml:1:1"));
  EXPECT_THAT(message("recency", "half_life = \"1s\""), AllOf(HasSubstr("shop.toml:1:1"), HasSubstr("at least")));
  EXPECT_THAT(message("recency", "half_life = 3"), HasSubstr("a duration"));
  EXPECT_THAT(message("field", ""), HasSubstr("has no field"));
  EXPECT_THAT(message("field", "field = \"rating\"\nfrom = 1\nto = 1"), HasSubstr("two numbers that differ"));
}

}  // namespace
}  // namespace souk::search
