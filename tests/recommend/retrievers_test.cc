// Every retriever against the plainest form of its rule, over random shops.
#include <cmath>
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "souk/recommend/recommend.h"
#include "souk/shelf/eligible.h"

#include "tests/support/data.h"
#include "tests/support/fake_shop.h"

namespace souk::recommend {
namespace {

using shelf::Candidates;
using shelf::Request;
using souk::testing::FakeItem;
using souk::testing::FakeShop;
using souk::testing::fit_tables;
using souk::testing::make_log;
using souk::testing::make_sequences;
using souk::testing::plain_items;
using souk::testing::random_log;
using store::EventKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Candidates retrieve(const std::string& name, const Request& request, std::size_t k, const shelf::ShopView& view,
                    const Roaring* allowed = nullptr, const std::string& settings = "") {
  shelf::Registry registry;
  register_all(registry);
  const auto config = Config::parse(settings, "test");
  EXPECT_TRUE(config);
  const auto retriever = registry.retriever(name, *config);
  EXPECT_TRUE(retriever) << retriever.error().message();
  if (!retriever) return {};
  auto answer = (*retriever)->retrieve(request, k, allowed, view);
  EXPECT_TRUE(answer) << answer.error().message();
  return answer ? *std::move(answer) : Candidates{};
}

std::vector<std::uint32_t> ids(const Candidates& candidates) {
  std::vector<std::uint32_t> result;
  for (const ItemId item : candidates.items) result.push_back(index_of(item));
  return result;
}

// A random shop whose rows and ids differ (row r is item 2 r + 1; even items are not in the tables), some items not shown.
constexpr std::uint32_t kRows = 40;
constexpr ItemId id_of(std::uint32_t row) {
  return ItemId{2 * row + 1};
}

FakeShop random_shop(std::uint64_t seed) {
  auto items = plain_items(2 * kRows + 2);
  for (std::size_t i = 0; i < items.size(); i += 7) items[i].shown = false;
  std::vector<ItemId> item_ids;
  for (std::uint32_t row = 0; row < kRows; ++row) item_ids.push_back(id_of(row));
  return {std::move(items), fit_tables(random_log(seed, 30, kRows, 12), std::move(item_ids))};
}

// The k best of `scores` by item, positive and eligible; equal scores by lower id.
std::vector<std::pair<ItemId, float>> best_of(const std::map<ItemId, float>& scores, std::size_t k, const shelf::Eligible& eligible) {
  std::vector<std::pair<ItemId, float>> sorted;
  for (const auto& [item, score] : scores) {
    if (score > 0 && eligible(item)) sorted.emplace_back(item, score);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (sorted.size() > k) sorted.resize(k);
  return sorted;
}

void expect_equal(const Candidates& found, const std::vector<std::pair<ItemId, float>>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t at = 0; at < expected.size(); ++at) {
    EXPECT_NEAR(found.scores[at], expected[at].second, 1e-5F * (1 + std::abs(expected[at].second)));
    // Sums in another order may swap items whose scores are equal but for rounding.
    if (found.items[at] != expected[at].first) {
      EXPECT_NEAR(found.scores[at], expected[at].second, 1e-6F);
    }
  }
}

Request shopper_with(const std::vector<std::pair<std::uint32_t, EventKind>>& past) {
  Request request;
  for (const auto& [id, kind] : past) request.past.push_back({ItemId{id}, kind, static_cast<Timestamp>(request.past.size())});
  return request;
}

Request random_shopper(Random& random) {
  Request request;
  for (std::uint64_t n = random.below(20); n > 0; --n) {
    request.past.push_back({ItemId{static_cast<std::uint32_t>(random.below(2 * kRows + 4))},
                            random.below(3) == 0 ? EventKind::view : EventKind::purchase, static_cast<Timestamp>(100 - n)});
  }
  request.exclude = {ItemId{3}, ItemId{5}};
  return request;
}

TEST(PopularityShelves, WalkTheirTablesBestFirst) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const FakeShop shop = random_shop(seed);
    Request request;
    request.exclude = {ItemId{1}, ItemId{9}};
    const shelf::Eligible eligible(request, nullptr, shop.view);
    const index::Tables& tables = shop.view.tables->tables();
    const std::map<std::string, std::span<const float>> shelves = {
        {"popular", tables.popular.scores()}, {"recent-popular", tables.recent.scores()}, {"trending", tables.trending.scores()}};
    for (const auto& [name, scores] : shelves) {
      std::map<ItemId, float> by_item;
      for (std::uint32_t row = 0; row < kRows; ++row) by_item[id_of(row)] = scores[row];
      const Candidates found = retrieve(name, request, 8, shop.view);
      expect_equal(found, best_of(by_item, 8, eligible));
      for (const auto& reasons : found.reasons) EXPECT_EQ(found.source_names[reasons.at(0).source], name);
    }
  }
}

