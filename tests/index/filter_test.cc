#include "souk/index/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "souk/base/random.h"

namespace souk::index {
namespace {

using ::testing::HasSubstr;

Schema schema() {
  Schema schema = Schema::defaults();
  schema.put({.name = "attributes.colour", .facet = true});
  schema.put({.name = "attributes.weight_g", .type = FieldType::number});
  schema.put({.name = "attributes.organic", .type = FieldType::flag});
  schema.put({.name = "attributes.odd name"});
  return schema;
}

std::string parsed(std::string_view text) {
  const auto filter = parse_filter(text, schema());
  if (!filter) return "error: " + filter.error().message();
  return *filter == nullptr ? "everything" : (*filter)->to_string();
}

bool same(const Filter& a, const Filter& b) {
  if (a.op != b.op || a.field != b.field || a.values != b.values || a.children.size() != b.children.size()) return false;
  for (std::size_t i = 0; i < a.children.size(); ++i) {
    if (!same(*a.children[i], *b.children[i])) return false;
  }
  return true;
}

TEST(Filter, ReadsTheExampleOfTheContract) {
  EXPECT_EQ(
      parsed(R"(brand = "Sony" AND price < 100 AND (colour IN ["red","blue"] OR NOT category = "Home > Kitchen")
                   AND rating EXISTS AND weight_g 10 TO 20)"),
      "`brand` = \"sony\" AND `price` < 100 AND (`attributes.colour` IN [\"red\", \"blue\"] OR (NOT `category` = \"home > kitchen\")) "
      "AND `stats.rating` EXISTS AND `attributes.weight_g` 10 TO 20");
}

TEST(Filter, BindsNotBeforeAndBeforeOr) {
  EXPECT_EQ(parsed("brand = a OR brand = b AND NOT brand = c"), "`brand` = \"a\" OR (`brand` = \"b\" AND (NOT `brand` = \"c\"))");
  EXPECT_EQ(parsed("(brand = a OR brand = b) AND brand != c"), "(`brand` = \"a\" OR `brand` = \"b\") AND (NOT `brand` = \"c\")");
  EXPECT_EQ(parsed("brand NOT IN [a, b]"), "NOT `brand` IN [\"a\", \"b\"]");
}

TEST(Filter, FoldsAndEscapesStrings) {
  EXPECT_EQ(parsed(R"(brand = "Nestl\"É\\")"), R"(`brand` = "nestl\"e\\")");
  EXPECT_EQ(parsed("brand = 'CAFÉ  Noir'"), "`brand` = \"cafe noir\"");
  EXPECT_EQ(parsed("category = \"Home>  Kitchen >\""), "`category` = \"home > kitchen\"");
  EXPECT_EQ(parsed("`odd name` = x"), "`attributes.odd name` = \"x\"");
}

TEST(Filter, ReadsValuesByTheTypeOfTheField) {
  EXPECT_EQ(parsed("brand = 4711"), "`brand` = \"4711\"");
  EXPECT_EQ(parsed("organic = true"), "`attributes.organic` = true");
  EXPECT_EQ(parsed("price >= -1.5e1"), "`price` >= -15");
  EXPECT_EQ(parsed("released > 2024-01-01"), "`released` > 1704067200000");
  EXPECT_EQ(parsed("released \"2024-01-01T00:00:00Z\" TO 1704067200001"), "`released` 1704067200000 TO 1704067200001");
}

TEST(Filter, IsEverythingWhenBlank) {
  EXPECT_EQ(parsed(""), "everything");
  EXPECT_EQ(parsed(" \n\t"), "everything");
}

TEST(Filter, NamesNearFieldsAndTheColumn) {
  EXPECT_THAT(parsed("brand = a AND colur = red"), ::testing::AllOf(HasSubstr("filter:15"), HasSubstr("colour")));
  EXPECT_THAT(parsed("brand = é AND brnad = red"), HasSubstr("filter:15")) << "columns count characters";
}

TEST(Filter, RefusesWhatItCannotRead) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"brand", "filter:6"},
      {"brand =", "a value"},
      {"brand = a b", "AND, OR or the end"},
      {"brand = a AND", "a field"},
      {"(brand = a", ")"},
      {"brand = a)", "AND, OR or the end"},
      {"brand IN []", "a value"},
      {"brand IN [a", "]"},
      {"brand NOT a", "IN"},
      {"brand < a", "numbers and times"},
      {"brand a TO b", "=, !=, IN or EXISTS"},
      {"price = cheap", "a number"},
      {"price = inf", "a number"},
      {"price = 1e999", "a number"},
      {"price 1 20", "TO"},
      {"organic = maybe", "true or false"},
      {"released > soon", "a time"},
      {"brand = \"a", "not closed"},
      {"= a", "a field"},
      {"\"brand\" = a", "a field"},
      {"description = a", "cannot be filtered"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_THAT(parsed(text), ::testing::AllOf(::testing::StartsWith("error: "), HasSubstr(expected))) << text;
  }
}

TEST(Filter, HasLimits) {
  EXPECT_EQ(parse_filter(std::string(16 * 1024 + 1, ' '), schema()).error().kind, ErrorKind::limit);
  const auto nested = [](std::size_t depth) { return std::string(depth, '(') + "brand = a" + std::string(depth, ')'); };
  EXPECT_TRUE(parse_filter(nested(100), schema()).has_value());
  EXPECT_EQ(parse_filter(nested(101), schema()).error().kind, ErrorKind::limit);
  std::string nots;
  for (int i = 0; i < 2000; ++i) nots += "NOT ";
  EXPECT_EQ(parse_filter(nots + "brand = a", schema()).error().kind, ErrorKind::limit);
  std::string many = "brand IN [a";
  for (int i = 1; i < 1000; ++i) many += ",a";
  EXPECT_TRUE(parse_filter(many + "]", schema()).has_value());
  EXPECT_EQ(parse_filter(many + ",a]", schema()).error().kind, ErrorKind::limit);
}

// Random trees print to text that reads back as the same tree.
FilterPtr random_tree(Random& random, int depth) {
  auto filter = std::make_shared<Filter>();
  if (depth > 0 && random.below(3) > 0) {
    filter->op = static_cast<Filter::Op>(random.below(3));
    const std::size_t children = filter->op == Filter::Op::none_of ? 1 : 2 + random.below(2);
    for (std::size_t i = 0; i < children; ++i) filter->children.push_back(random_tree(random, depth - 1));
    return filter;
  }
  const bool number = random.below(2) == 0;
  filter->field = number ? "price" : "attributes.odd name";
  const auto value = [&]() -> Filter::Value {
    if (number) return random.normal() * 1e6;
    std::string text = "v";
    for (std::size_t i = random.below(5); i > 0; --i) text.push_back("ab\"'\\`[]"[random.below(8)]);
    return text;
  };
  const std::uint64_t kind = random.below(number ? 4 : 3);
  filter->op = std::array{Filter::Op::equals, Filter::Op::exists, Filter::Op::in, Filter::Op::range}[kind];
  const std::size_t values = std::array<std::size_t, 4>{1, 0, 1 + random.below(3), 2}[kind];
  for (std::size_t i = 0; i < values; ++i) filter->values.push_back(value());
  return filter;
}

TEST(Filter, ReadsBackWhatItPrints) {
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    const FilterPtr tree = random_tree(random, 4);
    const auto back = parse_filter(tree->to_string(), schema());
    ASSERT_TRUE(back.has_value()) << tree->to_string() << '\n' << back.error().message();
    ASSERT_TRUE(same(*tree, **back)) << tree->to_string();
  }
}

TEST(FacetFilter, HoldsForAnyOfTheValues) {
  const auto filter = facet_filter("colour", {"Red", "blue"}, schema());
  ASSERT_TRUE(filter.has_value());
  EXPECT_EQ((*filter)->to_string(), "`attributes.colour` IN [\"red\", \"blue\"]");
  EXPECT_EQ(*facet_filter("colour", {}, schema()), nullptr);
  EXPECT_THAT(facet_filter("colur", {"red"}, schema()).error().message(), HasSubstr("colour"));
  EXPECT_THAT(facet_filter("price", {"red"}, schema()).error().message(), HasSubstr("a number"));
}

TEST(FacetFilter, JoinsWithBoth) {
  const auto a = parse_filter("brand = a OR brand = b", schema()).value();
  const auto b = parse_filter("price < 3", schema()).value();
  EXPECT_EQ(both(a, b)->to_string(), "(`brand` = \"a\" OR `brand` = \"b\") AND `price` < 3");
  EXPECT_EQ(both(nullptr, b), b);
  EXPECT_EQ(both(a, nullptr), a);
}

}  // namespace
}  // namespace souk::index
