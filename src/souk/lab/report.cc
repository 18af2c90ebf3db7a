// Run records for people: one run, two runs side by side, and the page of all recorded ones.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "souk/lab/run.h"
#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

double value_of(const Metrics& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? 0.0 : found->second;
}

std::string verdict(const RunRecord::Versus& versus, std::uint64_t cases) {
  if (cases < eval::kFewestClusters) return fmt::format("and {}: too few cases to tell ({})", versus.floor, cases);
  const std::string_view word = eval::verdict(versus.delta, versus.p, cases);
  return fmt::format("{} {}: {} {:+.4f} [{:+.4f}, {:+.4f}], p {:.3f}", word, versus.floor, versus.metric, versus.delta, versus.interval.low,
                     versus.interval.high, versus.p);
}

std::string settings_of(const RunRecord& record) {
  return record.overrides.empty() ? "" : fmt::format(" ({})", fmt::join(record.overrides, ", "));
}

// The metrics a page shows: what all of its records report, at cutoff 10 where there is one.
std::vector<std::string> columns_of(const std::vector<RunRecord>& records) {
  std::vector<std::string> columns;
  for (const auto& [name, value] : records.front().metrics) {
    const bool everywhere = std::all_of(records.begin(), records.end(), [&](const RunRecord& one) { return one.metrics.contains(name); });
    if (everywhere && name.ends_with("@10")) columns.push_back(name);
  }
  return columns;
}

std::string table_of(const std::vector<RunRecord>& records) {
  const std::vector<std::string> columns = columns_of(records);
  std::string text = fmt::format("| run | {} | against the best floor | train s | evaluate s |\n|---|", fmt::join(columns, " | "));
  for (std::size_t i = 0; i < columns.size() + 3; ++i) text += "---|";
  text += "\n";
  std::set<std::string> floors_shown;
  for (const RunRecord& record : records) {
    for (const auto& [name, metrics] : record.floors) {
      if (!floors_shown.insert(name).second) continue;
      text += fmt::format("| *floor:* {} |", name);
      for (const std::string& column : columns) text += fmt::format(" {:.4f} |", value_of(metrics, column));
      text += " | | |\n";
    }
  }
  for (const RunRecord& record : records) {
    text += fmt::format("| `{}`{}, seed {} |", record.recipe, settings_of(record), record.seed);
    for (const std::string& column : columns) {
      const auto found = record.interval.find(column);
      const eval::Interval interval = found == record.interval.end() ? eval::Interval{} : found->second;
      text += fmt::format(" {:.4f} [{:.4f}, {:.4f}] |", value_of(record.metrics, column), interval.low, interval.high);
    }
    text += fmt::format(" {} | {:.2f} | {:.2f} |\n", record.versus ? verdict(*record.versus, record.cases) : "", record.seconds.train,
                        record.seconds.evaluate);
    if (record.paper) {
      text += fmt::format("| *published:* {} |", record.paper->source);
      for (const std::string& column : columns) {
        text += record.paper->metrics.contains(column) ? fmt::format(" {:.4f} |", record.paper->metrics.at(column)) : " |";
      }
      text += " | | |\n";
    }
  }
  return text;
}

}  // namespace

std::string RunRecord::to_text() const {
  std::string text = fmt::format("{}{} on {}: {} users, {} items, {} events; {} cases\n{}\n\n{:28}", recipe, settings_of(*this), data.name,
                                 data.users, data.items, data.events, cases, protocol, "");
  for (const auto& [name, value] : metrics) text += fmt::format("{:>11}", name);
  const auto line = [&](const std::string& label, const Metrics& values) {
    text += fmt::format("\n{:28}", label);
    for (const auto& [name, value] : metrics) {
      text += values.contains(name) ? fmt::format("{:>11.4f}", values.at(name)) : fmt::format("{:>11}", "");
    }
  };
  line(recipe, metrics);
  Metrics low, high;
  for (const auto& [name, bounds] : interval) {
    low[name] = bounds.low;
    high[name] = bounds.high;
  }
  line("  95 % from", low);
  line("       to", high);
  for (const auto& [name, values] : floors) line("floor: " + name, values);
  if (paper) line("published: " + paper->source, paper->metrics);
  text += "\n";
  if (versus) text += fmt::format("\n{} {}\n", recipe, verdict(*versus, cases));
  text += fmt::format("\nload {:.2f} s, train {:.2f} s, evaluate {:.2f} s; processor {:.2f} s; peak memory {:.0f} MB\n", seconds.load,
                      seconds.train, seconds.evaluate, cpu_seconds.load + cpu_seconds.train + cpu_seconds.evaluate, peak_rss_mb);
  return text;
}

