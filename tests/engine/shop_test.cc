#include "souk/engine/shop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "souk/engine/answerer.h"
#include "souk/engine/cursor.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Shop, IsAFolderThatOpensAgain) {
  const TempDir dir;
  { ASSERT_NE(empty_shop(dir / "shop"), nullptr); }
  EXPECT_TRUE(fs::exists(dir / "shop" / "shop.toml"));
  const auto shop = reopened(dir / "shop");
  EXPECT_EQ(shop->settings().name, "Grocery");
  EXPECT_EQ(shop->settings().currency, "EUR");
  EXPECT_THAT(shop->shelves(), ElementsAre("search", "similar", "also-bought", "complete-the-basket", "for-you", "trending", "new"));
}

TEST(Shop, IsForItsOwnerAloneUnlessTheFolderStoodAlready) {
  const TempDir dir;
  ASSERT_TRUE(engine::Shop::init(dir / "new", {}));
  EXPECT_EQ(fs::status(dir / "new").permissions(), fs::perms::owner_all);
  fs::create_directory(dir / "shared");
  const fs::perms shared = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec;
  fs::permissions(dir / "shared", shared);
  ASSERT_TRUE(engine::Shop::init(dir / "shared", {}));
  EXPECT_EQ(fs::status(dir / "shared").permissions(), shared);
}

TEST(Shop, RefusesAFolderThatIsNotEmpty) {
  const TempDir dir;
  ASSERT_TRUE(write_file(dir / "notes.txt", "mine"));
  const auto shop = engine::Shop::init(dir.path(), {});
  ASSERT_FALSE(shop);
  EXPECT_EQ(shop.error().kind, ErrorKind::exists);
  EXPECT_THAT(shop.error().message(), HasSubstr(dir.path().string()));
  EXPECT_EQ(read_file(dir / "notes.txt").value(), "mine");
}

TEST(Shop, RefusesACurrencyThatIsNone) {
  const TempDir dir;
  const auto shop = engine::Shop::init(dir / "shop", {"Shop", "en", "euro"});
  ASSERT_FALSE(shop);
  EXPECT_THAT(shop.error().expected, HasSubstr("ISO 4217"));
  EXPECT_FALSE(fs::exists(dir / "shop"));
}

TEST(Shop, SaysWhenAFolderIsNoShop) {
  const TempDir dir;
  for (const auto& [folder, found] : {std::pair(dir / "missing", "no such folder"), std::pair(dir.path(), "no shop.toml")}) {
    const auto shop = engine::Shop::open(folder, {});
    ASSERT_FALSE(shop);
    EXPECT_EQ(shop.error().kind, ErrorKind::not_found);
    EXPECT_EQ(shop.error().found, found);
    EXPECT_THAT(shop.error().hint, HasSubstr("souk init"));
  }
}

TEST(EmptyShop, AnswersEveryShelfWithNothingAndSaysWhy) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  for (const std::string& name : shop->shelves()) {
    if (name == "search") continue;
    auto request = ask(name);
    request.shopper = "h1";
    request.items = {"milk"};
    request.basket = {"milk"};
    const auto answer = shop->shelf(request);
    ASSERT_TRUE(answer) << name << ": " << answer.error().message();
    EXPECT_THAT(answer->items, IsEmpty()) << name;
    EXPECT_TRUE(answer->cold_start) << name;
    EXPECT_THAT(answer->notes, Contains("this shop has no items yet")) << name;
    EXPECT_EQ(answer->version, "untrained");
  }
  const auto found = shop->search(query("milk"));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->total, 0U);
}

TEST(EmptyShop, HasNothingToLearnFrom) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  const auto report = shop->train(Progress::none());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->version, "");
  EXPECT_THAT(report->words, ElementsAre(HasSubstr("nothing to learn from yet")));
}

