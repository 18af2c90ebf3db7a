// Searches for concepts with several forms, beside the plainest way to answer them: item by item.
#include "souk/search/concept_search.h"

#include <cmath>
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "souk/base/random.h"

#include "tests/search/small_index.h"

namespace souk::search {
namespace {

using shelf::Concept;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ids;
using ::testing::IsEmpty;
using testing::reader_with;
using testing::SmallIndex;
using testing::SmallItem;
using ::testing::UnorderedElementsAre;

std::vector<SmallItem> sofas() {
  return {{"Red sofa", "Acme"},
          {"Red couch", "Acme"},
          {"Blue sofa", "Bolt"},
          {"Red chair", "Bolt"},
          {"Sofa table, oak", "Bolt"},
          {"Television", "Acme"},
          {"Flat screen, 40 inch", "Acme"},
          {"Screen door", "Bolt"},
          {"Red sofa and couch", "Acme"}};
}

index::LexicalQuery query(index::Match match = index::Match::all) {
  index::LexicalQuery asked;
  asked.match = match;
  asked.k = 100;
  return asked;
}

TEST(SearchConcepts, FindsWhatMeansTheSame) {
  const SmallIndex shop(sofas());
  const QueryReader reader = reader_with("all = [\"sofa, couch\", \"tv -> television, flat screen\"]");
  const auto found = [&](const std::string& text, index::Match match = index::Match::all) {
    return ids(search_concepts(shop.reader(), reader.read(text, "", false), query(match))->hits);
  };
  EXPECT_THAT(found("red sofa"), UnorderedElementsAre(0, 1, 8));
  EXPECT_THAT(found("red couch"), UnorderedElementsAre(0, 1, 8));
  EXPECT_THAT(found("tv"), UnorderedElementsAre(5, 6)) << "not the screen door: a form is all of its words";
  EXPECT_THAT(found("television"), ElementsAre(5));
  EXPECT_THAT(found("tv sofa"), IsEmpty());
  EXPECT_THAT(found("tv sofa", index::Match::any), UnorderedElementsAre(0, 1, 2, 4, 5, 6, 8));
}

TEST(SearchConcepts, WhatWasTypedComesFirst) {
  // Couches are rare and sofas common: a rare word would be worth more.
  std::vector<SmallItem> items(40, SmallItem{"Sofa"});
  items.emplace_back(SmallItem{"Couch"});
  const SmallIndex shop(items);
  const auto concepts = reader_with("all = [\"sofa, couch\"]").read("sofa", "", false);
  const auto answer = search_concepts(shop.reader(), concepts, query()).value();
  ASSERT_EQ(answer.hits.size(), 41U);
  EXPECT_EQ(answer.hits.back().item, ItemId{40});
  EXPECT_NEAR(answer.hits.back().score, 0.8 * answer.hits.front().score, 1e-5);
}

TEST(SearchConcepts, CompletesTheWordThatIsTyped) {
  const SmallIndex shop(sofas());
  const QueryReader reader = reader_with("all = [\"red, crimson\"]");
  const auto answer = search_concepts(shop.reader(), reader.read("red so", "", true), query()).value();
  EXPECT_THAT(ids(answer.hits), UnorderedElementsAre(0, 8));
  EXPECT_EQ(answer.terms.back(), "so") << "highlighting completes the last term";
}

TEST(SearchConcepts, AnOptionalConceptCountsAndIsNotNeeded) {
  const SmallIndex shop(sofas());
  auto concepts = reader_with().read("red sofa", "", false);
  concepts[0].required = false;
  const auto answer = search_concepts(shop.reader(), concepts, query()).value();
  EXPECT_THAT(ids(answer.hits), UnorderedElementsAre(0, 2, 4, 8));
  EXPECT_THAT((std::set<std::uint32_t>{index_of(answer.hits[0].item), index_of(answer.hits[1].item)}), UnorderedElementsAre(0, 8));
}

TEST(SearchConcepts, NamesWhatIsBeyondTheLimit) {
  const SmallIndex shop(sofas());
  std::string text = "red";
  for (int i = 0; i < 70; ++i) text += " w" + std::to_string(i);
  const auto concepts = reader_with("all = [\"red, crimson\"]").read(text, "", false);
  const auto answer = search_concepts(shop.reader(), concepts, query(index::Match::any)).value();
  EXPECT_EQ(answer.dropped.size(), 7U);
  EXPECT_EQ(answer.dropped.front(), "w63");
}

TEST(SearchConcepts, OfAnEmptyShopFindsNothing) {
  const SmallIndex shop({});
  const auto answer = search_concepts(shop.reader(), reader_with("all = [\"red, crimson\"]").read("red", "", false), query());
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->total, 0U);
}

TEST(ExplainConcepts, SaysWhichFormWasFoundAndGivesTheScore) {
  const SmallIndex shop(sofas());
  const auto concepts = reader_with("all = [\"sofa, couch\"]").read("red sofa", "", false);
  const auto asked = query();
  const auto answer = search_concepts(shop.reader(), concepts, asked).value();
  for (const index::Hit& hit : answer.hits) {
    const auto tree = explain_concepts(shop.reader(), concepts, asked, hit.item).value();
    EXPECT_NEAR(tree.value, hit.score, 1e-5);
    ASSERT_EQ(tree.parts.size(), 2U);
    EXPECT_EQ(tree.parts[0].what, "\"red\"");
    const bool couch = hit.item == ItemId{1};
    EXPECT_THAT(tree.parts[1].what, HasSubstr(couch ? "\"sofa\" by its synonym \"couch\" (rule \"sofa, couch\")" : "\"sofa\""));
  }
}

// The oracle: the scores of each form are the index's; everything else is done item by item.
class Oracle {
 public:
  Oracle(const SmallIndex& shop, const std::vector<SmallItem>& items, const index::LexicalQuery& asked)
      : shop_(shop), items_(items), asked_(asked) {}

