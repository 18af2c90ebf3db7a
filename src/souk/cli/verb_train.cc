#include <fmt/format.h>
#include <optional>

#include "souk/cli/verbs.h"
#include "souk/engine/child.h"
#include "souk/engine/json_writer.h"
#include "souk/engine/learn.h"

namespace souk::cli {
namespace {

Status check_models(const std::vector<std::string>& models) {
  for (const std::string& model : models) {
    if (model != "tables")
      return fail(Error{ErrorKind::invalid, "there is no such model to train", "MODEL", "tables", "'" + model + "'", {}});
  }
  return {};
}

}  // namespace

int train(const Console& console, const TrainFlags& flags) {
  if (const Status known = check_models(flags.models); !known) return report_usage(console, known.error());
  const auto given = parse_duration(flags.budget.empty() ? "0s" : flags.budget);
  if (!given) return report_usage(console, given.error());
  const std::optional<Duration> budget = flags.budget.empty() ? std::nullopt : std::optional(*given);
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::write));
  SOUK_OR_REPORT(const engine::TrainReport report, console, shop->train(console.progress(), budget));
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().member("version", report.version).member("shoppers", report.shoppers).member("items", report.items);
    json.member("events", report.events).member("seconds", report.seconds).key("words").begin_array();
    for (const std::string& words : report.words) json.value(words);
    print_line(console, json.end_array().end_object().text());
    return kDone;
  }
  for (const std::string& words : report.words) print_line(console, words);
  if (!report.version.empty()) print_line(console, fmt::format("{:.1f} seconds", report.seconds));
  return kDone;
}

int train_child(const Console& console, const std::string& work) {
  engine::leave_when_out_of_memory();
  Progress records(Progress::Style::records);
  const Status learned = engine::learn_in(work, console.threads, records);
  return learned ? kDone : report(console, learned.error());
}

}  // namespace souk::cli