TEST(Search, FindsWhatWasAppliedBeforeTheCallReturned) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  store::Changes changes;
  changes.items = grocery_items();
  apply(*shop, changes);
  const auto found = shop->search(query("whole milk"));
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_THAT(found->items, Not(IsEmpty()));
  EXPECT_EQ(found->items[0].key, "milk");
  EXPECT_EQ(found->items[0].item.title, "Whole milk, 1 gal");
  EXPECT_EQ(found->items[0].highlight.at("title"), "<mark>Whole</mark> <mark>milk</mark>, 1 gal");
  EXPECT_THAT(found->items[0].why.at(0).detail, "Matches your search");

  store::Changes removal;
  removal.removed_items = {"milk"};
  apply(*shop, removal);
  EXPECT_THAT(keys_of(shop->search(query("milk")).value()), ElementsAre("milk-skim"));
}

TEST(Search, ComputesNoFacetsWhenToldSo) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = query("milk");
  EXPECT_FALSE(shop->search(request).value().facets.empty());
  request.default_facets = false;
  EXPECT_TRUE(shop->search(request).value().facets.empty());
}

TEST(Search, ShowsTheOfferThatHoldsNow) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  store::Changes changes;
  changes.items = {item("tea", "Black tea", "Food > Drinks", "4.20")};
  store::Offer sale = changes.items[0].offers[0];
  sale.amount = Decimal::parse("3.10").value();
  sale.from = kMonday;
  sale.until = kMonday + kDay;
  store::Offer danish = changes.items[0].offers[0];
  danish.market = "DK";
  danish.amount = Decimal::parse("31.00").value();
  changes.items[0].offers = {changes.items[0].offers[0], sale, danish};
  apply(*shop, changes);
  auto request = query("tea");
  const auto price = [&] { return shop->search(request).value().items.at(0).offer.value().amount.to_string(); };
  request.now = kMonday;
  EXPECT_EQ(price(), "3.10");
  request.now = kMonday + kDay;
  EXPECT_EQ(price(), "4.20");
  request.market = "DK";
  EXPECT_EQ(price(), "31.00");
  EXPECT_THAT(shop->search(request).value().notes, IsEmpty());
  request.market = "SE";
  const auto unpriced = shop->search(request).value();
  EXPECT_FALSE(unpriced.items.at(0).offer);
  EXPECT_THAT(unpriced.notes, ElementsAre("none of these items has a current offer in the market 'SE'"));
  request.fields = {"prise"};
  EXPECT_EQ(shop->search(request).error().where, "fields[0]");
}

// An offset has its limit; a cursor leads to the end of what `total` promises.
TEST(Search, CursorsLeadToTheEnd) {
  constexpr int kItems = static_cast<int>(engine::kMaxOffset) + 15;
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  store::Changes changes;
  for (int i = 0; i < kItems; ++i) changes.items.push_back(item(fmt::format("i{}", i), "Kettle", "Home", "19.90"));
  apply(*shop, changes);
  auto request = query("kettle");
  request.offset = engine::kMaxOffset - 5;
  request.k = 10;
  const auto before = shop->search(request);
  ASSERT_TRUE(before) << before.error().message();
  EXPECT_EQ(before->total, static_cast<std::uint64_t>(kItems));
  ASSERT_NE(before->cursor, "");
  request.offset = 0;
  request.cursor = before->cursor;
  const auto last = shop->search(request);
  ASSERT_TRUE(last) << last.error().message();
  EXPECT_EQ(last->items.size(), 10U);
  EXPECT_EQ(last->cursor, "");
  auto beyond = engine::read_cursor(before->cursor).value();
  beyond.offset = UINT64_MAX;
  request.cursor = engine::to_text(beyond);
  EXPECT_THAT(shop->search(request).value().items, IsEmpty());
}

TEST(Search, CountsFiltersAndSorts) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = query("");
  request.filter = "category = \"Food > Dairy\" AND price < 3";
  request.sort = {"price:asc"};
  const auto dairy = shop->search(request);
  ASSERT_TRUE(dairy) << dairy.error().message();
  EXPECT_THAT(keys_of(*dairy), ElementsAre("milk-skim", "milk"));

  request = query("");
  request.facet_filters["brand"] = {"Leaf"};
  request.facets = {"brand"};
  const auto leaf = shop->search(request);
  ASSERT_TRUE(leaf) << leaf.error().message();
  EXPECT_EQ(leaf->total, 3U);
  EXPECT_EQ(leaf->facets.at("brand").values.size(), 3U) << "a facet's own choice does not shrink its own counts";
}

