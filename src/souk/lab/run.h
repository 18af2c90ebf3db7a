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
#include "souk/lab/data.h"
#include "souk/lab/journal.h"
#include "souk/lab/recipe.h"

namespace souk::lab {

struct RunRecord {
  std::string recipe, model;
  std::optional<std::int64_t> system;
  struct Data {
    std::string name, hash;
    std::uint64_t users = 0, items = 0, events = 0;
  } data;
  std::string protocol;
  std::string split;                               // fingerprint of the split
  std::string rule;                                // the split in words, with what was done about equal times
  std::string fit;                                 // what the models learned from: "train" or "train+validation"
  std::uint64_t cases = 0, seed = 0;               // seed of the models and of the bootstrap
  std::uint64_t clusters = 0;                      // shoppers the cases belong to: what the bootstrap draws from
  std::uint64_t tied = 0;                          // cases whose truth shares its time with the last known event
  std::vector<std::string> overrides;              // --set, as given
  std::map<std::string, std::string> settings;     // of the model, as TOML text
  std::optional<Tuned> tuned;                      // where the settings came from; none: the recipe's own or set by hand
  bool by_hand = false, other_split = false;       // as in Task
  std::string note;                                // what the model has to say, such as "the 20,000 commonest items"
  std::string primary;                             // the metric that decides
  Metrics metrics;                                 // with Coverage and Gini of the lists
  std::map<std::string, eval::Interval> interval;  // 95 %, bootstrap over shoppers
  struct Slice {
    std::string group, name;
    std::uint64_t cases = 0;
    Metrics metrics;
  };
  std::vector<Slice> slices;
  std::map<std::string, Metrics> floors;
  std::map<std::string, std::map<std::string, eval::Interval>> floor_interval;
  std::optional<Paper> paper;
  struct Versus {  // the best floor that is not the model itself, by the primary metric
    std::string floor, metric;
    double delta = 0, p = 1;  // paired bootstrap
    eval::Interval interval;
  };
  std::optional<Versus> versus;
  Seconds seconds, cpu_seconds;  // of the model; the floors' own time is not in them
  std::uint64_t epochs = 0;
  double peak_rss_mb = 0;
  std::string version, commit;  // of the program (base/build.h)
  std::string key;              // of the run's folder (journal.h), the same on every machine

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
  fs::path runs{};  // where finished stages are kept (journal.h); empty: nowhere
};
// Deterministic for a seed, whatever the number of threads (a learned model: for the same number), but for the times. A run that was killed
// goes on where it stopped, the training of a model with its last whole epoch.
Result<RunRecord> run_recipe(const RunOptions& options, Progress& progress);

// The parts of run_recipe, for tuning and tests. Where a set's own parts overlap in time, the rule says in how many cases.
Result<eval::Split> split_for(const Judging& judging, const Data& data);
// Refuses a split that leaks (eval::check_split) before anything is fitted. options.recipe and options.data are not read.
Result<RunRecord> run_task(const Recipe& recipe, const Task& task, const Data& data, const eval::Split& split, const RunOptions& options,
                           Progress& progress);
// Fits one model and measures it. Training may stop by the validation part where that is not trained on; it never sees the test part.
struct Measured {
  Stage stage;
  eval::RankResult result;
};
Result<Measured> measure(const std::string& model, const Config& settings, const Judging& judging, const eval::Split& split,
                         const RunOptions& options, bool keep_lists, const recommend::TrainingFiles& files, Progress& progress);
// Hash of all that decides a model's figures.
std::string run_key(const std::string& model, const Config& settings, const Judging& judging, const Data& data, const eval::Split& split,
                    std::uint64_t seed);

// Keeps a record as <results>/<recipe>/<data>[-fitted-on-validation-too][-<overrides>]-seed<seed>.json; an older one of the same name is
// replaced.
Result<fs::path> record_run(const RunRecord& record, const fs::path& results);
Result<RunRecord> load_run(const fs::path& file);
// Every record below `results`, by file name; shops' evaluations (results/shops) are not among them. No folder: none.
Result<std::vector<RunRecord>> load_runs(const fs::path& results);

// Two runs side by side, as text, over all cases and by slices. Refuses unlike data, protocols or splits: such numbers say nothing about
// the models. Where `runs` holds both case by case, the differences are tested in pairs.
Result<std::string> compare(const RunRecord& a, const RunRecord& b, const fs::path& runs = {});

// docs/results.md: every record below `results`, one table for each data set, protocol and split, floors first; then the shops' own
// evaluations (shelves.h), which stand in results/shops.
Result<std::string> render_results(const fs::path& results);

}  // namespace souk::lab