TEST(PopularityShelves, KeepToTheAllowedItems) {
  const FakeShop shop = random_shop(1);
  Roaring allowed;
  for (const std::uint32_t id : {3U, 5U, 11U}) allowed.add(id);
  for (const std::uint32_t id : ids(retrieve("popular", {}, 50, shop.view, &allowed))) EXPECT_TRUE(allowed.contains(id));
}

TEST(CoVisit, EqualsTheTablesOwnRuleOverTheHistory) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const FakeShop shop = random_shop(seed);
    Random random(seed);
    const Request request = random_shopper(random);
    std::vector<std::uint32_t> rows;
    for (const auto& past : request.past) {
      const std::uint32_t row = shop.view.tables->row(past.item);
      if (row != shelf::JoinedTables::kNoRow) rows.push_back(row);
    }
    std::vector<float> scores(kRows, 0);
    shop.view.tables->tables().co_visit.score(rows, scores);
    std::map<ItemId, float> by_item;
    for (std::uint32_t row = 0; row < kRows; ++row) by_item[id_of(row)] = scores[row];
    expect_equal(retrieve("co-visit", request, 10, shop.view), best_of(by_item, 10, shelf::Eligible(request, nullptr, shop.view)));
  }
}

TEST(CoVisit, NamesTheItemThatLedToAnAnswer) {
  const FakeShop shop(plain_items(4), fit_tables(make_sequences({{0, 1}, {2, 3}}, 4)));
  const Candidates found = retrieve("co-visit", shopper_with({{0, EventKind::purchase}, {2, EventKind::view}}), 10, shop.view);
  // Items of the history are left to the shelf to mask; here only their neighbours score.
  ASSERT_THAT(ids(found), ElementsAre(3, 1));
  EXPECT_EQ(found.reasons[0].at(0).because, ItemId{2});
  EXPECT_EQ(found.reasons[1].at(0).because, ItemId{0});
}

TEST(ItemKnn, AddsUpTheNeighboursOfTheLatestChoices) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const FakeShop shop = random_shop(seed);
    Random random(seed);
    const Request request = random_shopper(random);
    std::vector<std::uint32_t> rows;  // newest first
    for (auto past = request.past.rbegin(); past != request.past.rend(); ++past) {
      const std::uint32_t row = shop.view.tables->row(past->item);
      if (row != shelf::JoinedTables::kNoRow && rows.size() < 6) rows.push_back(row);
    }
    std::map<ItemId, float> by_item;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto neighbours = shop.view.tables->tables().item_knn.neighbours(rows[i]);
      for (std::size_t e = 0; e < neighbours.size(); ++e) {
        by_item[id_of(neighbours.columns[e])] += neighbours.values[e] * std::pow(static_cast<float>(i + 1), -0.8F);
      }
    }
    expect_equal(retrieve("item-knn", request, 10, shop.view, nullptr, "history = 6\ndecay = 0.8"),
                 best_of(by_item, 10, shelf::Eligible(request, nullptr, shop.view)));
  }
}

TEST(ItemKnn, ChangesWithAClickOfThisVisitAndNamesIt) {
  const FakeShop shop(plain_items(4), fit_tables(make_sequences({{0, 1}, {2, 3}}, 4)));
  EXPECT_THAT(ids(retrieve("item-knn", shopper_with({{0, EventKind::purchase}}), 1, shop.view)), ElementsAre(1));
  const Candidates found = retrieve("item-knn", shopper_with({{0, EventKind::purchase}, {2, EventKind::click}}), 1, shop.view);
  EXPECT_THAT(ids(found), ElementsAre(3));
  EXPECT_EQ(found.reasons[0].at(0).because, ItemId{2});
  EXPECT_EQ(found.source_names[found.reasons[0].at(0).source], "item-knn");
}

