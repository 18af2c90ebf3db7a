#include "souk/index/field_index.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <roaring/roaring.hh>

#include "tests/support/data.h"

namespace souk::index {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

store::Item item(std::string title, std::string brand = {}, std::vector<std::string> category = {}, double price = -1) {
  store::Item made;
  made.key = "k" + title;
  made.title = std::move(title);
  made.brand = std::move(brand);
  made.category = std::move(category);
  if (price < 0) return made;
  made.offers.resize(1);
  made.offers[0].amount = Decimal::parse(fmt::format("{:.2f}", price)).value();
  return made;
}

class Shop {
 public:
  explicit Shop(Schema schema = Schema::defaults()) : schema_(std::move(schema)) { open(); }
  void open() {
    auto opened = FieldIndex::open(dir_ / "segments", schema_, "en", false);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    index_ = std::move(*opened);
  }
  void put(std::uint32_t id, const store::Item& record) {
    const FieldIndex::Put change{ItemId{id}, &record};
    ASSERT_TRUE(index_->update(std::span(&change, 1), ++seq_).has_value());
  }
  void remove(std::uint32_t id) {
    const FieldIndex::Put change{ItemId{id}, nullptr};
    ASSERT_TRUE(index_->update(std::span(&change, 1), ++seq_).has_value());
  }
  FilterPtr filter(std::string_view text) const {
    auto parsed = parse_filter(text, *index_->schema());
    EXPECT_TRUE(parsed.has_value()) << parsed.error().message();
    return parsed.value_or(nullptr);
  }
  LexicalAnswer search(const LexicalQuery& query) const {
    auto answer = index_->reader()->search(query);
    EXPECT_TRUE(answer.has_value()) << answer.error().message();
    return answer.value_or(LexicalAnswer());
  }
  std::vector<std::uint32_t> ids(const LexicalQuery& query) const {
    std::vector<std::uint32_t> found;
    for (const Hit& hit : search(query).hits) found.push_back(index_of(hit.item));
    return found;
  }
  FieldIndex& index() { return *index_; }
  std::shared_ptr<const Reader> reader() const { return index_->reader(); }
  fs::path folder() const { return dir_ / "segments"; }

