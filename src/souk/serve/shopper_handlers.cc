// A person: what the shop knows of them, handed out, erased, and joined with what they did before they said who they are.
#include <fmt/format.h>
#include <map>
#include <optional>

#include "souk/base/time.h"
#include "souk/engine/erasure.h"
#include "souk/feeds/record_json.h"
#include "souk/serve/handlers.h"
#include "souk/serve/media.h"
#include "souk/serve/service.h"

namespace souk::serve {

namespace {

HttpResponse no_shopper(std::string_view key) {
  return to_response(
      Problem{404, "not-found", "the shop has no such shopper", {{"key", "the key of a shopper", std::string(key), 0}}, {}, 0});
}

HttpResponse with_body(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

// How many events of each kind, and their span, as members of a JSON object.
Result<std::string> known_of(const store::Store& store, ShopperId shopper) {
  std::map<std::string, std::uint64_t, std::less<>> kinds;
  std::optional<Timestamp> first, last;
  std::uint64_t events = 0, reviews = 0;
  SOUK_CHECK(store.for_each_event_of(shopper, [&](store::Event&& event) {
    ++events;
    ++kinds[event.kind == store::EventKind::other ? event.kind_name : std::string(name_of(event.kind))];
    if (event.time && !first) first = event.time;
    if (event.time) last = event.time;
    return true;
  }));
  SOUK_CHECK(store.for_each_review_by(shopper, [&](store::Review&&) {
    ++reviews;
    return true;
  }));
  std::string by_kind;
  for (const auto& [kind, count] : kinds) by_kind += fmt::format("{}{}:{}", by_kind.empty() ? "" : ",", json_string(kind), count);
  std::string known = fmt::format(R"("events":{},"kinds":{{{}}},"reviews":{})", events, by_kind, reviews);
  if (first) known += fmt::format(R"(,"first_event":"{}","last_event":"{}")", format_rfc3339(*first), format_rfc3339(*last));
  return known;
}

}  // namespace

HttpResponse get_shopper(Service& service, const Call& call) {
  const std::string& key = call.values.front();
  const store::Store& store = service.shop().store();
  const auto id = store.find_shopper(key);
  if (!id) return to_response(problem_of(id.error()));
  if (!*id) return no_shopper(key);
  const auto shopper = store.shopper(**id);
  if (!shopper) return shopper.error().kind == ErrorKind::not_found ? no_shopper(key) : to_response(problem_of(shopper.error()));
  const auto known = known_of(store, **id);
  if (!known) return to_response(problem_of(known.error()));
  std::string body = feeds::to_json(*shopper);
  body.pop_back();
  return with_body(fmt::format(R"({},"known":{{{}}}}})", body, *known));
}

HttpResponse get_shopper_events(Service& service, const Call& call) {
  const std::string& key = call.values.front();
  const auto parameters = parse_query(call.query);
  if (!parameters) return to_response(Problem::invalid("the query string cannot be decoded"));
  const auto page = read_page(*parameters);
  if (!page) return to_response(page.error());
  const store::Store& store = service.shop().store();
  const auto id = store.find_shopper(key);
  if (!id) return to_response(problem_of(id.error()));
  if (!*id) return no_shopper(key);
  std::string events;
  std::size_t at = 0;
  bool more = false;
  const Status read = store.for_each_event_of(**id, [&](store::Event&& event) {
    more = at == page->offset + page->limit;
    if (more) return false;
    if (at++ < page->offset) return true;
    if (!events.empty()) events += ',';
    events += feeds::to_json(event);
    return true;
  });
  if (!read) return to_response(problem_of(read.error()));
  std::string body = fmt::format(R"({{"events":[{}])", events);
  if (more) body += fmt::format(R"(,"next_offset":{})", at);
  return with_body(body + "}");
}

HttpResponse delete_shopper(Service& service, const Call& call) {
  const auto report = service.shop().forget(call.values.front());
  if (!report) return to_response(problem_of(report.error()));
  return with_body(engine::to_json(*report));
}

HttpResponse merge_shopper(Service& service, const Call& call) {
  if (auto refused = refused_media(call.request, BodyKind::question)) return to_response(*refused);
  const auto session = read_session(call.request.body);
  if (!session) return to_response(session.error());
  const auto report = service.shop().merge_session(*session, call.values.front());
  if (!report) return to_response(problem_of(report.error()));
  return with_body(fmt::format(R"({{"known":{},"events":{}}})", report->known, report->events));
}

}  // namespace souk::serve
