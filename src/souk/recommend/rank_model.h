// Models that rank a shop's items for a history of events: what recipes run, evaluations print as floors, and shelves serve. A model file
// (recommend/models/) holds one method.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/file.h"
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
  // Ranks the cases of a split: by score(), or many at once in models that have a vector for a history.
  virtual eval::RankResult rank(const eval::Split& split, const eval::RankEvalOptions& options, Progress& progress) const;
  virtual std::string note() const { return {}; }     // what a reader of the result should know, such as "the 20,000 commonest items"
  virtual std::uint32_t epochs() const { return 0; }  // that it was trained for; 0: it is not trained in epochs

  eval::ScoreCase as_score_case() const;  // borrows the model
};

// By what training may be stopped: how well a model does on cases that are held out of `train`, the higher the better.
struct Validation {
  std::string metric;                          // "NDCG@10", for people
  std::function<double(const RankModel&)> of;  // empty: nothing is held out, and training takes all of its epochs
};

// What training leaves, for models that take long; empty paths: nothing.
struct TrainingFiles {
  fs::path checkpoint;  // a training that was killed goes on from it; of another model, settings or log: refused
  fs::path log;         // a line of JSON for each epoch (learn/trainer.h)
};

// Every model also takes `weights = {view = 0.2, cart = 0.5, purchase = 1}`: what an event of a kind counts, in training and in histories,
// in place of the log's own weights. Kinds that are not named count nothing.
struct FitInput {
  const store::Interactions& train;
  const Config& settings;  // unknown settings are errors with their line
  unsigned threads = 1;
  std::uint64_t seed = 1;
  Progress& progress;
  Validation validation = {};
  TrainingFiles files = {};
};

struct RankModelEntry {
  std::string_view name, help;
  std::span<const std::string_view> settings;  // names, for help and for recipes
  Result<std::unique_ptr<RankModel>> (*fit)(const FitInput& input);
};
std::span<const RankModelEntry> rank_models();
// Those that are trained by gradients. Their library (learn/library.h) is opened when one of them is fitted, and not to name them; where it
// cannot be, fit() says so (ErrorKind::unsupported).
std::span<const RankModelEntry> learned_models();
// Of both. Unknown names are errors that list near ones.
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
