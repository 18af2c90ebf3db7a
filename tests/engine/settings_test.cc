#include "souk/engine/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::engine {
namespace {

using ::testing::HasSubstr;

std::string message_of(std::string_view toml) {
  const auto config = parse_shop_toml(toml, "shop.toml");
  EXPECT_FALSE(config) << toml;
  return config ? "" : config.error().message();
}

TEST(ShopToml, TheFileThatInitWritesIsTheDefaults) {
  const auto written = parse_shop_toml(default_shop_toml({"My \"shop\" \\ name", "de", "CHF"}), "shop.toml");
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(written->shop.name, "My \"shop\" \\ name");
  EXPECT_EQ(written->shop.language, "de");
  EXPECT_EQ(written->shop.currency, "CHF");
  const auto empty = parse_shop_toml("", "shop.toml");
  ASSERT_TRUE(empty) << empty.error().message();
  EXPECT_EQ(written->schema, empty->schema);
  EXPECT_EQ(written->weights, empty->weights);
  ASSERT_EQ(written->shelves.size(), empty->shelves.size());
  for (std::size_t i = 0; i < empty->shelves.size(); ++i) {
    EXPECT_EQ(written->shelves[i].name, empty->shelves[i].name);
    EXPECT_EQ(written->shelves[i].source.to_json(), empty->shelves[i].source.to_json());
  }
}

// Every commented-out example must be right when a shop owner takes the # away.
TEST(ShopToml, ItsExamplesAreValid) {
  std::string toml = default_shop_toml({"Shop", "en", "EUR"});
  for (const std::string_view line :
       {"[fields.colour]", "type = ",    "search = ", "facet = ",    "filter = ",         "sort = ",           "[spaces.image]", "dim = ",
        "metric = ",       "encoder = ", "index = ",  "[search]",    "synonym_weight = ", "[search.synonyms]", "all = [",        "de = [",
        "[jobs.train]",    "every = ",   "budget = ", "[retention]", "view = \"400d\"",   "search = \"90d\"",  "served = "}) {
    const std::string commented = "\n# " + std::string(line);
    const std::size_t at = toml.find(commented);
    ASSERT_NE(at, std::string::npos) << line;
    toml.replace(at, 3, "\n");
  }
  const auto config = parse_shop_toml(toml, "shop.toml");
  ASSERT_TRUE(config) << config.error().message();
  ASSERT_NE(config->schema.find("colour"), nullptr);
  EXPECT_TRUE(config->schema.find("colour")->facet);
  EXPECT_EQ(config->synonyms.rules(), 3U);
}

TEST(ShopToml, ErrorsNamePlaceAndNearNames) {
  EXPECT_THAT(message_of("[shop]\nname = \"x\"\ncurency = \"EUR\"\n"), ::testing::AllOf(HasSubstr("shop.toml:3"), HasSubstr("currency")));
  EXPECT_THAT(message_of("[shop]\ncurrency = \"euro\"\n"), ::testing::AllOf(HasSubstr("shop.toml:2"), HasSubstr("ISO 4217")));
  EXPECT_THAT(message_of("[shop]\nname = 3\n"), HasSubstr("shop.toml:2"));
  EXPECT_THAT(message_of("[weights]\npurchas = 1\n"), ::testing::AllOf(HasSubstr("shop.toml:2"), HasSubstr("purchase")));
  EXPECT_THAT(message_of("[weights]\nview = -1\n"), HasSubstr("shop.toml:2"));
  EXPECT_THAT(message_of("[spaces.image]\ndim = 0\n"), HasSubstr("shop.toml:2"));
  EXPECT_THAT(message_of("[retention]\nview = \"soon\"\n"), HasSubstr("shop.toml:2"));
  EXPECT_THAT(message_of("[retention]\nserved = \"1h\"\n"), HasSubstr("at least \"1d\""));
  EXPECT_THAT(message_of("[retention]\nsearch = \"30d\"\nserved = \"31d\"\n"), HasSubstr("hold searches"));
  EXPECT_THAT(message_of("[shelves.mine]\ncontext = \"shoper\"\n"), ::testing::AllOf(HasSubstr("shop.toml:2"), HasSubstr("shopper")));
  EXPECT_THAT(message_of("[search.synonyms]\nall = [\"sofa, couch\", \"alone\"]\n"), HasSubstr("shop.toml:2:23"));
  EXPECT_THAT(message_of("[search]\nsynonym = 1\n"), ::testing::AllOf(HasSubstr("shop.toml:2"), HasSubstr("synonyms")));
  EXPECT_THAT(message_of("[shop\n"), HasSubstr("shop.toml:1"));
}

TEST(ShopToml, AShelfOfTheShopsOwnJoinsTheBuiltInOnes) {
  const auto config =
      parse_shop_toml("[shelves.weekend]\nretrieve = [\"popular\"]\n[shelves.new]\nretrieve = [\"new\"]\nk = 3\n", "shop.toml");
  ASSERT_TRUE(config) << config.error().message();
  ASSERT_EQ(config->shelves.size(), 8U);
  EXPECT_EQ(config->shelves.back().name, "weekend");
  EXPECT_EQ(config->shelves[6].name, "new");
  EXPECT_EQ(config->shelves[6].k, 3U);
}

TEST(ShopToml, SaysHowSoonWordsSaturate) {
  EXPECT_EQ(parse_shop_toml("[search]\nk1 = 2.5\n", "shop.toml").value().schema.k1(), 2.5F);
  EXPECT_THAT(parse_shop_toml("[search]\nk1 = -1\n", "shop.toml").error().message(), HasSubstr("shop.toml:2"));
  EXPECT_TRUE(parse_shop_toml("", "shop.toml").value().schema.compounds());
  EXPECT_FALSE(parse_shop_toml("[search]\ncompounds = false\n", "shop.toml").value().schema.compounds());
}

TEST(ShopToml, PopularityIsAlwaysAField) {
  const auto config = parse_shop_toml("", "shop.toml").value();
  ASSERT_NE(config.schema.find("stats.popularity"), nullptr);
  EXPECT_TRUE(config.schema.find("stats.popularity")->sort);
}

}  // namespace
}  // namespace souk::engine
