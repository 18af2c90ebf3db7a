// What changes the past: forgetting a person, joining a visitor to a shopper, deleting what is too old. Each takes the committer's turn, so
// that nothing is committed in between, and raises the erasure epoch when events change.
#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "souk/store/codec.h"
#include "souk/store/keys.h"
#include "souk/store/prepare.h"
#include "souk/store/records.pb.h"
#include "souk/store/store.h"
#include "souk/store/store_impl.h"

namespace souk::store {
namespace {

// Retention: what one turn looks at and deletes, so that commits do not wait for long.
constexpr std::uint64_t kScannedATurn = 200'000;
constexpr std::uint64_t kDeletedATurn = 50'000;

void erase_key(Rewrite& change, const Database& database, Family family, std::string_view key) {
  change.batch.Delete(database.family(family), slice(key));
}

// Gives the rewrite a number of its own, under which it names whom it touched.
void put_rewrite(Rewrite& change, const Database& database, std::vector<std::uint32_t> shoppers) {
  std::sort(shoppers.begin(), shoppers.end());
  pb::StoredChange stored;
  stored.mutable_shoppers()->Add(shoppers.begin(), shoppers.end());
  ++change.counters.seq;
  change.batch.Put(database.family(Family::changes), slice(seq_key(change.counters.seq).view()), stored.SerializeAsString());
}

// fn(key, value, record) of every served record, until it returns false.
template <class Fn>
Status for_each_stored_served(const Database& database, const Fn& fn) {
  const auto at = database.scan(Family::served);
  pb::StoredServed served;
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    if (!served.ParseFromArray(at->value().data(), static_cast<int>(at->value().size()))) {
      return fail(ErrorKind::corrupt, "cannot read a served record", {}, "Run `souk doctor` on the shop");
    }
    if (!fn(view(at->key()), view(at->value()), served)) return {};
  }
  if (!at->status().ok()) return fail(at->status(), "cannot read the served records");
  return {};
}

// fn(name, value) of every record of the meta family that begins so, until it returns an error.
template <class Fn>
Status for_each_meta(const Database& database, std::string_view prefix, const Fn& fn) {
  const auto at = database.iterator(Family::meta);
  for (at->Seek(slice(prefix)); at->Valid() && view(at->key()).starts_with(prefix); at->Next()) fn(view(at->key()), view(at->value()));
  if (!at->status().ok()) return fail(at->status(), "cannot read which sessions were joined");
  return {};
}

// Who a person is in served records: the ids of the shopper and of visitors, the key, and sessions.
struct Person {
  std::string_view key;
  std::vector<std::uint32_t> ids;
  std::set<std::string> sessions;

  bool is_named_in(const pb::StoredServed& served) const {
    if (served.has_shopper()) return std::find(ids.begin(), ids.end(), served.shopper()) != ids.end();
    return served.unknown_shopper() == key;
  }
  // Also where only a session of theirs is named. What names somebody else is not theirs.
  bool is_meant_by(const pb::StoredServed& served) const {
    const std::string& named = served.unknown_shopper();
    if (!served.has_shopper() && named.starts_with(kVisitorPrefix) && sessions.contains(named.substr(kVisitorPrefix.size()))) return true;
    return served.has_shopper() || !named.empty() ? is_named_in(served) : sessions.contains(served.session());
  }
  // A session may stand in no event: somebody only looked, before they were known or after.
  Status find_sessions(const Database& database) {
    const std::string joined = joined_prefix(key);
    SOUK_CHECK(
        for_each_meta(database, joined, [&](std::string_view name, std::string_view) { sessions.emplace(name.substr(joined.size())); }));
    return for_each_stored_served(database, [&](std::string_view, std::string_view, const pb::StoredServed& served) {
      if (!served.session().empty() && is_named_in(served)) sessions.insert(served.session());
      return true;
    });
  }
};

// First and last time of the events that stay; `goes` says of which shoppers none does. Two periods are read, not all.
Status measure_span(const Database& database, const std::function<bool(std::uint32_t shopper)>& goes, Counters& counters) {
  counters.first_event = counters.last_event = 0;
  if (counters.events == 0) counters.timed = Timed::unknown;
  if (counters.timed != Timed::timed) return {};
  const auto at = database.scan(Family::event);
  const auto stays = [&] { return !goes(event_key_parts(view(at->key())).shopper); };
  const auto read_period = [&](std::uint32_t period, Timestamp& found, const auto& better) -> Status {
    bool any = false;
    for (at->Seek(slice(event_key(period, 0, 0, 0).view())); is_event(*at); at->Next()) {
      const EventKeyParts key = event_key_parts(view(at->key()));
      if (key.period != period) break;
      if (!goes(key.shopper) && (!std::exchange(any, true) || better(key.time, found))) found = key.time;
    }
    return finish_events(*at);
  };
  at->SeekToFirst();
  while (is_event(*at) && !stays()) at->Next();
  SOUK_CHECK(finish_events(*at));
  if (!at->Valid()) return {};
  SOUK_CHECK(read_period(event_key_parts(view(at->key())).period, counters.first_event, std::less<>()));
  at->SeekToLast();
  while (is_event(*at) && !stays()) at->Prev();
  SOUK_CHECK(finish_events(*at));
  return read_period(event_key_parts(view(at->key())).period, counters.last_event, std::greater<>());
}

// One person, everywhere in the store.
class Forgetting {
 public:
  Forgetting(const Database& database, std::string_view key, Rewrite& change)
      : database_(database), change_(change), person_{.key = key, .ids = {}, .sessions = {}} {}

