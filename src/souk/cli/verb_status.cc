#include <fmt/format.h>

#include "souk/cli/verbs.h"

namespace souk::cli {

int status(const Console& console, const std::string& directory) {
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, directory, Access::read));
  if (console.json) {
    print_line(shop->status_json());
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
  table.row({"shelves", fmt::format("{}", fmt::join(shop->shelves(), ", "))});
  table.row({"disk", bytes_text(folder_size(directory))});
  print(table.text());
  return kDone;
}

}  // namespace souk::cli
