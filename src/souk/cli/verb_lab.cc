#include <fmt/format.h>

#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"
#include "souk/lab/run.h"

namespace souk::cli {

int lab_list(const Console& console) {
  SOUK_OR_REPORT(const std::vector<lab::RecipeInfo> recipes, console, lab::list_recipes(lab::recipe_root()));
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().key("recipes").begin_array();
    for (const lab::RecipeInfo& recipe : recipes) {
      json.begin_object()
          .member("name", recipe.name)
          .member("title", recipe.title)
          .member("model", recipe.model)
          .member("data", recipe.data)
          .end_object();
    }
    print_line(json.end_array().end_object().text());
    return kDone;
  }
  Table table({"recipe", "model", "data", "title"});
  for (const lab::RecipeInfo& recipe : recipes) table.row({recipe.name, recipe.model, recipe.data, recipe.title});
  print(table.text());
  return kDone;
}

int lab_show(const Console& console, const std::string& recipe) {
  SOUK_OR_REPORT(const std::string text, console, lab::show_recipe(recipe));
  if (console.json) {
    engine::JsonWriter json;
    print_line(json.begin_object().member("recipe", recipe).member("text", text).end_object().text());
  } else {
    print(text);
  }
  return kDone;
}

int lab_run(const Console& console, const LabRunFlags& flags) {
  Progress progress(console.progress());
  const lab::RunOptions options{
      .recipe = flags.recipe, .data = flags.data, .overrides = flags.set, .seed = console.seed, .threads = console.threads};
  SOUK_OR_REPORT(const lab::RunRecord record, console, lab::run_recipe(options, progress));
  progress.finish();
  if (!flags.results.empty()) {
    SOUK_OR_REPORT(const fs::path kept, console, lab::record_run(record, flags.results));
    note(console, fmt::format("kept as {}", kept.string()));
  }
  print(console.json ? record.to_json() + "\n" : record.to_text());
  return kDone;
}

int lab_compare(const Console& console, const std::string& a, const std::string& b) {
  SOUK_OR_REPORT(const lab::RunRecord first, console, lab::load_run(a));
  SOUK_OR_REPORT(const lab::RunRecord second, console, lab::load_run(b));
  SOUK_OR_REPORT(const std::string text, console, lab::compare(first, second));
  if (console.json) {
    engine::JsonWriter json;
    print_line(json.begin_object().key("a").raw(first.to_json()).key("b").raw(second.to_json()).member("text", text).end_object().text());
  } else {
    print(text);
  }
  return kDone;
}

int lab_results(const Console& console, const std::string& results, const std::string& to) {
  SOUK_OR_REPORT(const std::string text, console, lab::render_results(results));
  if (to == "-") {
    print(text);
    return kDone;
  }
  const Status written = write_file(to, text);
  return written ? kDone : report(console, written.error());
}

}  // namespace souk::cli
