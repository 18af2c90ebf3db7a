#include "souk/serve/request_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const AskLimits kLimits;

Outcome<engine::SearchRequest> search(std::string_view body) {
  auto read = read_search(body, kLimits);
  if (!read) return tl::unexpected(read.error());
  return read->searches.front();
}

// The first error of a body that must be refused with 400.
FieldProblem refused(std::string_view body) {
  const auto read = search(body);
  if (read) return {"accepted", "", "", 0};
  EXPECT_EQ(read.error().status, 400) << body;
  return read.error().errors.front();
}

TEST(SearchBody, EveryFieldArrives) {
  const auto read = search(
      R"({"query":"red kettle","k":7,"offset":3,"cursor":"c","filter":"price < 9","facet_filters":{"brand":["Sony","LG"],"colour":"red"},
    "facets":["brand","price"],"facet_values":5,"sort":["price:asc"],"fields":["title"],"group_by":"none","match":"all","typos":false,"prefix":true,
    "shopper":900,"session":"s","exclude":["x"],"language":"de","market":"DE","context":{"device":"phone","age":7},"explain":true})");
  ASSERT_TRUE(read) << to_json(read.error());
  EXPECT_EQ(read->query, "red kettle");
  EXPECT_EQ(read->k, 7U);
  EXPECT_EQ(read->offset, 3U);
  EXPECT_EQ(read->cursor, "c");
  EXPECT_EQ(read->filter, "price < 9");
  EXPECT_THAT(read->facet_filters, ElementsAre(Pair("brand", ElementsAre("Sony", "LG")), Pair("colour", ElementsAre("red"))));
  EXPECT_THAT(read->facets, ElementsAre("brand", "price"));
  EXPECT_EQ(read->facet_values, 5U);
  EXPECT_THAT(read->sort, ElementsAre("price:asc"));
  EXPECT_THAT(read->fields, ElementsAre("title"));
  EXPECT_FALSE(read->group);
  EXPECT_EQ(read->match, index::Match::all);
  EXPECT_TRUE(read->prefix_last);
  EXPECT_EQ(read->shopper, "900");
  EXPECT_EQ(read->session, "s");
  EXPECT_THAT(read->exclude, ElementsAre("x"));
  EXPECT_EQ(read->language, "de");
  EXPECT_EQ(read->market, "DE");
  EXPECT_THAT(read->context, ElementsAre(Pair("age", "7"), Pair("device", "phone")));
  EXPECT_TRUE(read->explain);
}

TEST(SearchBody, NullIsAbsent) {
  const auto read = search(R"({"query":null,"k":null})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->query, "");
  EXPECT_EQ(read->k, 0U);
}

TEST(SearchBody, UnknownFieldsAreNamedWithTheNearest) {
  const auto read = search(R"({"query":"x","fitler":"a","zzzzzzzzzzzz":1})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().type, "unknown-field");
  ASSERT_EQ(read.error().errors.size(), 2U);
  EXPECT_EQ(read.error().errors[0].path, "fitler");
  EXPECT_THAT(read.error().errors[0].expected, HasSubstr("did you mean 'filter'"));
  EXPECT_THAT(read.error().errors[1].expected, HasSubstr("one of query, k, offset"));
}

TEST(SearchBody, WrongTypesSayWhere) {
  const auto number = refused(R"({"query":5})");
  EXPECT_EQ(number.path, "query");
  EXPECT_EQ(number.expected, "text");
  EXPECT_EQ(number.found, "5");
  EXPECT_EQ(refused(R"({"k":"ten"})").found, "\"ten\"");
  EXPECT_EQ(refused(R"({"k":0})").expected, "a whole number from 1 to 1000");
  EXPECT_EQ(refused(R"({"k":-1})").path, "k");
  EXPECT_EQ(refused(R"({"k":1.5})").path, "k");
  EXPECT_EQ(refused(R"({"k":99999999999999999999})").path, "k");
  EXPECT_EQ(refused(R"({"facets":["a",{}]})").path, "facets[1]");
  EXPECT_EQ(refused(R"({"facet_filters":{"brand":[true]}})").path, "facet_filters.brand[0]");
  EXPECT_EQ(refused(R"({"facet_filters":["brand"]})").expected, "an object");
  EXPECT_EQ(refused(R"({"explain":"yes"})").expected, "true or false");
  EXPECT_EQ(refused(R"({"match":"some"})").expected, "auto, all or any");
  EXPECT_EQ(refused(R"({"group_by":"brand"})").expected, "group or none");
  EXPECT_EQ(refused(R"({"typos":true})").path, "typos");
  EXPECT_EQ(refused(R"(["query"])").found, "an array");
  EXPECT_EQ(refused("7").expected, "a JSON object");
}

TEST(SearchBody, SizesAreLimited) {
  EXPECT_EQ(refused(R"({"query":")" + std::string(5000, 'x') + "\"}").expected, "at most 4096 bytes");
  std::string list = R"({"exclude":["a")";
  for (int i = 0; i < 1000; ++i) list += ",\"a\"";
  EXPECT_EQ(refused(list + "]}").expected, "at most 1000 entries");
}

TEST(SearchBody, WhatIsNotStrictJsonIsRefused) {
  EXPECT_EQ(refused("").found, "nothing");
  EXPECT_EQ(refused(" \n").found, "nothing");
  for (const char* body :
       {"{", "{\"query\":\"x\"", "{\"query\":\"x\"}}", "{query:1}", "{\"query\":\"\xFF\"}", "{\"query\":\"\xC3\"}",
        "{\"query\":\"\xED\xA0\x80\"}", "{\"query\":\"a\nb\"}", "{\"query\":\"\\ud800\"}", "{\"k\":01}", "{\"k\":NaN}", "nul"}) {
    EXPECT_EQ(refused(body).expected, "JSON in UTF-8") << body;
  }
  EXPECT_EQ(refused(std::string_view("{\"query\":\"\0\"}", 13)).path, "body");
  EXPECT_THAT(refused(R"({"query":"a\u0000b"})").expected, HasSubstr("U+0000"));
  EXPECT_EQ(refused(R"({"query":"a","query":"b"})").path, "query");
  EXPECT_EQ(refused(R"({"context":{"a":"b","a":"b"}})").path, "a");
}

TEST(SearchBody, DeepNestingIsRefusedCheaply) {
  EXPECT_EQ(refused(std::string(1'000'000, '[')).expected, "at most 32 levels");
  std::string wide = "{\"x\":[{}";  // nlohmann's callback would look at all elements for each
  for (int i = 0; i < 3'000'000; ++i) wide += ",{}";
  EXPECT_EQ(refused(wide + "]}").expected, "at most 200000 values");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(refused(objects).expected, "at most 32 levels");
}

TEST(SearchBody, ABatchKeepsItsOrderAndItsFaults) {
  const auto read = read_search(R"({"searches":[{"query":"a"},{"qeury":"b"},7,{"query":"c"}]})", kLimits);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->batch);
  ASSERT_EQ(read->searches.size(), 4U);
  EXPECT_EQ(read->searches[0]->query, "a");
  EXPECT_EQ(read->searches[1].error().errors.front().path, "searches[1].qeury");
  EXPECT_EQ(read->searches[2].error().errors.front().path, "searches[2]");
  EXPECT_EQ(read->searches[3]->query, "c");
  EXPECT_FALSE(read_search(R"({"searches":[]})", kLimits));
  EXPECT_FALSE(read_search(R"({"searches":{}})", kLimits));
  EXPECT_FALSE(read_search(R"({"searches":[{}],"k":1})", kLimits));
}

