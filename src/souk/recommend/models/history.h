// What the events of a history count for models that sum over the items a shopper chose. Inside the room only.
#pragma once

#include <cstdint>
#include <vector>

#include "souk/base/config.h"
#include "souk/base/kernels/top_k.h"
#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/eval/rank_eval.h"

namespace souk::recommend {

// An event at place i from the end (0: newest) that is `age` older than the newest counts weight (i + 1)^-decay 2^-(age / half_life).
struct HistoryRule {
  std::uint32_t last = 0;  // only the so many newest events; 0: all
  float decay = 0;
  Duration half_life = 0;  // 0: age does not matter
  bool sum = false;        // an item chosen several times counts the sum of its events; false: the largest
  bool binary = false;     // an event weighs 1, whatever its weight
};

// The settings "history", "decay", "half_life" and "repeats" ("once" or "sum").
Result<HistoryRule> history_rule(const Config& settings, HistoryRule otherwise = {});

// One entry an item, by item; values above 0 only.
std::vector<Scored> chosen(const eval::History& history, const HistoryRule& rule);

}  // namespace souk::recommend