TEST(Search, CountsTheDeclaredFacetsWhenNoneIsNamed) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto found = shop->search(query("milk")).value();
  EXPECT_TRUE(found.facets.contains("brand"));
  EXPECT_TRUE(found.facets.contains("category"));
}

TEST(Search, PagesThroughEverythingOnceByCursor) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = query("");
  request.k = 4;
  std::multiset<std::string> seen;
  for (int page = 0; page < 10; ++page) {
    const auto found = shop->search(request);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->total, grocery_items().size());
    for (const std::string& key : keys_of(*found)) seen.insert(key);
    if (found->cursor.empty()) break;
    request.cursor = found->cursor;
  }
  EXPECT_EQ(seen.size(), grocery_items().size());
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());

  request.cursor = "made up";
  const auto refused = shop->search(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "cursor");
}

TEST(Search, ExplainsAScoreByItsParts) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = query("milk");
  request.explain = true;
  const auto found = shop->search(request);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->explanations.size(), found->items.size());
  for (std::size_t i = 0; i < found->items.size(); ++i) EXPECT_NEAR(found->explanations[i].value, found->items[i].score, 1e-4);
  EXPECT_THAT(found->timings, Not(IsEmpty()));
}

TEST(Search, RefusesWhatItCannotUseAndNamesIt) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto error_of = [&](const engine::SearchRequest& request) {
    const auto answer = shop->search(request);
    EXPECT_FALSE(answer);
    return answer ? Error{} : answer.error();
  };
  auto request = query("milk");
  request.filter = "colur = red";
  EXPECT_EQ(error_of(request).kind, ErrorKind::invalid);
  request = query("milk");
  request.facets = {"brnd"};
  EXPECT_THAT(error_of(request).hint, HasSubstr("brand"));
  request = query("milk");
  request.sort = {"weight:up"};
  EXPECT_EQ(error_of(request).kind, ErrorKind::invalid);
  request.sort.assign(9, "price:asc");
  EXPECT_EQ(error_of(request).kind, ErrorKind::limit);
  request = query("milk");
  request.k = 100000;
  EXPECT_EQ(error_of(request).kind, ErrorKind::limit);
  EXPECT_EQ(error_of(query(std::string(5000, 'a'))).kind, ErrorKind::limit);
  EXPECT_EQ(error_of(query("\xff\xfe")).kind, ErrorKind::invalid);
}

TEST(Shelves, SayInWordsWhyAnItemIsShown) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = ask("also-bought");
  request.items = {"milk"};
  const auto bought = shop->shelf(request);
  ASSERT_TRUE(bought) << bought.error().message();
  ASSERT_THAT(bought->items, Not(IsEmpty()));
  EXPECT_EQ(bought->items[0].key, "bread");
  EXPECT_EQ(bought->items[0].why.at(0).detail, "Often bought with Whole milk, 1 gal");
  EXPECT_THAT(keys_of(*bought), Not(Contains("milk")));
  EXPECT_EQ(bought->version, "tables-1");
  EXPECT_TRUE(bought->trained);

  request = ask("complete-the-basket");
  request.basket = {"tea"};
  const auto basket = shop->shelf(request).value();
  ASSERT_THAT(basket.items, Not(IsEmpty()));
  EXPECT_EQ(basket.items[0].key, "honey");
  EXPECT_THAT(basket.items[0].why.at(0).detail, HasSubstr("Black tea, 50 bags"));

  request = ask("for-you");
  request.shopper = "h1";  // tea and honey
  const auto mine = shop->shelf(request).value();
  ASSERT_GE(mine.items.size(), 2U);
  EXPECT_FALSE(mine.cold_start);
  EXPECT_THAT((std::set<std::string>{mine.items[0].key, mine.items[1].key}), (std::set<std::string>{"tea", "honey"}));
  EXPECT_THAT(mine.items[0].why.at(0).detail, ::testing::MatchesRegex("You bought this [0-9]+ times"));

  request = ask("similar");
  request.items = {"milk"};
  EXPECT_EQ(shop->shelf(request).value().items.at(0).key, "milk-skim");
}

