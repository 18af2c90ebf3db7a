#include "souk/base/config.h"

#include <gtest/gtest.h>

#include "tests/support/data.h"

namespace souk {
namespace {

constexpr std::string_view kText = R"(
[shop]
name = "Corner"
currency = 3
open = true
wait = "10m"

[fields.price]
weight = 2
scale = 1.5

[fields."attributes.colour"]
weight = 4

[shelves]
retrieve = ["co-visit", "popular"]
mixed = ["a", 1]
weights = [1, 2.5]

[[nodes]]
id = "first"
[[nodes]]
id = 2
)";

Config shop() {
  const auto config = Config::parse(kText, "shop.toml");
  EXPECT_TRUE(config) << config.error().message();
  return config.value_or(Config());
}

TEST(Config, ReadsValuesOfEachKind) {
  const Config config = shop();
  EXPECT_EQ(config.table("shop").text("name", "").value(), "Corner");
  EXPECT_EQ(config.text("shop.name", "").value(), "Corner");
  EXPECT_EQ(config.integer("shop.currency", 0).value(), 3);
  EXPECT_TRUE(config.flag("shop.open", false).value());
  EXPECT_EQ(config.duration("shop.wait", 0).value(), 10 * kMinute);
  EXPECT_EQ(config.table("fields.price").number("scale", 0).value(), 1.5);
  EXPECT_EQ(config.table("fields").number("price.weight", 0).value(), 2.0) << "whole numbers are numbers";
  EXPECT_EQ(config.table("fields").integer("attributes.colour.weight", 0).value_or(-1), 0) << "a path splits at each point ...";
  EXPECT_EQ(config.table("fields").table("attributes.colour").integer("weight", 0).value(), 4) << "... unless it is a key as it stands";
  EXPECT_EQ(config.texts("shelves.retrieve", {}).value(), (std::vector<std::string>{"co-visit", "popular"}));
  EXPECT_EQ(config.numbers("shelves.weights", {}).value(), (std::vector<double>{1, 2.5}));
}

TEST(Config, GivesDefaultsWhereNothingStands) {
  for (const Config& config : {Config(), shop().table("absent"), shop().table("absent").table("deeper")}) {
    EXPECT_EQ(config.text("name", "default").value(), "default");
    EXPECT_EQ(config.duration("every", kDay).value(), kDay);
    EXPECT_EQ(config.texts("list", {"a"}).value(), std::vector<std::string>{"a"});
    EXPECT_TRUE(config.keys().empty());
    EXPECT_TRUE(config.tables("nodes").empty());
    EXPECT_FALSE(config.has("name"));
    EXPECT_TRUE(config.only({}));
    EXPECT_EQ(config.to_json(), "{}");
  }
}

TEST(Config, WrongTypesNameLineColumnAndWhatWasExpected) {
  const Config config = shop();
  const Error error = config.table("shop").text("currency", "EUR").error();
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_EQ(error.message(), "shop.toml:4:1: wrong value for shop.currency: expected a text in quotes, found the integer 3");
  EXPECT_EQ(config.integer("fields.price.scale", 0).error().found, "the number 1.5");
  EXPECT_EQ(config.flag("shop.name", false).error().found, "the text \"Corner\"");
  EXPECT_EQ(config.duration("shop.name", 0).error().where, "shop.toml:3:1");
  EXPECT_EQ(config.texts("shelves.mixed", {}).error().expected, "an array of texts in quotes");
  EXPECT_EQ(config.numbers("shelves.retrieve", {}).error().found, "an array");
  EXPECT_EQ(config.number("shop", 0).error().found, "a table");
  EXPECT_EQ(Config::parse("x = nan", "f").value().number("x", 0).error().expected, "a finite number");
}

TEST(Config, AValueWhereATableBelongsIsToldByTheFirstRead) {
  const Config name = shop().table("shop.name");
  EXPECT_EQ(name.integer("x", 1).error().message(),
            "shop.toml:3:1: wrong value for shop.name: expected a table, found the text \"Corner\"");
  EXPECT_FALSE(name.only({}));
  EXPECT_FALSE(name.table("deeper").flag("x", true));
  const auto nodes = shop().tables("shop.name");
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].text("id", "").error().expected, "an array of tables");
}

TEST(Config, ReadsArraysOfTables) {
  const auto nodes = shop().tables("nodes");
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].text("id", "").value(), "first");
  EXPECT_EQ(nodes[1].text("id", "").error().message(),
            "shop.toml:23:1: wrong value for nodes[1].id: expected a text in quotes, found the integer 2");
}

TEST(Config, KeepsTheDocumentsOrder) {
  EXPECT_EQ(shop().keys(), (std::vector<std::string>{"shop", "fields", "shelves", "nodes"}));
  EXPECT_EQ(shop().table("shop").keys(), (std::vector<std::string>{"name", "currency", "open", "wait"}));
}