  Result<ForgetReport> run() {
    if (person_.key.starts_with(kVisitorPrefix)) person_.sessions.emplace(person_.key.substr(kVisitorPrefix.size()));
    SOUK_TRY(report_.known, erase_shopper(person_.key));
    SOUK_CHECK(person_.find_sessions(database_));
    SOUK_CHECK(for_each_meta(database_, joined_prefix(person_.key),
                             [&](std::string_view name, std::string_view) { erase_key(change_, database_, Family::meta, name); }));
    // Those who are known by a session of theirs alone are the same person.
    const std::set<std::string> sessions = person_.sessions;
    for (const std::string& session : sessions) {
      const std::string visitor = std::string(kVisitorPrefix) + session;
      if (visitor == person_.key) continue;
      SOUK_TRY(const bool known, erase_shopper(visitor));
      report_.visitors += known;
    }
    SOUK_CHECK(erase_served());
    SOUK_CHECK(count());
    return report_;
  }

 private:
  Result<bool> erase_shopper(std::string_view key) {
    SOUK_TRY(const auto id, read_id(database_, Family::shopper_key, key));
    if (!id) return false;
    SOUK_CHECK(erase_events(*id));
    SOUK_CHECK(erase_reviews(*id));
    erase_key(change_, database_, Family::shopper, id_key(*id).view());
    erase_key(change_, database_, Family::shopper_key, key);
    change_.gone.emplace_back(key);
    person_.ids.push_back(*id);
    return true;
  }

  Status erase_events(std::uint32_t shopper) {
    const auto at = database_.iterator(Family::event);
    return for_each_stored_event(
        *at, shopper, [&](const EventKeyParts& parts, std::string_view key, std::string_view value) -> Result<bool> {
          // Ids stand by themselves, each to be erased, only when they were merged.
          if (report_.events == 0) SOUK_CHECK(change_.event_ids.merge(change_.counters.seq));
          ItemId ignored = kNoItem;
          SOUK_TRY(const Event event, decode_event(value, ignored));
          if (!event.session.empty()) person_.sessions.insert(event.session);
          erase_key(change_, database_, Family::event, key);
          erase_key(change_, database_, Family::event_id, event_id_key(hash128(event.id)).view());
          at_border_ = at_border_ || parts.time == change_.counters.first_event || parts.time == change_.counters.last_event;
          ++report_.events;
          return true;
        });
  }

  Status erase_reviews(std::uint32_t shopper) {
    const ShopperReviewKey all = shopper_review_key(shopper, {});
    return for_each_review_entry(database_, all.view().substr(0, 5), [&](const Hash128& id) -> Result<bool> {
      const ReviewKey key = review_key(id);
      SOUK_TRY(const auto value, database_.get(Family::review, key.view()));
      ItemId item = kNoItem;
      ShopperId by = kNoShopper;
      SOUK_TRY(const Review review, decode_review(value.value_or(""), item, by));
      erase_key(change_, database_, Family::review, key.view());
      erase_key(change_, database_, Family::review, item_review_key(index_of(item), review.time.value_or(0), id).view());
      erase_key(change_, database_, Family::review, shopper_review_key(shopper, id).view());
      ++report_.reviews;
      return true;
    });
  }

