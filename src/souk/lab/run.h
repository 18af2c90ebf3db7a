// Running a recipe, and what is left of a run: a record that can be kept, compared and printed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"
#include "souk/lab/recipe.h"

namespace souk::lab {

struct Seconds {
  double load = 0, train = 0, evaluate = 0;
};

struct RunRecord {
  std::string recipe, model;
  std::optional<std::int64_t> system;
  struct Data {
    std::string name, hash;
    std::uint64_t users = 0, items = 0, events = 0;
  } data;
  std::string protocol;
  std::string split;  // fingerprint of the split
  std::uint64_t cases = 0, seed = 0;
  std::vector<std::string> overrides;  // --set, as given
  Metrics metrics;
  std::map<std::string, eval::Interval> interval;  // 95 %, bootstrap over cases
  std::map<std::string, Metrics> floors;
  std::optional<Paper> paper;
  struct Versus {  // the best floor that is not the model itself, by the recipe's primary metric
    std::string floor, metric;
    double delta = 0, p = 1;  // paired bootstrap
    eval::Interval interval;
  };
  std::optional<Versus> versus;
  Seconds seconds, cpu_seconds;  // of the model; the floors' own time is not in them
  std::uint64_t epochs = 0;
  double peak_rss_mb = 0;
  std::string version;

  std::string to_json() const;                                                         // one line
  static Result<RunRecord> from_json(std::string_view json, const std::string& name);  // name: for messages
  std::string to_text() const;                                                         // a table for people
};

struct RunOptions {
  fs::path recipe;                     // file, or name below recipe_root()
  std::string data;                    // --data; empty: the recipe's own
  std::vector<std::string> overrides;  // --set key=value
  std::uint64_t seed = 1;
  unsigned threads = 1;
};
// Deterministic for a seed, whatever the number of threads, but for the times.
Result<RunRecord> run_recipe(const RunOptions& options, Progress& progress);

// Keeps a record as <results>/<recipe>/<data>[-<overrides>]-seed<seed>.json; an older one of the same name is replaced.
Result<fs::path> record_run(const RunRecord& record, const fs::path& results);
Result<RunRecord> load_run(const fs::path& file);

// Two runs side by side, as text. Refuses unlike data, protocols or splits: such numbers say nothing about the models.
Result<std::string> compare(const RunRecord& a, const RunRecord& b);

// docs/results.md: every record below `results`, one table for each data set and protocol, floors first; then the shops' own evaluations
// (shelves.h), which stand in results/shops.
Result<std::string> render_results(const fs::path& results);

}  // namespace souk::lab
