#include "souk/lab/systems.h"

#include <gmock/gmock.h>
#include <set>

#include "souk/lab/recipe.h"

#include "tests/support/data.h"

namespace souk::lab {
namespace {

using souk::testing::TempDir;
using ::testing::HasSubstr;

const fs::path kRecipes = fs::path(SOUK_SOURCE_DIR) / "recipes";

TEST(Systems, OfThisProjectAreAllThereOnce) {
  const auto systems = read_systems(kRecipes / "systems.tsv");
  ASSERT_TRUE(systems) << systems.error().message();
  EXPECT_EQ(systems->size(), 186U);  // numbers 0 to 185: read_systems lets no number be missing
  const std::set<std::string> rooms = {"ads",     "assistant", "catalog",  "index",  "lab",   "rank",      "recommend",
                                       "reviews", "search",    "shoppers", "studio", "trust", "understand"};
  std::set<std::string> names;
  for (const PublishedSystem& system : *systems) {
    EXPECT_TRUE(names.insert(system.name).second) << system.name;
    EXPECT_TRUE(system.year >= 2014 && system.year <= 2026) << system.number;
    EXPECT_TRUE(rooms.contains(system.room)) << system.room;
  }
}

TEST(Systems, OfThisProjectsRecipesAreInTheTable) {
  const auto systems = read_systems(kRecipes / "systems.tsv");
  const auto recipes = list_recipes(kRecipes);
  ASSERT_TRUE(systems && recipes);
  for (const RecipeInfo& recipe : *recipes) {
    const std::int64_t number = recipe.system.value_or(0);
    EXPECT_TRUE(number >= 0 && number < static_cast<std::int64_t>(systems->size())) << recipe.name;
  }
}

class SystemsTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "recipes/recommend"); }
  void table(const std::string& rows) { write("recipes/systems.tsv", "number\tname\ttitle\tyear\troom\n" + rows); }
  void write(const std::string& name, const std::string& text) { ASSERT_TRUE(write_file(folder_ / name, text)); }
  Result<std::string> render() { return render_systems(folder_ / "recipes", folder_ / "results"); }
  TempDir folder_;
};

TEST_F(SystemsTest, AreListedWithTheirState) {
  table("0\tFirst\tFirst: a method\t2019\trecommend\n1\tSecond\tAnother method\t2020\tsearch\n");
  write("recipes/recommend/first.toml", "system = 0\nmodel = \"popularity\"\ndata = \"toy\"\n");
  const auto page = render();
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_THAT(*page, HasSubstr("2 published systems, 0 of them done"));
  EXPECT_THAT(*page, HasSubstr("| 0 | First: a method | 2019 | recommend | begun: `recommend/first` |"));
  EXPECT_THAT(*page, HasSubstr("| 1 | Second: Another method | 2020 | search | planned |"));
}

TEST_F(SystemsTest, RefusesARecipeOfNoSystem) {
  table("0\tFirst\tFirst: a method\t2019\trecommend\n");
  write("recipes/recommend/first.toml", "system = 1\nmodel = \"popularity\"\ndata = \"toy\"\n");
  EXPECT_THAT(render().error().message(), HasSubstr("recommend/first"));
}

TEST_F(SystemsTest, RefusesATableThatIsNone) {
  for (const char* rows : {"1\tFirst\tTitle\t2019\trecommend\n", "0\tFirst\tTitle\t2019\n", "0\tFirst\t\t2019\trecommend\n",
                           "0\tFirst\tTitle\tlong ago\trecommend\n", "\n"}) {
    table(rows);
    const auto page = render();
    ASSERT_FALSE(page) << rows;
    EXPECT_THAT(page.error().message(), HasSubstr("systems.tsv:2"));
  }
  write("recipes/systems.tsv", "number,name\n");
  EXPECT_THAT(render().error().message(), HasSubstr("systems.tsv:1"));
}

}  // namespace
}  // namespace souk::lab