  Status erase_served() {
    return for_each_stored_served(database_, [&](std::string_view key, std::string_view, const pb::StoredServed& served) {
      if (!person_.is_meant_by(served)) return true;
      erase_key(change_, database_, Family::served, key);
      ++report_.served;
      return true;
    });
  }

  Status count() {
    Counters& counters = change_.counters;
    counters.events -= report_.events;
    counters.reviews -= report_.reviews;
    const std::vector<std::uint32_t>& ids = person_.ids;
    counters.shoppers_gone += ids.size();
    if (report_.events > 0) counters.forgotten_epoch = ++counters.epoch;
    if (at_border_ || counters.events == 0) {
      SOUK_CHECK(measure_span(
          database_, [&](std::uint32_t shopper) { return std::find(ids.begin(), ids.end(), shopper) != ids.end(); }, counters));
    }
    if (!ids.empty()) put_rewrite(change_, database_, ids);
    return {};
  }

  const Database& database_;
  Rewrite& change_;
  Person person_;
  ForgetReport report_;
  bool at_border_ = false;  // an erased event was the first or last
};

// A visitor becomes a shopper.
class Merging {
 public:
  Merging(const Database& database, std::string_view visitor, std::string_view into, Rewrite& change)
      : database_(database), visitor_(visitor), into_(into), change_(change), keys_(database) {}

  Result<MergeReport> run() {
    // Also of a visitor without events: records of answers may name the session.
    change_.batch.Put(database_.family(Family::meta), slice(joined_prefix(into_).append(visitor_.substr(kVisitorPrefix.size()))),
                      std::to_string(now()));
    SOUK_TRY(const auto from, read_id(database_, Family::shopper_key, visitor_));
    if (!from) return report_;
    report_.known = true;
    SOUK_TRY(Shopper joined, shopper_of(*from));
    SOUK_TRY(auto to, read_id(database_, Family::shopper_key, into_));
    Shopper shopper{.key = std::string(into_), .attributes = {}, .created = {}};
    if (to) {
      SOUK_TRY(shopper, shopper_of(*to));
    } else {
      to = change_.counters.shopper_ids++;
      change_.named.emplace_back(into_, *to);
      change_.batch.Put(database_.family(Family::shopper_key), slice(into_), slice(id_key(*to).view()));
    }
    shopper.attributes.merge(joined.attributes);
    shopper.personalise = shopper.personalise && joined.personalise;
    shopper.train = shopper.train && joined.train;
    if (joined.created) shopper.created = std::min(shopper.created.value_or(*joined.created), *joined.created);
    change_.batch.Put(database_.family(Family::shopper), slice(id_key(*to).view()), encode_shopper(shopper));
    SOUK_CHECK(move_events(*from, *to));
    erase_key(change_, database_, Family::shopper, id_key(*from).view());
    erase_key(change_, database_, Family::shopper_key, visitor_);
    change_.gone.emplace_back(visitor_);
    ++change_.counters.shoppers_gone;
    if (report_.events > 0) ++change_.counters.epoch;
    put_rewrite(change_, database_, {*from, *to});
    if (!change_.moved_ids.empty()) {
      change_.batch.Put(database_.family(Family::event_id_log), slice(seq_key(change_.counters.seq).view()),
                        encode_event_ids(change_.moved_ids));
    }
    return report_;
  }

 private:
  Result<Shopper> shopper_of(std::uint32_t id) const {
    SOUK_TRY(const auto record, database_.get(Family::shopper, id_key(id).view()));
    if (!record) return fail(ErrorKind::corrupt, "a shopper's record is missing", {}, "Run `souk doctor` on the shop");
    return decode_shopper(*record);
  }

  Status move_events(std::uint32_t from, std::uint32_t to) {
    const bool timed = change_.counters.timed == Timed::timed;
    const auto at = database_.iterator(Family::event);
    std::string scratch;
    return for_each_stored_event(*at, from, [&](const EventKeyParts& parts, std::string_view key, std::string_view value) -> Result<bool> {
      SOUK_TRY(Event event, restore_event(parts, value, timed, keys_));
      event.shopper = into_;
      scratch.clear();
      const EventKey moved = event_key(parts.period, to, ordered(parts.time), parts.arrival);
      change_.moved_ids.push_back({hash128(event.id), append_event(event, scratch), moved});
      change_.batch.Put(database_.family(Family::event), slice(moved.view()), slice(value));
      erase_key(change_, database_, Family::event, key);
      ++report_.events;
      return true;
    });
  }

