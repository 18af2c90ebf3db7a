#include <fmt/format.h>

#include "souk/cli/answer_text.h"
#include "souk/cli/verbs.h"
#include "souk/engine/answer_json.h"

namespace souk::cli {

int recommend(const Console& console, const RecommendFlags& flags) {
  engine::ShelfRequest request;
  request.shelf = flags.shelf;
  request.shopper = flags.shopper;
  request.session = flags.session;
  request.items = flags.items;
  request.basket = flags.basket;
  request.exclude = flags.exclude;
  request.k = flags.k;
  request.filter = flags.filter;
  request.language = flags.language;
  request.market = flags.market;
  request.explain = flags.explain;
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::read));
  const auto answered = shop->shelf(request);
  if (!answered) return report_question(console, answered.error());
  const engine::ShelfAnswer& answer = *answered;
  if (console.json) {
    print_line(console, engine::to_json(answer));
    return kDone;
  }
  print(console, items_text(answer));
  if (!answer.items.empty()) print(console, "\n");
  print_line(console, fmt::format("{} from {}{} in {:.1f} ms", answer.shelf, answer.version, answer.cold_start ? ", for someone new," : "",
                                  answer.took_ms));
  print(console, notes_text(answer));
  print(console, explanations_text(answer));
  print(console, timings_text(answer));
  return kDone;
}

}  // namespace souk::cli
