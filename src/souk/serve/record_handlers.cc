// Items, events and shoppers: read row by row, committed together, answered when durable. A row that is wrong does not spoil the others.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "souk/base/hash.h"
#include "souk/base/time.h"
#include "souk/feeds/record_json.h"
#include "souk/feeds/vector_file.h"
#include "souk/serve/handlers.h"
#include "souk/serve/media.h"
#include "souk/serve/service.h"

namespace souk::serve {

namespace {

constexpr std::size_t kMostNamed = 100;  // faults of one kind in an answer

// A body on its way into the store.
struct Intake {
  std::vector<feeds::BodyRecord> records;
  store::Changes changes;
  std::vector<FieldProblem> rejected;
  std::uint64_t unknown_fields = 0;
  store::CommitReport report;

  void reject(const feeds::BodyRecord& record, feeds::RowProblem problem) {
    reject(record, FieldProblem{std::move(problem.path), std::move(problem.expected), std::move(problem.found), 0});
  }
  // Elements of an array may share a line, so that the path names theirs: "[3].price".
  void reject(const feeds::BodyRecord& record, FieldProblem problem) {
    problem.line = record.line;
    if (record.in_array) problem.path = fmt::format("[{}]{}{}", record.index, problem.path.empty() ? "" : ".", problem.path);
    rejected.push_back(std::move(problem));
  }
};

Outcome<Intake> receive(Service& service, const Call& call, BodyKind kind) {
  if (auto refused = refused_media(call.request, kind)) return tl::unexpected(std::move(*refused));
  auto records = feeds::split_body(call.request.body);
  if (!records) return tl::unexpected(problem_of(records.error()));
  const std::size_t most = service.options().batch_records;
  if (records->size() > most) {
    return tl::unexpected(Problem{413,
                                  "batch-too-large",
                                  "the body holds too many records",
                                  {{"body", fmt::format("at most {} records", most), fmt::format("{}", records->size()), 0}},
                                  {},
                                  0});
  }
  Intake intake;
  intake.records = std::move(*records);
  return intake;
}

feeds::RecordReader reader_of(Service& service) {
  feeds::ReadOptions options;
  options.currency = service.shop().settings().currency;
  return feeds::RecordReader(options);
}

std::optional<Problem> commit(Service& service, Intake& intake) {
  if (intake.changes.empty()) {
    intake.report.seq = service.shop().store().counts().seq;
    return std::nullopt;
  }
  auto report = service.shop().apply(intake.changes);
  if (!report) return problem_of(report.error());
  intake.report = std::move(*report);
  return std::nullopt;
}

std::string rejected_json(const std::vector<FieldProblem>& rejected) {
  std::string out = "[";
  for (const FieldProblem& row : rejected) {
    if (out.size() > 1) out.push_back(',');
    out += fmt::format(R"({{"line":{},"path":{},"expected":{},"found":{}}})", row.line, json_string(row.path), json_string(row.expected),
                       json_string(std::string_view(row.found).substr(0, 200)));
  }
  return out + "]";
}

// 200 when a row was taken, else a 422 problem whose members are those of the answer.
HttpResponse answered(Service& service, std::string_view kind, std::string members, bool any, Intake& intake) {
  service.metrics().count_records(kind, intake.report.accepted, intake.rejected.size());
  if (any) {
    HttpResponse response;
    response.body = "{" + members + "}";
    return response;
  }
  Problem problem{422, "no-record-accepted", "no record was accepted", std::move(intake.rejected), std::move(members), 0};
  if (intake.records.empty()) problem.detail = "the body holds no records";
  return to_response(problem);
}

HttpResponse answered(Service& service, std::string_view kind, Intake& intake) {
  const store::CommitReport& report = intake.report;
  std::string members =
      fmt::format(R"("accepted":{},"changed":{},"unchanged":{},"rejected":{},"unknown_fields":{},"seq":{})", report.accepted,
                  report.changed, report.unchanged, rejected_json(intake.rejected), intake.unknown_fields, report.seq);
  return answered(service, kind, std::move(members), report.accepted > 0, intake);
}

// Items that are changed by what they were: each as stored, or as an earlier record of the same body left it.
class ChangedItems {
 public:
  ChangedItems(Service& service, Intake& intake) : service_(service), intake_(intake), reader_(reader_of(service)) {}

