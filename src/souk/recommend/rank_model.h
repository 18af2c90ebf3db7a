// Models that rank a shop's items for a history of events: what recipes run, evaluations print as floors, and shelves serve. A model file
// (recommend/models/) holds one method.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/kernels/top_k.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"
#include "souk/index/sum_row.h"
#include "souk/store/interactions.h"

namespace souk::recommend {

class RankModel {  // immutable once fitted, thread-safe
 public:
  virtual ~RankModel() = default;
  // Adds to scores [items], which arrive as zeros. The history is whatever is known now: a new event changes the next answer without
  // fitting again.
  virtual void score(const eval::History& history, std::span<float> scores) const = 0;
  // The same scores as a sparse sum, for models that score few items, all above 0. False: it is not one of them, and nothing was added.
  virtual bool add_to(const eval::History& history, index::SumRow<float>& sums) const;
  virtual std::string note() const { return {}; }  // what a reader of the result should know, such as "the 20,000 commonest items"

  eval::ScoreCase as_score_case() const;  // borrows the model
};

// Every model also takes `weights = {view = 0.2, cart = 0.5, purchase = 1}`: what an event of a kind counts, in training and in histories,
// in place of the log's own weights. Kinds that are not named count nothing.
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

// The k best items of each history, best first, ties by lower row. Items whose score is 0, -inf or NaN are left out: the model has nothing
// to say of them. With mask_history, so are the history's own. The lists are the same for any number of threads. Cancelled: empty lists.
struct TopKOptions {
  std::size_t k = 20;
  bool mask_history = true;
  unsigned threads = 1;
};
std::vector<std::vector<Scored>> top_k(const RankModel& model, std::uint32_t items, std::span<const eval::History> histories,
                                       const TopKOptions& options, Progress& progress);

}  // namespace souk::recommend
