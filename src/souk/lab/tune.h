// Tuning: every combination of a recipe's [tune] table is judged on the validation part; the best one is run on the test part, once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "souk/base/time.h"
#include "souk/lab/run.h"

namespace souk::lab {

struct TuneOptions {
  RunOptions run;
  Duration budget = 0;  // no further trial is begun after that long; 0: the recipe's own limit, if any
  std::string on = "validation";
  bool force_test = false;  // needed for on = "test", which makes the test result worthless, and is marked in the record
};

struct Trial {
  std::uint64_t number = 0;  // of the grid's combinations, from 0
  Values values;             // "settings.window" -> "8"
  Metrics metrics;           // on the part that is tuned on
  Seconds seconds;
  std::string note;
};

struct TuneResult {
  std::string recipe, data, primary;
  std::string on;              // what settings were judged on, as in Tuned
  Values fixed;                // settings that the recipe has for the data and that were not tried
  std::uint64_t cases = 0;     // that settings were judged on
  std::vector<Trial> trials;   // best first; equals in the grid's order
  std::uint64_t possible = 0;  // combinations there are; more than trials where the budget ended first
  RunRecord record;            // of the best on the test part
  std::string block() const;   // the TOML to put into the recipe
  std::string to_text() const;
  std::string to_json() const;  // {"recipe","data","on","possible","trials":[...],"run":{...}}
};

// Finished trials are kept as stages of a run (journal.h): tuning that was killed goes on. Errors: a recipe without [tune], tuning on
// test without force, what a model refuses.
Result<TuneResult> tune(const TuneOptions& options, Progress& progress);

// Puts the block into the recipe's file, in place of an older one for the same data; the rest of the file stays as it is. An error where
// the file would no longer be a recipe.
Status write_tuned(const TuneResult& result, const fs::path& recipe);

}  // namespace souk::lab
