#include "souk/lab/recipe.h"

#include <gmock/gmock.h>

#include "souk/lab/data.h"
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

Task task_of(const Recipe& recipe, const std::string& data = "toy", const feeds::Protocol& protocol = {}, const Values& values = {}) {
  auto task = recipe.on(data, protocol, values);
  EXPECT_TRUE(task) << task.error().message();
  return task.value_or(Task{});
}

TEST_F(RecipeTest, IsNamedByItsPlaceBelowTheRecipes) {
  const auto recipe = Recipe::load(write(kRecipe));
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->name, "recommend/counting");
  EXPECT_EQ(recipe->descriptors.front(), folder_.path() / "recipes" / "data");
  EXPECT_EQ(recipe->model, "co-visitation");
  EXPECT_FALSE(recipe->system);
  const Task task = task_of(*recipe);
  EXPECT_THAT(task.judging.cutoffs(), ElementsAre(5, 10));
  EXPECT_EQ(task.judging.protocol(), "leave-one-out, full ranking, history masked");
  EXPECT_EQ(task.judging.fit(), "train");
  ASSERT_TRUE(task.paper);
  EXPECT_EQ(task.paper->source, "table 2");
  EXPECT_TRUE(task.paper->same_data);
  EXPECT_EQ(task.paper->metrics.at("NDCG@5"), 0.25);
}

TEST_F(RecipeTest, TakesOverrides) {
  const auto recipe = Recipe::load(write(kRecipe), {"settings.window=2", "split.history=\"kept\"", "system=181"});
  ASSERT_TRUE(recipe) << recipe.error().message();
  const Task task = task_of(*recipe);
  EXPECT_EQ(task.settings.integer("window", 0).value(), 2);
  EXPECT_FALSE(task.judging.mask_history);
  EXPECT_EQ(recipe->system, 181);
}

TEST_F(RecipeTest, SplitsByEveryRule) {
  const auto protocol = [&](std::vector<std::string> overrides) {
    const auto recipe = Recipe::load(write(kRecipe), overrides);
    EXPECT_TRUE(recipe) << recipe.error().message();
    return recipe ? task_of(*recipe).judging.protocol() : "";
  };
  EXPECT_EQ(protocol({"split.rule=loo"}), "leave-one-out, full ranking, history masked");
  EXPECT_EQ(protocol({"split.rule=time", "split.holdout=14d", "split.history=kept"}), "last 14 days held out, full ranking, history kept");
  EXPECT_EQ(protocol({"split.rule=time:14d"}), "last 14 days held out, full ranking, history masked");
  EXPECT_EQ(protocol({"split.rule=last-day"}), "last day held out, full ranking, history masked");
  EXPECT_EQ(protocol({"split.rule=session:7d"}), "next item in sessions of the last 7 days, full ranking, history masked");
  EXPECT_EQ(protocol({"split.rule=cold:5"}),
            "items with at most 5 training events, the last tenth of the time held out, full ranking, history masked");
  EXPECT_EQ(protocol({"split.rule=random:0.2"}), "a random 20 % of each shopper's events held out, full ranking, history masked");
  EXPECT_EQ(protocol({"split.rule=fixed", "split.truth=[\"purchase\"]"}),
            "split as the set came, truth purchase, full ranking, history masked");
  EXPECT_EQ(protocol({"split.part=validation", "split.fit=train+validation"}),
            "leave-one-out (validation), fitted on train and validation, full ranking, history masked");
  EXPECT_EQ(protocol({"metrics.sampled=popularity:50"}), "leave-one-out, ranked among 50 drawn by popularity, history masked");
}

TEST_F(RecipeTest, WithoutARuleOfItsOwnIsJudgedAsTheSetIs) {
  const auto recipe = Recipe::load(write("model = \"popularity\"\ndata = \"toy\""));
  ASSERT_TRUE(recipe) << recipe.error().message();
  const Task plain = task_of(*recipe);
  EXPECT_EQ(plain.judging.protocol(), "leave-one-out, full ranking, history masked");
  EXPECT_EQ(plain.judging.primary, "NDCG@10");
  const Task set = task_of(*recipe, "toy", {"time:7d", "kept", {"Recall@20"}, "NDCG@20"});
  EXPECT_EQ(set.judging.protocol(), "last 7 days held out, full ranking, history kept");
  EXPECT_EQ(set.judging.primary, "NDCG@20");
  EXPECT_THAT(set.judging.report, ElementsAre("Recall@20", "NDCG@20"));
  // A recipe's own word comes before the set's.
  const auto own = Recipe::load(write(kRecipe));
  EXPECT_EQ(task_of(*own, "toy", {"time:7d", "", {"Recall@20"}, "NDCG@20"}).judging.primary, "NDCG@5");
}

