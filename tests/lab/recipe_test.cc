#include "souk/lab/recipe.h"

#include <gmock/gmock.h>

#include "souk/lab/floors.h"
#include "souk/lab/shipped.h"
#include "souk/recommend/rank_model.h"

#include "tests/support/data.h"

namespace souk::lab {
namespace {

using souk::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kRecipe = R"(
title = "Counting"
model = "co-visitation"
data = "toy"
[settings]
window = 4
[split]
rule = "leave-one-out"
[metrics]
report = ["HR@10", "NDCG@5"]
primary = "NDCG@5"
[paper]
source = "table 2"
"NDCG@5" = 0.25
)";

class RecipeTest : public ::testing::Test {
 protected:
  fs::path write(std::string_view text, const std::string& name = "counting") {
    fs::create_directories(folder_.path() / "recipes" / "recommend");
    const fs::path file = folder_.path() / "recipes" / "recommend" / (name + ".toml");
    EXPECT_TRUE(write_file(file, text));
    return file;
  }
  TempDir folder_;
};

TEST_F(RecipeTest, IsNamedByItsPlaceBelowTheRecipes) {
  const auto recipe = Recipe::load(write(kRecipe));
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->name, "recommend/counting");
  EXPECT_EQ(recipe->descriptors, folder_.path() / "recipes" / "data");
  EXPECT_EQ(recipe->model, "co-visitation");
  EXPECT_FALSE(recipe->system);
  EXPECT_THAT(recipe->cutoffs(), ElementsAre(5, 10));
  EXPECT_EQ(recipe->split.protocol(), "leave-one-out, full ranking, history masked");
  ASSERT_TRUE(recipe->paper);
  EXPECT_EQ(recipe->paper->source, "table 2");
  EXPECT_EQ(recipe->paper->metrics.at("NDCG@5"), 0.25);
}

TEST_F(RecipeTest, TakesOverrides) {
  const auto recipe = Recipe::load(write(kRecipe), {"settings.window=2", "split.history=\"kept\"", "system=181"});
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->settings.integer("window", 0).value(), 2);
  EXPECT_FALSE(recipe->split.mask_history);
  EXPECT_EQ(recipe->system, 181);
}

TEST_F(RecipeTest, SplitsByTime) {
  const auto recipe = Recipe::load(write(kRecipe), {"split.rule=\"time\"", "split.holdout=\"14d\"", "split.history=\"kept\""});
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->split.protocol(), "last 14 days held out, full ranking, history kept");
}

TEST_F(RecipeTest, RefusesWhatItDoesNotKnow) {
  const fs::path file = write(kRecipe);
  const auto refused = [&](const std::string& override, const std::string& expected) {
    const auto recipe = Recipe::load(file, {override});
    ASSERT_FALSE(recipe) << override;
    EXPECT_THAT(recipe.error().message(), HasSubstr(expected)) << override;
  };
  refused("model=\"co-visitaton\"", "did you mean 'co-visitation'?");
  refused("metrics.primary=\"NDCG\"", "NDCG@10");
  refused("metrics.primary=\"NDCG@0\"", "unknown metric");
  refused("split.rule=\"random\"", "leave-one-out or time");
  refused("split.history=\"hidden\"", "masked or kept");
  refused("epochs=3", "epochs");
  refused("window", "key=value");
  const auto missing = Recipe::load(folder_.path() / "none.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
}

TEST_F(RecipeTest, AreListedByNameWithoutDataDescriptors) {
  write(kRecipe);
  write(kRecipe, "another");
  fs::create_directories(folder_.path() / "recipes" / "data");
  ASSERT_TRUE(write_file(folder_.path() / "recipes" / "data" / "toy.toml", "name = \"toy\""));
  const auto recipes = list_recipes(folder_.path() / "recipes");
  ASSERT_TRUE(recipes) << recipes.error().message();
  ASSERT_EQ(recipes->size(), 2U);
  EXPECT_EQ((*recipes)[0].name, "recommend/another");
  EXPECT_EQ((*recipes)[1].title, "Counting");
  EXPECT_FALSE(list_recipes(folder_.path() / "nowhere"));
}

TEST_F(RecipeTest, IsShownInWords) {
  const auto text = show_recipe(write(kRecipe));
  ASSERT_TRUE(text) << text.error().message();
  for (const char* part : {"recommend/counting", "co-visitation", "window", "history masked", "NDCG@5 decides", "table 2"}) {
    EXPECT_THAT(*text, HasSubstr(part));
  }
}

TEST(Recipes, OfThisProjectAllLoad) {
  const auto recipes = list_recipes(fs::path(SOUK_SOURCE_DIR) / "recipes");
  ASSERT_TRUE(recipes) << recipes.error().message();
  EXPECT_GE(recipes->size(), 2U);
}

TEST(Shipped, IsFoundBesideTheInstalledProgramThenAboveTheBuild) {
  const souk::testing::TempDir dir;
  const fs::path root = dir.path();
  fs::create_directories(root / "bin");
  fs::create_directories(root / "build" / "release");
  EXPECT_FALSE(shipped_folder(root / "bin", "recipes"));
  EXPECT_FALSE(shipped_folder(root / "build" / "release", "recipes"));
  fs::create_directories(root / "recipes");
  EXPECT_EQ(shipped_folder(root / "build" / "release", "recipes"), root / "recipes");
  fs::create_directories(root / "share" / "souk" / "recipes");
  EXPECT_EQ(shipped_folder(root / "bin", "recipes"), root / "share" / "souk" / "recipes");
  EXPECT_FALSE(shipped_folder(root / "bin", "console"));
}

TEST(Recipes, StandWhereTheEnvironmentSays) {
  const char* const before = std::getenv("SOUK_RECIPES");
  const std::string kept = before == nullptr ? "" : before;
  ASSERT_EQ(::setenv("SOUK_RECIPES", "/somewhere/else", 1), 0);
  EXPECT_EQ(recipe_root(), "/somewhere/else");
  ASSERT_EQ(::setenv("SOUK_RECIPES", kept.c_str(), 1), 0);  // empty counts as unset
  EXPECT_NE(recipe_root(), "");
}

TEST(Floors, AreModels) {
  for (const bool masked : {true, false}) {
    for (const std::string_view name : floor_names(masked)) EXPECT_TRUE(recommend::find_rank_model(name, "")) << name;
  }
}

}  // namespace
}  // namespace souk::lab