  const Database& database_;
  std::string_view visitor_, into_;
  Rewrite& change_;
  KeyReader keys_;
  MergeReport report_;
};

// Deletes events older than their kind may become, from a key on, as much as one turn may.
class Retaining {
 public:
  Retaining(const Database& database, const KindLimits& limits, Timestamp now) : database_(database) {
    for (std::size_t kind = 0; kind < limits.size(); ++kind) {
      if (!limits[kind]) continue;
      oldest_[kind] = now - *limits[kind];
      horizon_ = std::max(horizon_, oldest_[kind]);
    }
  }

  bool anything() const { return horizon_ != INT64_MIN; }
  bool done() const { return done_; }
  std::uint64_t deleted() const { return deleted_; }

  Status take_turn(Rewrite& change) {
    if (change.counters.timed != Timed::timed) {
      done_ = true;
      return {};
    }
    const std::uint64_t before = deleted_;
    const auto at = database_.scan(Family::event);
    std::uint64_t scanned = 0;
    for (at->Seek(from_); is_event(*at) && scanned < kScannedATurn && deleted_ - before < kDeletedATurn; at->Next()) {
      if (event_key_parts(view(at->key())).period > period_of(horizon_)) break;
      ++scanned;
      if (!decode_event_numbers(view(at->value()), event_)) return damaged_event();
      if (event_key_parts(view(at->key())).time >= oldest_[static_cast<std::size_t>(event_.kind)]) continue;
      // Ids stand by themselves, each to be erased, only when they were merged.
      if (deleted_ == before) SOUK_CHECK(change.event_ids.merge(change.counters.seq));
      const auto id = decode_event_id_text(view(at->value()));
      if (!id) return damaged_event();
      erase_key(change, database_, Family::event_id, event_id_key(hash128(*id)).view());
      // One by one: RocksDB mixes up the insertion hints of this family (database.cc) with those of its ranges.
      erase_key(change, database_, Family::event, view(at->key()));
      ++deleted_;
    }
    SOUK_CHECK(finish_events(*at));
    done_ = !at->Valid() || event_key_parts(view(at->key())).period > period_of(horizon_);
    if (at->Valid()) from_ = at->key().ToString();
    if (deleted_ == before) return {};
    change.counters.events -= deleted_ - before;
    ++change.counters.epoch;
    put_rewrite(change, database_, {});
    return {};
  }

 private:
  const Database& database_;
  std::array<Timestamp, kEventKinds> oldest_ = [] {
    std::array<Timestamp, kEventKinds> none{};
    none.fill(INT64_MIN);
    return none;
  }();
  Timestamp horizon_ = INT64_MIN;  // what is younger stays, whatever its kind
  std::string from_;
  StoredEventView event_;
  std::uint64_t deleted_ = 0;
  bool done_ = false;
};

// Deletes the served records from before a time, oldest first, as many as one turn may.
Status retain_served(const Database& database, Timestamp oldest, Rewrite& change, std::uint64_t& deleted) {
  deleted = 0;
  const auto at = database.scan(Family::served);
  for (at->SeekToFirst(); at->Valid() && deleted < kDeletedATurn; at->Next()) {
    const std::string_view key = view(at->key());
    if (key.size() < sizeof(Timestamp)) return fail(ErrorKind::corrupt, "cannot read a served record", {}, "Run `souk doctor` on the shop");
    if (unordered(get_big_endian<std::uint64_t>(key.data())) >= oldest) break;  // the rest is younger
    erase_key(change, database, Family::served, key);
    ++deleted;
  }
  if (!at->status().ok()) return fail(at->status(), "cannot read the served records");
  return {};
}

// Forgets which sessions were joined before a time and are named in no served record any more: a session goes on after it was joined.
Status retain_joined(const Database& database, Timestamp oldest, Rewrite& change) {
  std::multimap<std::string, std::string, std::less<>> names;  // by session
  SOUK_CHECK(for_each_meta(database, kJoinedPrefix, [&](std::string_view name, std::string_view value) {
    Timestamp joined = 0;
    std::from_chars(value.data(), value.data() + value.size(), joined);
    if (joined < oldest) names.emplace(name.substr(name.rfind('\0') + 1), name);
  }));
  if (names.empty()) return {};
  SOUK_CHECK(for_each_stored_served(database, [&](std::string_view, std::string_view, const pb::StoredServed& served) {
    names.erase(served.session());
    if (served.unknown_shopper().starts_with(kVisitorPrefix)) names.erase(served.unknown_shopper().substr(kVisitorPrefix.size()));
    return true;
  }));
  for (const auto& [session, name] : names) erase_key(change, database, Family::meta, name);
  return {};
}

}  // namespace

