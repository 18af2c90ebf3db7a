#include "souk/engine/answer_json.h"

#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "souk/base/json_text.h"
#include "souk/engine/json_writer.h"
#include "souk/feeds/record_json.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using nlohmann::json;

TEST(JsonWriter, WritesWhatAParserReadsBack) {
  const std::string odd = "quote \" backslash \\ newline \n bell \x07 umlaut \xC3\xBC emoji \xF0\x9F\x8D\x9E";
  engine::JsonWriter writer;
  writer.begin_object().member("text", odd).member("number", 0.1).member("whole", 3.0).member("float", 0.5F).member("yes", true);
  writer.member("none", std::numeric_limits<double>::infinity()).member("big", UINT64_MAX);
  writer.key("list").begin_array().value(1).value("two").begin_object().end_object().begin_array().end_array().end_array();
  const json read = json::parse(writer.end_object().text());
  EXPECT_EQ(read["text"], odd);
  EXPECT_EQ(read["number"], 0.1);
  EXPECT_EQ(read["whole"], 3);
  EXPECT_EQ(read["float"], 0.5);
  EXPECT_EQ(read["yes"], true);
  EXPECT_TRUE(read["none"].is_null());
  EXPECT_EQ(read["big"], UINT64_MAX);
  EXPECT_EQ(read["list"].dump(), R"([1,"two",{},[]])");
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  for (const std::string& broken : {std::string("a\xFF"), std::string("\xC3"), std::string("\xE2\x82z"), std::string("\xED\xA0\x80")}) {
    std::string out;
    append_json_string(out, broken);
    EXPECT_NO_THROW({ const json read = json::parse(out); }) << out;
  }
}

engine::AnswerItem shown() {
  engine::AnswerItem shown;
  shown.item = item("m\"1", "Milk, \"fresh\"", "Food > Dairy", "2.99");
  shown.item.attributes["note"] = {store::Value(std::string("a,b]}\\\"c"))};
  shown.item.vectors["image"] = {1, 2, 3};
  shown.key = shown.item.key;
  shown.score = 1.5;
  shown.highlight["title"] = "<mark>Milk</mark>";
  shown.why = {{"co-visit", "often with \"bread\"", 0.25}};
  return shown;
}

TEST(AnswerJson, ShowsAnItemWithItsFieldsScoreAndReasons) {
  engine::ShelfAnswer answer;
  answer.shelf = "for-you";
  answer.items = {shown()};
  answer.version = "tables-3";
  answer.trained = kMonday;
  answer.notes = {"unknown item 'x'"};
  answer.request = "abc";
  const json read = json::parse(engine::to_json(answer));
  EXPECT_EQ(read["shelf"], "for-you");
  const json& first = read["items"][0];
  EXPECT_EQ(first["key"], "m\"1");
  EXPECT_EQ(first["title"], "Milk, \"fresh\"");
  EXPECT_EQ(first["score"], 1.5);
  EXPECT_EQ(first["category"], json::array({"Food > Dairy"}));
  EXPECT_EQ(first["offers"][0]["amount"], "2.99");
  EXPECT_FALSE(first.contains("vectors"));
  EXPECT_EQ(first["why"][0]["detail"], "often with \"bread\"");
  EXPECT_EQ(read["by"]["version"], "tables-3");
  EXPECT_EQ(read["by"]["trained"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(read["notes"][0], "unknown item 'x'");
  EXPECT_EQ(read["request"], "abc");
}

TEST(AnswerJson, ShowsOnlyTheFieldsAskedFor) {
  engine::ShelfAnswer answer;
  answer.items = {shown()};
  const json first = json::parse(engine::to_json(answer, {"title", "vectors"}))["items"][0];
  EXPECT_TRUE(first.contains("key"));
  EXPECT_TRUE(first.contains("title"));
  EXPECT_TRUE(first.contains("vectors"));
  EXPECT_FALSE(first.contains("category"));
  EXPECT_FALSE(first.contains("attributes"));
}

TEST(AnswerJson, ShowsTheCurrentOfferInShort) {
  engine::ShelfAnswer answer;
  answer.items = {shown()};
  answer.items[0].offer = answer.items[0].item.offers.front();
  const json first = json::parse(engine::to_json(answer, {"price", "currency", "availability", "was"}))["items"][0];
  EXPECT_EQ(first["price"], "2.99");
  EXPECT_EQ(first["currency"], "EUR");
  EXPECT_EQ(first["availability"], "in_stock");
  EXPECT_FALSE(first.contains("was"));
  EXPECT_FALSE(first.contains("offers"));
  answer.items[0].offer.reset();
  EXPECT_FALSE(json::parse(engine::to_json(answer, {"price"}))["items"][0].contains("price"));
}

// Every member of a written record may be asked for by its name.
TEST(AnswerJson, KnowsTheFieldsOfItems) {
  const json record = json::parse(feeds::to_json(shown().item));
  for (const auto& [name, value] : record.items()) EXPECT_TRUE(engine::check_item_fields({name})) << name;
  EXPECT_TRUE(engine::check_item_fields({}));
  const Status unknown = engine::check_item_fields({"title", "pirce"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().where, "fields[1]");
  EXPECT_EQ(unknown.error().hint, "Did you mean 'price'?");
}

TEST(AnswerJson, ShowsASearchWithTotalsFacetsAndExplanations) {
  engine::SearchAnswer answer;
  answer.items = {shown()};
  answer.total = 12;
  answer.facets["brand"].values = {{"Acme", 7}};
  answer.facets["price"].stats = index::FacetStats{1, 9.5, 20, 12};
  answer.dropped = {"the"};
  answer.cursor = "a.1";
  answer.explanations = {{1.5F, "score", {{1.0F, "text", {}}, {0.5F, "popularity", {}}}}};
  answer.timings = {{"lexical", 0.5, 12}};
  EXPECT_FALSE(json::parse(engine::to_json(answer, {})).contains("timings")) << "shown to those who ask";
  answer.explained = true;
  const json read = json::parse(engine::to_json(answer, {}));
  EXPECT_EQ(read["timings"][0]["node"], "lexical");
  EXPECT_EQ(read["total"], 12);
  EXPECT_EQ(read["total_exact"], true);
  EXPECT_EQ(read["facets"]["brand"]["values"][0]["count"], 7);
  EXPECT_EQ(read["facets"]["price"]["stats"]["max"], 9.5);
  EXPECT_EQ(read["dropped"][0], "the");
  EXPECT_EQ(read["cursor"], "a.1");
  EXPECT_EQ(read["items"][0]["highlight"]["title"], "<mark>Milk</mark>");
  EXPECT_EQ(read["items"][0]["explanation"]["parts"][1]["what"], "popularity");
}

}  // namespace
}  // namespace souk::testing
