// Run records as JSON: what was run, on what, what came of it, beside what, in what time.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "souk/lab/record_json.h"
#include "souk/lab/run.h"

namespace souk::lab {
namespace {

constexpr int kMostLevels = 32;
struct TooDeep {};

// What is kept as it stands is written level by level on the stack: a text of a million brackets must not be taken.
Json parse_shallow(std::string_view text) {
  return Json::parse(text, [](int level, Json::parse_event_t, Json&) {
    if (level > kMostLevels) throw TooDeep();
    return true;
  });
}

Json seconds_json(const Seconds& seconds) {
  return {{"load", seconds.load}, {"train", seconds.train}, {"evaluate", seconds.evaluate}};
}

Seconds read_seconds(const Json& json) {
  return {json.at("load"), json.at("train"), json.at("evaluate")};
}

Paper read_paper(const Json& json) {
  Paper paper;
  for (const auto& [key, value] : json.items()) {
    if (key == "source") {
      paper.source = value;
    } else if (key == "same_data") {
      paper.same_data = value;
    } else {
      paper.metrics[key] = value;
    }
  }
  return paper;
}

Json paper_json(const Paper& paper) {
  Json json = paper.metrics;
  json["source"] = paper.source;
  if (!paper.same_data) json["same_data"] = false;
  return json;
}

Json tuned_json(const Tuned& tuned) {
  return {{"on", tuned.on},
          {"trials", tuned.trials},
          {"grid", tuned.grid.empty() ? Json(nullptr) : Json::parse(tuned.grid)},
          {"forced", tuned.forced}};
}

Tuned read_tuned(const Json& json) {
  const Json& grid = json.at("grid");
  return {json.at("on"), count_in(json.at("trials")), grid.is_null() ? std::string() : grid.dump(), json.at("forced")};
}

Json data_json(const RunRecord::Data& data) {
  return {{"name", data.name}, {"hash", data.hash}, {"users", data.users}, {"items", data.items}, {"events", data.events}};
}

Json slices_json(const std::vector<RunRecord::Slice>& slices) {
  Json json = Json::array();
  for (const RunRecord::Slice& slice : slices) {
    json.push_back({{"group", slice.group}, {"name", slice.name}, {"cases", slice.cases}, {"metrics", slice.metrics}});
  }
  return json;
}

Json versus_json(const RunRecord& record) {
  const RunRecord::Versus& versus = *record.versus;
  return {{"floor", versus.floor}, {"metric", versus.metric},
          {"delta", versus.delta}, {"interval", pair_json(versus.interval)},
          {"p", versus.p},         {"verdict", eval::verdict(versus.delta, versus.p, record.clusters)}};
}

// null counts as absent.
bool has(const Json& json, const char* key) {
  return json.contains(key) && !json[key].is_null();
}

void read_figures(const Json& json, RunRecord& record) {
  record.primary = json.value("primary", "");
  record.metrics = json.at("metrics").get<Metrics>();
  record.interval = read_intervals(json.at("interval"));
  for (const auto& [name, metrics] : json.at("floors").items()) record.floors[name] = metrics.get<Metrics>();
  if (has(json, "floor_interval")) {
    for (const auto& [name, intervals] : json["floor_interval"].items()) record.floor_interval[name] = read_intervals(intervals);
  }
  if (has(json, "slices")) {
    for (const Json& slice : json["slices"]) {
      record.slices.push_back({slice.at("group"), slice.at("name"), count_in(slice.at("cases")), slice.at("metrics").get<Metrics>()});
    }
  }
  if (has(json, "paper")) record.paper = read_paper(json["paper"]);
  if (has(json, "versus")) {
    const Json& versus = json["versus"];
    record.versus = {versus.at("floor"), versus.at("metric"), versus.at("delta"), versus.at("p"), read_pair(versus.at("interval"))};
    if (record.primary.empty()) record.primary = record.versus->metric;
  }
}

RunRecord read_record(const Json& json) {
  RunRecord record;
  record.recipe = json.at("recipe");
  record.model = json.value("model", "");
  if (has(json, "system")) record.system = json["system"].get_ref<const Json::number_integer_t&>();
  const Json& data = json.at("data");
  record.data = {data.at("name"), data.at("hash"), count_in(data.at("users")), count_in(data.at("items")), count_in(data.at("events"))};
  record.protocol = json.at("protocol");
  record.split = json.value("split", "");
  record.rule = json.value("rule", "");
  record.fit = json.value("fit", "train");
  record.cases = count_in(json, "cases", 0);
  record.clusters = count_in(json, "clusters", record.cases);
  record.tied = count_in(json, "tied", 0);
  record.seed = count_in(json.at("seed"));
  record.overrides = json.value("set", std::vector<std::string>{});
  if (has(json, "settings")) {
    for (const auto& [key, value] : json["settings"].items()) record.settings[key] = value.dump();
  }
  if (has(json, "tuned")) record.tuned = read_tuned(json["tuned"]);
  record.by_hand =
      json.value("by_hand", std::ranges::any_of(record.overrides, [](const auto& one) { return one.starts_with("settings."); }));
  record.other_split = json.value("other_split", false);
  record.note = json.value("note", "");
  read_figures(json, record);
  record.seconds = read_seconds(json.at("seconds"));
  record.cpu_seconds = read_seconds(json.at("cpu_seconds"));
  record.epochs = count_in(json.at("epochs"));
  record.peak_rss_mb = json.at("peak_rss_mb");
  record.version = json.at("version");
  record.commit = json.value("commit", "");
  record.key = json.value("key", "");
  return record;
}

}  // namespace

std::string RunRecord::to_json() const {
  Json json;
  json["recipe"] = recipe;
  json["system"] = system ? Json(*system) : Json(nullptr);
  json["model"] = model;
  json["data"] = data_json(data);
  json["protocol"] = protocol;
  json["split"] = split;
  json["rule"] = rule;
  json["fit"] = fit;
  json["cases"] = cases;
  json["clusters"] = clusters;
  json["tied"] = tied;
  json["seed"] = seed;
  if (!overrides.empty()) json["set"] = overrides;
  json["settings"] = Json::object();
  for (const auto& [name, value] : settings) json["settings"][name] = Json::parse(value);
  if (tuned) json["tuned"] = tuned_json(*tuned);
  if (by_hand) json["by_hand"] = true;
  if (other_split) json["other_split"] = true;
  if (!note.empty()) json["note"] = note;
  json["primary"] = primary;
  json["metrics"] = metrics;
  json["interval"] = intervals_json(interval);
  json["slices"] = slices_json(slices);
  json["floors"] = Json::object();
  for (const auto& [name, values] : floors) json["floors"][name] = values;
  json["floor_interval"] = Json::object();
  for (const auto& [name, values] : floor_interval) json["floor_interval"][name] = intervals_json(values);
  if (paper) json["paper"] = paper_json(*paper);
  if (versus) json["versus"] = versus_json(*this);
  json["seconds"] = seconds_json(seconds);
  json["cpu_seconds"] = seconds_json(cpu_seconds);
  json["epochs"] = epochs;
  json["peak_rss_mb"] = peak_rss_mb;
  json["version"] = version;
  json["commit"] = commit;
  json["key"] = key;
  return json.dump();
}

Result<RunRecord> RunRecord::from_json(std::string_view json, const std::string& name) {
  const auto refused = [&](std::string found) {
    return fail(Error{ErrorKind::invalid, "this is no record of a run", name, "what `souk lab run --json` prints", std::move(found), {}});
  };
  try {
    return read_record(parse_shallow(json));
  } catch (const Json::exception& problem) {
    return refused(problem.what());
  } catch (const TooDeep&) {
    return refused(fmt::format("more than {} levels", kMostLevels));
  }
}

Result<RunRecord> load_run(const fs::path& file) {
  SOUK_TRY(const std::string text, read_file(file));
  return RunRecord::from_json(text, file.string());
}

Result<std::vector<RunRecord>> load_runs(const fs::path& results) {
  std::vector<RunRecord> records;
  std::error_code error;
  if (!fs::exists(results, error)) return records;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(results, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory() && at.depth() == 0 && at->path().filename() == "shops") at.disable_recursion_pending();
    if (at->is_regular_file() && at->path().extension() == ".json") files.push_back(at->path());
  }
  if (error) return fail_errno("cannot list the recorded runs", results.string(), error.value());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    SOUK_TRY(RunRecord record, load_run(file));
    records.push_back(std::move(record));
  }
  return records;
}

Result<fs::path> record_run(const RunRecord& record, const fs::path& results) {
  std::string name = record.data.name;
  if (record.fit != "train") name += "-fitted-on-validation-too";
  for (const std::string& option : record.overrides) {
    if (option.starts_with("split.fit=")) continue;  // said already
    name += "-" + option;
  }
  if (record.tuned && record.tuned->forced) name += "-tuned-on-" + record.tuned->on;
  const fs::path file = results / record.recipe / fmt::format("{}-seed{}.json", plain_name(name), record.seed);
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return fail_errno("cannot make the folder of results", file.parent_path().string(), error.value());
  SOUK_CHECK(write_file(file, Json::parse(record.to_json()).dump(1) + "\n"));
  return file;
}

}  // namespace souk::lab
