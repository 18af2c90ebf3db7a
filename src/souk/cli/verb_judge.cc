// Ranked lists and a shop's search, judged by what people said of their answers.
#include "souk/cli/verbs.h"
#include "souk/feeds/trec.h"
#include "souk/lab/judge_runs.h"
#include "souk/lab/search_evaluation.h"

namespace souk::cli {

int lab_judge(const Console& console, const LabJudgeFlags& flags) {
  lab::JudgeOptions options{.missing_as_zero = !flags.answered_only, .seed = console.seed};
  if (!flags.metrics.empty()) options.metrics = flags.metrics;
  // Metrics that cannot be read are wrong usage, whatever the files hold.
  if (const auto readable = eval::judge({}, {}, {.metrics = options.metrics}); !readable) return report_usage(console, readable.error());
  SOUK_OR_REPORT(const lab::JudgeReport judged, console, lab::judge_files(flags.judgements, flags.run, flags.against, options));
  print(console, console.json ? judged.to_json(flags.per_query) + "\n" : judged.to_text(flags.per_query));
  return kDone;
}

int evaluate_search(const Console& console, const EvaluateFlags& flags) {
  SOUK_OR_REPORT(const feeds::JudgementFile judgements, console, feeds::read_judgements(flags.judgements));
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::read));
  Progress& progress = console.progress();
  const lab::SearchEvaluationOptions options{.cutoffs = flags.cutoffs, .seed = console.seed, .threads = console.threads};
  const std::string name = fs::path(flags.judgements).filename().string();
  SOUK_OR_REPORT(const lab::SearchReport judged, console, lab::evaluate_search(*shop, judgements, name, options, progress));
  print(console, console.json ? judged.to_json(flags.per_query) + "\n" : judged.to_text(flags.per_query));
  return kDone;
}

}  // namespace souk::cli