TEST(Shelves, AnswerDifferentlyAfterAnEvent) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = ask("for-you");
  request.session = "visit-1";
  const auto before = shop->shelf(request).value();
  EXPECT_TRUE(before.cold_start);
  store::Changes changes;
  store::Event looked = event("look-1", "", "pasta", store::EventKind::view, kMonday + 60 * kDay);
  looked.session = "visit-1";
  changes.events = {looked};
  apply(*shop, changes);
  const auto after = shop->shelf(request).value();
  EXPECT_FALSE(after.cold_start);
  const auto sauce = std::find_if(after.items.begin(), after.items.end(), [](const auto& shown) { return shown.key == "sauce"; });
  ASSERT_NE(sauce, after.items.end());
  EXPECT_THAT(sauce->why.at(0).detail, HasSubstr("Spaghetti"));
}

TEST(Shelves, ShowAStrangerWhatSuitsEveryoneAndSaySo) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = ask("for-you");
  const auto nobody = shop->shelf(request).value();
  request.shopper = "stranger";
  const auto stranger = shop->shelf(request).value();
  EXPECT_TRUE(stranger.cold_start);
  EXPECT_THAT(stranger.notes, ElementsAre("unknown shopper 'stranger': showing what suits everyone"));
  EXPECT_THAT(stranger.items, Not(IsEmpty()));
  EXPECT_EQ(keys_of(stranger), keys_of(nobody));
}

TEST(Shelves, DoNotPersonaliseAgainstAShoppersWill) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  store::Changes changes;
  store::Shopper private_one;
  private_one.key = "h1";
  private_one.personalise = false;
  changes.shoppers = {private_one};
  apply(*shop, changes);
  auto request = ask("for-you");
  request.shopper = "h1";
  const auto answer = shop->shelf(request).value();
  EXPECT_TRUE(answer.cold_start);
  for (const engine::AnswerItem& shown : answer.items) {
    for (const engine::Why& why : shown.why) EXPECT_THAT(why.detail, Not(HasSubstr("You ")));
  }
}

TEST(Shelves, AnswerForItemsNobodyBoughtAndItemsNobodyKnows) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = ask("also-bought");
  request.items = {"towel"};  // never bought
  const auto never = shop->shelf(request);
  ASSERT_TRUE(never) << never.error().message();
  EXPECT_THAT(never->items, Not(IsEmpty()));
  request.items = {"no-such-item"};
  const auto unknown = shop->shelf(request);
  ASSERT_TRUE(unknown) << unknown.error().message();
  EXPECT_THAT(unknown->notes, Contains("unknown item 'no-such-item'"));
  request.items = {};
  const auto none = shop->shelf(request);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().where, "item");
}

TEST(Shelves, NeverShowAStub) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  store::Changes changes;
  for (int i = 0; i < 50; ++i) {
    changes.events.push_back(event(fmt::format("s{}", i), fmt::format("h{}", i), "mystery", store::EventKind::purchase, kMonday + 57 * kDay,
                                   fmt::format("b{}", i)));
    changes.events.push_back(event(fmt::format("m{}", i), fmt::format("h{}", i), "milk", store::EventKind::purchase, kMonday + 57 * kDay,
                                   fmt::format("b{}", i)));
  }
  apply(*shop, changes);
  ASSERT_TRUE(shop->train(Progress::none()));
  for (const std::string& name : shop->shelves()) {
    if (name == "search") continue;
    auto request = ask(name);
    request.shopper = "h1";
    request.items = {"mystery"};
    request.basket = {"milk"};
    const auto answer = shop->shelf(request);
    ASSERT_TRUE(answer) << name << ": " << answer.error().message();
    EXPECT_THAT(keys_of(*answer), Not(Contains("mystery"))) << name;
    EXPECT_THAT(answer->items, Not(IsEmpty())) << name;
  }
}