 private:
  testing::TempDir dir_;
  Schema schema_;
  std::unique_ptr<FieldIndex> index_;
  Seq seq_ = 0;
};

std::vector<std::pair<std::string, std::uint64_t>> pairs(const FacetResult& facet) {
  std::vector<std::pair<std::string, std::uint64_t>> result;
  for (const FacetValue& value : facet.values) result.emplace_back(value.value, value.count);
  return result;
}

TEST(FieldIndex, AnswersNothingWhenEmpty) {
  Shop shop;
  EXPECT_EQ(shop.search({.text = "milk"}).total, 0U);
  EXPECT_EQ(shop.search({.facets = {"brand", "price"}}).total, 0U);
  EXPECT_EQ(shop.reader()->size(), 0U);
  EXPECT_EQ(shop.reader()->through_seq(), 0U);
  EXPECT_THAT(shop.reader()->similar_text(ItemId{3}, 5), IsEmpty());
  EXPECT_THAT(shop.reader()->complete("m", 5), IsEmpty());
  EXPECT_EQ(shop.reader()->keyword(ItemId{3}, "brand"), "");
  EXPECT_EQ(shop.reader()->matching(nullptr, "", 0)->cardinality(), 0U);
  EXPECT_FALSE(shop.reader()->explain({.text = "milk"}, ItemId{1}).has_value());
  EXPECT_TRUE(shop.index().flush().has_value());
  EXPECT_TRUE(shop.index().verify().has_value());
}

TEST(FieldIndex, FindsWhatWasPutAndForgetsWhatWasRemoved) {
  Shop shop;
  shop.put(1, item("Whole milk"));
  shop.put(2, item("Oat milk"));
  const auto before = shop.reader();
  shop.put(1, item("Skimmed milk"));
  shop.remove(2);
  EXPECT_THAT(shop.ids({.text = "milk"}), ElementsAre(1));
  EXPECT_THAT(shop.ids({.text = "whole"}), IsEmpty());
  EXPECT_EQ(shop.reader()->size(), 1U);
  EXPECT_EQ(shop.reader()->through_seq(), 4U);
  EXPECT_EQ(before->search({.text = "milk"})->total, 2U) << "a reader keeps its point in time";
}

TEST(FieldIndex, NeverShowsItemsWithoutTitle) {
  Shop shop;
  shop.put(1, item("", "Acme"));
  EXPECT_EQ(shop.search({.text = "acme"}).total, 0U);
  EXPECT_EQ(shop.search({}).total, 0U);
  EXPECT_EQ(shop.reader()->matching(nullptr, "", 0)->cardinality(), 0U);
  EXPECT_EQ(shop.reader()->keyword(ItemId{1}, "brand"), "Acme");
  EXPECT_FALSE(shop.reader()->shown(ItemId{1}));
}

TEST(FieldIndex, DropsTheRarestWordsUntilSomethingIsFound) {
  Shop shop;
  shop.put(1, item("red wool sock"));
  shop.put(2, item("red cotton sock"));
  shop.put(3, item("red shirt"));
  const LexicalAnswer answer = shop.search({.text = "red wool shirt"});
  EXPECT_EQ(answer.total, 1U) << "of equally rare words the last goes first";
  EXPECT_THAT(answer.dropped, ElementsAre("shirt"));
  EXPECT_THAT(answer.terms, ElementsAre("red", "wool"));
  EXPECT_THAT(shop.search({.text = "cotton shirt sock"}).dropped, ElementsAre("shirt"));
  EXPECT_THAT(shop.search({.text = "red unheard sock"}).dropped, ElementsAre("unheard"));
  EXPECT_EQ(shop.search({.text = "red unheard", .match = Match::all}).total, 0U);
  EXPECT_EQ(shop.search({.text = "wool shirt", .match = Match::any}).total, 2U);
  EXPECT_EQ(shop.search({.text = "unheard unseen"}).total, 0U);
  EXPECT_EQ(shop.search({.text = "!!! 🍏"}).total, 0U) << "a query without words is not the empty query";
}

TEST(FieldIndex, CompletesTheLastWord) {
  Shop shop;
  shop.put(1, item("Strawberries"));
  shop.put(2, item("Straw hat"));
  shop.put(3, item("Running shoe"));
  EXPECT_THAT(shop.ids({.text = "straw"}), ElementsAre(2));
  EXPECT_EQ(shop.search({.text = "stra", .prefix_last = true}).total, 2U);
  EXPECT_THAT(shop.ids({.text = "runnin", .prefix_last = true}), ElementsAre(3)) << "beginnings are of words, not of stems";
  EXPECT_THAT(shop.search({.text = "strawberrie", .prefix_last = true}).terms.back(), "strawberrie");
}

TEST(FieldIndex, CollapsesVariants) {
  Shop shop;
  for (std::uint32_t id = 1; id <= 3; ++id) {
    store::Item shirt = item("Shirt", "Acme", {}, 10.0 * id);
    shirt.group = "shirt";
    shop.put(id, shirt);
  }
  shop.put(4, item("Shirt of silk", "Best", {}, 5));
  EXPECT_EQ(shop.search({.text = "shirt", .facets = {"brand"}}).total, 2U);
  EXPECT_THAT(pairs(shop.search({.text = "shirt", .facets = {"brand"}}).facets["brand"]),
              ElementsAre(std::pair("Acme", 1U), std::pair("Best", 1U)));
  EXPECT_EQ(shop.search({.text = "shirt", .one_per_group = false}).total, 4U);
  EXPECT_THAT(shop.ids({.text = "shirt", .sort = {{"price", true}}}), ElementsAre(3, 4)) << "the sort chooses the variant";
  EXPECT_EQ(shop.reader()->group_of(ItemId{1}), shop.reader()->group_of(ItemId{3}));
  EXPECT_NE(shop.reader()->group_of(ItemId{1}), shop.reader()->group_of(ItemId{4}));
}

TEST(FieldIndex, CountsFacetsWithoutTheirOwnChoice) {
  Shop shop;
  shop.put(1, item("tea", "Acme", {"Food > Tea"}, 1));
  shop.put(2, item("tea", "ACME", {"Food > Tea"}, 2));
  shop.put(3, item("tea", "Best", {"Food > Tea"}, 3));
  shop.put(4, item("tea", "Acme", {"Garden"}, 4));
  LexicalQuery query{.text = "tea", .facets = {"brand", "category", "price"}};
  query.facet_filters["brand"] = facet_filter("brand", {"acme"}, Schema::defaults()).value();
  LexicalAnswer answer = shop.search(query);
  EXPECT_EQ(answer.total, 3U);
  EXPECT_THAT(pairs(answer.facets["brand"]), ElementsAre(std::pair("Acme", 3U), std::pair("Best", 1U)));
  EXPECT_THAT(pairs(answer.facets["category"]), ElementsAre(std::pair("Food", 2U), std::pair("Food > Tea", 2U), std::pair("Garden", 1U)));
  EXPECT_EQ(answer.facets["price"].stats->max, 4);
  EXPECT_EQ(answer.facets["price"].stats->count, 3U);
  query.facet_filters["category"] = facet_filter("category", {"food"}, Schema::defaults()).value();
  answer = shop.search(query);
  EXPECT_EQ(answer.total, 2U);
  EXPECT_THAT(pairs(answer.facets["brand"]), ElementsAre(std::pair("Acme", 2U), std::pair("Best", 1U)));
  EXPECT_THAT(pairs(answer.facets["category"]), ElementsAre(std::pair("Food", 2U), std::pair("Food > Tea", 2U), std::pair("Garden", 1U)));
}

TEST(FieldIndex, TakesTheCurrentOfferOfTheMarket) {
  Shop shop;
  store::Item tea = item("tea");
  const auto offer = [](std::string market, const char* amount, std::optional<Timestamp> from, std::optional<Timestamp> until) {
    store::Offer made;
    made.market = std::move(market);
    made.amount = Decimal::parse(amount).value();
    made.from = from;
    made.until = until;
    return made;
  };
  tea.offers = {offer("de", "10", {}, {}), offer("de", "8", 100, 200), offer("fr", "12", {}, 150)};
  tea.offers[2].availability = store::Availability::preorder;
  shop.put(1, tea);
  const auto matches = [&](std::string_view filter, std::string_view market, Timestamp now) {
    return shop.reader()->matching(shop.filter(filter), market, now)->cardinality() == 1;
  };
  EXPECT_TRUE(matches("price = 10", "de", 99));
  EXPECT_TRUE(matches("price = 8", "de", 100));
  EXPECT_TRUE(matches("price = 10", "de", 200));
  EXPECT_TRUE(matches("price = 12", "fr", 100));
  EXPECT_FALSE(matches("price EXISTS", "fr", 150));
  EXPECT_FALSE(matches("price EXISTS", "uk", 100));
  EXPECT_TRUE(matches("availability = preorder", "fr", 0));
  EXPECT_TRUE(matches("price = 8", "", 150)) << "without a market: of all offers";
}

TEST(FieldIndex, LearnsAttributesAsItemsBringThem) {
  Shop shop;
  store::Item kettle = item("kettle");
  kettle.attributes = {{"colour", {std::string("Red"), std::string("Blue")}}, {"capacity_l", {1.7}}, {"cordless", {true}}};
  shop.put(1, kettle);
  EXPECT_EQ(shop.index().schema()->find("capacity_l")->type, FieldType::number);
  EXPECT_EQ(shop.index().schema()->find("cordless")->type, FieldType::flag);
  EXPECT_THAT(shop.ids({.filter = shop.filter("colour = BLUE AND capacity_l 1.5 TO 2 AND cordless = true")}), ElementsAre(1));
  EXPECT_EQ(shop.search({.text = "red"}).total, 1U) << "the words of all attributes are searched";
  store::Item pot = item("pot");
  pot.attributes = {{"capacity_l", {std::string("large")}}};
  shop.put(2, pot);
  EXPECT_EQ(shop.index().schema()->find("capacity_l")->type, FieldType::keyword) << "words and numbers together are words";
  EXPECT_THAT(shop.ids({.filter = shop.filter("capacity_l IN [\"1.7\", large]")}), ElementsAre(1, 2));
  EXPECT_THAT(pairs(shop.search({.facets = {"attributes.capacity_l"}}).facets["attributes.capacity_l"]),
              ElementsAre(std::pair("1.7", 1U), std::pair("large", 1U)));
  EXPECT_THAT(pairs(shop.search({.facets = {"attributes.cordless"}}).facets["attributes.cordless"]), ElementsAre(std::pair("true", 1U)));
}

TEST(FieldIndex, SearchesDeclaredAttributes) {
  Schema schema = Schema::defaults();
  schema.put({.name = "attributes.colour", .search = 1, .facet = true});
  Shop shop(schema);
  store::Item kettle = item("kettle");
  kettle.attributes = {{"colour", {std::string("Red")}}};
  shop.put(1, kettle);
  EXPECT_THAT(shop.ids({.text = "red kettles"}), ElementsAre(1));
}

TEST(FieldIndex, SortsAndPages) {
  Shop shop;
  shop.put(1, item("tea b", "B", {}, 3));
  shop.put(2, item("tea a", "A", {}, 1));
  shop.put(3, item("tea c"));
  shop.put(4, item("tea d", "A", {}, 2));
  const auto by = [&](const std::vector<std::string>& keys) {
    return shop.ids({.text = "tea", .sort = parse_sort(keys, *shop.index().schema()).value()});
  };
  EXPECT_THAT(by({"price:asc"}), ElementsAre(2, 4, 1, 3));
  EXPECT_THAT(by({"price:desc"}), ElementsAre(1, 4, 2, 3)) << "missing values stand last either way";
  EXPECT_THAT(by({"brand", "price:desc"}), ElementsAre(4, 2, 1, 3));
  EXPECT_THAT(by({"title:desc"}), ElementsAre(4, 3, 1, 2));
  EXPECT_THAT(by({"relevance", "price:asc"}), ElementsAre(2, 4, 1, 3));
  EXPECT_THAT(shop.ids({.text = "tea", .sort = {{"price", false}}, .offset = 1, .k = 2}), ElementsAre(4, 1));
  EXPECT_THAT(shop.ids({.text = "tea", .offset = 99}), IsEmpty());
  EXPECT_THAT(parse_sort({"colour:asc"}, Schema::defaults()).error().message(), HasSubstr("price"));
  EXPECT_THAT(parse_sort({"price:up"}, Schema::defaults()).error().message(), HasSubstr("asc or desc"));
}

TEST(FieldIndex, TakesPriorsStatsAndExclusionsFromOutside) {
  Shop shop;
  for (std::uint32_t id = 1; id <= 3; ++id) shop.put(id, item("tea"));
  const std::vector<float> prior = {0, 0, 5, std::nanf("")}, rating = {0, 4.5F, std::nanf("")};
  const std::vector<StatColumn> stats = {{"stats.rating", rating}};
  const std::vector<ItemId> exclude = {ItemId{1}, ItemId{77}};
  EXPECT_THAT(shop.ids({.text = "tea", .prior = prior}), ElementsAre(2, 1, 3));
  EXPECT_THAT(shop.ids({.text = "tea", .exclude = exclude}), ElementsAre(2, 3));
  EXPECT_THAT(shop.ids({.text = "tea", .filter = shop.filter("rating >= 4"), .stats = stats}), ElementsAre(1));
  EXPECT_THAT(shop.ids({.text = "tea", .filter = shop.filter("NOT rating EXISTS"), .stats = stats}), ElementsAre(2, 3));
  EXPECT_THAT(shop.ids({.text = "tea", .sort = {{"stats.rating", true}}, .stats = stats}), ElementsAre(1, 2, 3));
  EXPECT_THAT(shop.ids({.filter = shop.filter("rating >= 4")}), IsEmpty()) << "no column: missing";
}

TEST(FieldIndex, RefusesFieldsThatCannotDoIt) {
  Shop shop;
  EXPECT_THAT(shop.reader()->search({.facets = {"brnad"}}).error().message(), HasSubstr("brand"));
  EXPECT_FALSE(shop.reader()->search({.facets = {"gtin"}}).has_value());
  EXPECT_FALSE(shop.reader()->search({.sort = {{"gtin", false}}}).has_value());
}

TEST(FieldIndex, FindsSimilarTitles) {
  Shop shop;
  shop.put(1, item("peanut butter crunchy"));
  shop.put(2, item("peanut butter smooth"));
  shop.put(3, item("almond butter"));
  shop.put(4, item("garden hose"));
  store::Item variant = item("peanut butter crunchy 2");
  variant.group = "g";
  shop.put(5, variant);
  variant.title = "peanut butter crunchy 3";
  shop.put(6, variant);
  for (int flushed = 0; flushed < 2; ++flushed) {
    std::vector<std::uint32_t> found;
    for (const Hit& hit : shop.reader()->similar_text(ItemId{5}, 10)) found.push_back(index_of(hit.item));
    EXPECT_THAT(found, ElementsAre(1, 2, 3)) << "its own group is left out";
    Roaring allowed;
    allowed.add(3U);
    EXPECT_EQ(shop.reader()->similar_text(ItemId{5}, 10, &allowed).size(), 1U);
    EXPECT_GT(shop.reader()->similar_text(ItemId{1}, 1)[0].score, 0.6F);
    EXPECT_LT(shop.reader()->similar_text(ItemId{1}, 1)[0].score, 1.0F);
    ASSERT_TRUE(shop.index().flush().has_value());
  }
}

TEST(FieldIndex, CompletesCategoriesBrandsAndTitles) {
  Shop shop;
  shop.put(1, item("Peanut butter", "Peak", {"Food > Peanuts"}));
  shop.put(2, item("PEANUT BUTTER", "Other", {"Food > Peanuts"}));
  shop.put(3, item("Green peas", "peak", {"Peaches > Canned"}));
  const auto text = [&](std::string_view prefix) {
    std::vector<std::string> lines;
    for (const Completion& c : shop.reader()->complete(prefix, 8))
      lines.push_back(fmt::format("{} {} {} {}", c.kind, c.text, c.item == kNoItem ? "" : std::to_string(index_of(c.item)), c.count));
    return lines;
  };
  EXPECT_THAT(text("pea"), ElementsAre("category Food > Peanuts  2", "brand Peak  2", "category Peaches  1", "item Peanut butter 1 2",
                                       "item Green peas 3 1"));
  EXPECT_THAT(text("peanut bu"), ElementsAre("item Peanut butter 1 2"));
  EXPECT_THAT(text("can"), ElementsAre("category Peaches > Canned  1"));
  EXPECT_THAT(text("  "), IsEmpty());
}

TEST(FieldIndex, ExplainsAScore) {
  Shop shop;
  shop.put(1, item("Oat milk", "Oatly"));
  shop.put(2, item("Milk"));
  const std::vector<float> prior = {0, 0.5F};
  const LexicalQuery query{.text = "oat milk", .prior = prior};
  const auto explanation = shop.reader()->explain(query, ItemId{1});
  ASSERT_TRUE(explanation.has_value());
  EXPECT_EQ(explanation->value, shop.search(query).hits[0].score);
  EXPECT_EQ(explanation->parts.size(), 2U);
  EXPECT_THAT(explanation->parts[0].parts[0].parts[1].parts[0].what, HasSubstr("title: 1 times, weight 8, 2 words"));
}

TEST(FieldIndex, SurvivesHostileQueries) {
  Shop shop;
  shop.put(1, item("tea tea tea", "Acme", {"Food"}, 1));
  std::string words, endless(100'000, 'a');
  for (int i = 0; i < 1000; ++i) words += fmt::format("tea{} ", i);
  const std::vector<std::string> texts = {endless,  words,           std::string("tea\0tea", 7), "\xFF\xFE tea \xC3",
                                          "🍵 tea", "tea \" OR 1=1", std::string(100'000, ' ')};
  for (const std::string& text : texts) {
    for (const bool prefix : {false, true}) {
      for (const Match match : {Match::automatic, Match::all, Match::any}) {
        const auto answer =
            shop.reader()->search({.text = text, .match = match, .prefix_last = prefix, .facets = {"brand"}, .k = SIZE_MAX});
        ASSERT_TRUE(answer.has_value());
        ASSERT_LE(answer->total, 1U);
      }
    }
    shop.reader()->complete(text, 5);
  }
  EXPECT_EQ(shop.search({.text = "tea\xFF"}).total, 1U);
  EXPECT_EQ(shop.search({.offset = SIZE_MAX, .k = SIZE_MAX}).hits.size(), 0U);
}

}  // namespace
}  // namespace souk::index