  void patch(const feeds::BodyRecord& record) {
    const auto key = read_key(record.json);
    if (!key) return intake_.reject(record, key.error());
    change(record, *key, [&](const store::Item& item) { return reader_.patched(item, record.json, intake_.unknown_fields); });
  }

  // make(item): what becomes of it, or what is wrong with the record.
  template <class Make>
  void change(const feeds::BodyRecord& record, const std::string& key, const Make& make) {
    const auto before = position_.find(key);
    Result<store::Item> item = before != position_.end() ? Result<store::Item>(intake_.changes.items[before->second]) : stored(key);
    if (!item) return intake_.reject(record, FieldProblem{"key", "the key of an item that exists", key, 0});
    auto made = make(*item);
    if (!made) return intake_.reject(record, std::move(made.error()));
    if (before != position_.end()) {
      intake_.changes.items[before->second] = std::move(*made);
    } else {
      position_.emplace(key, intake_.changes.items.size());
      intake_.changes.items.push_back(std::move(*made));
    }
  }

 private:
  Result<store::Item> stored(std::string_view key) const {
    const store::Store& store = service_.shop().store();
    SOUK_TRY(const auto id, store.find_item(key));
    if (!id) return fail(ErrorKind::not_found, "no such item");
    return store.item(*id);
  }

