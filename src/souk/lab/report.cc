// Run records for people: one run, and two runs side by side.
#include "souk/lab/report.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "souk/lab/run.h"

namespace souk::lab {
namespace {

std::string interval_text(const std::map<std::string, eval::Interval>& intervals, const std::string& name) {
  const auto found = intervals.find(name);
  return found == intervals.end() ? "" : fmt::format(" [{:.4f}, {:.4f}]", found->second.low, found->second.high);
}

std::string table_of(const RunRecord& record) {
  std::string text = fmt::format("{:28}", "");
  for (const auto& [name, value] : record.metrics) text += fmt::format("{:>13}", name);
  const auto line = [&](const std::string& label, const Metrics& values) {
    text += fmt::format("\n{:28}", label);
    for (const auto& [name, value] : record.metrics) {
      text += values.contains(name) ? fmt::format("{:>13.4f}", values.at(name)) : fmt::format("{:>13}", "");
    }
  };
  line(record.recipe, record.metrics);
  Metrics low, high;
  for (const auto& [name, bounds] : record.interval) {
    low[name] = bounds.low;
    high[name] = bounds.high;
  }
  line("  95 % from", low);
  line("       to", high);
  for (const auto& [name, values] : record.floors) line("floor: " + name, values);
  if (record.paper) line("published: " + paper_source(*record.paper), record.paper->metrics);
  return text + "\n";
}

std::string slices_of(const RunRecord& record) {
  if (record.slices.empty()) return {};
  std::string text = fmt::format("\n{:28}{:>13}{:>13}\n", "slice", "cases", record.primary);
  for (const RunRecord::Slice& slice : record.slices) {
    const auto value = slice.metrics.find(record.primary);
    if (value == slice.metrics.end()) continue;
    text += fmt::format("{:28}{:>13}{:>13.4f}\n", slice.group + " " + slice.name, slice.cases, value->second);
  }
  return text;
}

// Both runs case by case, where they are kept.
struct Kept {
  Stage a, b;
};
std::optional<Kept> kept_cases(const RunRecord& a, const RunRecord& b, const fs::path& runs) {
  if (runs.empty() || a.key.empty() || b.key.empty()) return {};
  const auto stage = [&](const RunRecord& record) {
    return read_stage(run_folder(runs, record.recipe, record.data.name, record.key) / "model.stage");
  };
  auto first = stage(a), second = stage(b);
  if (!first || !second) return {};
  return Kept{std::move(*first), std::move(*second)};
}

std::string paired_text(const Kept& kept, const std::string& metric, std::uint64_t seed) {
  const auto a = kept.a.per_case.find(metric), b = kept.b.per_case.find(metric);
  if (a == kept.a.per_case.end() || b == kept.b.per_case.end() || a->second.size() != b->second.size()) return {};
  const eval::PairedDifference difference = eval::paired_bootstrap(b->second, a->second, seed, 1000, kept.a.shoppers);
  return fmt::format(" [{:+.4f}, {:+.4f}], p {:.3f}", difference.interval.low, difference.interval.high, difference.p);
}

std::string compared_slices(const RunRecord& a, const RunRecord& b) {
  std::string text;
  for (const RunRecord::Slice& slice : a.slices) {
    const auto other = std::find_if(b.slices.begin(), b.slices.end(),
                                    [&](const RunRecord::Slice& one) { return one.group == slice.group && one.name == slice.name; });
    if (other == b.slices.end() || !slice.metrics.contains(a.primary) || !other->metrics.contains(a.primary)) continue;
    const double first = slice.metrics.at(a.primary), second = other->metrics.at(a.primary);
    text += fmt::format("{:24}{:>8} cases{:>12.4f}{:>12.4f}{:>+12.4f}\n", slice.group + " " + slice.name, slice.cases, first, second,
                        second - first);
  }
  return text.empty() ? text : fmt::format("\n{} by slices\n{}", a.primary, text);
}

}  // namespace

std::string paper_source(const Paper& paper) {
  return paper.same_data ? paper.source : paper.source + " (other data)";
}

std::string settings_source(const RunRecord& record) {
  if (record.tuned && record.tuned->forced) return "tuned on test";
  if (record.tuned) return fmt::format("tuned on {}, {} trials", record.tuned->on, record.tuned->trials);
  if (record.by_hand) return "settings by hand";
  return record.other_split ? "not tuned for this split" : "not tuned";
}

std::string overrides_of(const RunRecord& record) {
  std::string text;
  for (const std::string& option : record.overrides) {
    if (!option.starts_with("split.") || option.starts_with("split.seed")) text += (text.empty() ? " (" : ", ") + option;
  }
  return text.empty() ? text : text + ")";
}

std::string verdict_of(const RunRecord& record) {
  const RunRecord::Versus& versus = *record.versus;
  if (record.clusters < eval::kFewestClusters) return fmt::format("and {}: too few cases to tell ({})", versus.floor, record.clusters);
  const std::string_view word = eval::verdict(versus.delta, versus.p, record.clusters);
  return fmt::format("{} {}: {} {:+.4f} [{:+.4f}, {:+.4f}], p {:.3f}", word, versus.floor, versus.metric, versus.delta, versus.interval.low,
                     versus.interval.high, versus.p);
}

std::string RunRecord::to_text() const {
  std::string text = fmt::format("{}{} on {}: {} users, {} items, {} events; {} cases\n{}; {}\n", recipe, overrides_of(*this), data.name,
                                 data.users, data.items, data.events, cases, protocol, settings_source(*this));
  if (tied > 0) text += fmt::format("{} cases whose answer has the time of the last known event: in the order of the log\n", tied);
  if (!note.empty()) text += fmt::format("{}\n", note);
  text += "\n" + table_of(*this) + slices_of(*this);
  if (versus) text += fmt::format("\n{} {}\n", recipe, verdict_of(*this));
  text += fmt::format("\nload {:.2f} s, train {:.2f} s, evaluate {:.2f} s; processor {:.2f} s; peak memory {:.0f} MB\n", seconds.load,
                      seconds.train, seconds.evaluate, cpu_seconds.load + cpu_seconds.train + cpu_seconds.evaluate, peak_rss_mb);
  return text;
}

Result<std::string> compare(const RunRecord& a, const RunRecord& b, const fs::path& runs) {
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
  const std::optional<Kept> kept = kept_cases(a, b, runs);
  std::string text =
      fmt::format("{} on {}, {}\n\n{:12}{:>28}{:>28}{:>12}\n", a.recipe == b.recipe ? a.recipe : a.recipe + " and " + b.recipe, a.data.name,
                  a.protocol, "", a.recipe + overrides_of(a), b.recipe + overrides_of(b), "difference");
  for (const auto& [name, value] : a.metrics) {
    const auto other = b.metrics.find(name);
    if (other == b.metrics.end()) continue;
    text += fmt::format("{:12}{:>28}{:>28}{:>+12.4f}{}\n", name, fmt::format("{:.4f}{}", value, interval_text(a.interval, name)),
                        fmt::format("{:.4f}{}", other->second, interval_text(b.interval, name)), other->second - value,
                        kept ? paired_text(*kept, name, a.seed) : "");
  }
  if (!kept) text += "\nNot tested in pairs: the cases of one of the runs are not kept here.\n";
  return text + compared_slices(a, b);
}

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double place = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(place, 1.0)) - 1];
}

}  // namespace souk::lab
