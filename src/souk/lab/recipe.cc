#include "souk/lab/recipe.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "souk/recommend/rank_model.h"
#include "souk/lab/shipped.h"

namespace souk::lab {
namespace {

constexpr std::string_view kMetricNames[] = {"HR", "Recall", "NDCG", "MRR", "MAP"};

// The cutoff of "NDCG@10"; nothing when it is no metric.
std::optional<std::uint32_t> cutoff_of(std::string_view metric) {
  const std::size_t at = metric.find('@');
  if (at == std::string_view::npos) return {};
  if (std::find(std::begin(kMetricNames), std::end(kMetricNames), metric.substr(0, at)) == std::end(kMetricNames)) return {};
  std::uint32_t cutoff = 0;
  const char* end = metric.data() + metric.size();
  const auto [read, error] = std::from_chars(metric.data() + at + 1, end, cutoff);
  if (error != std::errc{} || read != end || cutoff == 0 || cutoff > 10'000) return {};
  return cutoff;
}

Status check_metric(const std::string& metric, const std::string& where) {
  if (cutoff_of(metric)) return {};
  return fail(Error{ErrorKind::invalid, "unknown metric", where, "HR, Recall, NDCG, MRR or MAP at a cutoff, such as NDCG@10", metric, {}});
}

// The folder below which recipes are named: the nearest parent called "recipes", else the file's own.
fs::path root_of(const fs::path& file) {
  const fs::path whole = fs::absolute(file).lexically_normal();
  for (fs::path folder = whole.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder.filename() == "recipes") return folder;
  }
  return whole.parent_path();
}

Result<SplitRule> read_split(const Config& config) {
  SOUK_CHECK(config.only({"rule", "holdout", "history", "part"}));
  SplitRule split;
  SOUK_TRY(const std::string rule, config.text("rule", "leave-one-out"));
  SOUK_TRY(const std::string history, config.text("history", "masked"));
  SOUK_TRY(const std::string part, config.text("part", "test"));
  SOUK_TRY(split.holdout, config.duration("holdout", 0));
  const auto wrong = [&](const char* key, const char* expected, const std::string& found) {
    return fail(Error{ErrorKind::invalid, "cannot split so", config.where(key), expected, found, {}});
  };
  if (rule != "leave-one-out" && rule != "time") return wrong("rule", "leave-one-out or time", rule);
  if (history != "masked" && history != "kept") return wrong("history", "masked or kept", history);
  if (part != "test" && part != "validation") return wrong("part", "test or validation", part);
  split.kind = rule == "time" ? SplitRule::Kind::time : SplitRule::Kind::leave_one_out;
  split.mask_history = history == "masked";
  split.part = part == "test" ? eval::Part::test : eval::Part::validation;
  if (split.kind == SplitRule::Kind::time && split.part == eval::Part::validation) return wrong("part", "test, for a split by time", part);
  return split;
}

Result<std::optional<Paper>> read_paper(const Config& config) {
  const auto keys = config.keys();
  if (keys.empty()) return std::nullopt;
  Paper paper;
  SOUK_TRY(paper.source, config.text("source", ""));
  for (const std::string& key : keys) {
    if (key == "source") continue;
    SOUK_CHECK(check_metric(key, config.where(key)));
    SOUK_TRY(paper.metrics[key], config.number(key, 0));
  }
  return paper;
}

Result<Config> load_document(const fs::path& file, const std::vector<std::string>& overrides) {
  SOUK_TRY(Config config, Config::load(file));
  for (const std::string& option : overrides) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Error{ErrorKind::invalid, "cannot read the override", "--set", "key=value, such as settings.window=5", option, {}});
    }
    SOUK_TRY(config, config.with(option.substr(0, equals), option.substr(equals + 1)));
  }
  return config;
}

}  // namespace

std::string SplitRule::protocol() const {
  std::string rule = "leave-one-out";
  if (kind == Kind::time) {
    rule = holdout == 0 ? "last tenth of the time held out" : fmt::format("last {} days held out", static_cast<double>(holdout) / kDay);
  }
  if (part == eval::Part::validation) rule += " (validation)";
  return rule + ", full ranking, history " + (mask_history ? "masked" : "kept");
}