  Service& service_;
  Intake& intake_;
  feeds::RecordReader reader_;
  std::map<std::string, std::size_t> position_;  // key -> place in changes.items
};

HttpResponse no_item(std::string_view key) {
  return to_response(Problem{404, "not-found", "the shop has no such item", {{"key", "the key of an item", std::string(key), 0}}, {}, 0});
}

Outcome<std::string> idempotency_key(const HttpRequest& request) {
  const auto header = request.header("idempotency-key");
  if (!header) return std::string();
  const bool visible = std::all_of(header->begin(), header->end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (header->empty() || header->size() > 255 || !visible) {
    return tl::unexpected(Problem::invalid("the idempotency key cannot be used",
                                           {{"Idempotency-Key", "1 to 255 visible ASCII characters", std::string(*header), 0}}));
  }
  return std::string(*header);
}

std::optional<Problem> unknown_parameters(const Call& call) {
  const auto parameters = parse_query(call.query);
  if (!parameters) return Problem::invalid("the query string cannot be decoded");
  for (const auto& [name, value] : *parameters) {
    if (name == "key") continue;  // of a beacon (auth.h)
    if (name == "format" && value != "souk") return Problem::invalid("events are in another format", {{"format", "souk", value, 0}});
    if (name != "format")
      return Problem::invalid("the request has a parameter that is not known", {{name, "format", "an unknown parameter", 0}});
  }
  return std::nullopt;
}

// Takes the token that vouches for an event's shopper out of the event: it is no content, and must never be kept. As a field that no
// record has, the reader put it with the attributes.
std::string take_token(store::Event& event, std::uint64_t& unknown_fields) {
  const auto it = event.attributes.find("shopper_token");
  if (it == event.attributes.end()) return {};
  const auto* const text = it->second.empty() ? nullptr : std::get_if<std::string>(&it->second.front());
  std::string token = text == nullptr ? std::string() : *text;
  event.attributes.erase(it);
  if (unknown_fields > 0) --unknown_fields;
  return token;
}

// Ids given by pages count for their visitor alone: nobody shall take the id of an order that the shop's backend is about to send.
std::string id_of_visitor(const store::Event& event) {
  return hash128(fmt::format("{}\n{}\n{}", event.shopper, event.session, event.id)).hex();
}

// Of an event in the commit: where it came from, and whether the server set its time.
struct EventOrigin {
  const feeds::BodyRecord* record = nullptr;
  bool timed_here = false;
};

// The server's time is no content: an event that comes again gets another one. So when events conflict, those timed here take the times
// under which their ids are known, and all are committed once more; what conflicts then has other content.
std::optional<Problem> commit_events(Service& service, Intake& intake, const std::vector<EventOrigin>& origins) {
  if (auto problem = commit(service, intake)) return problem;
  std::vector<std::string> ids;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < origins.size() && intake.report.conflicts > 0; ++i) {
    if (!origins[i].timed_here) continue;
    ids.push_back(intake.changes.events[i].id);
    places.push_back(i);
  }
  if (ids.empty()) return std::nullopt;
  const auto times = service.shop().store().event_times(ids);
  if (!times) return problem_of(times.error());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if ((*times)[i]) intake.changes.events[places[i]].time = (*times)[i];
  }
  const std::uint64_t accepted = intake.report.accepted;
  if (auto problem = commit(service, intake)) return problem;
  intake.report.accepted += accepted;
  intake.report.duplicates -= accepted;  // to the second commit, what the first one wrote came again
  return std::nullopt;
}

// Rejects the events whose id is known with other content.
void reject_conflicts(Intake& intake, const std::vector<EventOrigin>& origins) {
  const store::CommitReport& report = intake.report;
  if (report.conflicts == 0) return;
  std::map<std::string_view, const feeds::BodyRecord*> record_of;
  for (std::size_t i = 0; i < origins.size(); ++i) record_of[intake.changes.events[i].id] = origins[i].record;
  for (const std::string& id : report.conflict_ids) {
    intake.reject(*record_of[id], FieldProblem{"id", "a new id, or the same content under this one", id, 0});
  }
  if (report.conflicts > report.conflict_ids.size()) {
    intake.rejected.push_back({"id", "new ids, or the same content under these",
                               fmt::format("{} more events", report.conflicts - report.conflict_ids.size()), 0});
  }
  std::stable_sort(intake.rejected.begin(), intake.rejected.end(), [](const auto& x, const auto& y) { return x.line < y.line; });
}

std::string counts_json(const std::map<std::string, std::uint64_t>& counts) {
  std::string out = "{";
  for (const auto& [name, count] : counts) {
    if (out.size() > 1) out.push_back(',');
    out += fmt::format("{}:{}", json_string(name), count);
  }
  return out + "}";
}

}  // namespace

HttpResponse put_items(Service& service, const Call& call) {
  auto intake = receive(service, call, BodyKind::records);
  if (!intake) return to_response(intake.error());
  feeds::RecordReader reader = reader_of(service);
  for (const feeds::BodyRecord& record : intake->records) {
    auto item = reader.item(record.json, intake->unknown_fields);
    if (item) {
      intake->changes.items.push_back(std::move(*item));
    } else {
      intake->reject(record, std::move(item.error()));
    }
  }
  const std::shared_lock lock(service.shop().store().item_writes());
  if (const auto problem = commit(service, *intake)) return to_response(*problem);
  return answered(service, "items", *intake);
}

HttpResponse patch_items(Service& service, const Call& call) {
  auto intake = receive(service, call, BodyKind::patches);
  if (!intake) return to_response(intake.error());
  const std::unique_lock lock(service.shop().store().item_writes());
  ChangedItems items(service, *intake);
  for (const feeds::BodyRecord& record : intake->records) items.patch(record);
  if (const auto problem = commit(service, *intake)) return to_response(*problem);
  return answered(service, "items", *intake);
}