TEST(Config, SyntaxErrorsNameLineAndColumn) {
  const auto config = Config::parse("[shop]\nname = \"Corner\nopen = true\n", "shop.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::invalid);
  EXPECT_TRUE(config.error().where.starts_with("shop.toml:2:")) << config.error().where;
  EXPECT_TRUE(config.error().what.starts_with("not valid TOML: ")) << config.error().what;
  EXPECT_FALSE(Config::parse("a = 1\na = 2", "f"));
  EXPECT_FALSE(Config::parse("a = \"\xff\"", "f")) << "not UTF-8";
}

TEST(Config, LoadNamesTheFile) {
  const testing::TempDir dir;
  ASSERT_TRUE(write_file(dir / "c.toml", "a = 1\n"));
  EXPECT_EQ(Config::load(dir / "c.toml").value().where("a"), (dir / "c.toml").string() + ":1:1");
  EXPECT_EQ(Config::load(dir / "none.toml").error().kind, ErrorKind::not_found);
}

TEST(Config, UnknownKeysAreErrorsThatNameTheNearest) {
  const auto config = Config::parse("name = \"x\"\ncurency = \"EUR\"\nzzz = 1\n", "shop.toml");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->only({"name", "curency", "zzz", "more"}));
  const Status status = config->only({"name", "currency", "language"});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "shop.toml:2:1: unknown key curency. Did you mean currency? Also unknown: zzz (shop.toml:3:1).");
  EXPECT_EQ(config->only({"name", "curency"}).error().hint, "Known: name, curency.");
}

TEST(Config, SaysWhereAKeyStands) {
  EXPECT_EQ(shop().where("shop.open"), "shop.toml:5:1");
  EXPECT_EQ(shop().table("fields.price").where(), "shop.toml:8:9");
  EXPECT_EQ(shop().where("absent"), "shop.toml");
}

TEST(Config, BecomesJsonWithSortedKeys) {
  const auto config = Config::parse("b = [1, 2.0, 1e300, inf]\na = \"q\\\"\\u0001é\"\nd = 2017-01-01\nt = {y = true, x = {}}\n", "f");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->to_json(), R"({"a":"q\"\u0001é","b":[1,2.0,1e+300,null],"d":"2017-01-01","t":{"x":{},"y":true}})");
}

TEST(Config, WithSetsAValueInACopy) {
  const Config config = shop();
  const Config changed = config.with("train.epochs", "20").value().with("shop.name", "Souk").value().with("shop.open", "false").value();
  EXPECT_EQ(changed.integer("train.epochs", 0).value(), 20);
  EXPECT_EQ(changed.text("shop.name", "").value(), "Souk") << "a bare word is a text";
  EXPECT_FALSE(changed.flag("shop.open", true).value());
  EXPECT_EQ(changed.integer("shop.currency", 0).value(), 3) << "the rest stays";
  EXPECT_EQ(config.text("shop.name", "").value(), "Corner") << "the original stays";
  EXPECT_EQ(config.with("x", "[\"a\", \"b\"]").value().texts("x", {}).value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config.with("shop.name.first", "1").error().message(),
            "--set shop.name.first=1: cannot set a key below a value: expected a table, found the text \"Corner\"");
  EXPECT_FALSE(config.with("", "1"));
  EXPECT_FALSE(config.with("shop.", "1"));
  EXPECT_EQ(config.with("x", "1\ny = 2").value().text("x", "").value(), "1\ny = 2");
}

TEST(NearestName, FindsSlipsAndLeavesStrangersAlone) {
  const std::vector<std::string> names{"brand", "price", "popularity", "colour"};
  EXPECT_EQ(nearest_name("prcie", names), "price");
  EXPECT_EQ(nearest_name("Brand", names), "brand");
  EXPECT_EQ(nearest_name("color", names), "colour");
  EXPECT_EQ(nearest_name("populartiy", names), "popularity");
  EXPECT_EQ(nearest_name("weight", names), std::nullopt);
  EXPECT_EQ(nearest_name("x", {"y"}), std::nullopt);
  EXPECT_EQ(nearest_name("", names), std::nullopt);
}

TEST(Config, NamesThePlacesOfAnArraysElements) {
  const Config config = Config::parse("a = [\"x\",\n     \"y\"]\nb = 3\n", "shop.toml").value();
  EXPECT_EQ(config.where_element("a", 0), "shop.toml:1:6");
  EXPECT_EQ(config.where_element("a", 1), "shop.toml:2:6");
  EXPECT_EQ(config.where_element("a", 2), config.where("a"));
  EXPECT_EQ(config.where_element("b", 0), config.where("b"));
}

}  // namespace
}  // namespace souk
