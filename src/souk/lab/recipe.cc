#include "souk/lab/recipe.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "souk/base/file.h"
#include "souk/lab/shipped.h"
#include "souk/recommend/rank_model.h"

namespace souk::lab {
namespace {

// The folder below which recipes are named: the nearest parent that is recipe_root() or called "recipes", else the file's own.
fs::path root_of(const fs::path& file) {
  const fs::path whole = absolute_path(file).lexically_normal();
  const fs::path usual = (absolute_path(recipe_root()) / "").lexically_normal().parent_path();
  for (fs::path folder = whole.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder == usual || folder.filename() == "recipes") return folder;
  }
  return whole.parent_path();
}

std::vector<fs::path> descriptor_folders(const fs::path& root) {
  std::vector<fs::path> folders = {root / "data", recipe_root() / "data"};
  if (const auto shipped = shipped_folder(program_folder(), "recipes")) folders.push_back(*shipped / "data");
  return folders;
}

tl::unexpected<Error> wrong(const Config& config, const char* what, const char* key, const char* expected, const std::string& found) {
  return fail(Error{ErrorKind::invalid, what, config.where(key), expected, found, {}});
}

Result<std::uint32_t> read_kinds(const Config& config) {
  if (!config.has("truth")) return eval::kEveryKind;
  SOUK_TRY(const std::vector<std::string> names, config.texts("truth", {}));
  std::uint32_t kinds = 0;
  for (const std::string& name : names) {
    const auto kind = store::event_kind_named(name);
    if (!kind) return wrong(config, "cannot split so", "truth", "kinds of events, such as [\"purchase\"]", name);
    kinds |= eval::kind_bit(*kind);
  }
  if (kinds == 0) return wrong(config, "cannot split so", "truth", "one kind of events or more", "none");
  return kinds;
}

// The rule alone; the older names "leave-one-out" and "time" with a key `holdout` are read as well.
Result<eval::SplitRule> read_rule(const Config& config, const feeds::Protocol& protocol) {
  SOUK_TRY(std::string text, config.text("rule", protocol.split.empty() ? "loo" : protocol.split));
  if (text == "leave-one-out") text = "loo";
  auto rule = eval::SplitRule::parse(text);
  if (!rule) {
    Error error = rule.error();
    error.where = config.has("rule") ? config.where("rule") : "the data set's [protocol]";
    return fail(std::move(error));
  }
  SOUK_TRY(rule->holdout, config.duration("holdout", rule->holdout));
  SOUK_TRY(rule->truth_kinds, read_kinds(config));
  return rule;
}

Status read_split(const Config& config, const feeds::Protocol& protocol, Judging& judging) {
  SOUK_CHECK(config.only({"rule", "holdout", "history", "part", "fit", "truth", "seed"}));
  SOUK_TRY(judging.rule, read_rule(config, protocol));
  SOUK_TRY(const std::string history, config.text("history", protocol.history.empty() ? "masked" : protocol.history));
  SOUK_TRY(const std::string part, config.text("part", "test"));
  SOUK_TRY(const std::string fit, config.text("fit", "train"));
  SOUK_TRY(const std::int64_t seed, config.integer("seed", 1));
  constexpr const char* kWhat = "cannot split so";
  if (history != "masked" && history != "kept") return wrong(config, kWhat, "history", "masked or kept", history);
  if (part != "test" && part != "validation") return wrong(config, kWhat, "part", "test or validation", part);
  if (fit != "train" && fit != "train+validation") return wrong(config, kWhat, "fit", "train or train+validation", fit);
  if (seed < 0) return wrong(config, kWhat, "seed", "a whole number of at least 0", std::to_string(seed));
  judging.mask_history = history == "masked";
  judging.rule.part = part == "test" ? eval::Part::test : eval::Part::validation;
  judging.rule.fit_validation = fit == "train+validation";
  judging.split_seed = static_cast<std::uint64_t>(seed);
  return {};
}

Result<eval::SampledRanking> read_sampled(const Config& metrics, std::uint64_t seed) {
  eval::SampledRanking sampled;
  sampled.seed = seed;
  SOUK_TRY(const std::string text, metrics.text("sampled", ""));
  if (text.empty()) return sampled;
  const auto colon = static_cast<std::size_t>(std::find(text.begin(), text.end(), ':') - text.begin());
  const std::string by = text.substr(0, colon);
  const std::string count = colon == text.size() ? "100" : text.substr(colon + 1);
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), sampled.negatives);
  const bool counted = error == std::errc{} && end == count.data() + count.size() && sampled.negatives > 0;
  if ((by != "uniform" && by != "popularity") || !counted) {
    return wrong(metrics, "cannot sample so", "sampled", "uniform or popularity and how many, such as \"popularity:100\"", text);
  }
  sampled.by = by == "uniform" ? eval::SampledRanking::By::uniform : eval::SampledRanking::By::popularity;
  return sampled;
}