namespace {

struct KeyedVector {
  std::string key;
  std::vector<float> vector;
};

// A record of a body: {"key","vector"}, checked as one of a file is.
Result<KeyedVector> read_vector(std::string_view json, const feeds::VectorFileOptions& options) {
  std::string line(json);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r'; }, ' ');  // none stands in a text of JSON
  KeyedVector read;
  const auto take = [&](std::string_view key, std::span<const float> vector) -> Status {
    read = {std::string(key), {vector.begin(), vector.end()}};
    return {};
  };
  SOUK_CHECK(feeds::parse_vectors(feeds::VectorForm::jsonl, line, "record", nullptr, options, take));
  return read;
}

FieldProblem field_problem(const Error& error) {
  const bool of_key = error.where.find("key") != std::string::npos;
  return {of_key ? "key" : "vector", error.expected.empty() ? error.what : error.expected, error.found.empty() ? error.what : error.found,
          0};
}

Outcome<std::string> encoder_named(const Call& call) {
  const auto parameters = parse_query(call.query);
  if (!parameters) return tl::unexpected(Problem::invalid("the query string cannot be decoded"));
  std::string encoder;
  for (const auto& [name, value] : *parameters) {
    if (name == "encoder") encoder = value;
    if (name == "encoder" || name == "key") continue;
    return tl::unexpected(
        Problem::invalid("the request has a parameter that is not known", {{name, "encoder", "an unknown parameter", 0}}));
  }
  return encoder;
}

}  // namespace

HttpResponse put_vectors(Service& service, const Call& call) {
  auto intake = receive(service, call, BodyKind::records);
  if (!intake) return to_response(intake.error());
  const auto encoder = encoder_named(call);
  if (!encoder) return to_response(encoder.error());
  const std::string& name = call.values.front();
  const auto space = service.shop().vector_space(name, *encoder);
  if (!space) return to_response(problem_of(space.error()));
  feeds::VectorFileOptions options{.dimension = space->dimension, .metric = space->metric};
  const std::unique_lock lock(service.shop().store().item_writes());
  ChangedItems items(service, *intake);
  for (const feeds::BodyRecord& record : intake->records) {
    auto read = read_vector(record.json, options);
    if (!read) {
      intake->reject(record, field_problem(read.error()));
      continue;
    }
    if (options.dimension == 0) options.dimension = read->vector.size();
    items.change(record, read->key, [&](store::Item item) -> tl::expected<store::Item, feeds::RowProblem> {
      item.vectors[name] = std::move(read->vector);
      return item;
    });
  }
  if (const auto problem = commit(service, *intake)) return to_response(*problem);
  return answered(service, "vectors", *intake);
}

HttpResponse get_item(Service& service, const Call& call) {
  const std::string& key = call.values.front();
  const store::Store& store = service.shop().store();
  const auto id = store.find_item(key);
  if (!id) return to_response(problem_of(id.error()));
  if (!*id) return no_item(key);
  const auto item = store.item(**id);
  if (!item) return item.error().kind == ErrorKind::not_found ? no_item(key) : to_response(problem_of(item.error()));
  HttpResponse response;
  response.body = feeds::to_json(*item);
  return response;
}

HttpResponse delete_item(Service& service, const Call& call) {
  const std::string& key = call.values.front();
  const std::shared_lock lock(service.shop().store().item_writes());
  const auto id = service.shop().store().find_item(key);
  if (!id) return to_response(problem_of(id.error()));
  if (!*id) return no_item(key);
  store::Changes changes;
  changes.removed_items.push_back(key);
  const auto report = service.shop().apply(changes);
  if (!report) return to_response(problem_of(report.error()));
  if (report->removed == 0) return no_item(key);
  HttpResponse response;
  response.body = fmt::format(R"({{"removed":{},"seq":{}}})", report->removed, report->seq);
  return response;
}

