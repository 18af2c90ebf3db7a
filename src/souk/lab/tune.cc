#include "souk/lab/tune.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <numeric>
#include <sstream>
#include <utility>

#include "souk/base/hash.h"
#include "souk/base/random.h"
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

Status check_options(const Recipe& recipe, const Grid& grid, const TuneOptions& options) {
  if (options.on != "validation" && options.on != "test") {
    return fail(Error{ErrorKind::invalid, "cannot tune on that", "--on", "validation", options.on, {}});
  }
  if (options.on == "test" && !options.force_test) {
    return fail(Error{ErrorKind::invalid, "tuning on the test part is refused: its result would say nothing about new cases", recipe.name,
                      "validation", "test", "--force-test-tuning does it all the same, and marks the record"});
  }
  if (grid.size() == 0) {
    return fail(ErrorKind::invalid, "the recipe names nothing to tune", recipe.file.string(),
                "add a table such as [tune] settings.window = [4, 8, 16]");
  }
  return {};
}

// `most` of the numbers below `count`, or all in their order (most = 0).
std::vector<std::uint32_t> drawn(std::uint64_t count, std::uint64_t most, std::uint64_t seed) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  if (most == 0 || most >= count) return numbers;
  Random random(seed);
  random.shuffle(std::span(numbers));
  numbers.resize(most);
  return numbers;
}

// The same questions, fewer of them: enough to tell settings apart.
void draw_cases(std::vector<eval::Case>& cases, std::uint64_t most, std::uint64_t seed) {
  if (most == 0 || cases.size() <= most) return;
  std::vector<std::uint32_t> chosen = drawn(cases.size(), most, seed);
  std::sort(chosen.begin(), chosen.end());
  std::vector<eval::Case> kept;
  kept.reserve(most);
  for (const std::uint32_t which : chosen) kept.push_back(std::move(cases[which]));
  cases = std::move(kept);
}

class Tuning {
 public:
  // `plain`: what the recipe says of the set, whatever is tried.
  Tuning(const TuneOptions& options, const Recipe& recipe, const Task& plain, const Data& data, Progress& progress)
      : options_(options), recipe_(recipe), plain_(plain), data_(data), progress_(progress) {}

  Result<std::vector<Trial>> trials() {
    SOUK_TRY(Task first, task(0));
    SOUK_TRY(eval::Split split, held_out(first));
    SOUK_CHECK(eval::check_split(split));
    SOUK_CHECK(open_journal(first, split));
    // In sets that came split, what is known of a test case trains nothing and stands before its test part: no question for tuning.
    if (first.judging.rule.kind == eval::SplitRule::Kind::fixed)
      std::erase_if(split.cases, [](const auto& one) { return one.history_events == 0; });
    draw_cases(split.cases, plain_.tune_cases, first.judging.split_seed);
    cases_ = split.cases.size();
    const std::string& primary = first.judging.primary;
    const Duration budget = options_.budget > 0 ? options_.budget : recipe_.budget;
    const auto begun = std::chrono::steady_clock::now();
    std::vector<Trial> trials;
    const std::vector<std::uint32_t> chosen = drawn(plain_.grid.size(), plain_.tune_trials, options_.run.seed);
    progress_.stage("tune", chosen.size(), "trials");
    for (const std::uint32_t i : chosen) {
      const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
      if (budget > 0 && spent > budget && !trials.empty()) {
        progress_.note(fmt::format("the budget of {} is used up after {} trials", format_duration(budget), trials.size()));
        break;
      }
      SOUK_TRY(Trial trial, run(i, split));
      progress_.note(fmt::format("{} {:.4f}  {}", primary, trial.metrics.at(primary), words_of(trial.values)));
      trials.push_back(std::move(trial));
      progress_.add(1);
    }
    progress_.finish();
    std::stable_sort(trials.begin(), trials.end(),
                     [&](const Trial& a, const Trial& b) { return a.metrics.at(primary) > b.metrics.at(primary); });
    return trials;
  }
  const std::string& on() const { return on_; }
  std::uint64_t cases() const { return cases_; }
  Status finish() { return journal_.finish(); }

 private:
  Result<Task> task(std::uint64_t which) const {
    SOUK_TRY(Task task, recipe_.on(data_.name, data_.protocol, plain_.grid.combination(which)));
    task.judging.rule.part = options_.on == "test" ? eval::Part::test : eval::Part::validation;
    if (options_.on != "test") task.judging.rule.fit_validation = false;
    return task;
  }

  // Whether the set came with a validation part, or the rule makes one.
  bool has_validation(const Judging& judging) const {
    if (judging.rule.kind != eval::SplitRule::Kind::fixed || !data_.parts) return true;
    for (std::size_t shopper = 0; shopper < data_.parts->first_test.size(); ++shopper) {
      const std::uint64_t begin = data_.parts->first_validation[shopper];
      if (begin > 0 && begin < data_.parts->first_test[shopper]) return true;
    }
    return false;
  }

  // What settings are judged on: the validation part, or something held out of the training part where there is none.
  Result<eval::Split> held_out(const Task& task) {
    on_ = options_.on;
    if (options_.on == "test" || has_validation(task.judging)) return split_for(task.judging, data_);
    on_ = fmt::format("validation, {} on train", task.tune_split.text());
    eval::SplitRule whole = task.judging.rule;
    whole.part = eval::Part::test;
    SOUK_TRY(const eval::Split outer, eval::make_split(data_.log, whole, task.judging.split_seed, &*data_.parts));
    eval::SplitRule inner = task.tune_split;
    inner.part = eval::Part::test;
    inner.fit_validation = true;  // nothing but what is asked about need be held out
    return eval::make_split(outer.train, inner, task.judging.split_seed);
  }

