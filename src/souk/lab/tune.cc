#include "souk/lab/tune.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <sstream>
#include <utility>

#include "souk/base/hash.h"
#include "souk/engine/json_writer.h"

namespace souk::lab {
namespace {

std::string words_of(const Values& values) {
  std::string text;
  for (const auto& [key, value] : values) {
    constexpr std::string_view kPrefix = "settings.";
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key.starts_with(kPrefix) ? key.substr(kPrefix.size()) : key, value);
  }
  return text;
}

Status check_options(const Recipe& recipe, const TuneOptions& options) {
  if (options.on != "validation" && options.on != "test") {
    return fail(Error{ErrorKind::invalid, "cannot tune on that", "--on", "validation", options.on, {}});
  }
  if (options.on == "test" && !options.force_test) {
    return fail(Error{ErrorKind::invalid, "tuning on the test part is refused: its result would say nothing about new cases", recipe.name,
                      "validation", "test", "--force-test-tuning does it all the same, and marks the record"});
  }
  if (recipe.grid.size() == 0) {
    return fail(ErrorKind::invalid, "the recipe names nothing to tune", recipe.file.string(),
                "add a table such as [tune] settings.window = [4, 8, 16]");
  }
  return {};
}

class Tuning {
 public:
  Tuning(const TuneOptions& options, const Recipe& recipe, const Data& data, Progress& progress)
      : options_(options), recipe_(recipe), data_(data), progress_(progress) {}

  Result<std::vector<Trial>> trials() {
    SOUK_TRY(Task first, task(0));
    SOUK_TRY(const eval::Split split, split_for(first.judging, data_));
    SOUK_CHECK(eval::check_split(split));
    SOUK_CHECK(open_journal(first, split));
    const Duration budget = options_.budget > 0 ? options_.budget : recipe_.budget;
    const auto begun = std::chrono::steady_clock::now();
    std::vector<Trial> trials;
    progress_.stage("tune", recipe_.grid.size(), "trials");
    for (std::uint64_t i = 0; i < recipe_.grid.size(); ++i) {
      const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
      if (budget > 0 && spent > budget && !trials.empty()) {
        progress_.note(fmt::format("the budget of {} is used up after {} trials", format_duration(budget), trials.size()));
        break;
      }
      SOUK_TRY(Trial trial, run(i, split));
      progress_.note(fmt::format("{} {:.4f}  {}", first.judging.primary, trial.metrics.at(first.judging.primary), words_of(trial.values)));
      trials.push_back(std::move(trial));
      progress_.add(1);
    }
    progress_.finish();
    std::stable_sort(trials.begin(), trials.end(), [&](const Trial& a, const Trial& b) {
      return a.metrics.at(first.judging.primary) > b.metrics.at(first.judging.primary);
    });
    return trials;
  }
  Status finish() { return journal_.finish(); }

 private:
  Result<Task> task(std::uint64_t which) const {
    SOUK_TRY(Task task, recipe_.on(data_.name, data_.protocol, recipe_.grid.combination(which)));
    task.judging.rule.part = options_.on == "test" ? eval::Part::test : eval::Part::validation;
    if (options_.on != "test") task.judging.rule.fit_validation = false;
    return task;
  }

  Status open_journal(const Task& first, const eval::Split& split) {
    if (options_.run.runs.empty()) return {};
    // Not of the grid: trials stay good when values are added to it.
    const std::string key = run_key("tune " + recipe_.model, Config(), first.judging, data_, split, options_.run.seed);
    SOUK_TRY(journal_, Journal::open(run_folder(options_.run.runs, recipe_.name, data_.name, "tune-" + key)));
    if (!journal_.taken_up().empty()) {
      progress_.note(
          fmt::format("tuning of {} goes on where it was stopped; {} trials are done already", recipe_.name, journal_.taken_up().size()));
    }
    return {};
  }

  Result<Trial> run(std::uint64_t which, const eval::Split& split) {
    SOUK_TRY(const Task one, task(which));
    Trial trial{which, recipe_.grid.combination(which), {}, {}, {}};
    const std::string name = hash128(one.settings.to_json()).hex();
    if (const Stage* const finished = journal_.find(name)) return filled(std::move(trial), *finished);
    Progress silent(Progress::Style::silent);  // the bar is of trials
    auto measured = measure(recipe_.model, one.settings, one.judging, split, options_.run, false, silent);
    if (!measured) {
      Error error = measured.error();
      error.where = words_of(trial.values) + (error.where.empty() ? "" : ": " + error.where);
      return fail(std::move(error));
    }
    if (progress_.cancelled()) return fail(ErrorKind::cancelled, "tuning was cancelled", recipe_.name);
    measured->stage.per_case.clear();
    SOUK_CHECK(journal_.keep(name, measured->stage));
    return filled(std::move(trial), measured->stage);
  }

