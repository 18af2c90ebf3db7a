// Models that rank a shop's items for a history of events: what recipes run, evaluations print as floors, and shelves serve. A model file
// (recommend/models/) holds one method.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "souk/base/config.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"
#include "souk/store/interactions.h"

namespace souk::recommend {

class RankModel {  // immutable once fitted, thread-safe
 public:
  virtual ~RankModel() = default;
  // Adds to scores [items], which arrive as zeros. The history is whatever is known now: a new event changes the next answer without
  // fitting again.
  virtual void score(const eval::History& history, std::span<float> scores) const = 0;
  virtual std::string note() const { return {}; }  // what a reader of the result should know, such as "the 20,000 commonest items"

  eval::ScoreCase as_score_case() const;  // borrows the model
};

struct FitInput {
  const store::Interactions& train;
  const Config& settings;  // unknown settings are errors with their line
  unsigned threads = 1;
  std::uint64_t seed = 1;
  Progress& progress;
};

struct RankModelEntry {
  std::string_view name, help;
  std::span<const std::string_view> settings;  // names, for help and for recipes
  Result<std::unique_ptr<RankModel>> (*fit)(const FitInput& input);
};
std::span<const RankModelEntry> rank_models();
// Unknown names are errors that list near ones.
Result<const RankModelEntry*> find_rank_model(std::string_view name, const std::string& where);

}  // namespace souk::recommend