  Status open_journal(const Task& first, const eval::Split& split) {
    if (options_.run.runs.empty()) return {};
    // Not of the grid: trials stay good when values are added to it.
    const std::string model = fmt::format("tune {} {}", recipe_.model, plain_.tune_cases);
    const std::string key = run_key(model, Config(), first.judging, data_, split, options_.run.seed);
    SOUK_TRY(journal_, Journal::open(run_folder(options_.run.runs, recipe_.name, data_.name, "tune-" + key)));
    if (!journal_.taken_up().empty()) {
      progress_.note(
          fmt::format("tuning of {} goes on where it was stopped; {} trials are done already", recipe_.name, journal_.taken_up().size()));
    }
    return {};
  }

  Result<Trial> run(std::uint64_t which, const eval::Split& split) {
    SOUK_TRY(const Task one, task(which));
    Trial trial{which, plain_.grid.combination(which), {}, {}, {}};
    const std::string name = hash128(one.settings.to_json()).hex();
    if (const Stage* const finished = journal_.find(name)) return filled(std::move(trial), *finished);
    Progress silent(Progress::Style::silent);  // the bar is of trials
    auto measured = measure(recipe_.model, one.settings, one.judging, split, options_.run, false, journal_.training(name), silent);
    if (!measured) {
      Error error = measured.error();
      error.where = words_of(trial.values) + (error.where.empty() ? "" : ": " + error.where);
      return fail(std::move(error));
    }
    if (progress_.cancelled()) return fail(ErrorKind::cancelled, "tuning was cancelled", recipe_.name);
    measured->stage.per_case.clear();
    measured->stage.shoppers.clear();
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
  const Task& plain_;
  const Data& data_;
  Progress& progress_;
  Journal journal_;
  std::string on_;
  std::uint64_t cases_ = 0;
};

}  // namespace

Result<TuneResult> tune(const TuneOptions& options, Progress& progress) {
  SOUK_TRY(const Recipe recipe, Recipe::load(options.run.recipe, options.run.overrides));
  SOUK_TRY(const Data data, load_data(options.run.data, recipe.data, recipe.descriptors, options.run.threads, progress));
  SOUK_TRY(const Task plain, recipe.on(data.name, data.protocol));
  SOUK_CHECK(check_options(recipe, plain.grid, options));
  Tuning tuning(options, recipe, plain, data, progress);
  TuneResult result;
  SOUK_TRY(result.trials, tuning.trials());
  result.recipe = recipe.name;
  result.data = data.name;
  result.on = tuning.on();
  result.cases = tuning.cases();
  result.possible = plain.grid.size();
  for (auto& setting : recipe.settings_on(data.name)) {
    const bool tried = std::any_of(plain.grid.axes.begin(), plain.grid.axes.end(),
                                   [&](const Grid::Axis& axis) { return axis.key == "settings." + setting.first; });
    if (!tried) result.fixed.push_back(std::move(setting));
  }
  SOUK_TRY(Task task, recipe.on(data.name, data.protocol, result.trials.front().values));
  result.primary = task.judging.primary;
  task.judging.rule.part = eval::Part::test;
  task.tuned = Tuned{tuning.on(), result.trials.size(), plain.grid.to_json(), options.on == "test"};
  SOUK_TRY(const eval::Split split, split_for(task.judging, data));
  SOUK_TRY(result.record, run_task(recipe, task, data, split, options.run, progress));
  SOUK_CHECK(tuning.finish());
  return result;
}

std::string TuneResult::block() const {
  const Trial& best = trials.front();
  std::string text = fmt::format("# Tuned by `souk lab tune {} --data {}`: {} of {} combinations, {} {:.4f} on {}.\n", recipe, data,
                                 trials.size(), possible, primary, best.metrics.at(primary), on);
  text += fmt::format("[on.\"{}\"]\ntuned = {{on = \"{}\", trials = {}}}\n\n[on.\"{}\".settings]\n", data, on, trials.size(), data);
  for (const auto& [key, value] : fixed) text += fmt::format("{} = {}\n", key, value);
  for (const auto& [key, value] : best.values) text += fmt::format("{} = {}\n", key.substr(std::string_view("settings.").size()), value);
  return text;
}

std::string TuneResult::to_text() const {
  std::string text =
      fmt::format("{} on {}, judged on {} ({} cases): {} of {} combinations\n\n", recipe, data, on, cases, trials.size(), possible);
  text += fmt::format("{:>10}{:>10}{:>11}  settings\n", primary, "train s", "evaluate s");
  for (const Trial& trial : trials) {
    text += fmt::format("{:>10.4f}{:>10.2f}{:>11.2f}  {}{}\n", trial.metrics.at(primary), trial.seconds.train, trial.seconds.evaluate,
                        words_of(trial.values), trial.note.empty() ? "" : " (" + trial.note + ")");
  }
  return text + fmt::format("\nThe best of them, once on test:\n\n{}\n{}", record.to_text(), block());
}

std::string TuneResult::to_json() const {
  engine::JsonWriter json;
  json.begin_object().member("recipe", recipe).member("data", data).member("on", on).member("cases", cases).member("possible", possible);
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
