// The models that need no training worth the name: the floors that every evaluation prints, and that recipes can run by name.
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

namespace souk::lab {

class RankModel {  // immutable, thread-safe
 public:
  virtual ~RankModel() = default;
  // Adds to scores [items], which arrive as zeros; history is oldest first.
  virtual void score(std::span<const std::uint32_t> history, std::span<float> scores) const = 0;
  eval::ScoreCase as_score_case() const;  // borrows the model
};

struct ModelEntry {
  std::string_view name, help;
  // Unknown settings are errors with their line.
  Result<std::unique_ptr<RankModel>> (*fit)(const store::Interactions& train, const Config& settings, unsigned threads, Progress& progress);
};
std::span<const ModelEntry> models();
// Unknown names are errors that list near ones.
Result<const ModelEntry*> find_model(std::string_view name, const std::string& where);

// What is printed beside every run, in this order: popularity, inverse popularity, co-visitation; buy-again where repeats are kept.
std::span<const std::string_view> floor_names(bool mask_history);

}  // namespace souk::lab
