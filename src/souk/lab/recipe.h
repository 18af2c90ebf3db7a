// A recipe: which model on which data, how it is split, trained and judged. TOML:
//
//   title   = "Decayed co-visitation"        about = "one paragraph"      system = 181 (optional: number of the published system)
//   model   = "co-visitation"                a name of recommend/rank_model.h
//   data    = "amazon-s3rec-beauty"                 recipes/data/<name>.toml
//   [settings]  window = 8 ...               of the model; an unknown one is an error
//   [split]     rule = "leave-one-out"       or "time" with holdout = "14d"; history = "masked" or "kept"; part = "test" or "validation"
//   [metrics]   report = ["HR@10", ...]      primary = "NDCG@10"
//   [paper]     source = "table 2"           "NDCG@10" = 0.03 ...: what was published, optional
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"
#include "souk/eval/split.h"

namespace souk::lab {

using Metrics = std::map<std::string, double>;  // "NDCG@10" -> value

struct SplitRule {
  enum class Kind : std::uint8_t { leave_one_out, time };
  Kind kind = Kind::leave_one_out;
  Duration holdout = 0;  // time: this much before the last event is held out; 0: the last tenth of the log's span
  bool mask_history = true;
  eval::Part part = eval::Part::test;
  std::string protocol() const;  // "leave-one-out, full ranking, history masked"
};

struct Paper {
  Metrics metrics;
  std::string source;
};

struct Recipe {
  std::string name;  // path below the recipe folder without ".toml": "recommend/co-visitation"
  std::string title, about, model, data;
  std::optional<std::int64_t> system;
  Config settings;
  SplitRule split;
  std::vector<std::string> report;  // names of metrics
  std::string primary;              // the one that decides
  std::optional<Paper> paper;
  fs::path descriptors;  // folder of the data descriptors beside it

  std::vector<std::uint32_t> cutoffs() const;  // that the reported metrics need, ascending
  // `file`: a path, or the name of a recipe below recipe_root(). `overrides` are "key=value" as --set has them.
  static Result<Recipe> load(const fs::path& file, const std::vector<std::string>& overrides = {});
};

// $SOUK_RECIPES, else the recipes that came with the program (shipped.h), else recipes/ in the working folder.
fs::path recipe_root();

struct RecipeInfo {
  std::string name, title, model, data;
};
// By name; data descriptors are not recipes. A file that cannot be read is an error that names it.
Result<std::vector<RecipeInfo>> list_recipes(const fs::path& root);
// For people: what it does, on what, how judged.
Result<std::string> show_recipe(const fs::path& file);

}  // namespace souk::lab
