// A person: what the shop knows of them, handed out, erased, and joined with what they did before they said who they are.
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>

#include "souk/base/time.h"
#include "souk/engine/erasure.h"
#include "souk/engine/json_writer.h"
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

std::string to_json(const store::Served& served) {
  engine::JsonWriter out;
  out.begin_object().member("request", served.request).member("time", format_rfc3339(served.time)).member("shelf", served.shelf);
  if (!served.shopper.empty()) out.member("shopper", served.shopper);
  if (!served.session.empty()) out.member("session", served.session);
  if (!served.query.empty()) out.member("query", served.query);
  out.member("version", served.version).key("items").begin_array();
  for (const std::string& item : served.items) out.value(item);
  return out.end_array().end_object().take();
}

// A page of a list that is gone through from its beginning.
class Listing {
 public:
  explicit Listing(const Page& page) : page_(page) {}
  // The next record; `to_json` is asked for those of the page alone. False: the page is full.
  template <class ToJson>
  bool take(const ToJson& to_json) {
    more_ = at_ == page_.offset + page_.limit;
    if (more_) return false;
    if (at_++ < page_.offset) return true;
    if (!records_.empty()) records_ += ',';
    records_ += to_json();
    return true;
  }
  HttpResponse response(std::string_view member) const {
    std::string body = fmt::format(R"({{"{}":[{}])", member, records_);
    if (more_) body += fmt::format(R"(,"next_offset":{})", at_);
    return with_body(body + "}");
  }

 private:
  Page page_;
  std::string records_;
  std::size_t at_ = 0;
  bool more_ = false;
};

Outcome<Page> asked_page(const Call& call) {
  const auto parameters = parse_query(call.query);
  if (!parameters) return tl::unexpected(Problem::invalid("the query string cannot be decoded"));
  return read_page(*parameters);
}

// each(store, shopper, listing) offers what the shop has of a shopper whom it knows.
template <class Each>
HttpResponse page_of_person(Service& service, const Call& call, std::string_view member, const Each& each) {
  const auto page = asked_page(call);
  if (!page) return to_response(page.error());
  const store::Store& store = service.shop().store();
  const auto id = store.find_shopper(call.values.front());
  if (!id) return to_response(problem_of(id.error()));
  if (!*id) return no_shopper(call.values.front());
  Listing listing(*page);
  const Status read = each(store, **id, listing);
  return read ? listing.response(member) : to_response(problem_of(read.error()));
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
  return page_of_person(service, call, "events", [](const store::Store& store, ShopperId shopper, Listing& listing) {
    return store.for_each_event_of(shopper, [&](store::Event&& event) { return listing.take([&] { return feeds::to_json(event); }); });
  });
}

HttpResponse get_shopper_reviews(Service& service, const Call& call) {
  return page_of_person(service, call, "reviews", [](const store::Store& store, ShopperId shopper, Listing& listing) {
    return store.for_each_review_by(shopper, [&](store::Review&& review) { return listing.take([&] { return feeds::to_json(review); }); });
  });
}

// Of somebody whom nothing else tells of, too: they may have asked before they did anything.
HttpResponse get_shopper_served(Service& service, const Call& call) {
  const auto page = asked_page(call);
  if (!page) return to_response(page.error());
  const store::Store& store = service.shop().store();
  const std::string& key = call.values.front();
  const auto id = store.find_shopper(key);
  if (!id) return to_response(problem_of(id.error()));
  std::set<std::string> sessions;
  if (key.starts_with(store::kVisitorPrefix)) sessions.insert(key.substr(store::kVisitorPrefix.size()));
  Status read;
  if (*id) {
    read = store.for_each_event_of(**id, [&](store::Event&& event) {
      if (!event.session.empty()) sessions.insert(std::move(event.session));
      return true;
    });
  }
  Listing listing(*page);
  if (read) {
    read =
        store.for_each_served_to(key, sessions, [&](const store::Served& served) { return listing.take([&] { return to_json(served); }); });
  }
  return read ? listing.response("served") : to_response(problem_of(read.error()));
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