  index::LexicalQuery plain(const std::string& text) const {
    index::LexicalQuery query;
    query.text = text;
    query.match = index::Match::all;
    query.k = items_.size();
    query.one_per_group = false;
    return query;
  }
  std::map<std::uint32_t, float> scores(const std::string& text) const {
    std::map<std::uint32_t, float> found;
    const index::LexicalAnswer answer = shop_.reader().search(plain(text)).value();
    for (const index::Hit& hit : answer.hits) found[index_of(hit.item)] = hit.score;
    return found;
  }
  double rarity(const std::vector<std::string>& words) const {
    double sum = 0;
    for (const std::string& word : words) {
      const auto n = static_cast<double>(scores(word).size());
      sum += std::log(1 + (static_cast<double>(items_.size()) - n + 0.5) / (n + 0.5));
    }
    return sum;
  }

  struct Found {
    std::vector<std::uint32_t> order;
    std::vector<float> scores;
    std::map<std::string, std::uint64_t> brands;
  };
  Found answer(const std::vector<Concept>& concepts, const std::string& chosen_brand) const {
    std::vector<float> sums(items_.size(), 0);
    std::vector<bool> all(items_.size(), true), any(items_.size(), false);
    for (const Concept& wanted : concepts) {
      std::map<std::uint32_t, float> best = scores(wanted.text);
      for (const Concept::Form& other : wanted.others) {
        const auto scale = other.weight * static_cast<float>(std::min(1.0, rarity(wanted.words) / rarity(other.words)));
        for (const auto& [item, score] : scores(other.text)) {
          const auto [place, fresh] = best.try_emplace(item, scale * score);
          if (!fresh) place->second = std::max(place->second, scale * score);
        }
      }
      for (std::uint32_t item = 0; item < items_.size(); ++item) {
        const auto has = best.find(item);
        if (has != best.end()) sums[item] += has->second;
        if (wanted.required && has == best.end()) all[item] = false;
        if (has != best.end()) any[item] = true;
      }
    }
    Found found;
    std::map<std::string, std::set<std::string>> groups_of_brand;
    std::map<std::string, std::uint32_t> winner;
    for (std::uint32_t item = 0; item < items_.size(); ++item) {
      if (!(asked_.match == index::Match::any ? any[item] : all[item])) continue;
      if (std::find(asked_.exclude.begin(), asked_.exclude.end(), ItemId{item}) != asked_.exclude.end()) continue;
      if (asked_.filter != nullptr && items_[item].category != "Home") continue;
      if (item < asked_.prior.size()) sums[item] += asked_.prior[item];
      const bool groups = asked_.one_per_group && !items_[item].group.empty();
      const std::string group = groups ? items_[item].group : "item " + std::to_string(item);
      groups_of_brand[items_[item].brand].insert(group);
      if (!chosen_brand.empty() && items_[item].brand != chosen_brand) continue;
      const auto [place, fresh] = winner.try_emplace(group, item);
      if (!fresh && sums[item] > sums[place->second]) place->second = item;
    }
    for (const auto& [group, item] : winner) found.order.push_back(item);
    std::sort(found.order.begin(), found.order.end(), [&](auto a, auto b) { return sums[a] != sums[b] ? sums[a] > sums[b] : a < b; });
    for (const std::uint32_t item : found.order) found.scores.push_back(sums[item]);
    for (const auto& [brand, groups] : groups_of_brand) found.brands[brand] = groups.size();
    return found;
  }

