// The candidates of sampled protocols.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "souk/eval/rank_eval.h"

namespace souk::eval {

// Draws each case's negatives, always the same for the same seed, case and log. Thread-safe once made; a Workspace belongs to one thread.
class NegativeSampler {
 public:
  struct Workspace {
    std::vector<std::uint8_t> taken;  // by item
    std::vector<std::uint32_t> left;
  };
  NegativeSampler(const Split& split, const SampledRanking& options);
  // Adds to `out` at most options.negatives different items, in any order, that are neither in `truth` nor in `known` (both ascending).
  // Fewer when there are no more, or, by popularity, no more with training events.
  void draw(std::size_t which, std::span<const std::uint32_t> truth, std::span<const std::uint32_t> known, Workspace& work,
            std::vector<std::uint32_t>& out) const;

 private:
  std::uint64_t weight(std::uint32_t item) const { return below_[item + 1] - below_[item]; }

  SampledRanking options_;
  std::vector<std::uint64_t> below_;  // [items + 1]: sum of the weights of lower rows
};

}  // namespace souk::eval
