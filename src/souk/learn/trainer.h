// Epochs, early stop, checkpoints: what every training does around the loss of its model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/learn/optimiser.h"

namespace souk::learn {

// Whatever a model has prepared for one step.
struct Batch {
  virtual ~Batch() = default;
};

// A model in training. Every generator that it is handed is seeded by seed, epoch and batch alone, so that a training which goes on after a
// kill draws what an unbroken one draws.
class Trainee {
 public:
  virtual ~Trainee() = default;
  virtual std::size_t begin_epoch(Random& random) = 0;  // the order of its data; returns the number of batches, at least 1
  // On a thread of its own, one batch after the other, ahead of loss(): must not read what training changes.
  virtual std::unique_ptr<Batch> prepare(std::size_t batch, Random& random) = 0;
  virtual at::Tensor loss(const Batch& batch, Random& random) = 0;  // a scalar; `random` is for dropout
  // How good the model is on held-out data that was not fitted, the higher the better. Nothing: no data is held out, and each epoch counts
  // as better than those before it.
  virtual std::optional<double> validate() = 0;
};

struct TrainerConfig {
  AdamConfig adam;
  float rate = 1e-3F;
  std::uint32_t warmup = 0;     // steps in which the rate grows to its full height
  std::uint32_t epochs = 100;   // at most
  std::uint32_t patience = 10;  // epochs without a better metric after which it stops; 0: never
  std::uint64_t seed = 1;
  std::string metric = "metric";  // what validate() says, for people
  // What else the numbers depend on, in any words: the model's settings, the data. Part of what a checkpoint must agree with.
  std::string task = {};
  // Everything, after each epoch: a training with the same settings goes on from there. Another training's file is refused. Empty: none.
  fs::path checkpoint = {};
  fs::path log = {};  // a line of JSON is added for each epoch: epoch, loss, metric (or null), seconds, cpu_seconds. Empty: none.
};

struct Trained {
  std::uint32_t epochs = 0;  // done, those before a kill included
  std::uint32_t best_epoch = 0;
  double best_metric = 0, last_loss = 0;  // the metric: 0 where nothing is held out
  bool resumed = false;
};

// Leaves the parameters as they were after the best epoch. On one thread of torch the result is the same bit for bit for the same seed,
// broken off or not. ErrorKind::invalid for a loss or gradient that is not finite (names epoch, batch and parameter), cancelled when
// `progress` is: the checkpoint of the last whole epoch stays. Progress is one stage with the batches of all epochs, so that the time left
// is that of the whole; a note after each epoch has its loss and metric.
Result<Trained> train(Trainee& trainee, Parameters& parameters, const TrainerConfig& config, Progress& progress);

}  // namespace souk::learn
