// A shop's evaluation for programs and for people.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "souk/base/time.h"
#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

using Json = nlohmann::ordered_json;

Json pair_json(const eval::Interval& interval) {
  return Json::array({interval.low, interval.high});
}

Json intervals_json(const std::map<std::string, eval::Interval>& intervals) {
  Json json = Json::object();
  for (const auto& [name, interval] : intervals) json[name] = pair_json(interval);
  return json;
}

Json shelf_json(const ShelfReport& shelf) {
  Json json;
  json["shelf"] = shelf.name;
  json["context"] = shelf.context;
  json["repeats"] = shelf.repeats ? "keep" : "mask";
  json["cases"] = shelf.cases;
  json["possible_cases"] = shelf.possible_cases;
  json["metrics"] = shelf.metrics;
  json["interval"] = intervals_json(shelf.interval);
  json["floors"] = Json::object();
  for (const auto& [name, metrics] : shelf.floors) {
    json["floors"][name] = {{"metrics", metrics}, {"interval", intervals_json(shelf.floor_interval.at(name))}};
  }
  json["versus"] = Json::array();
  for (const ShelfVersus& one : shelf.versus) {
    json["versus"].push_back({{"floor", one.floor},
                              {"verdict", one.verdict},
                              {"delta", one.difference.delta},
                              {"interval", pair_json(one.difference.interval)},
                              {"p", one.difference.p}});
  }
  json["latency_ms"] = {{"p50", shelf.p50_ms}, {"p99", shelf.p99_ms}};
  if (!shelf.note.empty()) json["note"] = shelf.note;
  return json;
}

// The columns people read: the metrics at the first cutoff that say different things.
std::vector<std::string> columns_of(const ShopReport& report) {
  const std::string cutoff = report.metric.substr(report.metric.find('@'));
  return {"HR" + cutoff, "Recall" + cutoff, "NDCG" + cutoff, "MRR" + cutoff};
}

double value_of(const Metrics& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? 0.0 : found->second;
}

std::string sentence(const ShelfReport& shelf, const ShelfVersus& one, const std::string& metric) {
  return fmt::format("{} {} {}: {} {:+.4f} [{:+.4f}, {:+.4f}], p {:.3f}", shelf.name, one.verdict, one.floor, metric, one.difference.delta,
                     one.difference.interval.low, one.difference.interval.high, one.difference.p);
}

std::string cases_of(const ShelfReport& shelf) {
  return shelf.cases == shelf.possible_cases ? fmt::format("{} cases", shelf.cases)
                                             : fmt::format("{} of {} cases, sampled", shelf.cases, shelf.possible_cases);
}

std::string headline(const ShopReport& report) {
  return fmt::format("{}: {} shoppers, {} items, {} events; {}; learned from {} events", report.shop, report.shoppers, report.items,
                     report.events, report.split, report.train_events);
}

}  // namespace

std::string ShopReport::to_json() const {
  Json json;
  json["shop"] = shop;
  json["split"] = split;
  json["fingerprint"] = fingerprint;
  json["data"] = {{"hash", log}, {"shoppers", shoppers}, {"items", items}, {"events", events}, {"train_events", train_events}};
  json["metric"] = metric;
  json["seed"] = seed;
  json["shelves"] = Json::array();
  for (const ShelfReport& shelf : shelves) json["shelves"].push_back(shelf_json(shelf));
  json["seconds"] = seconds;
  json["version"] = version;
  return json.dump();
}

std::string ShopReport::to_text() const {
  const std::vector<std::string> columns = columns_of(*this);
  std::string text = headline(*this) + "\n";
  for (const ShelfReport& shelf : shelves) {
    text += fmt::format("\n{} ({}, {})\n", shelf.name, shelf.context, cases_of(shelf));
    if (!shelf.note.empty()) {
      text += fmt::format("  {}\n", shelf.note);
      continue;
    }
    text += fmt::format("  {:22}", "");
    for (const std::string& column : columns) text += fmt::format("{:>24}", column);
    const auto line = [&](const std::string& label, const Metrics& metrics, const std::map<std::string, eval::Interval>& intervals) {
      text += fmt::format("\n  {:22}", label);
      for (const std::string& column : columns) {
        const eval::Interval& interval = intervals.at(column);
        text += fmt::format("  {:.4f} [{:.4f}, {:.4f}]", value_of(metrics, column), interval.low, interval.high);
      }
    };
    line(shelf.name, shelf.metrics, shelf.interval);
    for (const auto& [name, metrics] : shelf.floors) line("floor: " + name, metrics, shelf.floor_interval.at(name));
    text += "\n";
    for (const ShelfVersus& one : shelf.versus) text += "  " + sentence(shelf, one, metric) + "\n";
    text += fmt::format("  an answer takes {:.2f} ms (p50), {:.2f} ms (p99)\n", shelf.p50_ms, shelf.p99_ms);
  }
  return text + fmt::format("\nevaluated in {}\n", format_duration(static_cast<Duration>(seconds * 1000)));
}

std::string ShopReport::to_markdown() const {
  const std::vector<std::string> columns = columns_of(*this);
  std::string text = headline(*this) + ".\n\n| shelf | ";
  for (const std::string& column : columns) text += column + " | ";
  text += "p50 / p99 ms |\n|---|";
  for (std::size_t i = 0; i <= columns.size(); ++i) text += "---|";
  text += "\n";
  std::string verdicts;
  for (const ShelfReport& shelf : shelves) {
    if (!shelf.note.empty()) {
      verdicts += fmt::format("- {}: {}.\n", shelf.name, shelf.note);
      continue;
    }
    const auto line = [&](const std::string& label, const Metrics& metrics, const std::map<std::string, eval::Interval>& intervals,
                          const std::string& latency) {
      text += fmt::format("| {} |", label);
      for (const std::string& column : columns) {
        const eval::Interval& interval = intervals.at(column);
        text += fmt::format(" {:.4f} [{:.4f}, {:.4f}] |", value_of(metrics, column), interval.low, interval.high);
      }
      text += fmt::format(" {} |\n", latency);
    };
    line(fmt::format("**{}** ({}, {})", shelf.name, shelf.context, cases_of(shelf)), shelf.metrics, shelf.interval,
         fmt::format("{:.2f} / {:.2f}", shelf.p50_ms, shelf.p99_ms));
    for (const auto& [name, metrics] : shelf.floors) line("floor: " + name, metrics, shelf.floor_interval.at(name), "");
    for (const ShelfVersus& one : shelf.versus) verdicts += fmt::format("- {}.\n", sentence(shelf, one, metric));
  }
  return text + "\n" + verdicts;
}

}  // namespace souk::lab