 private:
  const SmallIndex& shop_;
  const std::vector<SmallItem>& items_;
  const index::LexicalQuery& asked_;
};

TEST(SearchConcepts, EqualsTheOracleOverRandomShopsAndQueries) {
  Random random(11);
  const std::vector<std::string> words = {"ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"};
  for (int round = 0; round < 150; ++round) {
    std::vector<SmallItem> items(20 + random.below(60));
    for (SmallItem& item : items) {
      for (std::size_t n = 1 + random.below(5); n > 0; --n) item.title += words[std::min(random.below(8), random.below(8))] + " ";
      item.brand = std::string(1, static_cast<char>('P' + random.below(3)));
      item.category = random.below(3) == 0 ? "Garden" : "Home";
      if (random.below(2) == 0) item.group = "g" + std::to_string(random.below(6));
    }
    const SmallIndex shop(items);
    std::vector<Concept> concepts;
    for (std::size_t n = 1 + random.below(3); n > 0; --n) {
      Concept wanted;
      wanted.words = {words[random.below(8)]};
      wanted.text = wanted.words[0];
      wanted.required = random.below(4) != 0;
      for (std::size_t f = random.below(3); f > 0; --f) {
        Concept::Form form;
        form.words = {words[random.below(8)]};
        if (random.below(3) == 0) form.words.push_back(words[random.below(8)]);
        for (const std::string& word : form.words) form.text += word + " ";
        form.weight = 0.25F * static_cast<float>(1 + random.below(4));
        wanted.others.push_back(std::move(form));
      }
      concepts.push_back(std::move(wanted));
    }
    const bool some_required = std::any_of(concepts.begin(), concepts.end(), [](const auto& wanted) { return wanted.required; });
    if (!some_required) concepts.front().required = true;
    index::LexicalQuery asked = query(random.below(3) == 0 ? index::Match::any : index::Match::all);
    asked.one_per_group = random.below(2) == 0;
    asked.facets = {"brand"};
    if (random.below(2) == 0) asked.filter = *index::parse_filter("category = Home", *shop.view.schema);
    std::vector<float> prior;
    if (random.below(2) == 0) {
      for (std::size_t i = 0; i < items.size(); ++i) prior.push_back(static_cast<float>(random.uniform()));
    }
    asked.prior = prior;
    std::vector<ItemId> excluded;
    for (std::size_t n = random.below(4); n > 0; --n) excluded.push_back(ItemId{static_cast<std::uint32_t>(random.below(items.size()))});
    asked.exclude = excluded;
    std::string chosen;
    if (random.below(2) == 0) {
      chosen = "P";
      asked.facet_filters["brand"] = *index::facet_filter("brand", {"P"}, *shop.view.schema);
    }
    const auto expected = Oracle(shop, items, asked).answer(concepts, chosen);
    const auto answer = search_concepts(shop.reader(), concepts, asked);
    ASSERT_TRUE(answer) << answer.error().message();
    ASSERT_EQ(answer->total, expected.order.size()) << round;
    ASSERT_EQ(ids(answer->hits), expected.order) << round;
    for (std::size_t i = 0; i < expected.scores.size(); ++i) ASSERT_EQ(answer->hits[i].score, expected.scores[i]) << round;
    std::map<std::string, std::uint64_t> brands;
    for (const index::FacetValue& value : answer->facets.at("brand").values) brands[value.value] = value.count;
    ASSERT_EQ(brands, expected.brands) << round;
    for (const index::Hit& hit : answer->hits) {
      ASSERT_NEAR(explain_concepts(shop.reader(), concepts, asked, hit.item)->value, hit.score, 1e-4) << round;
    }
  }
}

}  // namespace
}  // namespace souk::search
