// A shop's evaluation for people: tables and words for a terminal of 100 columns, tables for a page.
#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/time.h"
#include "souk/engine/words.h"
#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

using engine::with_commas;
using Intervals = std::map<std::string, eval::Interval>;

constexpr std::size_t kColumns = 100;

std::string cutoff_of(const ShopReport& report) {
  return report.metric.substr(std::min(report.metric.find('@'), report.metric.size()));
}

double value_of(const eval::Metrics& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? 0.0 : found->second;
}

std::string with_interval(const eval::Metrics& metrics, const Intervals& intervals, const std::string& name) {
  const auto found = intervals.find(name);
  const eval::Interval interval = found == intervals.end() ? eval::Interval{} : found->second;
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", value_of(metrics, name), interval.low, interval.high);
}

// Words put on lines of at most kColumns, the first beginning with `first`, the others with as many spaces. Widths are of ASCII.
std::string wrapped(const std::string& first, std::string_view text) {
  const std::string indent(first.size(), ' ');
  std::string out, line = first;
  bool begun = false;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (begun && line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = indent;
      begun = false;
    }
    if (begun) line += ' ';
    line += word;
    begun = true;
  }
  return out + line + "\n";
}

std::string sentence(const ShelfReport& shelf, const ShelfVersus& one, const std::string& metric) {
  if (one.verdict == "too few") {
    return fmt::format("{} and {}: too few cases to tell ({} shopper{})", shelf.name, one.floor, one.difference.clusters,
                       one.difference.clusters == 1 ? "" : "s");
  }
  return fmt::format("{} {} {}: {} {:+.4f} [{:+.4f}, {:+.4f}], p {:.3f}", shelf.name, one.verdict, one.floor, metric, one.difference.delta,
                     one.difference.interval.low, one.difference.interval.high, one.difference.p);
}

std::string cases_of(const ShelfReport& shelf) {
  std::string text = shelf.cases == shelf.possible_cases
                         ? fmt::format("{} cases", with_commas(shelf.cases))
                         : fmt::format("{} of {} cases, sampled", with_commas(shelf.cases), with_commas(shelf.possible_cases));
  if (shelf.shoppers > 0 && shelf.shoppers != shelf.cases) text += fmt::format(", {} shoppers", with_commas(shelf.shoppers));
  return text;
}

std::string headline(const ShopReport& report) {
  std::string text = fmt::format("{}: {} shoppers, {} items, {} events", report.shop, with_commas(report.shoppers),
                                 with_commas(report.items), with_commas(report.events));
  if (report.split.empty()) return text;  // no shelf was judged
  return text + fmt::format("; {}; learned from {} events", report.split, with_commas(report.train_events));
}

std::string table_of(const ShelfReport& shelf, const ShopReport& report) {
  const std::string cutoff = cutoff_of(report);
  const std::string hits = "HR" + cutoff, ndcg = "NDCG" + cutoff, recall = "Recall" + cutoff, mrr = "MRR" + cutoff;
  std::string text = fmt::format("  {:22}  {:24}{:24}{:>11}{:>10}\n", "", hits, ndcg, recall, mrr);
  const auto line = [&](const std::string& label, const eval::Metrics& metrics, const Intervals& intervals) {
    text += fmt::format("  {:22}  {:24}{:24}{:11.4f}{:10.4f}\n", label, with_interval(metrics, intervals, hits),
                        with_interval(metrics, intervals, ndcg), value_of(metrics, recall), value_of(metrics, mrr));
  };
  line(shelf.name, shelf.metrics, shelf.interval);
  for (const auto& [name, metrics] : shelf.floors) line("floor: " + name, metrics, shelf.floor_interval.at(name));
  return text;
}

// How many more of 100 a shelf serves than its best floor.
double worth(const ShelfReport& shelf) {
  double least = 1;
  for (const ShelfVersus& one : shelf.versus) {
    if (could_replace(one, shelf.context)) least = std::min(least, one.hits.delta);
  }
  return 100 * least;
}

std::string names_with(const ShopReport& report, Advice advice) {
  std::string names;
  for (const ShelfReport& shelf : report.shelves) {
    if (advice_on(shelf) == advice) names += (names.empty() ? "" : ", ") + shelf.name;
  }
  return names;
}

