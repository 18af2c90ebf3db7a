// Ranked lists against graded judgements, as trec_eval defines them where it defines the same thing (docs/explanation/metrics.md says where
// not).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "souk/base/result.h"
#include "souk/eval/rank_eval.h"

namespace souk::eval {

using Qrels = std::map<std::string, std::map<std::string, double>>;                    // query -> item -> grade; 0 and below: not relevant
using RankedRun = std::map<std::string, std::vector<std::pair<std::string, double>>>;  // query -> (item, score), in any order

// Names, at a cutoff k (1 to 1,000,000) or over the whole list without one ("MAP", "MRR"):
//   nDCG@k         gain = grade;  nDCGexp@k  gain = 2^grade - 1; discount 1/log2(rank + 1); ideal from all judged items of the query
//   Recall@k       share of the relevant (grade above 0) among the first k; MAP[@k] over all relevant; MRR[@k]; Success@k: one or more
//   Precision@k    relevant among the first k, over k however short the list is; without a cutoff over the list's length
//   Judged@k       share of the first k, of what there is of them, that anybody judged, whatever the grade; 0 of an empty list
// Recall(2)@k: relevant means grade >= 2; so for Precision, MAP, MRR and Success. A query without such an item counts as 0.
struct RelevanceOptions {
  std::vector<std::string> metrics = {"nDCG@10", "nDCGexp@10", "Recall@100", "Precision@10", "MAP", "MRR", "Judged@10"};
  // Queries of the judgements without a list count as 0 (true) or are left out (false, as trec_eval without -c).
  bool missing_as_zero = true;
};
struct RelevanceResult {
  std::vector<std::string> queries;  // those counted, ascending: judged, with at least one relevant item
  Metrics metrics;
  std::map<std::string, std::vector<float>> per_query;
  std::uint64_t without_relevant = 0, without_list = 0, unjudged_queries = 0;  // of the judgements; of the judgements; of the run
};
// Lists are ordered by score, higher first; equal scores by item key, the greater first, as trec_eval does. An item that stands twice
// counts once, where it stands first; a score that is no number is the lowest.
// Errors: an unknown metric, with near names.
Result<RelevanceResult> judge(const Qrels& qrels, const RankedRun& run, const RelevanceOptions& options = {});

}  // namespace souk::eval
