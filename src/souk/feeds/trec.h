// What judges said of answers, and ranked answers, in the forms that people exchange them in. Whole files in memory, plain, gzip or zstd.
//
// Judgements, told apart by their beginning:
//   TREC qrels   "query 0 item grade", fields between spaces or tabs
//   CSV or TSV   with a header: query (or query_text, query_id, qid), item (item_id, doc_id, docid, product_id), grade (rating, relevance,
//                rel, judgment, label, final_rating); of several such columns the first named here; other columns are passed over
//   JSON         a line for each {"query","item","grade"}; or one document: a list of those, of {"query","ratings":[{"docId","rating"}]},
//                either below "judgmentRatings"; or an object of queries, each with its list of {"docId","rating"} or its {item: grade}
// Runs: TREC ("query Q0 item rank score tag"; the order is the scores', whatever rank says), or CSV or TSV with query, item and score.
// A TREC file cannot hold white space in queries and items; the other forms can.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::feeds {

using Judgements = std::map<std::string, std::map<std::string, double>>;                 // query -> item -> grade
using RankedLists = std::map<std::string, std::vector<std::pair<std::string, double>>>;  // query -> (item, score), as in the file

struct JudgementFile {
  Judgements grades;
  std::uint64_t rows = 0;
  std::uint64_t repeated = 0;  // of them, judgements that stood there before with the same grade
};
struct RunFile {
  RankedLists lists;
  std::string tag;  // of a TREC run's first line
  std::uint64_t rows = 0;
};

// Errors name file, line (in a JSON document the path) and field: a form that is none of the above, a field that is missing or no
// number, a judgement that stands there twice with different grades, an item twice in a list, bytes that are not UTF-8.
Result<JudgementFile> read_judgements(const fs::path& path);
Result<RunFile> read_run(const fs::path& path);
// The same from text; `name` is for messages.
Result<JudgementFile> parse_judgements(std::string_view text, const std::string& name);
Result<RunFile> parse_run(std::string_view text, const std::string& name);

// A TREC run: lists by query, items by score and, where scores are equal, the greater key first, as trec_eval orders them; ranks from 1.
// Errors: white space in a query, an item or the tag, nothing where one of them must be, a score that is not finite.
Result<std::string> trec_run(const RankedLists& lists, std::string_view tag);
Status write_trec_run(const fs::path& path, const RankedLists& lists, std::string_view tag);

}  // namespace souk::feeds
