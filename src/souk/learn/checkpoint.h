// The state of a training between two epochs, on disk.
#pragma once

#include <cstdint>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/learn/optimiser.h"

namespace souk::learn {

struct TrainingState {
  std::uint64_t fingerprint = 0;  // of settings: a file of other settings is refused
  std::uint32_t epochs = 0, best_epoch = 0;
  std::uint64_t steps = 0;
  double best_metric = 0, last_loss = 0;
  std::vector<at::Tensor> best;  // parameters after the best epoch
};

// The format stands in checkpoint_torch.cc.
Status save_checkpoint(const fs::path& path, const TrainingState& state, const Parameters& parameters, const Adam& adam);
// Into parameters and optimiser of the same names and shapes. Nothing is changed when it fails: ErrorKind::corrupt, or invalid for the file
// of another training.
Status load_checkpoint(const fs::path& path, TrainingState& state, Parameters& parameters, Adam& adam);

}  // namespace souk::learn