Status read_metrics(const Config& metrics, const feeds::Protocol& protocol, Judging& judging) {
  SOUK_CHECK(metrics.only({"report", "primary", "sampled"}));
  const bool own = metrics.has("report") || metrics.has("primary");
  std::vector<std::string> usual = {"HR@5", "HR@10", "HR@20", "NDCG@5", "NDCG@10", "NDCG@20", "MRR@10", "Recall@10"};
  if (!own && !protocol.report.empty()) usual = protocol.report;
  SOUK_TRY(judging.report, metrics.texts("report", usual));
  SOUK_TRY(judging.primary, metrics.text("primary", own || protocol.primary.empty() ? "NDCG@10" : protocol.primary));
  if (std::find(judging.report.begin(), judging.report.end(), judging.primary) == judging.report.end()) {
    judging.report.push_back(judging.primary);
  }
  const std::string where = metrics.has("report") ? metrics.where("report") : metrics.where("primary");
  for (const std::string& metric : judging.report) SOUK_CHECK(eval::MetricName::parse(metric, where));
  SOUK_TRY(judging.sampled, read_sampled(metrics, judging.split_seed));
  return {};
}

Result<std::optional<Paper>> read_paper(const Config& config) {
  const auto keys = config.keys();
  if (keys.empty()) return std::nullopt;
  Paper paper;
  SOUK_TRY(paper.source, config.text("source", ""));
  SOUK_TRY(paper.same_data, config.flag("same_data", true));
  for (const std::string& key : keys) {
    if (key == "source" || key == "same_data") continue;
    SOUK_CHECK(eval::MetricName::parse(key, config.where(key)));
    SOUK_TRY(paper.metrics[key], config.number(key, 0));
  }
  return paper;
}

Result<std::optional<Tuned>> read_tuned(const Config& config, const Grid& grid) {
  if (config.keys().empty()) return std::nullopt;
  SOUK_CHECK(config.only({"on", "trials"}));
  Tuned tuned;
  SOUK_TRY(tuned.on, config.text("on", "validation"));
  SOUK_TRY(const std::int64_t trials, config.integer("trials", 0));
  tuned.forced = tuned.on == "test";
  if (!tuned.forced && !tuned.on.starts_with("validation")) return wrong(config, "cannot read", "on", "validation or test", tuned.on);
  tuned.trials = static_cast<std::uint64_t>(std::max<std::int64_t>(trials, 0));
  if (grid.size() > 0) tuned.grid = grid.to_json();
  return tuned;
}

// "loo of purchase": a rule, and what kind of event is truth.
Result<eval::SplitRule> read_tune_split(const Config& tune, const std::string& data) {
  SOUK_TRY(const std::string usual, tune.text("split", "loo"));
  SOUK_TRY(const std::string text, tune.table("splits").text(data, usual));
  constexpr std::string_view kOf = " of ";
  const std::size_t of = text.find(kOf);
  SOUK_TRY(eval::SplitRule rule, eval::SplitRule::parse(text.substr(0, of)));
  if (of == std::string::npos) return rule;
  const auto kind = store::event_kind_named(text.substr(of + kOf.size()));
  if (!kind) return wrong(tune, "cannot split so", "splits", "a rule, or a rule of a kind of events, such as \"loo of purchase\"", text);
  rule.truth_kinds = eval::kind_bit(*kind);
  return rule;
}

Result<Config> with_overrides(Config config, const std::vector<std::string>& overrides) {
  for (const std::string& option : overrides) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Error{ErrorKind::invalid, "cannot read the override", "--set", "key=value, such as settings.window=5", option, {}});
    }
    if (option.starts_with("on.") || option.starts_with("on=")) {
      return fail(Error{ErrorKind::invalid,
                        "what a recipe says of single sets stays",
                        "--set",
                        "what holds for this run, such as settings.window=5",
                        option,
                        {}});
    }
    SOUK_TRY(config, config.with(option.substr(0, equals), option.substr(equals + 1)));
  }
  return config;
}

