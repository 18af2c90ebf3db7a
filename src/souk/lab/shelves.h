// Shelves on events of their shop that they did not learn from, beside their floors. A shelf is a function from a case to a ranked list;
// the glue to a real shop is shop_evaluation.h.
//
// What a shelf is judged on (`judged_on` says it in words). A basket is an order; events without one gather to a session, which ends after
// 30 idle minutes. Of a basket each item counts once.
//
//   split                 shopper, none           item                                     basket
//   time, last-day, cold  the split's own cases:  a case an item of a held-out basket;     a case an item of a held-out basket of two or
//                         a shopper's later       truth = the basket's other items         more: it is the truth, the others are asked with
//                         items                   (cold: those that are cold)              (cold: a case a cold item)
//   loo, random           the split's own: what   a case a known item of a basket of       a case a basket of which lines are held out and
//                         was held out            which lines are held out; truth = those  lines are known; truth = the former
//   session               the split's own: the    the item before it in the session        the session's items before it
//                         next item
//
// Where a log has neither orders nor times (loo), the event before the held-out one stands for the basket's known lines.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"
#include "souk/eval/split.h"
#include "souk/shelf/plan.h"
#include "souk/store/interactions.h"

namespace souk::lab {

struct HeldOut {  // a split of a shop's log
  eval::SplitRule rule;
  eval::Split split;
};
// What `--split` may say; a shop has no fixed split. Empty: time, or loo where the events have no times.
Result<eval::SplitRule> shop_rule(std::string_view text, bool timed);
// Fits on everything that is not test: nothing is tuned here. Refuses a split that leaks (eval::check_split). Errors: no events, a rule by
// time for an untimed log, nothing on one of the sides.
Result<HeldOut> hold_out(const store::Interactions& log, const eval::SplitRule& rule, std::uint64_t seed);

struct ShelfCase {
  eval::Case base;                     // shopper, known events, truth
  std::vector<std::uint32_t> context;  // item rows: the item looked at, or the basket
  std::optional<Timestamp> at{};       // when it is asked; none where the split is not by time
};
// Cases in the order of shoppers and time.
std::vector<ShelfCase> shelf_cases(const HeldOut& held_out, shelf::Context context);
std::string judged_on(const eval::SplitRule& rule, shelf::Context context);  // the table above for one shelf, for people

struct ShelfUnderTest {
  std::string name;
  shelf::Context context = shelf::Context::shopper;
  const HeldOut* held_out = nullptr;  // what its kind of truth leaves out; borrowed
  bool repeats = true;                // items of the history are welcome; else they are masked for the floors too
  // At most k item rows, best first. Called from several threads.
  std::function<Result<std::vector<std::uint32_t>>(const ShelfCase& which, std::size_t k)> ask;
  // A whole answer of k items as a shopper gets it, for its time alone; none: not timed. Called from one thread.
  std::function<Status(const ShelfCase& which, std::size_t k)> answer{};
};

struct EvaluateOptions {
  std::vector<std::string> shelves{};  // empty: all
  std::string split{};                 // shop_rule
  std::vector<std::uint32_t> cutoffs = {10, 20};
  std::size_t max_cases = 4000;  // a shelf; more are sampled with the seed; 0: all
  std::uint64_t seed = 1;
  unsigned threads = 1;
};

struct ShelfVersus {
  std::string floor;
  eval::PairedDifference difference;  // of the report's metric
  std::string verdict;                // of eval::verdict: "beats", "does not beat", "cannot be told from", "too few"
  // The same of the hit rate at the first cutoff, which is what the words for a shop owner are about.
  eval::PairedDifference hits{};
  std::string hits_verdict{};        // empty in older reports
  std::uint64_t shoppers_to_tell{};  // see shoppers_to_tell(); 0 where the verdict on hits is plain
};
struct SliceReport {
  std::string group, name;  // of eval::Slice
  std::uint64_t cases = 0;
  eval::Metrics metrics;
  std::vector<std::pair<std::string, eval::Metrics>> floors;
};
struct ShelfReport {
  std::string name, context, truth = "purchase";
  std::string judged_on;
  bool repeats = true;
  std::uint64_t cases = 0, possible_cases = 0, shoppers = 0;
  eval::Metrics metrics;
  std::map<std::string, eval::Interval> interval;
  std::vector<std::pair<std::string, eval::Metrics>> floors;  // popularity, buy-again (where repeats are welcome), co-visitation
  std::map<std::string, std::map<std::string, eval::Interval>> floor_interval;
  std::vector<ShelfVersus> versus;  // one a floor, by NDCG at the first cutoff
  std::vector<SliceReport> slices;
  double p50_ms = 0, p99_ms = 0;  // of one answer
  std::string note;               // why there is nothing to say
};
struct ShopReport {
  std::string shop, rule, split, fingerprint, log, version, commit;  // rule: as --split takes it; split: in words
  std::string metric;                                                // that the verdicts are about
  std::uint64_t shoppers = 0, items = 0, events = 0, train_events = 0, tied = 0, seed = 0;
  double seconds = 0;
  std::vector<ShelfReport> shelves;
  std::string to_json() const;                                                          // one line
  static Result<ShopReport> from_json(std::string_view json, const std::string& name);  // name: for messages
  std::string to_text() const;                                                          // tables for a terminal of 100 columns, then words
  std::string to_markdown() const;                                                      // tables for docs/results.md
};

// What a report means for the owner of the shop (shop_words.cc): against the floors that could stand in the shelf's place. For an item
// shelf these are popularity and co-visitation, for one that is the same for everyone popularity, else all.
enum class Advice : std::uint8_t {
  keep,        // serves more than every such floor
  equal,       // as many as the best of them, to within half a shopper in a hundred
  switch_off,  // fewer than one of them, and places what it finds no higher
  undecided,   // cannot be told from one of them by so few shoppers, or serves fewer and places higher
  too_few,     // below eval::kFewestClusters
  none,        // was not judged
};
bool could_replace(const ShelfVersus& floor, std::string_view context);
Advice advice_on(const ShelfReport& shelf);
std::string_view name_of(Advice advice);
// Plain sentences: what share of shoppers is served within the first cutoff, against each floor, and what to do. Without line breaks.
std::string words_on(const ShelfReport& shelf, const ShopReport& report);

// How many shoppers would show such a difference in four of five evaluations (power 0.8, two-sided 5 %), from how much it varied between
// those there are: n (2.8 SE / delta)^2. 0: no number would, or the difference is nothing.
std::uint64_t shoppers_to_tell(const eval::PairedDifference& difference);

// Keeps a report as <results>/shops/<shop>.json; render_results (run.h) prints it with the recorded runs. A report of another rule than
// by time is kept as <shop>-<rule>.json beside it.
Result<fs::path> record_report(const ShopReport& report, const fs::path& results);

// Floors are fitted on each split's training events. Lists are the same for any number of threads; only latencies differ. `log` is the
// whole log that the splits are of.
Result<ShopReport> evaluate_shelves(const store::Interactions& log, std::span<const ShelfUnderTest> shelves, const EvaluateOptions& options,
                                    Progress& progress);

}  // namespace souk::lab
