// A recipe: which model on which data, how it is split, trained, tuned and judged. TOML:
//
//   title   = "Decayed co-visitation"        about = "one paragraph"      system = 181 (optional: number of the published system)
//   model   = "co-visitation"                a name of recommend/rank_model.h
//   data    = "amazon-s3rec-beauty"          recipes/data/<name>.toml
//   [settings]  window = 8 ...               of the model; an unknown one is an error
//   [split]     rule = "loo"                 a rule of eval/split.h ("time:14d", "session", "fixed" ...)
//               part = "test"                or "validation"; fit = "train" or "train+validation"; history = "masked" or "kept"
//               truth = ["purchase"]         kinds of events that are truth; by default all
//               seed = 1                     of the rule "random": a split is the same whatever the seed of the run
//   [metrics]   report = ["HR@10", ...]      primary = "NDCG@10"
//               sampled = "popularity:100"   ranked among so many others, drawn so ("uniform:100"); by default among all items
//   [paper]     source = "table 2"           "NDCG@10" = 0.03 ...: what was published; same_data = false where data or protocol differ
//   [tune]      settings.window = [4, 8]     values to try, in every combination, or in so many drawn: trials = 40; budget = "10m" at most
//               cases = 20000                judged, drawn; by default all
//               split = "loo"                what is held out of the training part where the split has no validation part (fixed);
//               splits.DATA = "random:0.1"   the same for one set; "loo of purchase": purchases are truth
//   [on."DATA".settings]                     settings for one set, over [settings]; [on."DATA".paper] likewise
//   [on."DATA".tune] settings.window = [4]   values to try on one set, over those of [tune]; trials and cases likewise
//   [notes] "DATA" = "in words"              what every record on the set says
//   [on."DATA"] tuned = {on = "validation", trials = 12}: where such settings came from
//
// A recipe without a rule, history, report or primary takes those of the set's [protocol], else loo, masked, NDCG@10.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"
#include "souk/eval/split.h"
#include "souk/feeds/descriptor.h"

namespace souk::lab {

using Metrics = eval::Metrics;  // "NDCG@10" -> value

// How a run is judged. Equal on equal data: the same task.
struct Judging {
  eval::SplitRule rule;
  std::uint64_t split_seed = 1;
  bool mask_history = true;
  eval::SampledRanking sampled;
  std::vector<std::string> report;  // names of metrics, the primary one among them
  std::string primary;              // the one that decides

  std::string protocol() const;                // "leave-one-out, full ranking, history masked"
  std::string fit() const;                     // what models learn from: "train" or "train+validation"
  std::vector<std::uint32_t> cutoffs() const;  // that the metrics need, ascending
};

struct Paper {
  Metrics metrics;
  std::string source;
  bool same_data = true;  // false: other data, or judged otherwise
};

struct Tuned {                    // where settings came from
  std::string on = "validation";  // "validation, random:0.1 of train" where the split has no validation part; "test"
  std::uint64_t trials = 0;
  std::string grid;     // JSON: {"settings.window":[4,8]}; empty: not told
  bool forced = false;  // on the test part, against the rule
};

// Values by key, as TOML text: "window" -> "8". Keys of inner tables are paths.
using Values = std::vector<std::pair<std::string, std::string>>;
Values values_of(const Config& table);  // keys bytewise ascending

struct Grid {
  struct Axis {
    std::string key;                  // "settings.window"
    std::vector<std::string> values;  // TOML text
  };
  std::vector<Axis> axes;
  std::uint64_t size() const;                     // combinations; 0: nothing to tune
  Values combination(std::uint64_t which) const;  // below size(); the last axis turns fastest
  std::string to_json() const;
};

// Of a table [tune].
Result<Grid> read_grid(const Config& tune);

// A recipe on one data set.
struct Task {
  Config settings;
  Judging judging;
  std::optional<Paper> paper;
  std::optional<Tuned> tuned;  // none where one of the next two holds
  bool by_hand = false;        // --set changed the model or its settings
  bool other_split = false;    // --set changed the split
  std::string note;            // what the recipe says of the set, for every record
  Grid grid;
  eval::SplitRule tune_split;     // of the training part, where the split has no validation part
  std::uint64_t tune_trials = 0;  // combinations that tuning tries, drawn from all; 0: all
  std::uint64_t tune_cases = 0;   // that tuning judges, drawn from all; 0: all
};

struct Recipe {
  fs::path file;
  std::string name;  // path below the recipe folder without ".toml": "recommend/co-visitation"
  std::string title, about, model, data;
  std::optional<std::int64_t> system;
  std::vector<fs::path> descriptors;  // folders of data descriptors, the first that has a set counts: beside it, then of recipe_root(),
                                      // then those that came with the program
  Duration budget = 0;                // of tuning; 0: no limit
  std::vector<std::string> overrides;

  // `file`: a path, or the name of a recipe below recipe_root(). `overrides` are "key=value" as --set has them; they come last.
  static Result<Recipe> load(const fs::path& file, const std::vector<std::string>& overrides = {});
  // What the recipe says of a set: `data` is the set's name, `protocol` its own. `values` ("settings.window" -> "8") come before overrides.
  Result<Task> on(const std::string& data, const feeds::Protocol& protocol, const Values& values = {}) const;

  Values settings_on(const std::string& data) const;  // what stands in [on."DATA".settings]

 private:
  Config document_;  // as it stands in the file
};

// $SOUK_RECIPES, else the recipes that came with the program (shipped.h), else recipes/ in the working folder.
fs::path recipe_root();

struct RecipeInfo {
  std::string name, title, model, data;
  std::optional<std::int64_t> system;
};
// By name; data descriptors are not recipes. A file that cannot be read is an error that names it.
Result<std::vector<RecipeInfo>> list_recipes(const fs::path& root);
// For people: what it does, on what, how judged.
Result<std::string> show_recipe(const fs::path& file);

}  // namespace souk::lab
