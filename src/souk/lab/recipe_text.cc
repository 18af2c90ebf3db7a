// Recipes for people: which there are, and what one does.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "souk/lab/data.h"
#include "souk/lab/recipe.h"
#include "souk/recommend/rank_model.h"

namespace souk::lab {
namespace {

// The [protocol] of the recipe's own set; empty where it cannot be read.
feeds::Protocol own_protocol(const Recipe& recipe) {
  const fs::path file = descriptor_of(recipe.data, recipe.descriptors);
  const auto set = feeds::Descriptor::load(file);
  return set ? set->protocol : feeds::Protocol();
}

}  // namespace

Result<std::vector<RecipeInfo>> list_recipes(const fs::path& root) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory() && at.depth() == 0 && at->path().filename() == "data") at.disable_recursion_pending();
    if (at->is_regular_file() && at->path().extension() == ".toml") files.push_back(at->path());
  }
  if (error) return fail_errno("cannot list the recipes", root.string(), error.value());
  std::vector<RecipeInfo> result;
  for (const fs::path& file : files) {
    SOUK_TRY(Recipe recipe, Recipe::load(file));
    result.push_back({std::move(recipe.name), std::move(recipe.title), std::move(recipe.model), std::move(recipe.data), recipe.system});
  }
  std::sort(result.begin(), result.end(), [](const RecipeInfo& a, const RecipeInfo& b) { return a.name < b.name; });
  return result;
}

Result<std::string> show_recipe(const fs::path& file) {
  SOUK_TRY(const Recipe recipe, Recipe::load(file));
  SOUK_TRY(const Task task, recipe.on(recipe.data, own_protocol(recipe)));
  SOUK_TRY(const recommend::RankModelEntry* const model, recommend::find_rank_model(recipe.model, recipe.name));
  std::string text = fmt::format("{}: {}\n", recipe.name, recipe.title);
  if (!recipe.about.empty()) text += fmt::format("\n{}\n", recipe.about);
  text += fmt::format("\nmodel     {} ({})\n", recipe.model, model->help);
  for (const auto& [key, value] : values_of(task.settings)) text += fmt::format("          --set settings.{}={}\n", key, value);
  text += fmt::format("data      {}\nprotocol  {}\n", recipe.data, task.judging.protocol());
  text += fmt::format("metrics   {}; {} decides\n", fmt::join(task.judging.report, ", "), task.judging.primary);
  for (const Grid::Axis& axis : task.grid.axes) text += fmt::format("tune      {} among {}\n", axis.key, fmt::join(axis.values, ", "));
  if (task.tuned) text += fmt::format("tuned     on {}, {} trials\n", task.tuned->on, task.tuned->trials);
  if (task.paper) {
    text += fmt::format("paper     {}{}:", task.paper->source, task.paper->same_data ? "" : " (other data)");
    for (const auto& [name, value] : task.paper->metrics) text += fmt::format(" {} {:.4f}", name, value);
    text += "\n";
  }
  return text;
}

}  // namespace souk::lab