Result<ForgetReport> Store::forget(std::string_view shopper_key) {
  if (!impl_->committer) return fail(std::move(refuse_writing()).error());
  SOUK_CHECK(check_key(shopper_key, "shopper"));
  SOUK_CHECK(impl_->committer->write_served());
  ForgetReport report;
  SOUK_CHECK(impl_->committer->rewrite([&](Rewrite& change) -> Status {
    SOUK_TRY(report, Forgetting(*impl_->database, shopper_key, change).run());
    return {};
  }));
  return report;
}

Status Store::for_each_served_to(std::string_view shopper_key, std::set<std::string>& sessions,
                                 const std::function<bool(const Served&)>& fn) const {
  if (impl_->committer) SOUK_CHECK(impl_->committer->write_served());
  const Database& database = *impl_->database;
  Person person{.key = shopper_key, .ids = {}, .sessions = sessions};
  SOUK_TRY(const auto id, read_id(database, Family::shopper_key, shopper_key));
  if (id) person.ids.push_back(*id);
  SOUK_CHECK(person.find_sessions(database));
  sessions = person.sessions;
  KeyReader keys(database);
  Status read;
  SOUK_CHECK(for_each_stored_served(database, [&](std::string_view key, std::string_view value, const pb::StoredServed& stored) {
    if (!person.is_meant_by(stored)) return true;
    const auto served = decode_served(key, value, keys);
    if (!served) read = fail(served.error());
    return served && fn(*served);
  }));
  return read;
}

Result<MergeReport> Store::merge_shoppers(std::string_view visitor, std::string_view into) {
  if (!impl_->committer) return fail(std::move(refuse_writing()).error());
  SOUK_CHECK(check_key(visitor, "visitor"));
  SOUK_CHECK(check_key(into, "into"));
  if (!visitor.starts_with(kVisitorPrefix) || into.starts_with(kVisitorPrefix)) {
    return fail(ErrorKind::invalid, "only a visitor can be joined, and only to a shopper who is none", {},
                "A visitor's key is \"session:\" and the session");
  }
  MergeReport report;
  SOUK_CHECK(impl_->committer->rewrite([&](Rewrite& change) -> Status {
    SOUK_TRY(report, Merging(*impl_->database, visitor, into, change).run());
    return {};
  }));
  return report;
}

Result<RetainReport> Store::retain(const KindLimits& limits, Timestamp now, std::optional<Duration> served) {
  if (!impl_->committer) return fail(std::move(refuse_writing()).error());
  RetainReport report;
  Committer& committer = *impl_->committer;
  if (served) {
    SOUK_CHECK(committer.write_served());
    std::uint64_t turn = 0;
    do {
      SOUK_CHECK(committer.rewrite([&](Rewrite& change) { return retain_served(*impl_->database, now - *served, change, turn); }));
      report.served += turn;
    } while (turn == kDeletedATurn);
    SOUK_CHECK(committer.rewrite([&](Rewrite& change) { return retain_joined(*impl_->database, now - *served, change); }));
  }
  Retaining retaining(*impl_->database, limits, now);
  if (!retaining.anything()) return report;
  while (!retaining.done()) {
    SOUK_CHECK(committer.rewrite([&](Rewrite& change) { return retaining.take_turn(change); }));
  }
  report.events = retaining.deleted();
  if (report.events == 0) return report;
  SOUK_CHECK(committer.rewrite([&](Rewrite& change) {
    change.batch.Put(impl_->database->family(Family::meta), slice(kCountersName), {});  // the counters themselves are put behind it
    return measure_span(
        *impl_->database, [](std::uint32_t) { return false; }, change.counters);
  }));
  return report;
}

}  // namespace souk::store
