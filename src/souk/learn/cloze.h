// The masking of Cloze training (BERT4Rec: Sun et al., CIKM 2019): some events of a sequence are hidden, and the model says what they were.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/random.h"

namespace souk::learn {

struct ClozeConfig {
  std::uint32_t mask = 0;   // the row of the table that stands for "hidden"
  double proportion = 0.2;  // of the events that are hidden: each by itself, and at least one a sequence
  double last_only = 0.1;   // of the sequences that hide their last event alone, as it is hidden when the next one is asked for
};

// Hidden events become `mask`: `places` names them in rising order, `items` what they were. Sequence s is [begin[s], begin[s + 1]) of
// `items` in; empty ones stay. The same for the same state of `random`.
struct Cloze {
  std::vector<std::uint32_t> input;   // [tokens]
  std::vector<std::uint32_t> places;  // [hidden]
  std::vector<std::uint32_t> items;   // [hidden]
};
Cloze hide(const ClozeConfig& config, std::span<const std::uint32_t> items, std::span<const std::uint32_t> begin, Random& random);

}  // namespace souk::learn
