// docs/results.md: every recorded run, in tables of like with like.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "souk/lab/report.h"
#include "souk/lab/run.h"
#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

using Records = std::vector<RunRecord>;

// The metrics a table shows: what all of its records report at the primary one's cutoff, the primary first.
std::vector<std::string> columns_of(const Records& records) {
  const std::string& primary = records.front().primary;
  const std::string cutoff = primary.substr(std::min(primary.find('@'), primary.size()));
  std::vector<std::string> columns;
  for (const auto& [name, value] : records.front().metrics) {
    const bool everywhere = std::all_of(records.begin(), records.end(), [&](const RunRecord& one) { return one.metrics.contains(name); });
    if (everywhere && name.ends_with(cutoff) && !name.starts_with("Gini")) columns.push_back(name);
  }
  std::stable_partition(columns.begin(), columns.end(), [&](const std::string& name) { return name == primary; });
  return columns;
}

std::string cell(const Metrics& metrics, const std::map<std::string, eval::Interval>& intervals, const std::string& name) {
  const auto value = metrics.find(name);
  if (value == metrics.end()) return " |";
  const auto interval = intervals.find(name);
  if (interval == intervals.end()) return fmt::format(" {:.4f} |", value->second);
  return fmt::format(" {:.4f} [{:.4f}, {:.4f}] |", value->second, interval->second.low, interval->second.high);
}

// The floors of the first record: on one split every record has the same.
std::string floor_rows(const Records& records, const std::vector<std::string>& columns) {
  std::string text;
  std::set<std::string> shown;
  for (const RunRecord& record : records) {
    for (const auto& [name, metrics] : record.floors) {
      if (!shown.insert(name).second) continue;
      text += fmt::format("| *floor:* {} | | | |", name);
      const auto intervals = record.floor_interval.find(name);
      for (const std::string& column : columns) {
        text +=
            cell(metrics, intervals == record.floor_interval.end() ? std::map<std::string, eval::Interval>{} : intervals->second, column);
      }
      text += " | | |\n";
    }
  }
  return text;
}

std::string bold_if_forced(const RunRecord& record) {
  const std::string words = settings_source(record);
  return record.tuned && record.tuned->forced ? "**" + words + "**" : words;
}

// One method with the same settings under one seed or several: with several, mean and range over the seeds.
std::string method_rows(const Records& seeds, const std::vector<std::string>& columns) {
  const RunRecord& first = seeds.front();
  std::string numbers;
  for (const RunRecord& record : seeds) numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", record.seed);
  std::string text = fmt::format("| `{}`{} | {} | {} | {} |", first.recipe, overrides_of(first),
                                 first.system ? std::to_string(*first.system) : "", bold_if_forced(first), numbers);
  for (const std::string& column : columns) {
    if (seeds.size() == 1) {
      text += cell(first.metrics, first.interval, column);
      continue;
    }
    double sum = 0, low = first.metrics.at(column), high = low;
    for (const RunRecord& record : seeds) {
      sum += record.metrics.at(column);
      low = std::min(low, record.metrics.at(column));
      high = std::max(high, record.metrics.at(column));
    }
    text += fmt::format(" {:.4f} ({:.4f} to {:.4f} over seeds) |", sum / static_cast<double>(seeds.size()), low, high);
  }
  text +=
      fmt::format(" {} | {:.2f} | {:.2f} |\n", first.versus ? verdict_of(first) : "", first.cpu_seconds.train, first.cpu_seconds.evaluate);
  if (first.paper) {
    text += fmt::format("| *published:* {} | {} | | |", paper_source(*first.paper), first.system ? std::to_string(*first.system) : "");
    for (const std::string& column : columns) text += cell(first.paper->metrics, {}, column);
    text += " | | |\n";
  }
  return text;
}

std::string table_of(const Records& records) {
  const std::vector<std::string> columns = columns_of(records);
  std::string text =
      fmt::format("| method | system | settings | seed | {} | against the best floor | train s | rank s |\n|---|---|---|---|",
                  fmt::join(columns, " | "));
  for (std::size_t i = 0; i < columns.size() + 3; ++i) text += "---|";
  text += "\n" + floor_rows(records, columns);
  std::map<std::tuple<std::string, std::string, std::map<std::string, std::string>, std::string>, Records> methods;
  for (const RunRecord& record : records) {
    methods[{record.recipe, overrides_of(record), record.settings, settings_source(record)}].push_back(record);
  }
  std::string notes;
  for (const auto& [key, seeds] : methods) {
    text += method_rows(seeds, columns);
    if (!seeds.front().note.empty()) notes += fmt::format("- `{}`: {}\n", seeds.front().recipe, seeds.front().note);
  }
  return text + (notes.empty() ? "" : "\n" + notes);
}

std::string heading_of(const RunRecord& first) {
  std::string text = fmt::format("\n## {}, {}\n\n{} users, {} items, {} events; {} cases; models learn from {}; data `{}`, split `{}`.\n",
                                 first.data.name, first.protocol, first.data.users, first.data.items, first.data.events, first.cases,
                                 first.fit == "train" ? "train" : "train and validation", first.data.hash, first.split);
  if (!first.rule.empty()) text += fmt::format("Split: {}.\n", first.rule);
  return text + "\n";
}

Result<std::string> shops_of(const fs::path& results) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(results / "shops", error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) {
    SOUK_TRY(const std::string json, read_file(file));
    SOUK_TRY(const ShopReport report, ShopReport::from_json(json, file.string()));
    text += fmt::format("\n## The shop {}\n\n{}", report.shop, report.to_markdown());
  }
  return text;
}

}  // namespace

Result<std::string> render_results(const fs::path& results) {
  std::error_code ignored;
  if (!fs::is_directory(results, ignored)) {
    return fail(Error{ErrorKind::not_found,
                      "there are no recorded runs",
                      results.string(),
                      "the folder of `souk lab run --record`",
                      "no such folder",
                      {}});
  }
  SOUK_TRY(Records records, load_runs(results));
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Records> groups;
  for (RunRecord& record : records) {
    auto& group = groups[{record.data.name, record.protocol, record.data.hash, record.split}];
    group.push_back(std::move(record));
  }
  std::string text =
      "# Results\n\nGenerated from the records in `results/` by `souk lab results`; do not edit. Every figure is the mean over cases, with "
      "its "
      "95 % bootstrap interval over\nshoppers; figures of unlike data, protocols or splits never share a table. A model is compared with "
      "the "
      "best floor that is not itself. Settings are tuned on\nvalidation or not at all; anything else is said. Seconds are the processor's. "
      "`souk lab run RECIPE "
      "--record "
      "results` adds a record.\n";
  for (const auto& [key, group] : groups) text += heading_of(group.front()) + table_of(group);
  SOUK_TRY(const std::string shops, shops_of(results));
  return text + shops;
}

}  // namespace souk::lab