std::vector<std::uint32_t> Recipe::cutoffs() const {
  std::set<std::uint32_t> found;
  for (const std::string& metric : report) found.insert(cutoff_of(metric).value_or(10));
  found.insert(cutoff_of(primary).value_or(10));
  return {found.begin(), found.end()};
}

fs::path recipe_root() {
  if (const char* const given = std::getenv("SOUK_RECIPES"); given != nullptr && *given != '\0') return given;
  return shipped_folder(program_folder(), "recipes").value_or("recipes");
}

Result<Recipe> Recipe::load(const fs::path& file, const std::vector<std::string>& overrides) {
  fs::path path = file;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    path = recipe_root() / file;
    if (path.extension() != ".toml") path += ".toml";
    if (!fs::exists(path, ignored)) {
      return fail(ErrorKind::not_found, "there is no such recipe", file.string(), "`souk lab list` names the recipes");
    }
  }
  SOUK_TRY(const Config config, load_document(path, overrides));
  SOUK_CHECK(config.only({"title", "about", "system", "model", "data", "settings", "split", "metrics", "paper"}));
  Recipe recipe;
  const fs::path root = root_of(path);
  recipe.name = fs::absolute(path).lexically_normal().lexically_relative(root).replace_extension().generic_string();
  recipe.descriptors = root / "data";
  SOUK_TRY(recipe.title, config.text("title", recipe.name));
  SOUK_TRY(recipe.about, config.text("about", ""));
  SOUK_TRY(recipe.model, config.text("model", ""));
  SOUK_TRY(recipe.data, config.text("data", ""));
  if (config.has("system")) {
    SOUK_TRY(recipe.system, config.integer("system", 0));
  }
  SOUK_CHECK(recommend::find_rank_model(recipe.model, config.where("model")));
  recipe.settings = config.table("settings");
  SOUK_TRY(recipe.split, read_split(config.table("split")));
  const Config metrics = config.table("metrics");
  SOUK_CHECK(metrics.only({"report", "primary"}));
  SOUK_TRY(recipe.report, metrics.texts("report", {"HR@5", "HR@10", "HR@20", "NDCG@5", "NDCG@10", "NDCG@20", "MRR@10", "Recall@10"}));
  SOUK_TRY(recipe.primary, metrics.text("primary", "NDCG@10"));
  for (const std::string& metric : recipe.report) SOUK_CHECK(check_metric(metric, metrics.where("report")));
  SOUK_CHECK(check_metric(recipe.primary, metrics.where("primary")));
  SOUK_TRY(recipe.paper, read_paper(config.table("paper")));
  return recipe;
}

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
    result.push_back({std::move(recipe.name), std::move(recipe.title), std::move(recipe.model), std::move(recipe.data)});
  }
  std::sort(result.begin(), result.end(), [](const RecipeInfo& a, const RecipeInfo& b) { return a.name < b.name; });
  return result;
}

Result<std::string> show_recipe(const fs::path& file) {
  SOUK_TRY(const Recipe recipe, Recipe::load(file));
  SOUK_TRY(const recommend::RankModelEntry* const model, recommend::find_rank_model(recipe.model, recipe.name));
  std::string text = fmt::format("{}: {}\n", recipe.name, recipe.title);
  if (!recipe.about.empty()) text += fmt::format("\n{}\n", recipe.about);
  text += fmt::format("\nmodel     {} ({})\n", recipe.model, model->help);
  for (const std::string& key : recipe.settings.keys()) text += fmt::format("          {} (--set settings.{}=...)\n", key, key);
  text += fmt::format("data      {}\nprotocol  {}\n", recipe.data, recipe.split.protocol());
  text += fmt::format("metrics   {}; {} decides\n", fmt::join(recipe.report, ", "), recipe.primary);
  if (recipe.paper) {
    text += fmt::format("paper     {}:", recipe.paper->source);
    for (const auto& [name, value] : recipe.paper->metrics) text += fmt::format(" {} {:.4f}", name, value);
    text += "\n";
  }
  return text;
}

}  // namespace souk::lab