Result<Config> with_values(Config config, const std::string& below, const Values& values) {
  for (const auto& [key, value] : values) {
    SOUK_TRY(config, config.with(below + key, value));
  }
  return config;
}

// A value that tuning tries must be what is run: --set comes last.
Status check_left_alone(const Values& tried, const Config& own, const Config& overridden) {
  constexpr std::string_view kSettings = "settings.";
  const Values before = values_of(own.table("settings")), after = values_of(overridden.table("settings"));
  for (const auto& [path, value] : tried) {
    if (!path.starts_with(kSettings)) continue;
    const auto same_key = [key = path.substr(kSettings.size())](const auto& one) { return one.first == key; };
    const auto tries = std::find_if(before.begin(), before.end(), same_key), runs = std::find_if(after.begin(), after.end(), same_key);
    if (tries != before.end() && runs != after.end() && tries->second == runs->second) continue;
    return fail(Error{ErrorKind::invalid, "what is tuned cannot be set as well", "--set", "settings that [tune] leaves alone", path, {}});
  }
  return {};
}

// Whether --set made another method of it: another model, or other settings.
Result<bool> other_method(const Config& own, const Config& overridden) {
  SOUK_TRY(const std::string before, own.text("model", ""));
  SOUK_TRY(const std::string after, overridden.text("model", ""));
  return before != after || values_of(own.table("settings")) != values_of(overridden.table("settings"));
}

// Whether settings chosen for one way of judging may be called chosen for the other. It does not matter which part is asked, nor whether
// validation is trained on in the end.
bool tuned_alike(const Judging& a, const Judging& b) {
  eval::SplitRule rule = b.rule;
  rule.part = a.rule.part;
  rule.fit_validation = a.rule.fit_validation;
  return a.rule == rule && a.mask_history == b.mask_history && a.split_seed == b.split_seed;
}

std::string rule_in_words(const eval::SplitRule& rule) {
  using Kind = eval::SplitRule::Kind;
  const auto end = [&] {
    return rule.holdout == 0 ? std::string("the last tenth of the time")
                             : fmt::format("the last {:g} days", static_cast<double>(rule.holdout) / kDay);
  };
  switch (rule.kind) {
    case Kind::loo:
      return "leave-one-out";
    case Kind::time:
      return rule.holdout == 0 ? "last tenth of the time held out" : end().substr(4) + " held out";
    case Kind::last_day:
      return "last day held out";
    case Kind::session:
      return "next item in sessions of " + end();
    case Kind::cold:
      return fmt::format("items with at most {} training events, {} held out", rule.cold_events, end());
    case Kind::random:
      return fmt::format("a random {:g} % of each shopper's events held out", rule.share * 100);
    case Kind::fixed:
      return "split as the set came";
  }
  return {};
}

}  // namespace

std::string Judging::protocol() const {
  std::string text = rule_in_words(rule);
  if (rule.part == eval::Part::validation) text += " (validation)";
  if (rule.fit_validation) text += ", fitted on train and validation";
  if (rule.truth_kinds != eval::kEveryKind) {
    std::string kinds;
    for (std::size_t kind = 0; kind < store::kEventKinds; ++kind) {
      if ((rule.truth_kinds >> kind & 1U) == 0) continue;
      kinds += (kinds.empty() ? "" : " and ") + std::string(store::name_of(static_cast<store::EventKind>(kind)));
    }
    text += ", truth " + kinds;
  }
  if (sampled.by == eval::SampledRanking::By::none) {
    text += ", full ranking";
  } else {
    const bool uniform = sampled.by == eval::SampledRanking::By::uniform;
    text += fmt::format(", ranked among {} drawn {}", sampled.negatives, uniform ? "uniformly" : "by popularity");
    if (sampled.seed != 1) text += fmt::format(" with seed {}", sampled.seed);
  }
  return text + ", history " + (mask_history ? "masked" : "kept");
}

std::string Judging::fit() const {
  return rule.fit_validation ? "train+validation" : "train";
}

