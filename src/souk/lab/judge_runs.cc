#include "souk/lab/judge_runs.h"

#include <algorithm>
#include <fmt/format.h>

#include "souk/engine/json_writer.h"
#include "souk/engine/words.h"

namespace souk::lab {
namespace {

using engine::with_commas;

Result<JudgedRun> judged(const feeds::JudgementFile& judgements, const NamedLists& named, const JudgeOptions& options) {
  JudgedRun run;
  run.name = named.name;
  run.lists = named.lists->size();
  for (const auto& [query, list] : *named.lists) run.items += list.size();
  const eval::RelevanceOptions asked{.metrics = options.metrics, .missing_as_zero = options.missing_as_zero};
  SOUK_TRY(run.result, eval::judge(judgements.grades, *named.lists, asked));
  for (const auto& [metric, values] : run.result.per_query) run.interval[metric] = eval::bootstrap(values, options.seed);
  return run;
}

// The differences over the queries that both counted: without lists of their own, runs may count different ones.
std::map<std::string, eval::PairedDifference> differences(const JudgedRun& a, const JudgedRun& b, std::uint64_t seed) {
  std::map<std::string, eval::PairedDifference> found;
  for (const auto& [metric, values] : a.result.per_query) {
    const std::vector<float>& others = b.result.per_query.at(metric);
    std::vector<float> left, right;
    for (std::size_t i = 0, j = 0; i < values.size() && j < others.size();) {
      const int order = a.result.queries[i].compare(b.result.queries[j]);
      if (order == 0) {
        left.push_back(values[i]);
        right.push_back(others[j]);
      }
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    found[metric] = eval::paired_bootstrap(left, right, seed);
  }
  return found;
}

std::string_view verdict_of(const eval::PairedDifference& one) {
  return eval::verdict(one.delta, one.p, one.clusters);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_commas(count), count == 1 ? one : many);
}

void write_run(engine::JsonWriter& json, const JudgedRun& run) {
  json.begin_object()
      .member("name", run.name)
      .member("lists", run.lists)
      .member("items", run.items)
      .member("queries", run.result.queries.size())
      .member("without_list", run.result.without_list)
      .member("unjudged_queries", run.result.unjudged_queries);
  json.key("metrics").begin_object();
  for (const auto& [metric, value] : run.result.metrics) json.member(metric, value);
  json.end_object().key("interval").begin_object();
  for (const auto& [metric, interval] : run.interval) json.key(metric).begin_array().value(interval.low).value(interval.high).end_array();
  json.end_object().end_object();
}

// Calls use(query, place in run.result, place in against's or nothing), by query.
template <class Use>
void each_query(const JudgeReport& report, const Use& use) {
  const std::vector<std::string>& queries = report.run.result.queries;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    std::optional<std::size_t> other;
    if (report.against) {
      const auto& others = report.against->result.queries;
      const auto found = std::lower_bound(others.begin(), others.end(), queries[i]);
      if (found != others.end() && *found == queries[i]) other = static_cast<std::size_t>(found - others.begin());
    }
    use(queries[i], i, other);
  }
}

void write_values(engine::JsonWriter& json, const JudgedRun& run, std::size_t place) {
  json.begin_object();
  for (const auto& [metric, values] : run.result.per_query) json.member(metric, values[place]);
  json.end_object();
}

std::string coverage(const JudgedRun& run, bool missing_as_zero) {
  std::string text = fmt::format("{}: {}, {}", run.name, counted(run.lists, "list", "lists"), counted(run.items, "item", "items"));
  if (run.result.without_list > 0) {
    text += fmt::format("; {} without a list {}", counted(run.result.without_list, "judged query", "judged queries"),
                        missing_as_zero ? "count as 0" : "are left out");
  }
  if (run.result.unjudged_queries > 0) {
    text += fmt::format("; {} that nobody judged", counted(run.result.unjudged_queries, "query", "queries"));
  }
  return text + "\n";
}

}  // namespace

Result<JudgeReport> judge_runs(const feeds::JudgementFile& judgements, const NamedLists& run, const std::optional<NamedLists>& against,
                               const JudgeOptions& options) {
  JudgeReport report;
  report.queries = judgements.grades.size();
  report.judged = judgements.rows - judgements.repeated;
  report.repeated = judgements.repeated;
  report.seed = options.seed;
  report.missing_as_zero = options.missing_as_zero;
  for (const std::string& metric : options.metrics) {
    if (std::find(report.metrics.begin(), report.metrics.end(), metric) == report.metrics.end()) report.metrics.push_back(metric);
  }
  SOUK_TRY(report.run, judged(judgements, run, options));
  if (!against) return report;
  SOUK_TRY(report.against, judged(judgements, *against, options));
  report.versus = differences(report.run, *report.against, options.seed);
  return report;
}