TEST(ItemKnn, SaysNothingOfStrangersAndRefusesWrongSettings) {
  const FakeShop shop(plain_items(2), fit_tables(make_sequences({{0, 1}}, 2)));
  EXPECT_EQ(retrieve("item-knn", {}, 5, shop.view).size(), 0U);
  EXPECT_EQ(retrieve("item-knn", shopper_with({{0, EventKind::purchase}}), 5, FakeShop(plain_items(2)).view).size(), 0U);  // untrained
  shelf::Registry registry;
  register_all(registry);
  for (const std::string settings : {"history = 0", "decay = -1", "histry = 5"}) {
    const auto retriever = registry.retriever("item-knn", *Config::parse(settings, "shop.toml"));
    ASSERT_FALSE(retriever) << settings;
    EXPECT_THAT(retriever.error().message(), HasSubstr("shop.toml:1"));
  }
}

TEST(CoVisit, ChangesWithAClickOfThisVisit) {
  const FakeShop shop(plain_items(4), fit_tables(make_sequences({{0, 1}, {2, 3}}, 4)));
  EXPECT_THAT(ids(retrieve("co-visit", shopper_with({{0, EventKind::purchase}}), 1, shop.view)), ElementsAre(1));
  EXPECT_THAT(ids(retrieve("co-visit", shopper_with({{0, EventKind::purchase}, {2, EventKind::click}}), 1, shop.view)), ElementsAre(3));
}

TEST(CoVisit, IgnoresEventsThatDoNotSpeakForAnItem) {
  const FakeShop shop(plain_items(2), fit_tables(make_sequences({{0, 1}}, 2)));
  for (const EventKind kind : {EventKind::impression, EventKind::skip, EventKind::remove, EventKind::refund}) {
    EXPECT_THAT(ids(retrieve("co-visit", shopper_with({{0, kind}}), 10, shop.view)), IsEmpty()) << store::name_of(kind);
  }
}

TEST(CoVisit, OnAnItemPageStartsFromTheItem) {
  const FakeShop shop(plain_items(4), fit_tables(make_sequences({{0, 1}, {2, 3}}, 4)));
  Request request = shopper_with({{0, EventKind::purchase}});
  request.items = {ItemId{2}};
  EXPECT_THAT(ids(retrieve("co-visit", request, 10, shop.view)), ElementsAre(3));
}

TEST(CoVisit, TakesTheBasketForTheLatestChoice) {
  const FakeShop shop(plain_items(6), fit_tables(make_sequences({{0, 1}, {2, 3}, {4, 5}}, 6)));
  Request request = shopper_with({{0, EventKind::purchase}, {4, EventKind::cart}});
  request.basket = {ItemId{2}, ItemId{4}};
  EXPECT_THAT(ids(retrieve("co-visit", request, 10, shop.view)), ElementsAre(5, 3, 1));
}

// Orders as baskets: shopper s buys all items of orders[s] at once.
FakeShop shop_of_orders(const std::vector<std::vector<std::uint32_t>>& orders, std::uint32_t items) {
  std::vector<souk::testing::Added> events;
  for (std::uint32_t s = 0; s < orders.size(); ++s) {
    for (const std::uint32_t item : orders[s])
      events.push_back({.shopper = s, .item = item, .time = 1'600'000'000'000 + s, .order = s + 1});
  }
  return {plain_items(items), fit_tables(make_log(events, static_cast<std::uint32_t>(orders.size()), items))};
}

TEST(AlsoBought, RanksByLift) {
  // 1 stands in every order with 0, and elsewhere seldom; 2 stands everywhere.
  const FakeShop shop = shop_of_orders({{0, 1, 2}, {0, 1, 2}, {0, 1}, {2, 3}, {2, 4}, {2, 5}, {3, 4}}, 6);
  Request request;
  request.items = {ItemId{0}};
  const Candidates found = retrieve("also-bought", request, 10, shop.view);
  ASSERT_THAT(ids(found), ElementsAre(1));
  EXPECT_EQ(found.reasons[0].at(0).because, ItemId{0});
  EXPECT_EQ(found.source_names[found.reasons[0].at(0).source], "also-bought");
}

TEST(AlsoBought, FallsBackToCoVisitationAndSaysSo) {
  const FakeShop shop(plain_items(3), fit_tables(make_sequences({{0, 1}}, 3)));  // views in a row, no orders
  Request request;
  request.items = {ItemId{0}};
  const Candidates found = retrieve("also-bought", request, 10, shop.view);
  ASSERT_THAT(ids(found), ElementsAre(1));
  EXPECT_EQ(found.source_names[found.reasons[0].at(0).source], "co-visit");
}