TEST_F(RecipeTest, HasSettingsAndFiguresOfItsOwnForASet) {
  const auto text = std::string(kRecipe) + R"(
[tune]
settings.window = [2, 3]
[on."walks.txt"]
tuned = {on = "validation", trials = 2}
[on."walks.txt".settings]
window = 3
[on."walks.txt".paper]
source = "table 9"
same_data = false
"HR@10" = 0.5
)";
  const auto recipe = Recipe::load(write(text));
  ASSERT_TRUE(recipe) << recipe.error().message();
  const Task here = task_of(*recipe, "walks.txt"), elsewhere = task_of(*recipe);
  EXPECT_EQ(here.settings.integer("window", 0).value(), 3);
  EXPECT_EQ(elsewhere.settings.integer("window", 0).value(), 4);
  EXPECT_FALSE(here.paper->same_data);
  EXPECT_EQ(here.paper->source, "table 9");
  ASSERT_TRUE(here.tuned);
  EXPECT_EQ(here.tuned->trials, 2U);
  EXPECT_EQ(here.tuned->grid, R"({"settings.window":[2,3]})");
  EXPECT_FALSE(elsewhere.tuned);
  // --set comes last, and then the settings are no longer the tuned ones.
  const auto changed = Recipe::load(write(text), {"settings.window=7"});
  EXPECT_EQ(task_of(*changed, "walks.txt").settings.integer("window", 0).value(), 7);
  EXPECT_FALSE(task_of(*changed, "walks.txt").tuned);
}

TEST_F(RecipeTest, TriesEveryCombinationOfItsGrid) {
  const auto recipe =
      Recipe::load(write(std::string(kRecipe) + "[tune]\nsettings.window = [2, 3]\nsettings.alpha = [0.5, 1.0]\nbudget = \"5m\"\n"));
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->budget, 5 * kMinute);
  const Grid grid = task_of(*recipe).grid;
  ASSERT_EQ(grid.size(), 4U);
  EXPECT_EQ(grid.combination(1), (Values{{"settings.alpha", "0.5"}, {"settings.window", "3"}}));
  EXPECT_EQ(grid.combination(2), (Values{{"settings.alpha", "1.0"}, {"settings.window", "2"}}));
  EXPECT_EQ(task_of(*recipe, "toy", {}, grid.combination(1)).settings.integer("window", 0).value(), 3);
  EXPECT_FALSE(Recipe::load(write(std::string(kRecipe) + "[tune]\nsettings.window = 3\n")));
  EXPECT_FALSE(Recipe::load(write(std::string(kRecipe) + "[tune]\nsettings.window = []\n")));
}

