// What models of the next item share: batches of packed histories, losses over the items that came next, training until validation gains
// no more, scores by a product with the table of embeddings. A model file adds its encoder. For files that touch libtorch; inside the room
// only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "souk/base/matrix.h"
#include "souk/learn/packed.h"
#include "souk/learn/parameters.h"
#include "souk/recommend/rank_model.h"

namespace souk::recommend {

// Settings by the same names, whose list stands in learned.cc.
struct NextItemConfig {
  enum class Loss { full, sampled, bce, gbce };
  std::uint32_t dim = 64;
  std::uint32_t length = 50;  // events of a history that count, the latest ones
  float dropout = 0.5F;
  Loss loss = Loss::full;
  std::uint32_t negatives = 256;  // drawn uniformly: shared by a batch (sampled), or for each position (bce: 1 by default; gbce)
  float calibration = 0.75F;      // t of gbce
  std::uint32_t epochs = 200, patience = 20;  // at most; without gain on validation (0: whatever it says)
  std::uint32_t batch = 512;                  // shoppers
  float rate = 5e-4F;
  double max_memory = 0;  // gigabytes
};
// Over the defaults in `config`.
Status read_next_item(const Config& settings, NextItemConfig& config);

class NextItemModel : public RankModel {
 public:
  NextItemModel(const NextItemConfig& config, std::uint32_t items, Random& random);
  // items [tokens] (int64) -> the state after each of them, [tokens, dim], whose product with an item's row of table() is its score.
  // `random` draws dropout; null: evaluation. Sequences have at most config().length tokens.
  virtual at::Tensor states(const at::Tensor& items, const std::shared_ptr<const learn::Packed>& packed, Random* random) const = 0;

  // By the latest events of items that the model knows; without one, all scores stay 0.
  void score(const eval::History& history, std::span<float> scores) const final;
  eval::RankResult rank(const eval::Split& split, const eval::RankEvalOptions& options, Progress& progress) const final;
  std::string note() const final { return note_; }
  std::uint32_t epochs() const final { return epochs_; }

  const NextItemConfig& config() const { return config_; }
  const at::Tensor& table() const { return table_; }  // [items, dim]
  learn::Parameters& parameters() { return parameters_; }
  void tell(std::string note, std::uint32_t epochs) { note_ = std::move(note), epochs_ = epochs; }

 private:
  void encode(std::span<const eval::History> histories, Matrix& out, std::size_t first) const;
  MatrixView table_view() const;
  NextItemConfig config_;
  learn::Parameters parameters_;
  at::Tensor table_;
  std::string note_;
  std::uint32_t epochs_ = 0;
};

// Makes a model and trains it. ErrorKind::invalid for a log without two shoppers of two events or without two items, limit where it would
// take more than config.max_memory: told before any is taken. With input.validation the best epoch is kept, else the last. On one thread
// the same seed gives the same model.
Result<std::unique_ptr<RankModel>> fit_next_item(const NextItemConfig& config, const learn::EncoderCost& encoder, const FitInput& input,
                                                 const std::function<std::unique_ptr<NextItemModel>(Random&)>& make);

}  // namespace souk::recommend
