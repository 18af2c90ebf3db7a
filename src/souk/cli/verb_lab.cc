#include <fmt/format.h>
#include <map>

#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"
#include "souk/lab/report.h"
#include "souk/lab/run.h"
#include "souk/lab/systems.h"
#include "souk/lab/tune.h"

namespace souk::cli {
namespace {

// "amazon-s3rec-beauty NDCG@10 0.0478"
std::string figure_of(const lab::RunRecord& run) {
  const auto value = run.metrics.find(run.primary);
  return fmt::format("{} {} {}", run.data.name, run.primary, value == run.metrics.end() ? "?" : fmt::format("{:.4f}", value->second));
}

lab::RunOptions options_of(const Console& console, const LabRunFlags& flags) {
  return {.recipe = flags.recipe,
          .data = flags.data,
          .overrides = flags.set,
          .seed = console.seed,
          .threads = console.threads,
          .runs = flags.runs.empty() ? lab::default_runs() : fs::path(flags.runs)};
}

int keep_and_print(const Console& console, const lab::RunRecord& record, const std::string& results, const std::string& text) {
  if (!results.empty()) {
    SOUK_OR_REPORT(const fs::path kept, console, lab::record_run(record, results));
    note(console, fmt::format("kept as {}", kept.string()));
  }
  print(console, text);
  return kDone;
}

int print_page(const Console& console, const std::string& text, const std::string& to) {
  if (to == "-") {
    print(console, text);
    return kDone;
  }
  const Status written = write_file(to, text);
  return written ? kDone : report(console, written.error());
}

}  // namespace

int lab_list(const Console& console, const std::string& results) {
  SOUK_OR_REPORT(const std::vector<lab::RecipeInfo> recipes, console, lab::list_recipes(lab::recipe_root()));
  SOUK_OR_REPORT(const std::vector<lab::RunRecord> runs, console, lab::load_runs(results));
  std::map<std::string, std::size_t> recorded;
  for (const lab::RunRecord& run : runs) ++recorded[run.recipe];
  std::error_code ignored;
  if (!fs::exists(results, ignored)) note(console, fmt::format("souk: there is no folder {} here: no run is counted as recorded", results));
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().key("recipes").begin_array();
    for (const lab::RecipeInfo& recipe : recipes) {
      json.begin_object()
          .member("name", recipe.name)
          .member("title", recipe.title)
          .member("model", recipe.model)
          .member("data", recipe.data);
      if (recipe.system) json.member("system", *recipe.system);
      json.member("recorded", recorded[recipe.name]).end_object();
    }
    print_line(console, json.end_array().end_object().text());
    return kDone;
  }
  Table table({"recipe", "model", "data", "recorded", "title"},
              {Table::Align::left, Table::Align::left, Table::Align::left, Table::Align::right, Table::Align::left});
  for (const lab::RecipeInfo& recipe : recipes) {
    table.row({recipe.name, recipe.model, recipe.data, std::to_string(recorded[recipe.name]), recipe.title});
  }
  print(console, table.text());
  return kDone;
}

int lab_show(const Console& console, const std::string& recipe, const std::string& results) {
  SOUK_OR_REPORT(std::string text, console, lab::show_recipe(recipe));
  SOUK_OR_REPORT(const lab::Recipe loaded, console, lab::Recipe::load(recipe));
  SOUK_OR_REPORT(const std::vector<lab::RunRecord> runs, console, lab::load_runs(results));
  engine::JsonWriter json;
  json.begin_object().member("recipe", loaded.name).member("text", text).key("runs").begin_array();
  for (const lab::RunRecord& run : runs) {
    if (run.recipe != loaded.name) continue;
    text += fmt::format("recorded  {}{}, seed {}; {}; {}\n", figure_of(run), lab::overrides_of(run), run.seed, run.protocol,
                        lab::settings_source(run));
    json.raw(run.to_json());
  }
  json.end_array().end_object();
  if (console.json) {
    print_line(console, json.text());
  } else {
    print(console, text);
  }
  return kDone;
}

int lab_run(const Console& console, const LabRunFlags& flags) {
  Progress& progress = console.progress();
  SOUK_OR_REPORT(const lab::RunRecord record, console, lab::run_recipe(options_of(console, flags), progress));
  progress.finish();
  return keep_and_print(console, record, flags.results, console.json ? record.to_json() + "\n" : record.to_text());
}

int lab_tune(const Console& console, const LabTuneFlags& flags) {
  Duration budget = 0;
  if (!flags.budget.empty()) {
    const Result<Duration> parsed = parse_duration(flags.budget);
    if (!parsed) return report_usage(console, parsed.error());
    budget = *parsed;
  }
  Progress& progress = console.progress();
  const lab::TuneOptions options{options_of(console, flags.run), budget, flags.on, flags.force_test};
  SOUK_OR_REPORT(const lab::TuneResult result, console, lab::tune(options, progress));
  progress.finish();
  if (flags.write) {
    SOUK_OR_REPORT(const lab::Recipe recipe, console, lab::Recipe::load(flags.run.recipe));
    if (const Status written = lab::write_tuned(result, recipe.file); !written) return report(console, written.error());
    note(console, fmt::format("written into {}", recipe.file.string()));
  }
  return keep_and_print(console, result.record, flags.run.results, console.json ? result.to_json() + "\n" : result.to_text());
}

int lab_compare(const Console& console, const std::string& a, const std::string& b, const std::string& runs) {
  SOUK_OR_REPORT(const lab::RunRecord first, console, lab::load_run(a));
  SOUK_OR_REPORT(const lab::RunRecord second, console, lab::load_run(b));
  SOUK_OR_REPORT(const std::string text, console, lab::compare(first, second, runs.empty() ? lab::default_runs() : fs::path(runs)));
  if (console.json) {
    engine::JsonWriter json;
    print_line(console,
               json.begin_object().key("a").raw(first.to_json()).key("b").raw(second.to_json()).member("text", text).end_object().text());
  } else {
    print(console, text);
  }
  return kDone;
}

int lab_results(const Console& console, const std::string& results, const std::string& to) {
  SOUK_OR_REPORT(const std::string text, console, lab::render_results(results));
  return print_page(console, text, to);
}

int lab_systems(const Console& console, const std::string& results, const std::string& to) {
  SOUK_OR_REPORT(const std::string text, console, lab::render_systems(lab::recipe_root(), results));
  return print_page(console, text, to);
}

}  // namespace souk::cli
