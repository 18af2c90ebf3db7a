// Splits: what is held out, and a fingerprint that tells two splits apart. Tuning never sees test.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/store/interactions.h"

namespace souk::eval {

// One question: given this shopper's events before the cut, which items come next?
struct Case {
  std::uint32_t shopper = 0;         // row in the full log
  std::uint64_t history_events = 0;  // the first so many events of the shopper's row are known
  std::vector<std::uint32_t> truth;  // item rows, each once, ascending
};

struct Split {
  store::Interactions train;  // same item and shopper rows as the full log
  std::vector<Case> cases;
  std::string rule;         // "leave-one-out (last event); the one before it is validation and stays out of training"
  std::string fingerprint;  // of rule, log fingerprint and cases
};

enum class Part : std::uint8_t { validation, test };

// Last event of each shopper with at least 3 = test, the one before = validation. For test, training excludes both, and the history known
// at test includes the validation event. For validation, training is the same and the history ends before the validation event. Shoppers
// with fewer than 3 events are all training. Ties in time keep the log's order.
Result<Split> leave_one_out(const store::Interactions& log, Part part);

// Everything at or after `cut` is held out; a case for each shopper with a truth event (of `truth_kinds`, bit by EventKind) after the cut,
// truth = all such items; history = the shopper's events before the cut (may be none). Refuses an untimed log.
inline constexpr std::uint32_t kind_bit(store::EventKind kind) {
  return 1U << static_cast<unsigned>(kind);
}
Result<Split> at_time(const store::Interactions& log, Timestamp cut, std::uint32_t truth_kinds);

}  // namespace souk::eval
