// Searches, shelves, suggestions, and the shelves' declarations.
#include <fmt/format.h>

#include "souk/engine/answer_json.h"
#include "souk/search/search.h"
#include "souk/serve/handlers.h"
#include "souk/serve/media.h"
#include "souk/serve/service.h"

namespace souk::serve {

namespace {

HttpResponse json_response(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

HttpResponse bad_query() {
  return to_response(Problem::invalid("the query string cannot be decoded", {{"query", "percent-encoded UTF-8 without U+0000", "", 0}}));
}

// Why the caller may not ask this about its shopper and session; nothing when it may. The token stands in the question or in a header.
template <class Request>
std::optional<Problem> refused_question(const Call& call, const Asked<Request>& request) {
  const std::string_view token =
      request.shopper_token.empty() ? call.request.header("souk-shopper-token").value_or("") : std::string_view(request.shopper_token);
  auto refused = refused_visitor(call.caller, request.shopper, request.session, token);
  return refused ? std::optional(not_theirs({std::move(*refused)})) : std::nullopt;
}

Outcome<std::string> searched(Service& service, const Call& call, const AskedSearch& request) {
  if (auto refused = refused_question(call, request)) return tl::unexpected(std::move(*refused));
  auto answer = service.shop().search(request);
  if (!answer) return tl::unexpected(problem_of(answer.error()));
  service.metrics().count_shelf("search", answer->took_ms / 1e3, answer->cold_start, answer->timings);
  return engine::to_json(*answer, request.fields);
}

HttpResponse one_search(Service& service, const Call& call, const Outcome<AskedSearch>& request) {
  if (!request) return to_response(request.error());
  auto answer = searched(service, call, *request);
  return answer ? json_response(std::move(*answer)) : to_response(answer.error());
}

HttpResponse one_shelf(Service& service, const Call& call, Outcome<AskedShelf> request) {
  if (!request) return to_response(request.error());
  if (const auto refused = refused_question(call, *request)) return to_response(*refused);
  request->shelf = call.values.front();
  auto answer = service.shop().shelf(*request);
  if (!answer) return to_response(problem_of(answer.error()));
  service.metrics().count_shelf(request->shelf, answer->took_ms / 1e3, answer->cold_start, answer->timings);
  return json_response(engine::to_json(*answer));
}

}  // namespace

HttpResponse get_search(Service& service, const Call& call) {
  const auto parameters = parse_query(call.query);
  if (!parameters) return bad_query();
  return one_search(service, call, read_search(*parameters, service.options().ask));
}

HttpResponse post_search(Service& service, const Call& call) {
  if (auto refused = refused_media(call.request, BodyKind::question)) return to_response(*refused);
  const auto body = read_search(call.request.body, service.options().ask);
  if (!body) return to_response(body.error());
  if (!body->batch) return one_search(service, call, body->searches.front());
  std::string results = "{\"results\":[";
  for (const auto& request : body->searches) {
    if (results.back() != '[') results.push_back(',');
    if (!request) {
      results += to_json(request.error());
    } else if (Clock::now() > call.request.deadline) {
      results += to_json(Problem{503, "deadline", "the searches before this one took all the time of the request", {}, {}, 0});
    } else {
      auto answer = searched(service, call, *request);
      results += answer ? *answer : to_json(answer.error());
    }
  }
  return json_response(results + "]}");
}

HttpResponse get_shelf(Service& service, const Call& call) {
  const auto parameters = parse_query(call.query);
  if (!parameters) return bad_query();
  return one_shelf(service, call, read_shelf(*parameters, service.options().ask));
}

HttpResponse post_shelf(Service& service, const Call& call) {
  if (auto refused = refused_media(call.request, BodyKind::question)) return to_response(*refused);
  return one_shelf(service, call, read_shelf(call.request.body, service.options().ask));
}

HttpResponse get_suggest(Service& service, const Call& call) {
  const auto parameters = parse_query(call.query);
  if (!parameters) return bad_query();
  const auto request = read_suggest(*parameters, service.options().ask);
  if (!request) return to_response(request.error());
  std::string body = "{\"suggestions\":[";
  const auto view = service.shop().view();
  for (const search::Suggestion& suggestion : search::suggest(*view, request->prefix, request->k)) {
    const bool item = suggestion.item != kNoItem;
    const Result<std::string> key = item ? view->store->item_key(suggestion.item) : Result<std::string>();
    if (!key) continue;  // erased since the index was read
    if (body.back() != '[') body.push_back(',');
    body += fmt::format("{{\"text\":{},\"kind\":{}", json_string(suggestion.text), json_string(suggestion.kind));
    if (item) body += fmt::format(",\"key\":{}", json_string(*key));
    body += fmt::format(",\"count\":{}}}", suggestion.count);
  }
  return json_response(body + "]}");
}

HttpResponse get_shop_config(Service& service, const Call&) {
  const engine::ShopSettings& shop = service.shop().settings();
  return json_response(fmt::format(R"({{"name":{},"language":{},"currency":{},"timezone":{}}})", json_string(shop.name),
                                   json_string(shop.language), json_string(shop.currency), json_string(shop.timezone)));
}

HttpResponse get_shelf_configs(Service& service, const Call&) {
  std::string body = "{\"shelves\":[";
  for (const std::string& name : service.shop().shelves()) {
    const auto plan = service.shop().plan(name);
    if (!plan) return to_response(problem_of(plan.error()));
    const shelf::ShelfSpec& spec = (*plan)->spec();
    if (body.back() != '[') body.push_back(',');
    body += fmt::format(R"({{"name":{},"context":{},"k":{}}})", json_string(name), json_string(shelf::name_of(spec.context)), spec.k);
  }
  return json_response(body + "]}");
}

HttpResponse get_shelf_config(Service& service, const Call& call) {
  const auto plan = service.shop().plan(call.values.front());
  return plan ? json_response((*plan)->to_json()) : to_response(problem_of(plan.error()));
}

}  // namespace souk::serve
