// Cursors: as texts, and as a way through a catalogue that changes meanwhile.
#include "souk/engine/cursor.h"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using engine::Cursor;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CursorText, ReadsBackAsItWas) {
  for (const Cursor& cursor : {Cursor{}, Cursor{1, 2, 3, {"a"}}, Cursor{UINT64_MAX, 7, UINT64_MAX, {"a", "b", "c", "d", "e"}},
                               Cursor{5, 6, 7, {std::string(512, 'k'), "\xC3\xBC/ \""}}}) {
    const std::string text = engine::to_text(cursor);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
    const auto read = engine::read_cursor(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, cursor);
  }
}

TEST(CursorText, KeepsTheLastItemsOnly) {
  const auto read = engine::read_cursor(engine::to_text({1, 2, 3, {"a", "b", "c", "d", "e", "f", "g"}})).value();
  EXPECT_EQ(read.shown, (std::vector<std::string>{"c", "d", "e", "f", "g"}));
}

TEST(CursorText, AnyOtherTextIsRefused) {
  const std::string good = engine::to_text({11, 22, 33, {"milk", "bread"}});
  const auto refused = [](const std::string& text) {
    const auto read = engine::read_cursor(text);
    EXPECT_FALSE(read) << text;
    return !read && read.error().kind == ErrorKind::invalid && read.error().where == "cursor";
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("made up"));
  EXPECT_TRUE(refused(good + "A"));
  EXPECT_TRUE(refused(good + "="));
  EXPECT_TRUE(refused(std::string(100'000, 'A')));
  for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_TRUE(refused(good.substr(0, cut)));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string other = good;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(refused(other)) << at;
  }
}

TEST(Cursors, FitNoOtherSearch) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = query("");
  request.k = 3;
  request.sort = {"price:asc"};
  request.cursor = shop->search(request).value().cursor;
  ASSERT_NE(request.cursor, "");
  ASSERT_TRUE(shop->search(request));
  const auto refused = [&](auto change) {
    auto other = request;
    change(other);
    const auto answer = shop->search(other);
    EXPECT_FALSE(answer);
    return answer ? "" : answer.error().message();
  };
  const auto another = AllOf(HasSubstr("cursor"), HasSubstr("another search"));
  EXPECT_THAT(refused([](auto& other) { other.query = "milk"; }), another);
  EXPECT_THAT(refused([](auto& other) { other.sort = {"price:desc"}; }), another);
  EXPECT_THAT(refused([](auto& other) { other.filter = "price < 3"; }), another);
  EXPECT_THAT(refused([](auto& other) { other.facet_filters["brand"] = {"Leaf"}; }), another);
  EXPECT_THAT(refused([](auto& other) { other.exclude = {"milk"}; }), another);
  EXPECT_THAT(refused([](auto& other) { other.match = index::Match::any; }), another);
  EXPECT_THAT(refused([](auto& other) { other.group = false; }), another);
  EXPECT_THAT(refused([](auto& other) { other.market = "DE"; }), another);
  // What does not decide which items are found may change from page to page.
  request.k = 5;
  request.fields = {"title"};
  request.facets = {"brand"};
  request.explain = true;
  EXPECT_TRUE(shop->search(request));
}

TEST(Cursors, OfAShopThatDidNotChangeAreOneLongPage) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  for (const auto& sort : {std::vector<std::string>{}, std::vector<std::string>{"price:desc"}, std::vector<std::string>{"brand:asc"}}) {
    auto request = query("");
    request.sort = sort;
    request.k = 100;
    const auto whole = keys_of(shop->search(request).value());
    std::vector<std::string> paged;
    request.k = 3;
    for (int page = 0; page < 20; ++page) {
      const auto answer = shop->search(request).value();
      EXPECT_THAT(answer.notes, Not(Contains(HasSubstr("changed"))));
      for (const std::string& key : keys_of(answer)) paged.push_back(key);
      if (answer.cursor.empty()) break;
      request.cursor = answer.cursor;
    }
    EXPECT_EQ(paged, whole);
  }
}

// Items come, go and change their price between the pages, but never the last two that were shown: each item that stays as it was is shown
// once, in its order, and nothing is shown twice.
TEST(Cursors, LeadThroughACatalogueThatChanges) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  Random random(23);
  std::map<std::string, int> prices;  // in the shop
  const auto put = [&](const std::vector<std::string>& keys) {
    store::Changes changes;
    for (const std::string& key : keys) changes.items.push_back(item(key, "Kettle", "Home", fmt::format("{}.00", prices.at(key))));
    apply(*shop, changes);
  };
  std::vector<std::string> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(fmt::format("i{}", i));
    prices[all.back()] = 1 + static_cast<int>(random.below(1000));
  }
  put(all);
  std::set<std::string> untouched(all.begin(), all.end());

  auto request = query("kettle");
  request.sort = {"price:asc"};
  request.k = 7;
  std::vector<std::string> seen;
  int fresh = 0;
  while (true) {
    const auto answer = shop->search(request);
    ASSERT_TRUE(answer) << answer.error().message();
    for (const std::string& key : keys_of(*answer)) seen.push_back(key);
    if (answer->cursor.empty()) break;
    request.cursor = answer->cursor;
    for (int change = 0; change < 3; ++change) {
      const std::string& key = all[random.below(all.size())];
      const bool at_border = std::find(seen.end() - 2, seen.end(), key) != seen.end();
      if (random.below(3) == 0) {
        const std::string added = fmt::format("new{}", fresh++);
        prices[added] = 1 + static_cast<int>(random.below(1000));
        put({added});
      } else if (!at_border && prices.contains(key)) {
        untouched.erase(key);
        prices.erase(key);
        store::Changes removal;
        removal.removed_items = {key};
        apply(*shop, removal);
      }
    }
  }
  std::vector<std::string> expected(untouched.begin(), untouched.end()), stayed;
  // Equal prices keep the order in which the items came.
  std::sort(expected.begin(), expected.end(), [&](const std::string& a, const std::string& b) {
    return std::pair(prices.at(a), std::stoi(a.substr(1))) < std::pair(prices.at(b), std::stoi(b.substr(1)));
  });
  std::copy_if(seen.begin(), seen.end(), std::back_inserter(stayed), [&](const std::string& key) { return untouched.contains(key); });
  EXPECT_EQ(stayed, expected);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
  EXPECT_GT(untouched.size(), 200U);
}

TEST(Cursors, SayThatTheCatalogueChanged) {
  const TempDir dir;
  const auto shop = grocery(dir / "shop");
  auto request = query("");
  request.k = 4;
  request.cursor = shop->search(request).value().cursor;
  store::Changes changes;
  changes.items = {item("jam", "Plum jam", "Food > Pantry", "2.50")};
  apply(*shop, changes);
  EXPECT_THAT(shop->search(request).value().notes, Contains("the catalogue changed since the page before this one"));
}

}  // namespace
}  // namespace souk::testing
