// Splits: what is held out, and a fingerprint that tells two splits apart. Tuning never sees test.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/store/interactions.h"

namespace souk::eval {

// One question: given this shopper's events before the cut, which items come next?
struct Case {
  std::uint32_t shopper = 0;         // row of Split::log
  std::uint64_t history_events = 0;  // the first so many events of the shopper's row are known
  std::vector<std::uint32_t> truth;  // item rows, each once, ascending
};

enum class Part : std::uint8_t { validation, test };

inline constexpr std::uint32_t kind_bit(store::EventKind kind) {
  return 1U << static_cast<unsigned>(kind);
}
inline constexpr std::uint32_t kEveryKind = ~0U;

// How a log is split. In every rule equal times keep the log's order, in which events arrived.
//
//   loo       leave one out: each shopper's last event is test, the one before validation; shoppers with fewer than 3 events only train
//   time      everything from a moment on is test: a case for each shopper with a truth event there; the stretch of the same length
//             before it is validation
//   last-day  time, with the moment at the beginning of the log's last day (UTC)
//   session   as time, but a case for every event that follows another in a session begun from the moment on: the next item, with the
//             shopper's events up to there known. A session ends after 30 idle minutes; events of one order are of one session, those
//             of two orders of two
//   cold      as time, but only items with at most `cold_events` training events are truth
//   random    a seeded share of each shopper's events is test, an equal share of the rest validation; rows are put in the order
//             training, validation, test (each in the log's order), so that a history holds no more than was known. Times are left
//             out: such rows have no order in time
//   fixed     as the data set came (FixedParts)
struct SplitRule {
  enum class Kind : std::uint8_t { loo, time, last_day, session, cold, random, fixed };
  Kind kind = Kind::loo;
  Duration holdout = 0;           // time, session, cold: length of the held-out end; 0: the last tenth of the log's span
  std::uint32_t cold_events = 0;  // cold
  double share = 0.1;  // random: share of a shopper's events that is test, and as many validation; at least one each when there are 3
  Part part = Part::test;
  // loo, random, fixed: whether models asked for the test part are fitted on the validation events too. The other rules always do.
  bool fit_validation = false;
  // Bits of EventKind: only such events are truth. In loo the last two of these kinds are held out, and what comes between and after
  // them trains nothing.
  std::uint32_t truth_kinds = kEveryKind;

  // "loo", "time", "time:14d", "last-day", "session", "session:7d", "cold", "cold:5", "cold:5:14d", "random", "random:0.2", "fixed".
  static Result<SplitRule> parse(std::string_view text);
  std::string text() const;  // parse(text()) has the same kind, holdout, cold_events and share
  friend bool operator==(const SplitRule&, const SplitRule&) = default;
};

// Parts that a data set came with: of a shopper's row, events [0, first_validation) train, [first_validation, first_test) validate and
// the rest test. A row without training events but with events before the test is a question alone, such as a session cut before its
// last item: what is known of it answers, and is neither trained on nor asked about.
struct FixedParts {
  std::vector<std::uint64_t> first_validation, first_test;  // [shoppers]
};

struct Split {
  store::Interactions log;       // the source, or its rows reordered (random); same item and shopper rows
  store::Interactions train;     // what models may see; same item and shopper rows
  std::vector<Case> cases;       // by shopper, then by place in the row
  std::string rule;              // in words, with what was done about equal times
  std::string fingerprint;       // of rule, log, train and cases: equal when and only when models face the same task
  std::uint64_t tied = 0;        // cases whose truth shares its time with the last known event: their order is the log's, not time's
  std::optional<Timestamp> cut;  // rules by time: every training event, of whichever shopper, lies before it
  // Of the test part of loo, random and fixed where it leaves the validation events out of `train`: the cases of the validation part, which
  // training may be stopped by and is not otherwise told. Else none.
  std::vector<Case> validation;
};

// `seed` matters to random alone; `fixed` is needed by fixed alone. Errors: an untimed log with a rule by time, nothing to train on or
// nothing held out, no parts for fixed.
Result<Split> make_split(const store::Interactions& log, const SplitRule& rule, std::uint64_t seed = 1, const FixedParts* fixed = nullptr);

// Of the rule, the cut, the log, the training events and the cases of a split, whatever stands in its `fingerprint`. Whoever puts a split
// together by hand (other cases on the same logs) writes it there.
std::string split_fingerprint(const Split& split);

// Refuses a split that would flatter: the fingerprint is not that of its contents, a shopper's training events are not among the first
// events that every case of theirs knows, a training event does not lie before the cut, history reaches beyond the log, or truth is no
// item of it. The message names the shopper and the event (ErrorKind::invalid; `where` is "shopper row R, event N", events from 0).
Status check_split(const Split& split);

}  // namespace souk::eval
