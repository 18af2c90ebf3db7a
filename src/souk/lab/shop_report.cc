// A shop's evaluation as JSON, and where it is kept.
#include "souk/lab/record_json.h"
#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

Json versus_json(const ShelfVersus& one) {
  Json json = {{"floor", one.floor},
               {"verdict", one.verdict},
               {"delta", one.difference.delta},
               {"interval", pair_json(one.difference.interval)},
               {"p", one.difference.p},
               {"shoppers", one.difference.clusters}};
  if (one.hits_verdict.empty()) return json;
  json["hits"] = {{"verdict", one.hits_verdict}, {"delta", one.hits.delta}, {"interval", pair_json(one.hits.interval)}, {"p", one.hits.p}};
  if (one.shoppers_to_tell > 0) json["hits"]["shoppers_to_tell"] = one.shoppers_to_tell;
  return json;
}

Json slice_json(const SliceReport& slice) {
  Json json = {{"group", slice.group}, {"name", slice.name}, {"cases", slice.cases}, {"metrics", slice.metrics}};
  json["floors"] = Json::object();
  for (const auto& [name, metrics] : slice.floors) json["floors"][name] = metrics;
  return json;
}

ShelfVersus read_versus(const Json& json, std::uint64_t cases) {
  const auto difference = [&](const Json& from, std::uint64_t clusters) {
    const Json& pair = from.at("interval");
    return eval::PairedDifference{from.at("delta"), {pair.at(0), pair.at(1)}, from.at("p"), clusters};
  };
  const std::uint64_t clusters = count_in(json, "shoppers", cases);
  ShelfVersus versus;
  versus.floor = json.at("floor");
  versus.difference = difference(json, clusters);
  versus.verdict = json.at("verdict");
  if (!json.contains("hits")) return versus;
  const Json& hits = json.at("hits");
  versus.hits = difference(hits, clusters);
  versus.hits_verdict = hits.at("verdict");
  versus.shoppers_to_tell = count_in(hits, "shoppers_to_tell", 0);
  return versus;
}

SliceReport read_slice(const Json& json) {
  SliceReport slice{json.at("group"), json.at("name"), count_in(json.at("cases")), json.at("metrics").get<eval::Metrics>(), {}};
  for (const auto& [name, metrics] : json.at("floors").items()) slice.floors.emplace_back(name, metrics.get<eval::Metrics>());
  return slice;
}

ShelfReport read_shelf(const Json& json) {
  ShelfReport shelf;
  shelf.name = json.at("shelf");
  shelf.context = json.at("context");
  shelf.truth = json.value("truth", "purchase");
  shelf.judged_on = json.value("judged_on", "");
  shelf.shoppers = count_in(json, "shoppers", 0);
  shelf.repeats = json.at("repeats") == "keep";
  shelf.cases = count_in(json.at("cases"));
  shelf.possible_cases = count_in(json.at("possible_cases"));
  shelf.metrics = json.at("metrics").get<eval::Metrics>();
  shelf.interval = read_intervals(json.at("interval"));
  for (const auto& [name, floor] : json.at("floors").items()) {
    shelf.floors.emplace_back(name, floor.at("metrics").get<eval::Metrics>());
    shelf.floor_interval[name] = read_intervals(floor.at("interval"));
  }
  for (const Json& one : json.at("versus")) shelf.versus.push_back(read_versus(one, shelf.cases));
  if (json.contains("slices")) {
    for (const Json& one : json.at("slices")) shelf.slices.push_back(read_slice(one));
  }
  shelf.p50_ms = json.at("latency_ms").at("p50");
  shelf.p99_ms = json.at("latency_ms").at("p99");
  shelf.note = json.value("note", "");
  return shelf;
}

ShopReport read_report(const Json& json) {
  ShopReport report;
  report.shop = json.at("shop");
  report.rule = json.value("rule", "time");
  report.split = json.at("split");
  report.tied = count_in(json, "tied", 0);
  report.fingerprint = json.at("fingerprint");
  const Json& data = json.at("data");
  report.log = data.at("hash");
  report.shoppers = count_in(data.at("shoppers"));
  report.items = count_in(data.at("items"));
  report.events = count_in(data.at("events"));
  report.train_events = count_in(data.at("train_events"));
  report.metric = json.at("metric");
  report.seed = count_in(json.at("seed"));
  for (const Json& shelf : json.at("shelves")) report.shelves.push_back(read_shelf(shelf));
  report.seconds = json.at("seconds");
  report.version = json.at("version");
  report.commit = json.value("commit", "");
  return report;
}

Json shelf_json(const ShelfReport& shelf, const ShopReport& report) {
  Json json;
  json["shelf"] = shelf.name;
  json["context"] = shelf.context;
  json["truth"] = shelf.truth;
  if (!shelf.judged_on.empty()) json["judged_on"] = shelf.judged_on;
  json["repeats"] = shelf.repeats ? "keep" : "mask";
  json["cases"] = shelf.cases;
  json["possible_cases"] = shelf.possible_cases;
  json["shoppers"] = shelf.shoppers;
  json["metrics"] = shelf.metrics;
  json["interval"] = intervals_json(shelf.interval);
  json["floors"] = Json::object();
  for (const auto& [name, metrics] : shelf.floors) {
    json["floors"][name] = {{"metrics", metrics}, {"interval", intervals_json(shelf.floor_interval.at(name))}};
  }
  json["versus"] = Json::array();
  for (const ShelfVersus& one : shelf.versus) json["versus"].push_back(versus_json(one));
  json["slices"] = Json::array();
  for (const SliceReport& slice : shelf.slices) json["slices"].push_back(slice_json(slice));
  json["latency_ms"] = {{"p50", shelf.p50_ms}, {"p99", shelf.p99_ms}};
  if (!shelf.note.empty()) json["note"] = shelf.note;
  if (const Advice advice = advice_on(shelf); advice != Advice::none) {
    json["advice"] = name_of(advice);
    json["words"] = words_on(shelf, report);
  }
  return json;
}

std::string file_name(std::string_view text) {
  std::string name;
  for (const char letter : text) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    name += plain ? letter : '-';
  }
  return name;
}

}  // namespace

std::string ShopReport::to_json() const {
  Json json;
  json["shop"] = shop;
  json["rule"] = rule;
  json["split"] = split;
  json["fingerprint"] = fingerprint;
  json["data"] = {{"hash", log}, {"shoppers", shoppers}, {"items", items}, {"events", events}, {"train_events", train_events}};
  if (tied > 0) json["tied"] = tied;
  json["metric"] = metric;
  json["seed"] = seed;
  json["shelves"] = Json::array();
  for (const ShelfReport& shelf : shelves) json["shelves"].push_back(shelf_json(shelf, *this));
  json["seconds"] = seconds;
  json["version"] = version;
  json["commit"] = commit;
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
  const bool by_time = report.rule.starts_with("time") || report.rule == "last-day";
  const fs::path file =
      folder / (file_name(report.shop.empty() ? "shop" : report.shop) + (by_time ? "" : "-" + file_name(report.rule)) + ".json");
  SOUK_CHECK(write_file(file, Json::parse(report.to_json()).dump(1) + "\n"));
  return file;
}

}  // namespace souk::lab
