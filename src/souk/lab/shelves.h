// Shelves on a shop's held-out tail, beside their floors. A shelf is a function from a case to a ranked list; the glue to a real shop is
// shop_evaluation.h.
//
// What a shelf is judged on:
//   shopper, none  one case a shopper who did something after the cut; truth = all those items
//   item           one case an item of a held-out basket; truth = the basket's other items
//   basket         one case a line of a held-out basket of two or more; truth = that line, asked with the others in the basket
// A basket is an order; events without one gather to a session, which ends after 30 idle minutes.
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
#include "souk/lab/recipe.h"
#include "souk/shelf/plan.h"
#include "souk/store/interactions.h"

namespace souk::lab {

struct ShelfCase {
  eval::Case base;                     // shopper, known events, truth
  std::vector<std::uint32_t> context;  // item rows: the item looked at, or the basket
  Timestamp at = 0;                    // when it is asked
};

// first_held_out[shopper]: events of the shopper's row before it are known. Cases in the order of shoppers and time.
std::vector<ShelfCase> shelf_cases(const store::Interactions& log, std::span<const std::uint64_t> first_held_out, shelf::Context context,
                                   std::uint32_t truth_kinds);

struct ShelfUnderTest {
  std::string name;
  shelf::Context context = shelf::Context::shopper;
  std::uint32_t truth_kinds = eval::kind_bit(store::EventKind::purchase);
  bool repeats = true;  // items of the history are welcome; else they are masked for the floors too
  // At most k item rows, best first. Called from several threads.
  std::function<Result<std::vector<std::uint32_t>>(const ShelfCase& which, std::size_t k)> ask;
};

struct EvaluateOptions {
  std::vector<std::string> shelves{};  // empty: all
  std::string split = "time";          // "time" (last tenth of the span), "time:14d", "last-day"
  std::vector<std::uint32_t> cutoffs = {10, 20};
  std::size_t max_cases = 4000;  // a shelf; more are sampled with the seed; 0: all
  std::uint64_t seed = 1;
  unsigned threads = 1;
};

struct HeldOut {  // a split of a shop's log, as shelves are judged on it
  store::Interactions train;
  std::vector<std::uint64_t> first_held_out;  // by shopper
  std::string rule, fingerprint;
  Timestamp cut = 0;
};
// How much of the end a split holds out: nothing for "time", the last tenth of the span. Error: a split that is none of the above.
Result<std::optional<Duration>> held_out_tail(const std::string& split);
// Errors: an untimed log, a split that is none of the above, nothing before or after the cut.
Result<HeldOut> hold_out(const store::Interactions& log, const std::string& split);

struct ShelfVersus {
  std::string floor;
  eval::PairedDifference difference;
  std::string verdict;  // of eval::verdict: "beats", "does not beat", "cannot be told from", "too few"
};
struct ShelfReport {
  std::string name, context;
  bool repeats = true;
  std::uint64_t cases = 0, possible_cases = 0;
  Metrics metrics;
  std::map<std::string, eval::Interval> interval;
  std::vector<std::pair<std::string, Metrics>> floors;  // popularity, buy-again (where repeats are welcome), co-visitation
  std::map<std::string, std::map<std::string, eval::Interval>> floor_interval;
  std::vector<ShelfVersus> versus;  // one a floor, by NDCG at the first cutoff
  double p50_ms = 0, p99_ms = 0;    // of one answer
  std::string note;                 // why there is nothing to say
};
struct ShopReport {
  std::string shop, split, fingerprint, log, version;
  std::string metric;  // that the verdicts are about
  std::uint64_t shoppers = 0, items = 0, events = 0, train_events = 0, seed = 0;
  double seconds = 0;
  std::vector<ShelfReport> shelves;
  std::string to_json() const;                                                          // one line
  static Result<ShopReport> from_json(std::string_view json, const std::string& name);  // name: for messages
  std::string to_text() const;                                                          // tables for a terminal
  std::string to_markdown() const;                                                      // tables for docs/results.md
};

// Keeps a report as <results>/shops/<shop>.json; render_results (run.h) prints it with the recorded runs.
Result<fs::path> record_report(const ShopReport& report, const fs::path& results);

// Floors are fitted on held_out.train. Lists are the same for any number of threads; only latencies differ.
Result<ShopReport> evaluate_shelves(const store::Interactions& log, const HeldOut& held_out, std::span<const ShelfUnderTest> shelves,
                                    const EvaluateOptions& options, Progress& progress);

}  // namespace souk::lab