std::vector<std::uint32_t> Judging::cutoffs() const {
  std::set<std::uint32_t> found;
  for (const std::string& metric : report) {
    if (const auto name = eval::MetricName::parse(metric, {})) found.insert(name->cutoff);
  }
  return {found.begin(), found.end()};
}

fs::path recipe_root() {
  if (const char* const given = std::getenv("SOUK_RECIPES"); given != nullptr && *given != '\0') return given;
  return shipped_folder(program_folder(), "recipes").value_or("recipes");
}

Result<Task> Recipe::on(const std::string& data_name, const feeds::Protocol& protocol, const Values& values) const {
  const Config special = document_.table("on").table(data_name);
  SOUK_CHECK(special.only({"settings", "paper", "tuned", "tune"}));
  SOUK_TRY(Config config, with_values(document_, "settings.", values_of(special.table("settings"))));
  SOUK_TRY(config, with_values(std::move(config), "tune.", values_of(special.table("tune"))));
  SOUK_TRY(const Config own, with_values(std::move(config), "", values));
  SOUK_TRY(config, with_overrides(own, overrides));
  SOUK_CHECK(check_left_alone(values, own, config));
  Task task;
  task.settings = config.table("settings");
  SOUK_CHECK(read_split(config.table("split"), protocol, task.judging));
  SOUK_CHECK(read_metrics(config.table("metrics"), protocol, task.judging));
  SOUK_TRY(task.paper, read_paper(special.has("paper") ? special.table("paper") : config.table("paper")));
  SOUK_TRY(task.note, config.table("notes").text(data_name, ""));
  const Config tune = config.table("tune");
  SOUK_TRY(task.grid, read_grid(tune));
  SOUK_TRY(task.tuned, read_tuned(special.table("tuned"), task.grid));
  SOUK_TRY(task.tune_split, read_tune_split(tune, data_name));
  SOUK_TRY(const std::int64_t trials, tune.integer("trials", 0));
  SOUK_TRY(const std::int64_t cases, tune.integer("cases", 0));
  task.tune_trials = static_cast<std::uint64_t>(std::max<std::int64_t>(trials, 0));
  task.tune_cases = static_cast<std::uint64_t>(std::max<std::int64_t>(cases, 0));
  SOUK_TRY(task.by_hand, other_method(own, config));
  Judging judging;
  SOUK_CHECK(read_split(own.table("split"), protocol, judging));
  task.other_split = !tuned_alike(judging, task.judging);
  if (task.by_hand || task.other_split) task.tuned.reset();
  return task;
}

Values Recipe::settings_on(const std::string& data_name) const {
  return values_of(document_.table("on").table(data_name).table("settings"));
}

Result<Recipe> Recipe::load(const fs::path& file, const std::vector<std::string>& overrides) {
  fs::path path = file;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    path = recipe_root() / file;
    if (path.extension() != ".toml") path += ".toml";
    if (!fs::exists(path, ignored)) {
      return fail(ErrorKind::not_found, "there is no such recipe", file.string(), "`souk lab list` names the recipes");
    }
  }
  Recipe recipe;
  recipe.file = path;
  recipe.overrides = overrides;
  SOUK_TRY(recipe.document_, Config::load(path));
  SOUK_TRY(const Config config, with_overrides(recipe.document_, overrides));
  SOUK_CHECK(config.only({"title", "about", "system", "model", "data", "settings", "split", "metrics", "paper", "tune", "notes", "on"}));
  const fs::path root = root_of(path);
  recipe.name = absolute_path(path).lexically_normal().lexically_relative(root).replace_extension().generic_string();
  recipe.descriptors = descriptor_folders(root);
  SOUK_TRY(recipe.title, config.text("title", recipe.name));
  SOUK_TRY(recipe.about, config.text("about", ""));
  SOUK_TRY(recipe.model, config.text("model", ""));
  SOUK_TRY(recipe.data, config.text("data", ""));
  if (config.has("system")) {
    SOUK_TRY(recipe.system, config.integer("system", 0));
  }
  SOUK_CHECK(recommend::find_rank_model(recipe.model, config.where("model")));
  SOUK_TRY(recipe.budget, config.table("tune").duration("budget", 0));
  // Whatever set it will run on: what is wrong with the recipe is told now.
  SOUK_CHECK(recipe.on(recipe.data, {}));
  for (const std::string& set : config.table("on").keys()) SOUK_CHECK(recipe.on(set, {}));
  return recipe;
}

}  // namespace souk::lab
