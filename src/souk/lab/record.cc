// Run records as JSON, in the order of docs/reference: recipe, system, data, protocol, seed, metrics, interval, floors, paper, versus,
// times.
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <utility>

#include "souk/lab/run.h"

namespace souk::lab {
namespace {

using Json = nlohmann::ordered_json;

Json pair_json(const eval::Interval& interval) {
  return Json::array({interval.low, interval.high});
}

Json seconds_json(const Seconds& seconds) {
  return {{"load", seconds.load}, {"train", seconds.train}, {"evaluate", seconds.evaluate}};
}

Seconds read_seconds(const Json& json) {
  return {json.at("load"), json.at("train"), json.at("evaluate")};
}

eval::Interval read_pair(const Json& json) {
  return {json.at(0), json.at(1)};
}

Paper read_paper(const Json& json) {
  Paper paper;
  for (const auto& [key, value] : json.items()) {
    if (key == "source") {
      paper.source = value;
    } else {
      paper.metrics[key] = value;
    }
  }
  return paper;
}

RunRecord read_record(const Json& json) {
  RunRecord record;
  record.recipe = json.at("recipe");
  record.model = json.value("model", "");
  if (json.contains("system") && !json["system"].is_null()) record.system = json["system"].get<std::int64_t>();
  const Json& data = json.at("data");
  record.data = {data.at("name"), data.at("hash"), data.at("users"), data.at("items"), data.at("events")};
  record.protocol = json.at("protocol");
  record.split = json.value("split", "");
  record.cases = json.value("cases", std::uint64_t{0});
  record.seed = json.at("seed");
  record.overrides = json.value("set", std::vector<std::string>{});
  record.metrics = json.at("metrics").get<Metrics>();
  for (const auto& [name, interval] : json.at("interval").items()) record.interval[name] = read_pair(interval);
  for (const auto& [name, metrics] : json.at("floors").items()) record.floors[name] = metrics.get<Metrics>();
  if (json.contains("paper") && !json["paper"].is_null()) record.paper = read_paper(json["paper"]);
  if (json.contains("versus") && !json["versus"].is_null()) {
    const Json& versus = json["versus"];
    record.versus = {versus.at("floor"), versus.at("metric"), versus.at("delta"), versus.at("p"), read_pair(versus.at("interval"))};
  }
  record.seconds = read_seconds(json.at("seconds"));
  record.cpu_seconds = read_seconds(json.at("cpu_seconds"));
  record.epochs = json.at("epochs");
  record.peak_rss_mb = json.at("peak_rss_mb");
  record.version = json.at("version");
  return record;
}

}  // namespace

std::string RunRecord::to_json() const {
  Json json;
  json["recipe"] = recipe;
  json["system"] = system ? Json(*system) : Json(nullptr);
  json["model"] = model;
  json["data"] = {{"name", data.name}, {"hash", data.hash}, {"users", data.users}, {"items", data.items}, {"events", data.events}};
  json["protocol"] = protocol;
  json["split"] = split;
  json["cases"] = cases;
  json["seed"] = seed;
  if (!overrides.empty()) json["set"] = overrides;
  json["metrics"] = metrics;
  json["interval"] = Json::object();
  for (const auto& [name, value] : interval) json["interval"][name] = pair_json(value);
  json["floors"] = Json::object();
  for (const auto& [name, values] : floors) json["floors"][name] = values;
  if (paper) {
    json["paper"] = paper->metrics;
    json["paper"]["source"] = paper->source;
  }
  if (versus) {
    json["versus"] = {{"floor", versus->floor}, {"metric", versus->metric},
                      {"delta", versus->delta}, {"interval", pair_json(versus->interval)},
                      {"p", versus->p},         {"verdict", eval::verdict(versus->delta, versus->p, cases)}};
  }
  json["seconds"] = seconds_json(seconds);
  json["cpu_seconds"] = seconds_json(cpu_seconds);
  json["epochs"] = epochs;
  json["peak_rss_mb"] = peak_rss_mb;
  json["version"] = version;
  return json.dump();
}

Result<RunRecord> RunRecord::from_json(std::string_view json, const std::string& name) {
  try {
    return read_record(Json::parse(json));
  } catch (const Json::exception& problem) {
    return fail(Error{ErrorKind::invalid, "this is no record of a run", name, "what `souk lab run --json` prints", problem.what(), {}});
  }
}

Result<RunRecord> load_run(const fs::path& file) {
  SOUK_TRY(const std::string text, read_file(file));
  return RunRecord::from_json(text, file.string());
}

Result<fs::path> record_run(const RunRecord& record, const fs::path& results) {
  std::string name = record.data.name;
  for (const std::string& option : record.overrides) name += "-" + option;
  for (char& letter : name) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    if (!plain && letter != '.' && letter != '-' && letter != '=') letter = '_';
  }
  const fs::path file = results / record.recipe / fmt::format("{}-seed{}.json", name, record.seed);
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return fail_errno("cannot make the folder of results", file.parent_path().string(), error.value());
  SOUK_CHECK(write_file(file, Json::parse(record.to_json()).dump(1) + "\n"));
  return file;
}

}  // namespace souk::lab
