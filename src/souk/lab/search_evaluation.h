// A shop's search, judged by what people said of its answers: what `souk evaluate SHOP --judgements FILE` prints.
//
// Every judged query is asked as a storefront asks it. Beside it stands the floor `bm25`: the same words over title, brand and description
// with equal weights, any word enough, no popularity, no shelf; what a shop has without doing anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/engine/shop.h"
#include "souk/feeds/trec.h"
#include "souk/lab/judge_runs.h"

namespace souk::lab {

struct SearchEvaluationOptions {
  std::vector<std::uint32_t> cutoffs = {10, 20};  // the first one decides verdicts and words
  std::size_t weakest = 5;                        // how many queries to name
  std::uint64_t seed = 1;
  unsigned threads = 1;
};

struct WeakQuery {
  std::string query;
  double value = 0;                       // nDCG at the first cutoff
  std::uint64_t relevant = 0, found = 0;  // relevant items that are known; of them among the first
  std::string first;                      // title of what is shown first; empty: nothing was found
};

struct SearchReport {
  std::string shop, version;
  JudgeReport judged;                  // run: "search", against: "bm25"
  std::uint64_t unknown_items = 0;     // judged items that the shop does not have
  std::uint64_t without_answer = 0;    // judged queries that found nothing at all
  std::uint64_t nothing_relevant = 0;  // judged queries with nothing relevant among the first
  std::uint32_t cutoff = 10;
  std::vector<WeakQuery> weakest;  // worst first; equal ones with more relevant items first
  double p50_ms = 0, p99_ms = 0;   // of a whole answer, facets included
  double seconds = 0;
  std::string to_text(bool per_query) const;
  std::string to_json(bool per_query) const;  // one line
};

// Lists are the same for any number of threads; only latencies differ. Leaves the shop as it is. Errors: no judged query with a relevant
// item, a query that search refuses (too long).
Result<SearchReport> evaluate_search(const engine::Shop& shop, const feeds::JudgementFile& judgements, const std::string& name,
                                     const SearchEvaluationOptions& options, Progress& progress);

}  // namespace souk::lab
