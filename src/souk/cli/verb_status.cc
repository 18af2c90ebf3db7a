#include <fmt/format.h>

#include "souk/cli/verbs.h"

namespace souk::cli {
namespace {

// "every 1 d, next 2026-01-02T03:00:00Z; last: deleted 12 events"
std::string job_text(const engine::JobStatus& job) {
  std::string text = "every " + format_duration(job.every);
  text += job.last ? ", next " + format_rfc3339(job.next) : ", first when the shop is served";
  if (!job.outcome.empty()) text += "; last: " + job.outcome;
  return text;
}

}  // namespace

int status(const Console& console, const std::string& directory) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, directory, Access::read));
  if (console.json) {
    print_line(console, shop->status_json());
    return kDone;
  }
  const store::Counts counts = shop->store().counts();
  const auto view = shop->view();
  Table table({});
  table.row({"shop", fmt::format("{} ({})", shop->settings().name, directory)});
  table.row({"language, currency", fmt::format("{}, {}", shop->settings().language, shop->settings().currency)});
  table.row({"items", fmt::format("{}{}", with_commas(counts.items),
                                  counts.stubs > 0 ? fmt::format(" (and {} known from events only)", with_commas(counts.stubs)) : "")});
  table.row({"shoppers", with_commas(counts.shoppers)});
  std::string events = with_commas(counts.events);
  if (counts.events > 0 && counts.timed) {
    events += fmt::format(", {} to {}", format_rfc3339(counts.first_event), format_rfc3339(counts.last_event));
  } else if (counts.events > 0) {
    events += ", in order, without times";
  }
  table.row({"events", events});
  table.row({"search index", fmt::format("{} items{}", with_commas(view->lexical->size()),
                                         view->lexical->through_seq() < counts.seq ? ", behind the store" : "")});
  table.row({"learned", view->tables == nullptr ? "nothing yet: souk train " + directory : view->version});
  for (const engine::JobStatus& job : shop->jobs()) table.row({"job " + job.name, job_text(job)});
  table.row({"shelves", fmt::format("{}", fmt::join(shop->shelves(), ", "))});
  table.row({"disk", bytes_text(folder_size(directory))});
  print(console, table.text());
  return kDone;
}

}  // namespace souk::cli