Result<JudgeReport> judge_files(const fs::path& judgements, const fs::path& run, const fs::path& against, const JudgeOptions& options) {
  SOUK_TRY(const feeds::JudgementFile grades, feeds::read_judgements(judgements));
  SOUK_TRY(const feeds::RunFile lists, feeds::read_run(run));
  feeds::RunFile other;
  std::optional<NamedLists> others;
  if (!against.empty()) {
    SOUK_TRY(other, feeds::read_run(against));
    others = {against.filename().string(), &other.lists};
  }
  SOUK_TRY(JudgeReport report, judge_runs(grades, {run.filename().string(), &lists.lists}, others, options));
  report.judgements = judgements.filename().string();
  if (!report.run.result.queries.empty()) return report;
  return fail(Error{ErrorKind::invalid, "there is nothing to judge", judgements.string(),
                    options.missing_as_zero ? "a query with a relevant item (grade above 0)" : "a query with a relevant item and a list",
                    fmt::format("{}, {} of the run among them", counted(report.queries, "judged query", "judged queries"),
                                with_commas(report.queries - report.run.result.without_list)),
                    "Queries are equal when their texts are, byte by byte."});
}

std::string JudgeReport::table() const {
  constexpr std::size_t kColumn = 26;
  std::size_t widest = 12;
  for (const std::string& metric : metrics) widest = std::max(widest, metric.size());
  const std::size_t column = std::max({kColumn, run.name.size(), against ? against->name.size() : 0});
  const auto cell = [](const JudgedRun& one, const std::string& metric) {
    const eval::Interval& interval = one.interval.at(metric);
    return fmt::format("{:.4f} [{:.4f}, {:.4f}]", one.result.metrics.at(metric), interval.low, interval.high);
  };
  std::string text = fmt::format("{:{}}  {:{}}", counted(run.result.queries.size(), "query", "queries"), widest, run.name, column);
  if (against) text += fmt::format("  {:{}}  {}", against->name, column, "difference");
  for (const std::string& metric : metrics) {
    text += fmt::format("\n{:{}}  {:{}}", metric, widest, cell(run, metric), column);
    if (!against) continue;
    const eval::PairedDifference& one = versus.at(metric);
    text += fmt::format("  {:{}}  {:+.4f} [{:+.4f}, {:+.4f}] p {:.3f}", cell(*against, metric), column, one.delta, one.interval.low,
                        one.interval.high, one.p);
  }
  // Columns are padded for the one that follows.
  std::string trimmed;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    trimmed += text.substr(at, text.find_last_not_of(' ', end - 1) + 1 - at) + "\n";
    at = end + 1;
  }
  return trimmed;
}

std::string JudgeReport::to_text(bool per_query) const {
  std::string text =
      fmt::format("{}: {}, {}", judgements, counted(queries, "query", "queries"), counted(judged, "judgement", "judgements"));
  if (repeated > 0) text += fmt::format(" ({} stood there twice)", with_commas(repeated));
  if (run.result.without_relevant > 0) {
    text += fmt::format("; {} without a relevant item left out", counted(run.result.without_relevant, "query", "queries"));
  }
  text += "\n" + coverage(run, missing_as_zero);
  if (against) text += coverage(*against, missing_as_zero);
  text += "\n" + table();
  if (against && !metrics.empty()) {
    const eval::PairedDifference& one = versus.at(metrics.front());
    const std::string_view word = verdict_of(one);
    text += word == "too few" ? fmt::format("\ntoo few queries to tell ({})\n", one.clusters)
                              : fmt::format("\nby {} {} {} {}\n", metrics.front(), run.name, word, against->name);
  }
  if (!per_query) return text;
  text += "\n";
  for (const std::string& metric : metrics) text += fmt::format("{:>12}", metric);
  text += "  query\n";
  each_query(*this, [&](const std::string& query, std::size_t place, std::optional<std::size_t> other) {
    for (const std::string& metric : metrics) text += fmt::format("{:>12.4f}", run.result.per_query.at(metric)[place]);
    text += "  " + query + "\n";
    if (!other) return;
    for (const std::string& metric : metrics) text += fmt::format("{:>12.4f}", against->result.per_query.at(metric)[*other]);
    text += "  (" + against->name + ")\n";
  });
  return text;
}

void JudgeReport::write(engine::JsonWriter& json, bool per_query) const {
  json.key("run");
  write_run(json, run);
  if (against) {
    json.key("against");
    write_run(json, *against);
    json.key("versus").begin_object();
    for (const auto& [metric, one] : versus) {
      json.key(metric).begin_object().member("delta", one.delta).key("interval").begin_array();
      json.value(one.interval.low).value(one.interval.high).end_array();
      json.member("p", one.p).member("queries", one.clusters).member("verdict", std::string(verdict_of(one))).end_object();
    }
    json.end_object();
  }
  if (!per_query) return;
  json.key("per_query").begin_object();
  each_query(*this, [&](const std::string& query, std::size_t place, std::optional<std::size_t> other) {
    json.key(query).begin_object().key("run");
    write_values(json, run, place);
    if (other) {
      json.key("against");
      write_values(json, *against, *other);
    }
    json.end_object();
  });
  json.end_object();
}

std::string JudgeReport::to_json(bool per_query) const {
  engine::JsonWriter json;
  json.begin_object().key("judgements").begin_object();
  json.member("name", judgements)
      .member("queries", queries)
      .member("judgements", judged)
      .member("repeated", repeated)
      .member("without_relevant", run.result.without_relevant)
      .end_object();
  write(json, per_query);
  return json.member("seed", seed).end_object().take();
}

}  // namespace souk::lab
