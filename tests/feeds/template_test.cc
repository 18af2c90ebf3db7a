#include "souk/feeds/template.h"

#include <gtest/gtest.h>

namespace souk::feeds {
namespace {

// Renders a template over columns a, b, c.
std::string render(std::string_view text, std::vector<std::string_view> columns, std::string_view filters = {},
                   const Lookups& lookups = {}) {
  const auto parsed =
      Template::parse(text, filters, lookups, [](std::string_view column) { return static_cast<std::uint32_t>(column[0] - 'a'); });
  if (!parsed) return "error: " + parsed.error().expected;
  std::string out = "left over";
  parsed->render(columns, out);
  return out;
}

TEST(Template, JoinsColumnsAndLeavesOptionalPartsOut) {
  EXPECT_EQ(render("{a}[, {b}][ ({c})]", {"Jam", "17 oz", "Private"}), "Jam, 17 oz (Private)");
  EXPECT_EQ(render("{a}[, {b}][ ({c})]", {"Jam", "", "Private"}), "Jam (Private)");
  EXPECT_EQ(render("{a!}[, {b}]", {"", "17 oz", ""}), "");
  EXPECT_EQ(render("{a}-{b}", {"", "", ""}), "-");
}

TEST(Template, FiltersRunFromLeftToRight) {
  EXPECT_EQ(render("{a|lower}", {"17 OZ", "", ""}), "17 oz");
  EXPECT_EQ(render("{a|trim|upper}", {" x ", "", ""}), "X");
  EXPECT_EQ(render("{a|lookup:t|upper}", {"k", "", ""}, {}, {{"t", {{"k", "v"}}}}), "V");
  EXPECT_EQ(render("{a|lookup:t}", {"other", "", ""}, {}, {{"t", {{"k", "v"}}}}), "other");
  EXPECT_EQ(render("{a}|{b}", {"x", "y", ""}, "hash").size(), 16u);
  EXPECT_NE(render("{a}|{b}", {"x", "y", ""}, "hash"), render("{a}|{b}", {"x", "z", ""}, "hash"));
  EXPECT_EQ(render("{a!}|{b}", {"", "y", ""}, "hash"), "");
}

TEST(Template, MistakesAreTold) {
  EXPECT_EQ(render("{a", {}), "error: a } after each {");
  EXPECT_EQ(render("[{a}", {}), "error: a ] after each [");
  EXPECT_EQ(render("{a}]", {}), "error: a [ before each ]");
  EXPECT_EQ(render("[[{a}]]", {}), "error: optional parts that do not stand inside each other");
  EXPECT_EQ(render("{a|shout}", {}), "error: a filter: lower, upper, trim, readable, hash, path or lookup:NAME");
  EXPECT_EQ(render("{a|lookup:none}", {}), "error: the name of a [lookup.NAME] table");
  EXPECT_EQ(render("{}", {}), "error: a column between { and }");
}

TEST(Template, ReadableTidiesCaseAndSpaces) {
  EXPECT_EQ(readable("APPLE BUTTER"), "Apple butter");
  EXPECT_EQ(readable("FITNESS&DIET - BARS"), "Fitness & diet - bars");
  EXPECT_EQ(readable("BREAD:ITALIAN/FRENCH"), "Bread: italian/french");
  EXPECT_EQ(readable("CHRISTMAS  SEASONAL "), "Christmas seasonal");
  EXPECT_EQ(readable("SFT DRNK 2,5 LITER"), "Sft drnk 2,5 liter");
  EXPECT_EQ(readable(""), "");
}

}  // namespace
}  // namespace souk::feeds