Result<std::string> compare(const RunRecord& a, const RunRecord& b) {
  const auto unlike = [](const char* what, const std::string& expected, const std::string& found) {
    return fail(Error{ErrorKind::invalid,
                      fmt::format("these runs cannot be compared: they differ in {}", what),
                      {},
                      expected,
                      found,
                      "run one of them again on what the other had"});
  };
  if (a.data.hash != b.data.hash) return unlike("data", a.data.name + " " + a.data.hash, b.data.name + " " + b.data.hash);
  if (a.protocol != b.protocol) return unlike("protocol", a.protocol, b.protocol);
  if (a.split != b.split) return unlike("split", a.split, b.split);
  std::string text =
      fmt::format("{} on {}, {}\n\n{:12}{:>28}{:>28}{:>12}\n", a.recipe == b.recipe ? a.recipe : a.recipe + " and " + b.recipe, a.data.name,
                  a.protocol, "", a.recipe + settings_of(a), b.recipe + settings_of(b), "difference");
  for (const auto& [name, value] : a.metrics) {
    const auto other = b.metrics.find(name);
    if (other == b.metrics.end()) continue;
    const auto cell = [&](const RunRecord& record, double mean) {
      const auto found = record.interval.find(name);
      if (found == record.interval.end()) return fmt::format("{:.4f}", mean);
      return fmt::format("{:.4f} [{:.4f}, {:.4f}]", mean, found->second.low, found->second.high);
    };
    text += fmt::format("{:12}{:>28}{:>28}{:>+12.4f}\n", name, cell(a, value), cell(b, other->second), other->second - value);
  }
  return text;
}

Result<std::string> render_results(const fs::path& results) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(results, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file() && at->path().extension() == ".json") files.push_back(at->path());
  }
  if (error) return fail_errno("cannot list the recorded runs", results.string(), error.value());
  std::sort(files.begin(), files.end());
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<RunRecord>> groups;
  std::string shops;
  for (const fs::path& file : files) {
    if (file.parent_path().filename() == "shops") {
      SOUK_TRY(const std::string json, read_file(file));
      SOUK_TRY(const ShopReport report, ShopReport::from_json(json, file.string()));
      shops += fmt::format("\n## The shop {}\n\n{}", report.shop, report.to_markdown());
      continue;
    }
    SOUK_TRY(RunRecord record, load_run(file));
    auto& group = groups[{record.data.name, record.protocol, record.data.hash}];
    group.push_back(std::move(record));
  }
  std::string text =
      "# Results\n\nGenerated from the records in `results/` by `souk lab results`; do not edit. Every figure is the mean over cases, with "
      "its "
      "95 % bootstrap interval;\nfigures of unlike data or protocols never share a table. `souk lab run RECIPE --record results` adds a "
      "record.\n";
  for (const auto& [key, records] : groups) {
    const RunRecord& first = records.front();
    text += fmt::format("\n## {}, {}\n\n{} users, {} items, {} events; {} cases; data `{}`.\n\n{}", first.data.name, first.protocol,
                        first.data.users, first.data.items, first.data.events, first.cases, first.data.hash, table_of(records));
  }
  return text + shops;
}

}  // namespace souk::lab
