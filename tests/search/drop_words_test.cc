// Which words are left out, beside trying every way to leave some out.
#include <cmath>
#include <gmock/gmock.h>
#include <limits>

#include "souk/base/random.h"
#include "souk/shelf/plan.h"

#include "tests/search/small_index.h"

namespace souk::search {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::reader_with;
using testing::SmallIndex;
using testing::SmallItem;
using ::testing::UnorderedElementsAre;

Result<std::shared_ptr<const shelf::Plan>> make_plan(const std::string& settings) {
  shelf::Registry registry;
  register_all(registry);
  const auto config = Config::parse("[shelves.search]\ncontext = \"query\"\nretrieve = [\"lexical\"]\nrelax = \"drop-words\"\n" +
                                        (settings.empty() ? settings : "[shelves.search.settings.drop-words]\n" + settings),
                                    "shop.toml");
  SOUK_TRY(const auto spec, shelf::ShelfSpec::from_config("search", config->table("shelves.search")));
  return shelf::Plan::make(spec, registry, index::Schema::defaults());
}

struct Found {
  std::vector<std::uint32_t> items;
  std::vector<std::string> dropped;
  std::uint64_t total = 0;
};
Found search(const SmallIndex& shop, const std::string& query, const std::string& settings = {}, const std::string& synonyms = {},
             const std::string& filter = {}) {
  const auto plan = make_plan(settings);
  EXPECT_TRUE(plan) << plan.error().message();
  shelf::Request request;
  request.query = query;
  request.concepts = reader_with(synonyms).read(query, "", false);
  request.filter = *index::parse_filter(filter, *shop.view.schema);
  request.k = 100;
  const auto answer = (*plan)->run(request, shop.view);
  EXPECT_TRUE(answer) << answer.error().message();
  Found found;
  for (const ItemId item : answer->items) found.items.push_back(index_of(item));
  found.dropped = answer->lexical->dropped;
  found.total = answer->lexical->total;
  return found;
}

std::vector<SmallItem> shirts() {
  return {{"Red wool shirt"}, {"Red wool sock"}, {"Blue cotton shirt"}, {"Blue cotton sock"},
          {"Green shirt"},    {"Milk 500 ml"},   {"Milk 1 l"},          {"Cream 250 ml"}};
}

TEST(DropWords, LeavesNothingOutWhenAllWordsAreFound) {
  const SmallIndex shop(shirts());
  const Found found = search(shop, "red wool");
  EXPECT_THAT(found.items, UnorderedElementsAre(0, 1));
  EXPECT_THAT(found.dropped, IsEmpty());
}

TEST(DropWords, LeavesOutWhatNothingHas) {
  const SmallIndex shop(shirts());
  EXPECT_THAT(search(shop, "red unheard wool unseen").dropped, ElementsAre("unheard", "unseen"));
  EXPECT_THAT(search(shop, "red unheard wool unseen").items, UnorderedElementsAre(0, 1));
}

TEST(DropWords, LeavesOutTheFewestAndOfThoseWhatSaysLeast) {
  const SmallIndex shop(shirts());
  // No green wool sock. One word less: "wool sock" is there, "green ..." is not.
  EXPECT_THAT(search(shop, "green wool sock").dropped, ElementsAre("green"));
  // Without "green": a wool shirt; without "wool": a green shirt. Wool is on two items, green on one: green says more.
  EXPECT_THAT(search(shop, "green wool shirt").dropped, ElementsAre("wool"));
  EXPECT_THAT(search(shop, "green wool shirt", "drop = \"rare\"").dropped, ElementsAre("green"));
}

TEST(DropWords, LeavesOutANumberWithItsUnit) {
  const SmallIndex shop(shirts());
  const Found found = search(shop, "milk 250 ml");
  EXPECT_THAT(found.dropped, ElementsAre(::testing::AnyOf("milk", "250 ml")));
  EXPECT_THAT(search(shop, "milk 750 ml").dropped, ElementsAre("750 ml")) << "never the number alone";
}

TEST(DropWords, BlamesNoWordWhenTheFilterLeavesNothing) {
  const SmallIndex shop(shirts());
  const Found found = search(shop, "red wool", "", "", "brand = nobody");
  EXPECT_THAT(found.items, IsEmpty());
  EXPECT_THAT(found.dropped, IsEmpty());
  EXPECT_THAT(search(shop, "unheard unseen").dropped, IsEmpty());
  EXPECT_THAT(search(shop, "unheard").dropped, IsEmpty());
}

TEST(DropWords, LooksUnderTheFilter) {
  auto items = shirts();
  items[0].brand = items[4].brand = "Acme";
  const SmallIndex shop(items);
  const Found found = search(shop, "cotton shirt", "", "", "brand = acme");
  EXPECT_THAT(found.items, UnorderedElementsAre(0, 4));
  EXPECT_THAT(found.dropped, ElementsAre("cotton"));
}

TEST(DropWords, TakesWordsApartThatASynonymHoldsTogether) {
  const SmallIndex shop({{"Running jacket"}, {"Leather shoes"}, {"Running shoes for children"}});
  const std::string rule = "all = [\"running shoes, trainers\", \"blue shoes, azure slippers\"]";
  EXPECT_THAT(search(shop, "running shoes", "", rule).items, ElementsAre(2));
  const Found found = search(shop, "blue shoes", "", rule);
  EXPECT_THAT(found.items, UnorderedElementsAre(1, 2));
  EXPECT_THAT(found.dropped, ElementsAre("blue"));
}

TEST(DropWords, FindsByTheSynonymsOfWhatStays) {
  const SmallIndex shop({{"Red couch"}, {"Green chair"}});
  const Found found = search(shop, "green sofa", "", "all = [\"sofa, couch\"]");
  EXPECT_EQ(found.items.size(), 1U);
  EXPECT_EQ(found.dropped.size(), 1U);
  EXPECT_THAT(search(shop, "violet sofa", "", "all = [\"sofa, couch\"]").items, ElementsAre(0));
}

TEST(DropWords, GoesOnUntilEnoughIsFoundAndKeepsTheBetterMatchesFirst) {
  const SmallIndex shop(shirts());
  const Found found = search(shop, "red wool shirt", "least = 3");
  EXPECT_GE(found.total, 3U);
  EXPECT_EQ(found.items.front(), 0U) << "the one with all words";
  EXPECT_THAT(search(shop, "red wool shirt", "least = 2").dropped, ElementsAre("shirt"));
}

TEST(DropWords, AnswersLongQueriesOneWordAtATime) {
  const SmallIndex shop(shirts());
  std::string query = "red wool shirt blue cotton sock green";
  EXPECT_GE(search(shop, query, "tries = 0").total, 1U);
  for (int i = 0; i < 60; ++i) query += " milk cream 500 l" + std::to_string(i);
  EXPECT_GE(search(shop, query).total, 1U);
  for (int i = 0; i < 1000; ++i) query += " w" + std::to_string(i);
  const Found found = search(shop, query);
  EXPECT_GE(found.total, 1U);
  EXPECT_EQ(found.dropped.back(), "w999");
}

TEST(DropWords, OfAnyWordsKeepsAsManyAsItCan) {
  const SmallIndex shop(shirts());
  const std::string any = "drop = \"any\"";
  const Found two = search(shop, "green wool shirt", any);
  EXPECT_THAT(two.items, UnorderedElementsAre(0, 4)) << "a wool shirt and a green one have two of three";
  EXPECT_EQ(two.total, 2U);
  EXPECT_THAT(two.items, ElementsAre(4, 0)) << "green is the rarer word";
  EXPECT_THAT(two.dropped, ElementsAre("wool")) << "what the best one lacks";
  EXPECT_THAT(search(shop, "red unheard wool", any).dropped, ElementsAre("unheard"));
  EXPECT_THAT(search(shop, "red wool", any).dropped, IsEmpty());
  EXPECT_THAT(search(shop, "unheard unseen", any).dropped, IsEmpty());
  EXPECT_THAT(search(shop, "red wool shirt", any + "\nleast = 4").items.front(), 0U);
  EXPECT_EQ(search(shop, "red wool shirt", any + "\nleast = 4").total, 4U) << "two of three has one more, one of three four";
}

TEST(DropWords, RefusesSettingsThatMakeNoSense) {
  const auto message = [](const std::string& settings) {
    const auto plan = make_plan(settings);
    return plan ? "no error" : plan.error().message();
  };
  EXPECT_THAT(message("least = 0"), AllOf(HasSubstr("shop.toml:6:1"), HasSubstr("from 1 to 1000")));
  EXPECT_THAT(message("tries = -1"), HasSubstr("from 0 to 1000"));
  EXPECT_THAT(message("drop = \"all\""), HasSubstr("one of common, rare, any"));
  EXPECT_THAT(message("leest = 2"), HasSubstr("least"));
}

// By definition: every way to leave concepts out, in the order of the aim.
struct Way {
  std::vector<std::string> kept, dropped;
  std::uint64_t found = 0;
};
Way best_way(const SmallIndex& shop, const std::vector<std::string>& words, std::size_t least, bool rare_first, std::size_t catalogue) {
  const auto count = [&](const std::vector<std::string>& some) {
    index::LexicalQuery query;
    for (const std::string& word : some) query.text += word + " ";
    query.match = index::Match::all;
    query.k = 0;
    return some.empty() ? std::uint64_t{0} : shop.reader().search(query)->total;
  };
  const auto capped = [&](std::uint64_t found) { return std::min<std::uint64_t>(found, least); };
  std::vector<std::int64_t> costs;
  for (const std::string& word : words) {
    const auto n = static_cast<double>(count({word}));
    const std::int64_t said = std::llround(1e6 * std::log(1 + (static_cast<double>(catalogue) - n + 0.5) / (n + 0.5)));
    // What nothing has costs nothing to leave out, and is always left out.
    costs.push_back(n == 0 ? std::numeric_limits<std::int64_t>::min() / 100 : rare_first ? -said : said);
  }
  Way best;
  std::tuple<std::uint64_t, std::size_t, std::int64_t, std::vector<int>> best_rank;  // fewest found less, dropped, cost, earliest
  for (std::uint32_t mask = 1; mask < (1U << words.size()); ++mask) {
    Way way;
    std::int64_t cost = 0;
    std::vector<int> stays;
    bool lost = false;
    for (std::size_t w = 0; w < words.size(); ++w) {
      const bool kept = (mask >> w & 1U) != 0;
      (kept ? way.kept : way.dropped).push_back(words[w]);
      lost = lost || (kept && costs[w] < -1'000'000'000);
      if (!kept && costs[w] > -1'000'000'000) cost += costs[w];
      stays.push_back(kept ? 0 : 1);
    }
    if (lost && way.dropped.empty()) {
      way.found = 0;
    } else if (lost) {
      continue;
    } else {
      way.found = count(way.kept);
    }
    const std::tuple rank{least - capped(way.found), way.dropped.size(), cost, stays};
    if (best.kept.empty() || rank < best_rank) {
      best = way;
      best_rank = rank;
    }
  }
  return best;
}

TEST(DropWords, EqualsTryingEveryWayOverRandomShopsAndQueries) {
  Random random(5);
  const std::vector<std::string> words = {"ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay"};
  int relaxed = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<SmallItem> items(5 + random.below(30));
    for (SmallItem& item : items) {
      for (std::size_t n = 1 + random.below(4); n > 0; --n) item.title += words[std::min(random.below(9), random.below(9))] + " ";
    }
    const SmallIndex shop(items);
    std::vector<std::string> asked = words;
    random.shuffle(std::span(asked));
    asked.resize(2 + random.below(5));
    std::string query;
    for (const std::string& word : asked) query += word + " ";
    const std::size_t least = 1 + random.below(3);
    const bool rare_first = random.below(2) == 0;
    const Way expected = best_way(shop, asked, least, rare_first, items.size());
    const Found found =
        search(shop, query, "least = " + std::to_string(least) + "\ntries = 1000\ndrop = " + (rare_first ? "\"rare\"" : "\"common\""));
    ASSERT_EQ(found.dropped, expected.found == 0 ? std::vector<std::string>() : expected.dropped) << "round " << round << ": " << query;
    ASSERT_EQ(found.total, expected.found) << "round " << round << ": " << query;
    relaxed += found.dropped.empty() ? 0 : 1;
  }
  EXPECT_GT(relaxed, 50);
}

// By definition: as many of the words as `least` items have.
TEST(DropWords, OfAnyWordsEqualsCountingThemOverRandomShopsAndQueries) {
  Random random(8);
  const std::vector<std::string> words = {"ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay"};
  for (int round = 0; round < 100; ++round) {
    std::vector<SmallItem> items(5 + random.below(30));
    for (SmallItem& item : items) {
      for (std::size_t n = 1 + random.below(4); n > 0; --n) item.title += words[std::min(random.below(9), random.below(9))] + " ";
      item.brand = random.below(2) == 0 ? "Acme" : "Bolt";
    }
    const SmallIndex shop(items);
    std::vector<std::string> asked = words;
    random.shuffle(std::span(asked));
    asked.resize(1 + random.below(6));
    std::string query;
    for (const std::string& word : asked) query += word + " ";
    const bool filtered = random.below(2) == 0;
    const std::size_t least = 1 + random.below(4);
    std::vector<std::size_t> had(items.size(), 0);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (filtered && items[i].brand != "Acme") continue;
      for (const std::string& word : asked) had[i] += items[i].title.find(word) != std::string::npos ? 1U : 0U;
    }
    const auto with = [&](std::size_t needed) {
      return static_cast<std::size_t>(std::count_if(had.begin(), had.end(), [&](std::size_t n) { return n >= needed; }));
    };
    std::size_t needed = asked.size();
    while (needed > 1 && with(needed) < least) --needed;
    const Found found = search(shop, query, "drop = \"any\"\nleast = " + std::to_string(least), "", filtered ? "brand = acme" : "");
    ASSERT_EQ(found.total, with(needed)) << "round " << round << ": " << query;
    for (const std::uint32_t item : found.items) ASSERT_GE(had[item], needed) << "round " << round << ": " << query;
  }
}

// However few tries there are: something is found where a single word finds something.
TEST(DropWords, AlwaysFindsSomethingWhereOneWordDoes) {
  Random random(6);
  const std::vector<std::string> words = {"ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay"};
  for (int round = 0; round < 60; ++round) {
    std::vector<SmallItem> items(5 + random.below(10));
    for (SmallItem& item : items) item.title = words[random.below(9)];
    const SmallIndex shop(items);
    std::string query;
    bool any = false;
    for (std::size_t n = 2 + random.below(8); n > 0; --n) {
      const std::string& word = words[random.below(10)];
      query += word + " ";
      any = any || search(shop, word).total > 0;
    }
    const Found found = search(shop, query, "tries = " + std::to_string(random.below(3)));
    EXPECT_EQ(found.total > 0, any) << query;
  }
}

}  // namespace
}  // namespace souk::search
