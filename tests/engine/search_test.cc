// The search of a shop: synonyms, words left out, and how a score came about.
#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// The grocery, with more lines in its shop.toml.
std::unique_ptr<engine::Shop> grocery_with(const fs::path& directory, const std::string& toml) {
  engine::InitOptions options;
  options.settings = engine::default_shop_toml({"Grocery", "en", "EUR"}) + toml;
  auto shop = engine::Shop::init(directory, options);
  EXPECT_TRUE(shop) << shop.error().message();
  store::Changes changes;
  changes.items = grocery_items();
  changes.events = grocery_events(20);
  apply(**shop, changes);
  EXPECT_TRUE((*shop)->train(Progress::none()));
  return std::move(*shop);
}

std::string tree_text(const index::Explanation& explanation) {
  std::string all = explanation.what + "\n";
  for (const index::Explanation& part : explanation.parts) all += tree_text(part);
  return all;
}

// The values of parts give the value of the whole, wherever the whole is called a sum or a score.
void expect_sums(const index::Explanation& tree) {
  const bool sum = tree.what == "sum" || tree.what.find(", the sum of ") != std::string::npos ||
                   tree.what.ends_with("score, the sum over the concepts") || tree.what.ends_with(": score");
  float parts = 0;
  for (const index::Explanation& part : tree.parts) {
    parts += part.value;
    expect_sums(part);
  }
  if (sum) {
    EXPECT_NEAR(tree.value, parts, 1e-4) << tree.what;
  }
}

TEST(Search, FindsBySynonymsAndSaysSo) {
  const TempDir dir;
  const auto shop =
      grocery_with(dir / "shop", "[search.synonyms]\nall = [\"noodles -> spaghetti\", \"bread, loaf\"]\nde = [\"brot -> bread\"]\n");
  auto request = query("noodles");
  request.explain = true;
  const auto found = shop->search(request).value();
  ASSERT_THAT(keys_of(found), ElementsAre("pasta"));
  EXPECT_EQ(found.items[0].highlight.at("title"), "<mark>Spaghetti</mark>");
  EXPECT_THAT(tree_text(found.explanations.at(0)), HasSubstr("\"noodles\" by its synonym \"spaghetti\" (rule \"noodles -> spaghetti\")"));
  EXPECT_THAT(keys_of(shop->search(query("spaghetti")).value()), ElementsAre("pasta"));
  EXPECT_THAT(keys_of(shop->search(query("white loaf")).value()), ElementsAre("bread"));
  EXPECT_THAT(keys_of(shop->search(query("brot")).value()), IsEmpty());
  request = query("brot");
  request.language = "de";
  EXPECT_THAT(keys_of(shop->search(request).value()), ElementsAre("bread"));
}

// A shop that grows by single items learns what its compounds are made of, and again when it has twice as many.
TEST(Search, FindsCompoundsByPartsThatWereLearned) {
  const TempDir dir;
  const auto shop = engine::Shop::init(dir / "shop", {"Laden", "de", "EUR"});
  ASSERT_TRUE(shop) << shop.error().message();
  const auto add = [&](int first, int last) {
    store::Changes changes;
    for (int i = first; i < last; ++i) changes.items.push_back(item(fmt::format("i{}", i), fmt::format("Lampe {}", i), "Haus", "1.00"));
    apply(**shop, changes);
  };
  store::Changes changes;
  changes.items = {item("karte", "Karte", "Haus", "1.00"), item("wand", "Wand", "Haus > Wand", "1.00"),
                   item("both", "Wandkarte Wandlampe", "Haus > Wand", "1.00"), item("small", "Karte und Wand", "Haus", "1.00")};
  apply(**shop, changes);
  EXPECT_THAT(keys_of((*shop)->search(query("karte")).value()), UnorderedElementsAre("karte", "small")) << "too few items to learn from";
  add(0, 120);
  const auto found = (*shop)->search(query("karte")).value();
  ASSERT_THAT(keys_of(found), UnorderedElementsAre("karte", "small", "both"));
  EXPECT_EQ(found.items.back().highlight.at("title"), "Wand<mark>karte</mark> Wandlampe");
  changes.items = {item("rail", "Schiene", "Haus", "1.00"), item("rail2", "Schiene, lang", "Haus", "1.00"),
                   item("shelf", "Wandschiene", "Haus", "1.00")};
  apply(**shop, changes);
  EXPECT_THAT(keys_of((*shop)->search(query("schiene")).value()), UnorderedElementsAre("rail", "rail2")) << "a word that is new";
  add(120, 300);
  EXPECT_THAT(keys_of((*shop)->search(query("schiene")).value()), UnorderedElementsAre("rail", "rail2", "shelf"));
}