std::string in_words(const ShopReport& report) {
  std::string text;
  std::vector<const ShelfReport*> kept;
  for (const ShelfReport& shelf : report.shelves) {
    const std::string words = words_on(shelf, report);
    if (words.empty()) continue;
    text += "  " + shelf.name + "\n" + wrapped("      ", words);
    if (advice_on(shelf) == Advice::keep) kept.push_back(&shelf);
  }
  if (text.empty()) return text;
  std::stable_sort(kept.begin(), kept.end(), [](const ShelfReport* a, const ShelfReport* b) { return worth(*a) > worth(*b); });
  std::string summary;
  for (const ShelfReport* shelf : kept) summary += fmt::format("{}{} (+{:.1f})", summary.empty() ? "" : ", ", shelf->name, worth(*shelf));
  if (!summary.empty()) summary = "Worth most, by how many more of 100 a shelf serves than its best floor: " + summary + ".";
  const auto list = [&](std::string_view label, Advice advice) {
    if (const std::string names = names_with(report, advice); !names.empty())
      summary += fmt::format("{}{}: {}.", summary.empty() ? "" : " ", label, names);
  };
  list("As good as a floor", Advice::equal);
  list("To switch off", Advice::switch_off);
  list("Undecided", Advice::undecided);
  list("Too few shoppers", Advice::too_few);
  text = "\nIn words\n" + text + wrapped("  ", summary);
  if (names_with(report, Advice::switch_off).empty()) return text;
  return text + wrapped("  ",
                        "This counts what shoppers went on to choose by themselves: a shelf that is there to show something else, such as "
                        "what is new or alike, may be worth its place all the same.");
}

}  // namespace

std::string ShopReport::to_text() const {
  std::string text = wrapped("", headline(*this));
  for (const ShelfReport& shelf : shelves) {
    if (!shelf.note.empty()) {
      text += fmt::format("\n{} ({})\n", shelf.name, shelf.context) + wrapped("  ", shelf.note);
      continue;
    }
    text += "\n" + wrapped("", fmt::format("{} ({}{}{}; {})", shelf.name, shelf.context, shelf.judged_on.empty() ? "" : ": ",
                                           shelf.judged_on, cases_of(shelf)));
    text += table_of(shelf, *this);
    for (const ShelfVersus& one : shelf.versus) text += "  " + sentence(shelf, one, metric) + "\n";
    if (shelf.p99_ms > 0) text += fmt::format("  an answer takes {:.2f} ms (p50), {:.2f} ms (p99)\n", shelf.p50_ms, shelf.p99_ms);
  }
  return text + in_words(*this) + fmt::format("\nevaluated in {}\n", format_duration(static_cast<Duration>(seconds * 1000)));
}

std::string ShopReport::to_markdown() const {
  const std::string cutoff = cutoff_of(*this);
  const std::vector<std::string> columns = {"HR" + cutoff, "Recall" + cutoff, "NDCG" + cutoff, "MRR" + cutoff};
  std::string text = headline(*this) + ".\n\n| shelf | ";
  for (const std::string& column : columns) text += column + " | ";
  text += "p50 / p99 ms |\n|---|";
  for (std::size_t i = 0; i <= columns.size(); ++i) text += "---|";
  text += "\n";
  std::string verdicts, words;
  for (const ShelfReport& shelf : shelves) {
    if (!shelf.note.empty()) {
      verdicts += fmt::format("- {}: {}.\n", shelf.name, shelf.note);
      continue;
    }
    const auto line = [&](const std::string& label, const eval::Metrics& metrics, const Intervals& intervals, const std::string& latency) {
      text += fmt::format("| {} |", label);
      for (const std::string& column : columns) text += fmt::format(" {} |", with_interval(metrics, intervals, column));
      text += fmt::format(" {} |\n", latency);
    };
    line(fmt::format("**{}** ({}, {})", shelf.name, shelf.context, cases_of(shelf)), shelf.metrics, shelf.interval,
         fmt::format("{:.2f} / {:.2f}", shelf.p50_ms, shelf.p99_ms));
    for (const auto& [name, metrics] : shelf.floors) line("floor: " + name, metrics, shelf.floor_interval.at(name), "");
    for (const ShelfVersus& one : shelf.versus) verdicts += fmt::format("- {}.\n", sentence(shelf, one, metric));
    if (const std::string said = words_on(shelf, *this); !said.empty()) words += fmt::format("- **{}**: {}\n", shelf.name, said);
  }
  if (!words.empty()) words = "\nIn words:\n\n" + words;
  return text + "\n" + verdicts + words +
         "\nShelves that answer queries are judged by judgements (`souk evaluate --judgements`), not by purchases.\n";
}

}  // namespace souk::lab