  static Trial filled(Trial trial, const Stage& stage) {
    trial.metrics = stage.metrics;
    trial.seconds = stage.seconds;
    trial.note = stage.note;
    return trial;
  }

  const TuneOptions& options_;
  const Recipe& recipe_;
  const Data& data_;
  Progress& progress_;
  Journal journal_;
};

}  // namespace

Result<TuneResult> tune(const TuneOptions& options, Progress& progress) {
  SOUK_TRY(const Recipe recipe, Recipe::load(options.run.recipe, options.run.overrides));
  SOUK_CHECK(check_options(recipe, options));
  SOUK_TRY(const Data data, load_data(options.run.data, recipe.data, recipe.descriptors, options.run.threads, progress));
  Tuning tuning(options, recipe, data, progress);
  TuneResult result;
  SOUK_TRY(result.trials, tuning.trials());
  result.recipe = recipe.name;
  result.data = data.name;
  result.on = options.on;
  result.possible = recipe.grid.size();
  SOUK_TRY(Task task, recipe.on(data.name, data.protocol, result.trials.front().values));
  result.primary = task.judging.primary;
  task.judging.rule.part = eval::Part::test;
  task.tuned = Tuned{options.on, result.trials.size(), recipe.grid.to_json(), options.on == "test"};
  SOUK_TRY(const eval::Split split, split_for(task.judging, data));
  SOUK_TRY(result.record, run_task(recipe, task, data, split, options.run, progress));
  SOUK_CHECK(tuning.finish());
  return result;
}

std::string TuneResult::block() const {
  const Trial& best = trials.front();
  std::string text = fmt::format("# Tuned by `souk lab tune {} --data {}`: {} of {} combinations, {} {:.4f} on {}.\n", recipe, data,
                                 trials.size(), possible, primary, best.metrics.at(primary), on);
  text += fmt::format("[on.\"{}\"]\ntuned = {{on = \"{}\", trials = {}{}}}\n\n[on.\"{}\".settings]\n", data, on, trials.size(),
                      on == "test" ? ", forced = true" : "", data);
  for (const auto& [key, value] : best.values) text += fmt::format("{} = {}\n", key.substr(std::string_view("settings.").size()), value);
  return text;
}

std::string TuneResult::to_text() const {
  std::string text = fmt::format("{} on {}, judged on {}: {} of {} combinations\n\n", recipe, data, on, trials.size(), possible);
  text += fmt::format("{:>10}{:>10}{:>11}  settings\n", primary, "train s", "evaluate s");
  for (const Trial& trial : trials) {
    text += fmt::format("{:>10.4f}{:>10.2f}{:>11.2f}  {}{}\n", trial.metrics.at(primary), trial.seconds.train, trial.seconds.evaluate,
                        words_of(trial.values), trial.note.empty() ? "" : " (" + trial.note + ")");
  }
  return text + fmt::format("\nThe best of them, once on test:\n\n{}\n{}", record.to_text(), block());
}

std::string TuneResult::to_json() const {
  engine::JsonWriter json;
  json.begin_object().member("recipe", recipe).member("data", data).member("on", on).member("possible", possible);
  json.key("trials").begin_array();
  for (const Trial& trial : trials) {
    json.begin_object().key("settings").begin_object();
    for (const auto& [key, value] : trial.values) json.key(key).raw(value);
    json.end_object().key("metrics").begin_object();
    for (const auto& [name, value] : trial.metrics) json.member(name, value);
    json.end_object().member("train", trial.seconds.train).member("evaluate", trial.seconds.evaluate).end_object();
  }
  return json.end_array().key("run").raw(record.to_json()).member("block", block()).end_object().text();
}

Status write_tuned(const TuneResult& result, const fs::path& recipe) {
  SOUK_TRY(const std::string before, read_file(recipe));
  const std::string own = fmt::format("[on.\"{}\"]", result.data), settings = fmt::format("[on.\"{}\".settings]", result.data);
  std::string kept, line;
  bool dropping = false;
  for (std::istringstream lines(before); std::getline(lines, line);) {
    const bool marks = line.starts_with("# Tuned by `souk lab tune ") && line.find("--data " + result.data + "`") != std::string::npos;
    if (line.starts_with('[') || line.starts_with('#')) dropping = marks || line.starts_with(own) || line.starts_with(settings);
    if (!dropping) kept += line + "\n";
  }
  while (kept.ends_with("\n\n")) kept.pop_back();
  const std::string after = kept + "\n" + result.block();
  SOUK_CHECK(Config::parse(after, recipe.string()));
  return write_file(recipe, after);
}

}  // namespace souk::lab
