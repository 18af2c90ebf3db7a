#include "souk/store/commit_group.h"

#include <algorithm>

#include "souk/store/codec.h"
#include "souk/store/keys.h"
#include "souk/store/records.pb.h"

namespace souk::store {
namespace {

constexpr std::size_t kConflictIds = 100;  // listed in a report

void sort_unique(std::vector<std::uint32_t>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

CommitGroup::CommitGroup(const Database& database, const EventIds& event_ids, KeyCache& item_ids, KeyCache& shopper_ids,
                         const Counters& counters, rocksdb::WriteBatch& batch, bool goes_on)
    : database_(database),
      known_events_(event_ids),
      item_ids_(item_ids),
      shopper_ids_(shopper_ids),
      counters_(counters),
      now_(now()),
      batch_(batch),
      begin_(batch.Count()),
      goes_on_(goes_on) {}

CommitGroup::~CommitGroup() = default;

void CommitGroup::put(Family family, std::string_view key, std::string_view value) {
  batch_.Put(database_.family(family), slice(key), slice(value));
}

void CommitGroup::remove(Family family, std::string_view key) {
  batch_.Delete(database_.family(family), slice(key));
}

Result<std::optional<std::uint32_t>> CommitGroup::known_id(Family family, KeyCache& cache, std::string_view key) {
  if (const auto cached = cache.find(key)) return cached;
  if (cache.complete()) return std::nullopt;
  SOUK_TRY(const auto stored, database_.get(family, key));
  if (!stored) return std::nullopt;
  if (stored->size() != 4) return souk::fail(ErrorKind::corrupt, "a key's id has a wrong size", std::string(key));
  const auto id = get_big_endian<std::uint32_t>(stored->data());
  cache.add(key, id);
  return id;
}

Result<CommitGroup::Id> CommitGroup::item_id(std::string_view key) {
  SOUK_TRY(const auto known, known_id(Family::item_key, item_ids_, key));
  if (known) return Id{*known, false};
  const std::uint32_t id = counters_.item_ids++;
  item_ids_.add(key, id);
  put(Family::item_key, key, id_key(id).view());
  put(Family::item, id_key(id).view(), encode_item_head(key));
  items_.emplace(id, CurrentItem{});
  ++counters_.stubs;
  return Id{id, true};
}

Result<CommitGroup::Id> CommitGroup::shopper_id(std::string_view key) {
  SOUK_TRY(const auto known, known_id(Family::shopper_key, shopper_ids_, key));
  if (known) return Id{*known, false};
  const std::uint32_t id = counters_.shopper_ids++;
  shopper_ids_.add(key, id);
  put(Family::shopper_key, key, id_key(id).view());
  std::string value = encode_shopper(Shopper{.key = std::string(key), .attributes = {}, .created = {}});
  put(Family::shopper, id_key(id).view(), value);
  shoppers_.emplace(id, std::move(value));
  return Id{id, true};
}

// The newest version, of this group or of the store.
Result<CommitGroup::CurrentItem*> CommitGroup::current_item(std::uint32_t id) {
  const auto [found, missing] = items_.try_emplace(id);
  CurrentItem& current = found->second;
  if (!missing) return &current;
  if (!item_versions_) item_versions_ = database_.iterator(Family::item);
  const IdKey prefix = id_key(id);
  std::string behind_head(prefix.view());
  behind_head.push_back('\0');
  item_versions_->Seek(behind_head);
  if (const auto status = item_versions_->status(); !status.ok()) return fail(status, "cannot read an item");
  if (item_versions_->Valid() && item_versions_->key().starts_with(slice(prefix.view())) &&
      item_versions_->key().size() == sizeof(ItemVersionKey)) {
    current = {true, version_of(view(item_versions_->key())), item_versions_->value().ToString()};
  }
  return &current;
}

Status CommitGroup::build(std::span<CommitRequest* const> requests, std::span<const Served> served) {
  std::vector<CommitRequest*> agreeing;
  for (CommitRequest* request : requests) {
    if (agrees_on_time(*request)) agreeing.push_back(request);
  }
  SOUK_CHECK(judge_events(agreeing));
  for (CommitRequest* request : agreeing) SOUK_CHECK(add(*request));
  find_new_event_ids();
  for (const Served& record : served) SOUK_CHECK(put_served(record));
  if (goes_on_ || empty()) return {};
  if (!new_event_ids_.empty()) put(Family::event_id_log, seq_key(counters_.seq).view(), encode_event_ids(new_event_ids_));
  put(Family::meta, kCountersName, counters_.encode());
  return {};
}

bool CommitGroup::agrees_on_time(CommitRequest& request) {
  if (request.changes->events.empty()) return true;
  const Timed timed = request.prepared.timed ? Timed::timed : Timed::untimed;
  if (counters_.timed == Timed::unknown) counters_.timed = timed;
  if (counters_.timed == timed) return true;
  const bool shop_timed = counters_.timed == Timed::timed;
  request.result = souk::fail(Error{ErrorKind::invalid,
                                    "a shop's events are all timed or all untimed",
                                    "events[0].time",
                                    shop_timed ? "a time, as this shop's events have" : "no time, as this shop's events",
                                    shop_timed ? "none" : "a time",
                                    {}});
  return false;
}

// Decides which events are new, which known, and which contradict a known one: against the store, and among themselves in queue order.
Status CommitGroup::judge_events(std::span<CommitRequest* const> requests) {
  std::size_t total = 0;
  for (const CommitRequest* request : requests) total += request->prepared.events.size();
  sorted_events_.reserve(total);
  for (CommitRequest* request : requests) {
    for (PreparedEvent& event : request->prepared.events) sorted_events_.push_back({event.id, &event});
  }
  // Within a request the events lie in one array; stable order keeps the queue's between requests.
  std::stable_sort(sorted_events_.begin(), sorted_events_.end(), [](const EventRef& a, const EventRef& b) { return a.id < b.id; });

  std::vector<std::optional<std::uint64_t>> known(sorted_events_.size());
  std::vector<Hash128> ids;
  ids.reserve(sorted_events_.size());
  for (const EventRef& ref : sorted_events_) ids.push_back(ref.id);
  SOUK_CHECK(known_events_.look_up(ids, known));
  for (std::size_t i = 0; i < sorted_events_.size(); ++i) {
    std::optional<std::uint64_t> content = known[i];
    if (i > 0 && sorted_events_[i].id == sorted_events_[i - 1].id) content = known[i] = known[i - 1];
    PreparedEvent& event = *sorted_events_[i].event;
    if (content) event.outcome = *content == event.content ? Outcome::duplicate : Outcome::conflict;
    if (!content) known[i] = event.content;
  }
  return {};
}

Status CommitGroup::add(CommitRequest& request) {
  CommitReport report;
  const Changes& changes = *request.changes;
  const Seq before = counters_.seq++;  // taken back when nothing changes
  touched_items_.clear();
  touched_shoppers_.clear();
  const std::uint64_t events = counters_.events;
  for (const Item& item : changes.items) SOUK_CHECK(put_item(item, report));
  for (const std::string& key : changes.removed_items) SOUK_CHECK(remove_item(key, report));
  for (const Shopper& shopper : changes.shoppers) SOUK_CHECK(put_shopper(shopper, report));
  const std::uint64_t changed = report.changed;
  for (const Review& review : changes.reviews) SOUK_CHECK(put_review(review, report));
  const std::uint64_t reviews = report.changed - changed;
  SOUK_CHECK(put_events(request, report));
  for (const Served& served : changes.served) SOUK_CHECK(put_served(served));
  if (changes.offset) {
    pb::StoredSource source;
    source.set_rows(changes.offset->rows);
    put(Family::meta, source_name(changes.offset->source), source.SerializeAsString());
  }
  if (!put_change(counters_.events - events, reviews)) counters_.seq = before;
  report.seq = counters_.seq;
  request.result = std::move(report);
  return {};
}

Status CommitGroup::put_item(const Item& item, CommitReport& report) {
  ++report.accepted;
  SOUK_TRY(const Id id, item_id(item.key));
  SOUK_TRY(CurrentItem* const current, current_item(id.number));
  if (current->has_version && item.updated && *item.updated < current->version) {
    ++report.unchanged;
    return {};
  }
  std::string value = encode_item(item);
  if (current->has_version && current->value == value) {
    ++report.unchanged;
    return {};
  }
  // Without a time of its own a record holds from its arrival on; never from before the version it replaces.
  const Timestamp version = item.updated ? *item.updated : std::max(now_, current->has_version ? current->version : now_);
  put(Family::item, item_version_key(id.number, version, counters_.seq).view(), value);
  if (!current->has_version) --counters_.stubs;
  if (!current->has_version || is_tombstone(current->value)) ++counters_.items;
  *current = {true, version, std::move(value)};
  touched_items_.push_back(id.number);
  ++report.changed;
  return {};
}

Status CommitGroup::remove_item(std::string_view key, CommitReport& report) {
  SOUK_TRY(const auto id, known_id(Family::item_key, item_ids_, key));
  if (!id) return {};
  SOUK_TRY(CurrentItem* const current, current_item(*id));
  if (!current->has_version || is_tombstone(current->value)) return {};
  const Timestamp version = std::max(now_, current->version);
  *current = {true, version, encode_tombstone()};
  put(Family::item, item_version_key(*id, version, counters_.seq).view(), current->value);
  --counters_.items;
  ++report.removed;
  touched_items_.push_back(*id);
  return {};
}

Status CommitGroup::put_shopper(const Shopper& shopper, CommitReport& report) {
  ++report.accepted;
  SOUK_TRY(const Id id, shopper_id(shopper.key));
  std::string value = encode_shopper(shopper);
  if (!id.created) {
    auto pending = shoppers_.find(id.number);
    if (pending == shoppers_.end()) {
      SOUK_TRY(auto stored, database_.get(Family::shopper, id_key(id.number).view()));
      pending = shoppers_.emplace(id.number, std::move(stored).value_or("")).first;
    }
    if (pending->second == value) {
      ++report.unchanged;
      return {};
    }
  }
  put(Family::shopper, id_key(id.number).view(), value);
  shoppers_[id.number] = std::move(value);
  touched_shoppers_.push_back(id.number);
  ++report.changed;
  return {};
}

// As stored, or as this group left it; empty: there is none.
Result<std::string*> CommitGroup::current_review(const Hash128& id) {
  const auto [found, missing] = reviews_.try_emplace(id);
  if (missing) {
    SOUK_TRY(auto stored, database_.get(Family::review, review_key(id).view()));
    found->second = std::move(stored).value_or("");
  }
  return &found->second;
}

Status CommitGroup::put_review(const Review& review, CommitReport& report) {
  ++report.accepted;
  SOUK_TRY(const Id item, item_id(review.item));
  if (item.created) ++report.stubs;
  ShopperId shopper = kNoShopper;
  if (!review.shopper.empty()) {
    SOUK_TRY(const Id found, shopper_id(review.shopper));
    shopper = ShopperId{found.number};
  }
  const Hash128 id = hash128(review.id);
  std::string value = encode_review(review, ItemId{item.number}, shopper);
  SOUK_TRY(std::string* const current, current_review(id));
  if (*current == value) {
    ++report.unchanged;
    return {};
  }
  if (current->empty()) {
    ++counters_.reviews;
  } else {
    ItemId old_item = kNoItem;
    ShopperId old_shopper = kNoShopper;
    SOUK_TRY(const Review old, decode_review(*current, old_item, old_shopper));
    remove(Family::review, item_review_key(index_of(old_item), old.time.value_or(0), id).view());
    if (old_shopper != kNoShopper) remove(Family::review, shopper_review_key(index_of(old_shopper), id).view());
  }
  put(Family::review, review_key(id).view(), value);
  put(Family::review, item_review_key(item.number, review.time.value_or(0), id).view(), {});
  if (shopper != kNoShopper) {
    put(Family::review, shopper_review_key(index_of(shopper), id).view(), {});
    touched_shoppers_.push_back(index_of(shopper));
  }
  *current = std::move(value);
  ++report.changed;
  return {};
}

Status CommitGroup::put_events(CommitRequest& request, CommitReport& report) {
  const std::string_view bytes = request.prepared.bytes;
  for (std::size_t i = 0; i < request.prepared.events.size(); ++i) {
    PreparedEvent& prepared = request.prepared.events[i];
    const Event& event = request.changes->events[i];
    switch (prepared.outcome) {
      case Outcome::duplicate:
        ++report.duplicates;
        break;
      case Outcome::conflict:
        ++report.conflicts;
        if (report.conflict_ids.size() < kConflictIds) report.conflict_ids.push_back(event.id);
        break;
      case Outcome::write:
        SOUK_CHECK(put_event(event, prepared, bytes.substr(prepared.begin, prepared.size), report));
        break;
    }
  }
  return {};
}

Status CommitGroup::put_event(const Event& event, PreparedEvent& prepared, std::string_view bytes, CommitReport& report) {
  std::uint32_t item = UINT32_MAX;
  if (!event.item.empty()) {
    SOUK_TRY(const Id id, item_id(event.item));
    item = id.number;
    if (id.created) ++report.stubs;
  }
  SOUK_TRY(const Id shopper, shopper_id(shopper_key_of(event, visitor_)));
  const Timestamp time = event.time.value_or(0);
  prepared.period = period_of(time);
  prepared.shopper = shopper.number;
  prepared.ordered_time = ordered(time);
  prepared.arrival = counters_.arrival++;
  value_.assign(bytes);
  append_event_ids(item, counters_.seq, value_);
  put(Family::event, event_key(prepared.period, prepared.shopper, prepared.ordered_time, prepared.arrival).view(), value_);
  if (event.time) {
    counters_.first_event = counters_.events == 0 ? time : std::min(counters_.first_event, time);
    counters_.last_event = counters_.events == 0 ? time : std::max(counters_.last_event, time);
  }
  ++counters_.events;
  touched_shoppers_.push_back(shopper.number);
  ++report.accepted;
  if (event.kind == EventKind::other) ++report.unknown_kinds;
  return {};
}

void CommitGroup::find_new_event_ids() {
  for (const EventRef& ref : sorted_events_) {
    const PreparedEvent& event = *ref.event;
    if (event.outcome != Outcome::write) continue;
    new_event_ids_.push_back({ref.id, event.content, event_key(event.period, event.shopper, event.ordered_time, event.arrival)});
  }
}

Status CommitGroup::put_served(const Served& served) {
  pb::StoredServed stored;
  stored.set_shelf(served.shelf);
  if (served.shopper.starts_with(kVisitorPrefix)) {
    stored.set_unknown_shopper(served.shopper);  // whoever the visitor is merged into, the session still says who it was
  } else if (!served.shopper.empty()) {
    SOUK_TRY(const auto shopper, known_id(Family::shopper_key, shopper_ids_, served.shopper));
    if (shopper) {
      stored.set_shopper(*shopper);
    } else {
      stored.set_unknown_shopper(served.shopper);
    }
  }
  stored.set_session(served.session);
  stored.set_query(served.query);
  stored.set_version(served.version);
  for (const std::string& key : served.items) {
    SOUK_TRY(const Id item, item_id(key));
    stored.add_items(item.number);
  }
  stored.mutable_propensities()->Add(served.propensities.begin(), served.propensities.end());
  std::string key(8, '\0');
  put_big_endian(key.data(), ordered(served.time));
  put(Family::served, key + served.request, stored.SerializeAsString());
  return {};
}

// False when the request at hand changed nothing.
bool CommitGroup::put_change(std::uint64_t events, std::uint64_t reviews) {
  if (touched_items_.empty() && touched_shoppers_.empty() && events == 0 && reviews == 0) return false;
  sort_unique(touched_items_);
  sort_unique(touched_shoppers_);
  pb::StoredChange change;
  change.mutable_items()->Add(touched_items_.begin(), touched_items_.end());
  change.mutable_shoppers()->Add(touched_shoppers_.begin(), touched_shoppers_.end());
  change.set_events(events);
  change.set_reviews(reviews);
  put(Family::changes, seq_key(counters_.seq).view(), change.SerializeAsString());
  return true;
}

}  // namespace souk::store