TEST(Shelves, ListNearNamesForAnUnknownOne) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto answer = shop->shelf(ask("for-yu"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::not_found);
  EXPECT_EQ(answer.error().hint, "Did you mean 'for-you'?");
  EXPECT_FALSE(shop->shelf(ask("search"))) << "a shelf of queries is asked through search";
}

TEST(Shop, ReportsKeysItDoesNotKnow) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = ask("similar");
  request.shopper = "h1";
  request.items = {"milk", "mlik"};
  request.basket = {"nothing"};
  EXPECT_THAT(shop->unknown_keys(request).value(), ElementsAre(std::pair("item", "mlik"), std::pair("basket", "nothing")));
}

TEST(Shop, AnswersTheSameAfterReopening) {
  const TempDir dir;
  auto request = ask("also-bought");
  request.items = {"milk"};
  std::vector<std::string> before, found_before;
  {
    const auto shop = grocery(dir / "shop");
    before = keys_of(shop->shelf(request).value());
    found_before = keys_of(shop->search(query("milk")).value());
  }
  const auto shop = reopened(dir / "shop");
  const auto answer = shop->shelf(request).value();
  EXPECT_EQ(keys_of(answer), before);
  EXPECT_EQ(answer.version, "tables-1");
  EXPECT_EQ(keys_of(shop->search(query("milk")).value()), found_before);
}

TEST(Shop, KeepsTheLastTwoTrainings) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  ASSERT_TRUE(shop->train(Progress::none()));
  ASSERT_TRUE(shop->train(Progress::none()));
  EXPECT_FALSE(fs::exists(dir / "shop" / "models" / "tables" / "1"));
  EXPECT_TRUE(fs::exists(dir / "shop" / "models" / "tables" / "2" / "tables.souk"));
  EXPECT_TRUE(fs::exists(dir / "shop" / "models" / "tables" / "3" / "manifest.json"));
  EXPECT_EQ(shop->view()->version, "tables-3");
}

TEST(Shop, KeepsServingOldViewsToThoseWhoHoldThem) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  const auto old = shop->view();
  store::Changes changes;
  changes.items = {item("jam", "Strawberry jam", "Food > Pantry", "3.00")};
  apply(*shop, changes);
  EXPECT_EQ(old->lexical->size(), grocery_items().size());
  EXPECT_EQ(shop->view()->lexical->size(), grocery_items().size() + 1);
}

TEST(ServedLog, RecordsWhatWasShown) {
  const TempDir dir;
  std::string request_id;
  std::vector<std::string> shown;
  {
    const auto shop = grocery(dir / "shop");
    auto request = ask("for-you");
    request.shopper = "h1";
    const auto answer = shop->shelf(request).value();
    request_id = answer.request;
    shown = keys_of(answer);
    EXPECT_NE(shop->search(query("milk")).value().request, request_id);
    request.shopper = "no key: \x02";
    EXPECT_TRUE(shop->shelf(request).value().cold_start);
  }
  EXPECT_THAT(request_id, ::testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(request_id.size(), 32U);
  const auto shop = reopened(dir / "shop");
  std::vector<store::Served> records;
  ASSERT_TRUE(shop->store().for_each_served([&](const store::Served& served) {
    records.push_back(served);
    return true;
  }));
  ASSERT_EQ(records.size(), 3U) << "what nobody can be called spoils no other record";
  const auto mine = std::find_if(records.begin(), records.end(), [&](const auto& served) { return served.request == request_id; });
  ASSERT_NE(mine, records.end());
  EXPECT_EQ(mine->shelf, "for-you");
  EXPECT_EQ(mine->shopper, "h1");
  EXPECT_EQ(mine->items, shown);
  EXPECT_EQ(mine->version, "tables-1");
}

}  // namespace
}  // namespace souk::testing
