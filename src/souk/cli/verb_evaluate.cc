#include "souk/cli/verbs.h"
#include "souk/lab/shop_evaluation.h"

namespace souk::cli {

int evaluate(const Console& console, const EvaluateFlags& flags) {
  if (const auto rule = lab::shop_rule(flags.split, true); !rule) return report_usage(console, rule.error());
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::read));
  Progress& progress = console.progress();
  const lab::EvaluateOptions options{.shelves = flags.shelves,
                                     .split = flags.split,
                                     .cutoffs = flags.cutoffs,
                                     .max_cases = flags.max_cases,
                                     .seed = console.seed,
                                     .threads = console.threads};
  const Result<lab::ShopReport> done = lab::evaluate_shop(*shop, options, progress);
  if (!done && done.error().kind == ErrorKind::not_found) return report_usage(console, done.error());  // no such shelf
  if (!done) return report(console, done.error());
  const lab::ShopReport& judged = *done;
  progress.finish();
  if (!flags.results.empty()) {
    SOUK_OR_REPORT(const fs::path kept, console, lab::record_report(judged, flags.results));
    note(console, "kept as " + kept.string());
  }
  if (console.json) {
    print_line(console, judged.to_json());
  } else {
    print(console, flags.markdown ? judged.to_markdown() : judged.to_text());
  }
  return kDone;
}

}  // namespace souk::cli