TEST_F(RecipeTest, TriesValuesOfItsOwnOnASet) {
  const auto recipe = Recipe::load(write(std::string(kRecipe) + R"([tune]
settings.window = [2, 3]
settings.alpha = [0.5, 1.0]
trials = 3
[on."wide".tune]
settings.window = [20, 30, 40]
settings.self = [0.0, 1.0]
trials = 5
[notes]
wide = "wider than others"
)"));
  ASSERT_TRUE(recipe) << recipe.error().message();
  const Task usual = task_of(*recipe), wide = task_of(*recipe, "wide");
  EXPECT_EQ(usual.grid.to_json(), R"({"settings.alpha":[0.5,1.0],"settings.window":[2,3]})");
  EXPECT_EQ(wide.grid.to_json(), R"({"settings.alpha":[0.5,1.0],"settings.self":[0.0,1.0],"settings.window":[20,30,40]})");
  EXPECT_EQ(usual.note, "");
  EXPECT_EQ(wide.note, "wider than others");
  EXPECT_EQ(usual.tune_trials, 3U);
  EXPECT_EQ(wide.tune_trials, 5U);
  EXPECT_FALSE(Recipe::load(write(std::string(kRecipe) + "[on.\"wide\".tune]\nsettings.window = 3\n")));
}

TEST_F(RecipeTest, SaysWhatIsTunedOnWhereASetHasNoValidationPart) {
  const auto recipe = Recipe::load(write(std::string(kRecipe) + R"([tune]
settings.window = [2, 3]
trials = 1
cases = 50
split = "random:0.2"
splits.shop = "loo of purchase"
)"));
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(task_of(*recipe).tune_trials, 1U);
  EXPECT_EQ(task_of(*recipe).tune_cases, 50U);
  EXPECT_EQ(task_of(*recipe).tune_split.text(), "random:0.2");
  EXPECT_EQ(task_of(*recipe, "shop").tune_split.text(), "loo");
  EXPECT_EQ(task_of(*recipe, "shop").tune_split.truth_kinds, eval::kind_bit(store::EventKind::purchase));
  EXPECT_FALSE(Recipe::load(write(std::string(kRecipe) + "[tune]\nsplit = \"loo of hugs\"\n")));
}

TEST_F(RecipeTest, CallsTunedOnlyWhatWasTuned) {
  const fs::path file = write(std::string(kRecipe) + "[on.toy.tuned]\non = \"validation\"\ntrials = 9\n");
  const auto with = [&](const std::vector<std::string>& overrides) {
    const auto recipe = Recipe::load(file, overrides);
    EXPECT_TRUE(recipe) << recipe.error().message();
    return task_of(*recipe, "toy");
  };
  for (const std::vector<std::string>& same : {std::vector<std::string>{}, {"split.fit=train+validation"}, {"metrics.primary=HR@10"}}) {
    EXPECT_TRUE(with(same).tuned);
    EXPECT_FALSE(with(same).by_hand || with(same).other_split);
  }
  for (const std::string by_hand : {"settings.window=9", "settings={window=9}", "model=popularity"}) {
    if (by_hand.starts_with("model") && !Recipe::load(file, {by_hand})) continue;  // its settings are another model's
    EXPECT_FALSE(with({by_hand}).tuned) << by_hand;
    EXPECT_TRUE(with({by_hand}).by_hand) << by_hand;
  }
  for (const std::string split : {"split.rule=time", "split.history=kept", "split.seed=5"}) {
    EXPECT_FALSE(with({split}).tuned) << split;
    EXPECT_TRUE(with({split}).other_split) << split;
  }
}

TEST_F(RecipeTest, TellsOtherNegativesApart) {
  const fs::path file = write(kRecipe);
  const auto protocol = [&](const std::vector<std::string>& overrides) {
    return task_of(*Recipe::load(file, overrides)).judging.protocol();
  };
  EXPECT_NE(protocol({"metrics.sampled=\"uniform:50\""}), protocol({"metrics.sampled=\"uniform:50\"", "split.seed=5"}));
  EXPECT_EQ(protocol({}), protocol({"split.seed=5"})) << "nothing is drawn";
}

TEST_F(RecipeTest, RefusesWhatItDoesNotKnow) {
  const fs::path file = write(kRecipe);
  const auto refused = [&](const std::string& override, const std::string& expected) {
    const auto recipe = Recipe::load(file, {override});
    ASSERT_FALSE(recipe) << override;
    EXPECT_THAT(recipe.error().message(), HasSubstr(expected)) << override;
  };
  refused("model=\"co-visitaton\"", "did you mean 'co-visitation'?");
  refused("metrics.primary=\"NDCG\"", "NDCG");
  refused("metrics.primary=\"NDCG@0\"", "NDCG@0");
  refused("metrics.sampled=\"some:9\"", "uniform or popularity");
  refused("split.rule=\"loom\"", "loom");
  refused("split.history=\"hidden\"", "masked or kept");
  refused("split.part=\"train\"", "test or validation");
  refused("split.fit=\"test\"", "train or train+validation");
  refused("split.truth=[\"hugs\"]", "hugs");
  refused("epochs=3", "epochs");
  refused("window", "key=value");
  refused("on.toy.settings.window=3", "settings.window=5");
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

class UsualRecipes : public RecipeTest {
 protected:
  void SetUp() override {
    fs::create_directories(usual() / "mine");
    fs::create_directories(usual() / "data");
    ASSERT_TRUE(write_file(usual() / "data/toy.toml", "name = \"toy\"\n[[files]]\npath = \"toy.txt\"\nas = \"sequences\"\n"));
    ASSERT_TRUE(write_file(usual() / "mine/counting.toml", kRecipe));
    fs::create_directories(folder_ / "elsewhere");
    ASSERT_TRUE(write_file(alone(), kRecipe));
    ASSERT_EQ(setenv("SOUK_RECIPES", (usual() / "").c_str(), 1), 0);
  }
  void TearDown() override { unsetenv("SOUK_RECIPES"); }
  fs::path usual() const { return folder_ / "methods"; }  // of any name
  fs::path alone() const { return folder_ / "elsewhere/alone.toml"; }
};

TEST_F(UsualRecipes, HaveNamesAndSetsWhateverTheFolderIsCalled) {
  const auto recipe = Recipe::load("mine/counting");
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->name, "mine/counting");
  EXPECT_EQ(descriptor_of("toy", recipe->descriptors), usual() / "data/toy.toml");
}

TEST_F(UsualRecipes, LendTheirSetsToARecipeOfOnesOwn) {
  const auto recipe = Recipe::load(alone());
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->name, "alone");
  EXPECT_TRUE(fs::equivalent(descriptor_of("toy", recipe->descriptors), usual() / "data/toy.toml"));
  if (shipped_folder(program_folder(), "recipes")) {
    EXPECT_NE(descriptor_of("gowalla", recipe->descriptors), "");
  }
  EXPECT_EQ(descriptor_of("nowhere", recipe->descriptors), "");
  fs::create_directories(folder_ / "elsewhere/data");
  ASSERT_TRUE(write_file(folder_ / "elsewhere/data/toy.toml", ""));
  EXPECT_EQ(descriptor_of("toy", recipe->descriptors), folder_ / "elsewhere/data/toy.toml");  // what stands beside it comes first
}

TEST(Floors, AreModels) {
  for (const bool masked : {true, false}) {
    for (const std::string_view name : floor_names(masked)) EXPECT_TRUE(recommend::find_rank_model(name, "")) << name;
  }
}

}  // namespace
}  // namespace souk::lab
