// Search as a shelf: what the lexical retriever asks of the index, and completions.
#include "souk/search/search.h"

#include <cmath>
#include <gmock/gmock.h>

#include "tests/support/fake_shop.h"

namespace souk::search {
namespace {

using shelf::Candidates;
using shelf::Request;
using souk::testing::FakeShop;
using souk::testing::fit_tables;
using souk::testing::make_sequences;
using souk::testing::plain_items;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::unique_ptr<shelf::Retriever> lexical(const std::string& settings = "") {
  shelf::Registry registry;
  register_all(registry);
  auto retriever = registry.retriever("lexical", *Config::parse(settings, "test"));
  EXPECT_TRUE(retriever) << retriever.error().message();
  return retriever ? *std::move(retriever) : nullptr;
}

TEST(Lexical, AsksTheIndexForWhatTheRequestSays) {
  const FakeShop shop(plain_items(5));
  Request request;
  request.query = "item";
  request.exclude = {ItemId{0}, ItemId{1}};
  request.market = "de";
  request.now = 77;
  request.offset = 4;  // the plan pages, not the index
  request.filter = *index::parse_filter("NOT brand = x", *shop.view.schema);
  request.lexical.facets = {"brand"};
  request.lexical.match = index::Match::any;
  request.lexical.offset = 4;
  const auto found = lexical()->retrieve(request, 2, nullptr, shop.view);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->items, ElementsAre(ItemId{2}, ItemId{3}));
  EXPECT_EQ(found->source_names.at(found->reasons[0].at(0).source), "lexical");
  ASSERT_TRUE(found->lexical);
  EXPECT_EQ(found->lexical->total, 3U);
  const index::LexicalQuery& asked = shop.reader->last;
  EXPECT_EQ(asked.text, "item");
  EXPECT_EQ(asked.k, 2U);
  EXPECT_EQ(asked.offset, 0U);
  EXPECT_EQ(asked.market, "de");
  EXPECT_EQ(asked.now, 77);
  EXPECT_EQ(asked.filter, request.filter);
  EXPECT_EQ(asked.match, index::Match::any);
  EXPECT_THAT(asked.facets, ElementsAre("brand"));
}

TEST(Lexical, LetsPopularityDecideBetweenEqualMatches) {
  const FakeShop shop(plain_items(3), fit_tables(make_sequences({{2, 2, 1}}, 3)));
  Request request;
  request.query = "item";
  const auto retriever = lexical();
  const auto found = retriever->retrieve(request, 3, nullptr, shop.view);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->items, ElementsAre(ItemId{2}, ItemId{1}, ItemId{0}));
  EXPECT_FLOAT_EQ(found->scores[0], 1 + 0.25F * std::log(4.0F)) << "of three items, rounded up";
}

TEST(Lexical, WeighsPopularityAsSetAndFollowsNewTables) {
  FakeShop shop(plain_items(3), fit_tables(make_sequences({{2, 2, 1}}, 3)));
  Request request;
  request.query = "item";
  const auto half = lexical("popularity = 0.5"), none = lexical("popularity = 0");
  EXPECT_FLOAT_EQ(half->retrieve(request, 3, nullptr, shop.view)->scores[0], 1 + 0.5F * std::log(4.0F));
  const auto unmoved = none->retrieve(request, 3, nullptr, shop.view);
  EXPECT_THAT(unmoved->items, ElementsAre(ItemId{0}, ItemId{1}, ItemId{2}));
  EXPECT_FLOAT_EQ(unmoved->scores[0], 1);
  shop.view.tables = std::make_shared<shelf::JoinedTables>(fit_tables(make_sequences({{0, 0}}, 3)));
  EXPECT_EQ(half->retrieve(request, 3, nullptr, shop.view)->items[0], ItemId{0});
}

TEST(Lexical, RefusesSettingsThatMakeNoSense) {
  shelf::Registry registry;
  register_all(registry);
  const auto negative = registry.retriever("lexical", *Config::parse("popularity = -1", "shop.toml"));
  ASSERT_FALSE(negative);
  EXPECT_THAT(negative.error().message(), HasSubstr("shop.toml:1:1"));
  EXPECT_FALSE(registry.retriever("lexical", *Config::parse("popularty = 1", "shop.toml")));
}

TEST(Lexical, AnswersNothingInAShopWithoutAnIndex) {
  const auto found = lexical()->retrieve({}, 5, nullptr, shelf::ShopView{});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 0U);
}

std::vector<std::string> texts(const std::vector<Suggestion>& suggestions) {
  std::vector<std::string> result;
  for (const Suggestion& suggestion : suggestions) result.push_back(suggestion.kind + ":" + suggestion.text);
  return result;
}

TEST(Suggest, ShowsEachTextOncePerKind) {
  const FakeShop shop(plain_items(1));
  shop.reader->completions = {{"Milk", "category", kNoItem, 40},
                              {"Milk 1 l", "item", ItemId{0}, 1},
                              {"Milk 1 l", "item", ItemId{1}, 1},
                              {"Milky", "brand", kNoItem, 3}};
  const auto found = suggest(shop.view, " mil", 3);
  EXPECT_THAT(texts(found), ElementsAre("category:Milk", "brand:Milky", "item:Milk 1 l"));
  EXPECT_EQ(found[0].count, 40U);
  EXPECT_EQ(found[2].item, ItemId{0});
  EXPECT_THAT(texts(suggest(shop.view, "mil", 1)), ElementsAre("category:Milk"));
}

TEST(Suggest, KeepsHalfOfTheLinesForItems) {
  const FakeShop shop(plain_items(1));
  shop.reader->completions = {{"Milk", "category", kNoItem, 40},      {"Milk drinks", "category", kNoItem, 30},
                              {"Milk rice", "category", kNoItem, 20}, {"Milky", "brand", kNoItem, 9},
                              {"Milk 1 l", "item", ItemId{0}, 1},     {"Milk 2 l", "item", ItemId{1}, 1}};
  EXPECT_THAT(texts(suggest(shop.view, "mil", 4)), ElementsAre("category:Milk", "category:Milk drinks", "item:Milk 1 l", "item:Milk 2 l"));
  EXPECT_THAT(texts(suggest(shop.view, "mil", 6)).size(), 6U);
}

TEST(Suggest, CompletesNothingToNothing) {
  const FakeShop shop(plain_items(1));
  shop.reader->completions = {{"Milk", "category", kNoItem, 40}};
  EXPECT_THAT(suggest(shop.view, "", 5), IsEmpty());
  EXPECT_THAT(suggest(shop.view, "  \t", 5), IsEmpty());
  EXPECT_THAT(suggest(shop.view, "m", 0), IsEmpty());
  EXPECT_THAT(suggest(shelf::ShopView{}, "m", 5), IsEmpty());
}

}  // namespace
}  // namespace souk::search