TEST(Search, BySynonymsCountsFiltersSortsAndGroups) {
  const TempDir dir;
  const auto shop = grocery_with(dir / "shop", "[search.synonyms]\nall = [\"drink, milk, tea\"]\n");
  auto request = query("drink");
  request.sort = {"price:desc"};
  request.facets = {"brand"};
  const auto found = shop->search(request).value();
  EXPECT_THAT(keys_of(found), ElementsAre("tea", "milk", "milk-skim"));
  EXPECT_EQ(found.total, 3U);
  EXPECT_EQ(found.facets.at("brand").values.size(), 2U);
  request.facet_filters["brand"] = {"Acme"};
  request.filter = "price > 2.80";
  EXPECT_THAT(keys_of(shop->search(request).value()), ElementsAre("milk"));
}

TEST(Search, LeavesOutTheFewestWordsAndNamesThem) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto found = shop->search(query("organic whole milk 2 gal")).value();
  EXPECT_THAT(keys_of(found), ElementsAre("milk"));
  EXPECT_THAT(found.dropped, ElementsAre("organic", "2 gal"));
  auto request = query("organic whole milk");
  request.match = index::Match::all;
  EXPECT_THAT(keys_of(shop->search(request).value()), IsEmpty());
  request.match = index::Match::any;
  EXPECT_THAT(keys_of(shop->search(request).value()), UnorderedElementsAre("milk", "milk-skim"));
  EXPECT_THAT(shop->search(query("nothing like this")).value().items, IsEmpty());
}

TEST(Search, ExplainsTheFirstHundredItems) {
  const TempDir dir;
  const auto shop = grocery_with(dir / "shop", "");
  store::Changes changes;
  for (int i = 0; i < 120; ++i)
    changes.items.push_back(item(fmt::format("jam-{}", i), fmt::format("Jam number {}", i), "Food > Pantry", "3.00"));
  apply(*shop, changes);
  auto request = query("jam");
  request.k = 1000;
  request.explain = true;
  const auto found = shop->search(request).value();
  EXPECT_EQ(found.items.size(), 120U);
  ASSERT_EQ(found.explanations.size(), 100U);
  EXPECT_NEAR(found.explanations[99].value, found.items[99].score, 1e-4);
}

TEST(Search, ExplainsEveryItemByATreeThatAddsUp) {
  const TempDir dir;
  const auto shop = grocery_with(dir / "shop",
                                 "[shelves.mixed]\ncontext = \"query\"\nretrieve = [\"lexical\", \"popular\"]\nweights = [1.0, 0.25]\n"
                                 "score = [\"popularity\"]\nscore_weights = [0.5]\narrange = [\"mmr\"]\n"
                                 "[search.synonyms]\nall = [\"milk, dairy\"]\n");
  for (const std::string shelf : {"search", "mixed"}) {
    auto request = query("milk");
    request.shelf = shelf;
    request.explain = true;
    const auto found = shop->search(request);
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_EQ(found->explanations.size(), found->items.size());
    ASSERT_THAT(found->items, Not(IsEmpty()));
    for (std::size_t i = 0; i < found->items.size(); ++i) {
      EXPECT_NEAR(found->explanations[i].value, found->items[i].score, 1e-4) << shelf;
      expect_sums(found->explanations[i]);
    }
    EXPECT_TRUE(found->explained);
    EXPECT_THAT(found->timings, Not(IsEmpty()));
  }
  auto shown = ask("for-you");
  shown.shopper = "h1";
  shown.explain = true;
  const auto recommended = shop->shelf(shown).value();
  ASSERT_EQ(recommended.explanations.size(), recommended.items.size());
  EXPECT_THAT(tree_text(recommended.explanations.at(0)), HasSubstr("blend, the sum of weighted shares of the best"));
  shown.explain = false;
  EXPECT_THAT(shop->shelf(shown).value().explanations, IsEmpty());
}

TEST(Search, AWrongRuleOfSynonymsKeepsAShopFromOpening) {
  const TempDir dir;
  engine::InitOptions options;
  options.settings = "[search.synonyms]\nall = [\"sofa\"]\n";
  const auto shop = engine::Shop::init(dir / "shop", options);
  ASSERT_FALSE(shop);
  EXPECT_THAT(shop.error().message(), HasSubstr("shop.toml:2:8"));
}

}  // namespace
}  // namespace souk::testing