TEST(Basket, EqualsTheSumOverItsLines) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const FakeShop shop = random_shop(seed);
    Random random(seed);
    Request request;
    for (int line = 0; line < 3; ++line) request.basket.push_back(ItemId{static_cast<std::uint32_t>(random.below(2 * kRows))});
    std::map<ItemId, float> by_item;
    for (const ItemId line : request.basket) {
      const std::uint32_t row = shop.view.tables->row(line);
      if (row == shelf::JoinedTables::kNoRow) continue;
      const auto neighbours = shop.view.tables->tables().basket.neighbours(row);
      for (std::size_t i = 0; i < neighbours.size(); ++i) by_item[id_of(neighbours.columns[i])] += neighbours.values[i];
    }
    const Candidates found = retrieve("basket", request, 10, shop.view);
    expect_equal(found, best_of(by_item, 10, shelf::Eligible(request, nullptr, shop.view)));
    for (const ItemId item : found.items) EXPECT_EQ(std::count(request.basket.begin(), request.basket.end(), item), 0);
  }
}

TEST(Basket, PopularityIsAPowerOfTheSum) {
  const FakeShop shop = random_shop(3);
  Request request;
  request.basket = {id_of(1), id_of(2), id_of(3)};
  const auto popular = shop.view.tables->tables().popular.scores();
  std::map<ItemId, float> by_item;
  const Candidates plain = retrieve("basket", request, kRows, shop.view);
  ASSERT_GT(plain.size(), 3U);
  for (std::size_t at = 0; at < plain.size(); ++at) {
    by_item[plain.items[at]] = plain.scores[at] / std::sqrt(std::max(1.0F, popular[shop.view.tables->row(plain.items[at])]));
  }
  expect_equal(retrieve("basket", request, 10, shop.view, nullptr, "popularity = -0.5"),
               best_of(by_item, 10, shelf::Eligible(request, nullptr, shop.view)));
}

// Purchases at days before now.
Request buyer(const std::vector<std::pair<std::uint32_t, double>>& purchases) {
  Request request;
  request.now = 1'600'000'000'000;
  for (const auto& [id, days] : purchases) {
    request.past.push_back({ItemId{id}, EventKind::purchase, request.now - static_cast<Timestamp>(days * static_cast<double>(kDay))});
  }
  return request;
}

TEST(BuyAgain, PrefersTheFrequentAndRecentAndCountsPurchasesOnly) {
  const FakeShop shop(plain_items(10));
  Request request = buyer({{1, 40}, {2, 30}, {3, 20}, {2, 10}});
  request.past.push_back({ItemId{4}, EventKind::view, request.now});
  request.past.push_back({ItemId{5}, EventKind::cart, request.now});
  const Candidates found = retrieve("buy-again", request, 10, shop.view);
  EXPECT_THAT(ids(found), ElementsAre(2, 3, 1));
  EXPECT_EQ(found.reasons[0].at(0).because, ItemId{2});
}

TEST(BuyAgain, AddsWhatEachPurchaseIsWorthByVisitsAndAge) {
  const FakeShop shop(plain_items(10));
  // Three visits: the two lines a minute apart are one.
  const Request request = buyer({{1, 100}, {2, 50}, {1, 10 + 1.0 / 1440}, {3, 10}});
  const Candidates found = retrieve("buy-again", request, 10, shop.view, nullptr, "visits = 4\nfade = \"100d\"");
  ASSERT_THAT(ids(found), ElementsAre(1, 3, 2));
  EXPECT_NEAR(found.scores[0], 1 / (1.5 * 2) + 1 / 1.1, 1e-4);
  EXPECT_NEAR(found.scores[1], 1 / 1.1, 1e-4);
  EXPECT_NEAR(found.scores[2], 1 / (1.25 * 1.5), 1e-4);
}

TEST(BuyAgain, VisitsAndFadeSayHowFastPurchasesLoseWorth) {
  const FakeShop shop(plain_items(10));
  const Request request = buyer({{1, 3}, {1, 2}, {3, 1}});
  EXPECT_THAT(ids(retrieve("buy-again", request, 1, shop.view)), ElementsAre(1));
  EXPECT_THAT(ids(retrieve("buy-again", request, 1, shop.view, nullptr, "visits = 0.1")), ElementsAre(3));
  EXPECT_THAT(ids(retrieve("buy-again", request, 1, shop.view, nullptr, "fade = \"1h\"")), ElementsAre(3));
}

TEST(BuyAgain, TakesPurchasesWithoutATimeInTheirOrder) {
  const FakeShop shop(plain_items(10));
  Request request;
  for (const std::uint32_t id : {1U, 2U, 3U}) request.past.push_back({ItemId{id}, EventKind::purchase, 0});
  EXPECT_THAT(ids(retrieve("buy-again", request, 10, shop.view)), ElementsAre(3, 2, 1));
}