HttpResponse post_events(Service& service, const Call& call) {
  if (const auto problem = unknown_parameters(call)) return to_response(*problem);
  const auto once = idempotency_key(call.request);
  if (!once) return to_response(once.error());
  auto intake = receive(service, call, BodyKind::events);
  if (!intake) return to_response(intake.error());
  const Timestamp received = now();
  const store::Counts counts = service.shop().store().counts();
  const bool timed = counts.timed || counts.events == 0;
  feeds::RecordReader reader = reader_of(service);
  std::vector<EventOrigin> origins;
  std::map<std::string, std::uint64_t> unknown_kinds;
  std::vector<FieldProblem> not_theirs_to_tell;
  const std::string_view vouched = call.request.header("souk-shopper-token").value_or("");
  for (std::size_t i = 0; i < intake->records.size(); ++i) {
    const feeds::BodyRecord& record = intake->records[i];
    auto event = reader.event(record.json, intake->unknown_fields);
    if (!event) {
      intake->reject(record, std::move(event.error()));
      continue;
    }
    const std::string token = take_token(*event, intake->unknown_fields);
    if (auto refused = refused_event(call.caller, *event, token.empty() ? vouched : token)) {
      refused->line = record.line;
      if (not_theirs_to_tell.size() < kMostNamed) not_theirs_to_tell.push_back(std::move(*refused));
      continue;
    }
    if (!timed && event->time) {
      intake->reject(record, FieldProblem{"time", "no time, as this shop's events have none", format_rfc3339(*event->time), 0});
      continue;
    }
    const bool trusted = call.caller.trusted();
    const bool ahead = !trusted && event->time && *event->time > received;  // a wrong clock, or somebody who wants to be the newest
    origins.push_back({&record, timed && (!event->time || ahead)});
    event->received = received;
    if (origins.back().timed_here) event->time = received;
    if (event->id.empty()) event->id = once->empty() ? service.fresh_id() : hash128(fmt::format("{}\n{}", *once, i)).hex();
    if (!trusted) event->id = id_of_visitor(*event);
    if (event->kind == store::EventKind::other) ++unknown_kinds[event->kind_name];
    intake->changes.events.push_back(std::move(*event));
  }
  // Not row by row: a page that tells what is not its own to tell is no page to take anything from.
  if (!not_theirs_to_tell.empty()) return to_response(not_theirs(std::move(not_theirs_to_tell)));
  if (const auto problem = commit_events(service, *intake, origins)) return to_response(*problem);
  reject_conflicts(*intake, origins);
  const store::CommitReport& report = intake->report;
  std::string members = fmt::format(R"("accepted":{},"duplicates":{},"unknown_kinds":{},"rejected":{})", report.accepted, report.duplicates,
                                    counts_json(unknown_kinds), rejected_json(intake->rejected));
  return answered(service, "events", std::move(members), report.accepted + report.duplicates > 0, *intake);
}

HttpResponse put_shoppers(Service& service, const Call& call) {
  auto intake = receive(service, call, BodyKind::records);
  if (!intake) return to_response(intake.error());
  feeds::RecordReader reader = reader_of(service);
  for (const feeds::BodyRecord& record : intake->records) {
    auto shopper = reader.shopper(record.json, intake->unknown_fields);
    if (shopper) {
      intake->changes.shoppers.push_back(std::move(*shopper));
    } else {
      intake->reject(record, std::move(shopper.error()));
    }
  }
  if (const auto problem = commit(service, *intake)) return to_response(*problem);
  return answered(service, "shoppers", *intake);
}

HttpResponse post_reviews(Service& service, const Call& call) {
  auto intake = receive(service, call, BodyKind::records);
  if (!intake) return to_response(intake.error());
  feeds::RecordReader reader = reader_of(service);
  for (const feeds::BodyRecord& record : intake->records) {
    auto review = reader.review(record.json, intake->unknown_fields);
    if (!review) {
      intake->reject(record, std::move(review.error()));
      continue;
    }
    if (review->id.empty()) review->id = feeds::content_id(*review);
    intake->changes.reviews.push_back(std::move(*review));
  }
  if (const auto problem = commit(service, *intake)) return to_response(*problem);
  const store::CommitReport& report = intake->report;
  std::string members = fmt::format(R"("accepted":{},"duplicates":{},"unknown_kinds":{{}},"rejected":{})", report.changed, report.unchanged,
                                    rejected_json(intake->rejected));
  return answered(service, "reviews", std::move(members), report.accepted > 0, *intake);
}

}  // namespace souk::serve