TEST(ShelfBody, TakesOneKeyOrSeveral) {
  const auto one = read_shelf(std::string_view(R"({"item":17,"basket":["a",2],"k":3})"), kLimits);
  ASSERT_TRUE(one);
  EXPECT_THAT(one->items, ElementsAre("17"));
  EXPECT_THAT(one->basket, ElementsAre("a", "2"));
  EXPECT_EQ(one->k, 3U);
  EXPECT_FALSE(read_shelf(std::string_view(R"({"query":"x"})"), kLimits));
}

TEST(QueryParameters, AreTheSameRequest) {
  const auto read =
      read_search(*parse_query("q=red+kettle&k=7&facets=brand,price&facets=colour&facet.brand=Sony&facet.brand=LG&sort=price:asc&"
                               "prefix=true&context.device=phone&explain=0&shopper=900"),
                  kLimits);
  ASSERT_TRUE(read) << to_json(read.error());
  EXPECT_EQ(read->query, "red kettle");
  EXPECT_EQ(read->k, 7U);
  EXPECT_THAT(read->facets, ElementsAre("brand", "price", "colour"));
  EXPECT_THAT(read->facet_filters, ElementsAre(Pair("brand", ElementsAre("Sony", "LG"))));
  EXPECT_TRUE(read->prefix_last);
  EXPECT_FALSE(read->explain);
  EXPECT_THAT(read->context, ElementsAre(Pair("device", "phone")));
  EXPECT_EQ(read->shopper, "900");
}

TEST(QueryParameters, AreCheckedAlike) {
  const auto path = [](const char* query) {
    const auto read = read_search(*parse_query(query), kLimits);
    return read ? std::string("accepted") : read.error().errors.front().path;
  };
  EXPECT_EQ(path("k=ten"), "k");
  EXPECT_EQ(path("k=-1"), "k");
  EXPECT_EQ(path("explain=maybe"), "explain");
  EXPECT_EQ(path("qq=a"), "qq");
  EXPECT_EQ(path("q=a&query=b"), "query");
  EXPECT_EQ(path("q=a&q=b"), "q");
  EXPECT_EQ(path("facet_filters=x&facet.a=b"), "facet_filters");
  EXPECT_EQ(path("context=x"), "context");
  EXPECT_EQ(path("searches=x"), "searches");
  EXPECT_EQ(path(""), "accepted");
}

TEST(Suggest, NeedsAPrefix) {
  EXPECT_EQ(read_suggest({{"q", "pe"}, {"k", "3"}}, kLimits)->k, 3U);
  EXPECT_EQ(read_suggest({}, kLimits).error().errors.front().path, "q");
  EXPECT_EQ(read_suggest({{"q", "a"}, {"k", "51"}}, kLimits).error().errors.front().path, "k");
}

TEST(RecordKey, IsReadFromTheRecord) {
  EXPECT_EQ(*read_key(R"({"title":"x","key":"a"})"), "a");
  EXPECT_EQ(*read_key(R"({"key":17})"), "17");
  EXPECT_EQ(read_key(R"({"title":"x"})").error().path, "key");
  EXPECT_EQ(read_key(R"({"key":null})").error().expected, "text or an integer");
  EXPECT_FALSE(read_key("[1]"));
  EXPECT_FALSE(read_key("{"));
}

}  // namespace
}  // namespace souk::serve
