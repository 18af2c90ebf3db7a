#include "souk/index/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::index {
namespace {

using ::testing::HasSubstr;

Result<Schema> from(std::string_view toml) {
  const auto config = Config::parse(toml, "shop.toml");
  EXPECT_TRUE(config.has_value());
  return Schema::from_config(config->table("fields"));
}

TEST(Schema, KnowsTheItemFields) {
  const Schema schema = Schema::defaults();
  EXPECT_EQ(schema.find("title")->search, 8.0F);
  EXPECT_EQ(schema.find("brand")->search, 4.0F);
  for (const char* searched : {"mpn", "gtin", "attributes", "parts"}) EXPECT_GT(schema.find(searched)->search, 0) << searched;
  for (const char* facet : {"brand", "category", "price", "availability"}) EXPECT_TRUE(schema.find(facet)->facet) << facet;
  EXPECT_EQ(schema.find("colour"), nullptr);
}

TEST(Schema, ResolvesShortNamesInOrder) {
  Schema schema = Schema::defaults();
  schema.put({.name = "facts.colour"});
  EXPECT_EQ(schema.find("colour")->name, "facts.colour");
  schema.put({.name = "stats.colour"});
  EXPECT_EQ(schema.find("colour")->name, "stats.colour");
  schema.put({.name = "attributes.colour"});
  EXPECT_EQ(schema.find("colour")->name, "attributes.colour");
  EXPECT_EQ(schema.find("facts.colour")->name, "facts.colour");
  schema.put({.name = "attributes.brand"});
  EXPECT_EQ(schema.find("brand")->name, "brand");
}

TEST(Schema, ReadsShopToml) {
  const auto schema = from(R"(
[fields.brand]
search = 5.5
[fields.colour]
facet = true
search = true
[fields.attributes.capacity_l]
type = "number"
sort = true
[fields."facts.style"]
filter = false
[fields.attributes]
search = 0.5
length = 0.25
[fields."attributes.search"]
facet = true
)");
  ASSERT_TRUE(schema.has_value()) << schema.error().message();
  EXPECT_EQ(schema->find("brand")->search, 5.5F);
  EXPECT_TRUE(schema->find("brand")->facet) << "what is not said stays";
  EXPECT_EQ(schema->find("colour")->name, "attributes.colour");
  EXPECT_EQ(schema->find("colour")->search, 1.0F);
  EXPECT_EQ(schema->find("attributes.capacity_l")->type, FieldType::number);
  EXPECT_FALSE(schema->find("facts.style")->filter);
  EXPECT_EQ(schema->find("attributes")->search, 0.5F);
  EXPECT_EQ(schema->find("attributes")->length, 0.25F);
  EXPECT_TRUE(schema->find("attributes.search")->facet) << "an attribute of that name";
}

TEST(Schema, NamesLineAndColumnOfMistakes) {
  const auto check = [](std::string_view toml, std::string_view what, std::string_view where) {
    const auto schema = from(toml);
    ASSERT_FALSE(schema.has_value()) << toml;
    EXPECT_THAT(schema.error().message(), HasSubstr(what)) << toml;
    EXPECT_THAT(schema.error().message(), HasSubstr(where)) << toml;
  };
  check("[fields.colour]\ntype = \"colour\"\n", "unknown field type", "shop.toml:2");
  check("[fields.colour]\nfacets = true\n", "facet", "shop.toml:2");
  check("[fields.price]\ntype = \"keyword\"\n", "fixed", "shop.toml:2");
  check("[fields.price]\nsearch = 2.0\n", "only words", "shop.toml:2");
  check("[fields.brand]\nsearch = -1\n", "search weight", "shop.toml:2");
  check("[fields.brand]\nsearch = \"much\"\n", "number", "shop.toml:2");
  check("[fields.brand]\nlength = 1.5\n", "share of the length", "shop.toml:2");
  check("[fields.attributes]\nsearch = -1\n", "search weight", "shop.toml:2");
}

}  // namespace
}  // namespace souk::index
