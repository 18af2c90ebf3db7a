#include <fmt/format.h>

#include "souk/cli/answer_text.h"
#include "souk/cli/verbs.h"
#include "souk/engine/answer_json.h"

namespace souk::cli {
namespace {

Result<index::Match> match_named(const std::string& name) {
  if (name == "auto") return index::Match::automatic;
  if (name == "all") return index::Match::all;
  if (name == "any") return index::Match::any;
  return fail(Error{ErrorKind::invalid, "unknown way to match", "--match", "auto, all or any", name, {}});
}

Result<engine::SearchRequest> request_of(const SearchFlags& flags) {
  engine::SearchRequest request;
  request.shelf = "search";
  request.query = flags.query;
  request.k = flags.k;
  request.offset = flags.offset;
  request.cursor = flags.cursor;
  request.filter = flags.filter;
  request.facets = flags.facets;
  request.sort = flags.sort;
  request.fields = flags.fields;
  request.shopper = flags.shopper;
  request.session = flags.session;
  request.language = flags.language;
  request.market = flags.market;
  request.prefix_last = flags.typing;
  request.group = !flags.variants;
  request.explain = flags.explain;
  SOUK_TRY(request.match, match_named(flags.match));
  for (const std::string& choice : flags.facet_filters) {
    const std::size_t equals = choice.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Error{ErrorKind::invalid, "cannot read a facet's choice", "--facet", "FIELD=VALUE", choice, {}});
    }
    request.facet_filters[choice.substr(0, equals)].push_back(choice.substr(equals + 1));
  }
  return request;
}

std::string facets_text(const engine::SearchAnswer& answer) {
  constexpr std::size_t kValues = 6;
  Table table({});
  for (const auto& [field, facet] : answer.facets) {
    std::string values;
    for (std::size_t i = 0; i < facet.values.size() && i < kValues; ++i) {
      values += fmt::format("{}{} ({})", i > 0 ? ", " : "", facet.values[i].value, with_commas(facet.values[i].count));
    }
    if (facet.values.size() > kValues) values += ", …";
    if (facet.stats && facet.stats->count > 0) values = fmt::format("{:.2f} to {:.2f}", facet.stats->min, facet.stats->max);
    if (!values.empty()) table.row({field, values});
  }
  const std::string text = table.text("  ");
  return text.empty() ? text : "\nfacets\n" + text;
}

void print_answer(const Console& console, const engine::SearchAnswer& answer, std::size_t first) {
  print(console, items_text(answer, first));
  if (!answer.items.empty()) print(console, "\n");
  std::string summary =
      fmt::format("{}{} found in {:.1f} ms", answer.total_exact ? "" : "about ", with_commas(answer.total), answer.took_ms);
  if (!answer.dropped.empty()) summary += fmt::format("; left out: {}", fmt::join(answer.dropped, ", "));
  if (!answer.cursor.empty()) summary += fmt::format("; more with --cursor {}", answer.cursor);
  print_line(console, summary);
  print(console, notes_text(answer));
  print(console, facets_text(answer));
  print(console, explanations_text(answer));
  print(console, timings_text(answer));
}

}  // namespace

int search(const Console& console, const SearchFlags& flags) {
  const auto request = request_of(flags);
  if (!request) return report_usage(console, request.error());
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::read));
  const auto answered = shop->search(*request);
  if (!answered) return report_question(console, answered.error());
  const engine::SearchAnswer& answer = *answered;
  if (console.json) {
    print_line(console, engine::to_json(answer, flags.fields));
  } else {
    print_answer(console, answer, flags.offset + 1);
  }
  return kDone;
}

}  // namespace souk::cli