TEST(BuyAgain, PrefersWhatItsBuyersBuyAgain) {
  // Everybody buys 1 three times and 2 once.
  std::vector<souk::testing::Added> events;
  for (std::uint32_t s = 0; s < 20; ++s) {
    for (const std::uint32_t item : {1U, 1U, 1U, 2U}) {
      events.push_back({.shopper = s, .item = item, .time = 1'500'000'000'000, .kind = EventKind::purchase});
    }
  }
  const FakeShop shop(plain_items(3), fit_tables(make_log(events, 20, 3)));
  const Request request = buyer({{1, 3}, {2, 2}});
  EXPECT_THAT(ids(retrieve("buy-again", request, 10, shop.view)), ElementsAre(1, 2));
  EXPECT_THAT(ids(retrieve("buy-again", request, 10, shop.view, nullptr, "repeat = 0")), ElementsAre(2, 1));
}

TEST(SimilarText, FindsLikeTitlesButNoVariants) {
  FakeShop shop({{.title = "red cotton shirt", .category = {}, .brand = {}, .group = "g", .released = {}},
                 {.title = "red cotton shirt", .category = {}, .brand = {}, .group = "g", .released = {}},
                 {.title = "blue cotton shirt", .category = {}, .brand = {}, .group = {}, .released = {}},
                 {.title = "cotton socks", .category = {}, .brand = {}, .group = {}, .released = {}},
                 {.title = "steel kettle", .category = {}, .brand = {}, .group = {}, .released = {}}});
  Request request;
  request.items = {ItemId{0}};
  const Candidates found = retrieve("similar-text", request, 10, shop.view);
  EXPECT_THAT(ids(found), ElementsAre(2, 3));
  EXPECT_EQ(found.reasons[0].at(0).because, ItemId{0});
  request.exclude = {ItemId{2}};
  EXPECT_THAT(ids(retrieve("similar-text", request, 1, shop.view)), ElementsAre(3));
}

TEST(SimilarText, OfSeveralItemsTakesTheMostAlike) {
  FakeShop shop({{.title = "red shirt", .category = {}, .brand = {}, .group = {}, .released = {}},
                 {.title = "steel kettle", .category = {}, .brand = {}, .group = {}, .released = {}},
                 {.title = "large steel kettle", .category = {}, .brand = {}, .group = {}, .released = {}},
                 {.title = "large red cotton shirt", .category = {}, .brand = {}, .group = {}, .released = {}}});
  Request request;
  request.items = {ItemId{0}, ItemId{1}};
  const Candidates found = retrieve("similar-text", request, 10, shop.view);
  ASSERT_THAT(ids(found), ElementsAre(2, 3));
  EXPECT_EQ(found.reasons[0].at(0).because, ItemId{1});
  EXPECT_EQ(found.reasons[1].at(0).because, ItemId{0});
}

TEST(SameCategory, TakesThePopularOnesAndGoesUpWhilePlacesStayEmpty) {
  auto items = plain_items(7);
  items[0].category = items[1].category = items[2].category = "Home > Kitchen > Kettles";
  items[3].category = "Home > Kitchen > Pans";
  items[4].category = "Home > Garden";
  items[5].category = "Toys";
  const FakeShop shop(items, fit_tables(make_sequences({{2, 2, 1, 3, 3, 3, 3, 4, 5, 5, 5}}, 7)));
  Request request;
  request.items = {ItemId{0}};
  EXPECT_THAT(ids(retrieve("same-category", request, 2, shop.view)), ElementsAre(2, 1));
  EXPECT_THAT(ids(retrieve("same-category", request, 3, shop.view)), ElementsAre(2, 1, 3));
  const Candidates all = retrieve("same-category", request, 10, shop.view);
  EXPECT_THAT(ids(all), ElementsAre(2, 1, 3, 4));
  EXPECT_TRUE(std::is_sorted(all.scores.begin(), all.scores.end(), std::greater<>()));
}

TEST(New, PutsReleaseDatesUpToNowFirst) {
  auto items = plain_items(5);
  items[1].released = 100;
  items[2].released = 300;
  items[3].released = 900;  // not yet
  const FakeShop shop(std::move(items));
  Request request;
  request.now = 500;
  EXPECT_THAT(ids(retrieve("new", request, 2, shop.view)), ElementsAre(2, 1));
  request.exclude = {ItemId{2}};
  EXPECT_THAT(ids(retrieve("new", request, 1, shop.view)), ElementsAre(1));
}

