// Ranked lists against what judges said: means with intervals, and a paired comparison with other lists for the same queries. What
// `souk lab judge` prints, and the judging half of search_evaluation.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/eval/relevance.h"
#include "souk/feeds/trec.h"

namespace souk::engine {
class JsonWriter;
}

namespace souk::lab {

struct JudgeOptions {
  std::vector<std::string> metrics = eval::RelevanceOptions{}.metrics;
  bool missing_as_zero = true;  // of judged queries without a list
  std::uint64_t seed = 1;       // of the bootstrap, which draws queries
};

struct JudgedRun {
  std::string name;
  std::uint64_t lists = 0, items = 0;  // of the run
  eval::RelevanceResult result;
  std::map<std::string, eval::Interval> interval;  // 95 %, by metric
};

struct JudgeReport {
  std::string judgements;  // where they came from
  std::uint64_t queries = 0, judged = 0, repeated = 0, seed = 1;
  bool missing_as_zero = true;
  std::vector<std::string> metrics;  // in the order asked for, each once
  JudgedRun run;
  std::optional<JudgedRun> against;
  // run - against over the queries that both counted; by metric.
  std::map<std::string, eval::PairedDifference> versus;

  std::string to_text(bool per_query) const;
  std::string to_json(bool per_query) const;  // one line
  // The table of means alone, a line for each metric; names stand in its head.
  std::string table() const;
  // Members "run", "against", "versus" and, when asked for, "per_query" of an object that is being written.
  void write(engine::JsonWriter& json, bool per_query) const;
};

struct NamedLists {
  std::string name;
  const feeds::RankedLists* lists = nullptr;  // borrowed
};
// Errors: an unknown metric.
Result<JudgeReport> judge_runs(const feeds::JudgementFile& judgements, const NamedLists& run, const std::optional<NamedLists>& against,
                               const JudgeOptions& options);
// The same from files; an empty `against`: no other run. Errors: those of reading them (feeds/trec.h), no judged query with a relevant
// item.
Result<JudgeReport> judge_files(const fs::path& judgements, const fs::path& run, const fs::path& against, const JudgeOptions& options);

}  // namespace souk::lab
