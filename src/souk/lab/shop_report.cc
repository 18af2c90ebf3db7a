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
                              {"p", one.difference.p},
                              {"shoppers", one.difference.clusters}});
  }
  json["latency_ms"] = {{"p50", shelf.p50_ms}, {"p99", shelf.p99_ms}};
  if (!shelf.note.empty()) json["note"] = shelf.note;
  return json;
}

std::map<std::string, eval::Interval> read_intervals(const Json& json) {
  std::map<std::string, eval::Interval> intervals;
  for (const auto& [name, pair] : json.items()) intervals[name] = {pair.at(0), pair.at(1)};
  return intervals;
}

ShelfReport read_shelf(const Json& json) {
  ShelfReport shelf;
  shelf.name = json.at("shelf");
  shelf.context = json.at("context");
  shelf.repeats = json.at("repeats") == "keep";
  shelf.cases = json.at("cases");
  shelf.possible_cases = json.at("possible_cases");
  shelf.metrics = json.at("metrics").get<Metrics>();
  shelf.interval = read_intervals(json.at("interval"));
  for (const auto& [name, floor] : json.at("floors").items()) {
    shelf.floors.emplace_back(name, floor.at("metrics").get<Metrics>());
    shelf.floor_interval[name] = read_intervals(floor.at("interval"));
  }
  for (const Json& one : json.at("versus")) {
    const Json& pair = one.at("interval");
    const eval::PairedDifference difference{one.at("delta"), {pair.at(0), pair.at(1)}, one.at("p"), one.value("shoppers", shelf.cases)};
    shelf.versus.push_back({one.at("floor"), difference, one.at("verdict")});
  }
  shelf.p50_ms = json.at("latency_ms").at("p50");
  shelf.p99_ms = json.at("latency_ms").at("p99");
  shelf.note = json.value("note", "");
  return shelf;
}

ShopReport read_report(const Json& json) {
  ShopReport report;
  report.shop = json.at("shop");
  report.split = json.at("split");
  report.fingerprint = json.at("fingerprint");
  const Json& data = json.at("data");
  report.log = data.at("hash");
  report.shoppers = data.at("shoppers");
  report.items = data.at("items");
  report.events = data.at("events");
  report.train_events = data.at("train_events");
  report.metric = json.at("metric");
  report.seed = json.at("seed");
  for (const Json& shelf : json.at("shelves")) report.shelves.push_back(read_shelf(shelf));
  report.seconds = json.at("seconds");
  report.version = json.at("version");
  return report;
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
  if (one.verdict == "too few") {
    return fmt::format("{} and {}: too few cases to tell ({} shopper{})", shelf.name, one.floor, one.difference.clusters,
                       one.difference.clusters == 1 ? "" : "s");
  }
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

Result<ShopReport> ShopReport::from_json(std::string_view json, const std::string& name) {
  try {
    return read_report(Json::parse(json));
  } catch (const Json::exception& problem) {
    return fail(
        Error{ErrorKind::invalid, "this is no evaluation of a shop", name, "what `souk evaluate --json` prints", problem.what(), {}});
  }
}

Result<fs::path> record_report(const ShopReport& report, const fs::path& results) {
  const fs::path folder = results / "shops";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail_errno("cannot make the folder of results", folder.string(), error.value());
  std::string name;
  for (const char letter : report.shop) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    name += plain ? letter : '-';
  }
  const fs::path file = folder / ((name.empty() ? "shop" : name) + ".json");
  SOUK_CHECK(write_file(file, Json::parse(report.to_json()).dump(1) + "\n"));
  return file;
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
