// What a run has finished, kept so that a run that was killed goes on where it stopped, and so that two runs can be compared case by case.
//
// A run's folder is <runs>/<recipe>/<data>-<key>/; the key is a hash of all that decides its figures. In it, each written whole or not at
// all:
//   <stage>.stage  section file (base/section_file.h), kind "STGE", version 2:
//                    names   text                names of metrics, a line each
//                    means   f64[metrics]
//                    cases   text                names of the metrics kept case by case, a line each
//                    values  f32[those][cases]   in that order
//                    shopper u32[cases]          of each case; empty: each case is a shopper's only one
//                    times   f64[4]              train and evaluate: wall seconds, then processor seconds
//                    note    text
//                    epochs  u64[1]              that the model was trained for; not in version 1, which is still read
//   <stage>.checkpoint, <stage>.jsonl  of a model that is trained in epochs (learn/trainer.h): where its training stands, until the stage
//                  is kept; what its epochs came to
//   program        what wrote it: stages of another program are not taken up
//   done           there: the run has ended, and the next one begins anew
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"
#include "souk/recommend/rank_model.h"

namespace souk::lab {

struct Seconds {
  double load = 0, train = 0, evaluate = 0;
};

struct Stage {  // one model fitted and measured
  eval::Metrics metrics;
  std::map<std::string, std::vector<float>> per_case;
  std::vector<std::uint32_t> shoppers;  // of the cases; empty: each case is a shopper's only one
  std::string note;                     // of the model
  std::uint64_t epochs = 0;             // that it was trained for
  Seconds seconds, cpu_seconds;         // load is not kept
};

// A file that cannot be read or is damaged is an error that names it.
Result<Stage> read_stage(const fs::path& file);
Status write_stage(const Stage& stage, const fs::path& file);

class Journal {  // of one run; not thread-safe
 public:
  Journal() = default;  // keeps nothing
  // Takes up what is in `folder`, unless that run had ended or another program wrote it. Damaged stages count as not finished.
  static Result<Journal> open(const fs::path& folder);

  const Stage* find(const std::string& name) const;
  Status keep(const std::string& name, const Stage& stage);
  recommend::TrainingFiles training(const std::string& name) const;  // of a stage that is not kept yet
  Status finish();
  std::vector<std::string> taken_up() const { return taken_up_; }  // stages that were there at open, ascending

 private:
  fs::path folder_;
  std::map<std::string, Stage> stages_;
  std::vector<std::string> taken_up_;
};

// $SOUK_RUNS, else $XDG_STATE_HOME/souk/runs, else ~/.local/state/souk/runs, else build/lab.
fs::path default_runs();
// The folder of a run below `runs`.
fs::path run_folder(const fs::path& runs, const std::string& recipe, const std::string& data, const std::string& key);
// Text as a part of a file name: letters, digits, ".", "-" and "="; all else becomes "_".
std::string plain_name(std::string_view text);

}  // namespace souk::lab