TEST(New, FollowsWithTheLatestArrivals) {
  souk::testing::TempDir directory;
  auto store = store::Store::create(directory / "store");
  ASSERT_TRUE(store) << store.error().message();
  store::Changes changes;
  for (int i = 0; i < 5; ++i) {
    store::Item item;
    item.key = "k" + std::to_string(i);
    item.title = "item";
    changes.items.push_back(std::move(item));
  }
  ASSERT_TRUE((*store)->commit(changes));
  auto items = plain_items(5);
  items[1].released = 100;
  items[2].released = 501;
  items[3].shown = false;
  FakeShop shop(std::move(items));
  shop.view.store = store->get();
  Request request;
  request.now = 500;
  EXPECT_THAT(ids(retrieve("new", request, 10, shop.view)), ElementsAre(1, 4, 0)) << "not what is released tomorrow";
  request.now = 501;
  EXPECT_THAT(ids(retrieve("new", request, 10, shop.view)), ElementsAre(2, 1, 4, 0));
}

TEST(Retrievers, AnswerNothingRatherThanFailWhenTheyKnowNothing) {
  shelf::Registry registry;
  register_all(registry);
  const FakeShop untrained(plain_items(3));                                         // items, no events
  const FakeShop trained(plain_items(3), fit_tables(make_sequences({{0, 1}}, 2)));  // item 2 was never chosen
  const shelf::ShopView empty;                                                      // no items at all
  Request stranger;
  Request unknown_item;
  unknown_item.items = unknown_item.basket = {ItemId{2}, ItemId{77}};
  for (const auto& entry : registry.retrievers()) {
    for (const shelf::ShopView* view : {&untrained.view, &trained.view, &empty}) {
      for (const Request* request : {&stranger, &unknown_item}) {
        for (const std::size_t k : {std::size_t{0}, std::size_t{5}}) {
          const Candidates found = retrieve(entry.name, *request, k, *view);
          EXPECT_LE(found.size(), k) << entry.name;
          EXPECT_EQ(found.items.size(), found.reasons.size());
        }
      }
    }
  }
}

TEST(Retrievers, NeverAnswerMoreThanAskedNorAnItemTwiceNorWhatIsNotEligible) {
  shelf::Registry registry;
  register_all(registry);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const FakeShop shop = random_shop(seed);
    Random random(seed);
    Request request = random_shopper(random);
    request.items = {ItemId{11}};
    request.basket = {ItemId{13}, ItemId{15}};
    Roaring allowed;
    for (std::uint32_t id = 0; id < 2 * kRows; ++id) {
      if (random.below(2) == 0) allowed.add(id);
    }
    const shelf::Eligible eligible(request, &allowed, shop.view);
    for (const auto& entry : registry.retrievers()) {
      const Candidates found = retrieve(entry.name, request, 6, shop.view, &allowed);
      EXPECT_LE(found.size(), 6U) << entry.name;
      EXPECT_TRUE(std::is_sorted(found.scores.begin(), found.scores.end(), std::greater<>())) << entry.name;
      EXPECT_EQ(std::set<ItemId>(found.items.begin(), found.items.end()).size(), found.size()) << entry.name;
      for (const ItemId item : found.items) EXPECT_TRUE(eligible(item)) << entry.name;
    }
  }
}

TEST(Settings, ThatNobodyKnowsAreErrors) {
  shelf::Registry registry;
  register_all(registry);
  const auto config = Config::parse("colour = 1", "shop.toml");
  ASSERT_TRUE(config);
  for (const auto& entry : registry.retrievers()) {
    const auto made = registry.retriever(entry.name, *config);
    ASSERT_FALSE(made) << entry.name;
    EXPECT_THAT(made.error().message(), HasSubstr("shop.toml:1:1")) << entry.name;
  }
  for (const auto& entry : registry.arrangers()) EXPECT_FALSE(registry.arranger(entry.name, *config)) << entry.name;
  for (const char* wrong : {"visits = 0", "fade = \"0d\"", "repeat = -1"}) {
    EXPECT_FALSE(registry.retriever("buy-again", *Config::parse(wrong, "t"))) << wrong;
  }
  EXPECT_FALSE(registry.retriever("basket", *Config::parse("popularity = 2", "t")));
  EXPECT_FALSE(registry.arranger("diversify", *Config::parse("at-most = 0", "t")));
}

}  // namespace
}  // namespace souk::recommend
