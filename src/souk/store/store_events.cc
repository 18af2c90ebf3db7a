// Reading events: by shopper as they are stored, or all by time.
#include <algorithm>
#include <atomic>
#include <unordered_set>

#include "souk/base/threads.h"
#include "souk/store/codec.h"
#include "souk/store/keys.h"
#include "souk/store/store.h"
#include "souk/store/store_impl.h"

namespace souk::store {
namespace {

// Events held at once while they are put into order of time.
constexpr std::uint64_t kSortedAtOnce = 500'000;
constexpr std::size_t kBuckets = 4096;

std::string period_start(std::uint32_t period, std::uint32_t shopper = 0) {
  return std::string(event_key(period, shopper, 0, 0).view());
}

// The first period at or after `from` that has events.
Result<std::optional<std::uint32_t>> next_period(rocksdb::Iterator& at, std::uint32_t from) {
  at.Seek(period_start(from));
  if (is_event(at)) return event_key_parts(view(at.key())).period;
  SOUK_CHECK(finish_events(at));
  return std::nullopt;
}

Result<std::vector<std::uint32_t>> all_periods(rocksdb::Iterator& at) {
  std::vector<std::uint32_t> periods;
  SOUK_TRY(std::optional<std::uint32_t> period, next_period(at, 0));
  while (period) {
    periods.push_back(*period);
    SOUK_TRY(period, next_period(at, *period + 1));
  }
  return periods;
}

using ShopperSet = std::unordered_set<std::uint32_t>;

Result<ShopperSet> refusing_training(const Database& database, const ReadView& at_once) {
  ShopperSet refusing;
  const auto at = database.scan(Family::shopper, at_once.snapshot());
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    SOUK_TRY(const Shopper shopper, decode_shopper(view(at->value())));
    if (!shopper.train) refusing.insert(get_big_endian<std::uint32_t>(at->key().data()));
  }
  if (!at->status().ok()) return fail(at->status(), "cannot read the shoppers");
  return refusing;
}

bool decode_view(const rocksdb::Iterator& at, StoredEventView& event) {
  const EventKeyParts key = event_key_parts(view(at.key()));
  event.shopper = ShopperId{key.shopper};
  event.time = key.time;
  event.arrival = key.arrival;
  return decode_event_numbers(view(at.value()), event);
}

// Scans [from, to) in key order; `to` empty: to the end. False: fn asked to stop.
Result<bool> scan_range(rocksdb::Iterator& at, const std::string& from, const std::string& to, const Snapshot& snapshot,
                        const ShopperSet& without, const std::function<bool(const StoredEventView&)>& fn) {
  StoredEventView event;
  for (at.Seek(from); is_event(at) && (to.empty() || view(at.key()) < to); at.Next()) {
    if (!decode_view(at, event)) return damaged_event();
    if (event.time > snapshot.time || event.seq > snapshot.seq) continue;
    if (!without.empty() && without.contains(index_of(event.shopper))) continue;
    if (!fn(event)) return false;
  }
  SOUK_CHECK(finish_events(at));
  return true;
}

// The events of one period by (time, arrival), in slices that fit into memory: a first scan counts them by time (by arrival in an untimed
// shop, where all times are equal), then each slice is a scan of its own, sorted.
class PeriodExport {
 public:
  PeriodExport(const Database& database, rocksdb::Iterator& at, std::uint32_t period, bool timed, std::uint64_t arrivals)
      : at_(at), period_(period), timed_(timed), keys_(database) {
    first_ = timed ? std::uint64_t{period} << 33 : 0;
    width_ = timed ? (1ull << 33) / kBuckets : arrivals / kBuckets + 1;
  }

  // False: fn asked to stop.
  Result<bool> run(const std::function<bool(Event&&)>& fn) {
    std::vector<std::uint64_t> counts(kBuckets);
    for (seek(); within(); at_.Next()) ++counts[bucket()];
    SOUK_CHECK(finish_events(at_));
    for (std::size_t begin = 0; begin < kBuckets;) {
      std::size_t end = begin;
      std::uint64_t events = 0;
      while (end < kBuckets && (end == begin || events + counts[end] <= kSortedAtOnce)) events += counts[end++];
      if (events != 0) {
        SOUK_TRY(const bool on, run_slice(begin, end, events, fn));
        if (!on) return false;
      }
      begin = end;
    }
    return true;
  }

 private:
  struct Found {
    std::uint64_t time = 0, arrival = 0;
    std::uint32_t shopper = 0;
    std::size_t begin = 0, size = 0;  // of its value
  };

  void seek() { at_.Seek(period_start(period_)); }
  bool within() const { return is_event(at_) && get_big_endian<std::uint32_t>(at_.key().data()) == period_; }
  std::uint64_t time() const { return get_big_endian<std::uint64_t>(at_.key().data() + 8); }
  std::uint64_t arrival() const { return get_big_endian<std::uint64_t>(at_.key().data() + 16); }
  std::size_t bucket() const {
    return static_cast<std::size_t>(std::min<std::uint64_t>(((timed_ ? time() : arrival()) - first_) / width_, kBuckets - 1));
  }

  Result<bool> run_slice(std::size_t begin, std::size_t end, std::uint64_t events, const std::function<bool(Event&&)>& fn) {
    std::vector<Found> found;
    std::string values;
    found.reserve(events);
    for (seek(); within(); at_.Next()) {
      if (const std::size_t in = bucket(); in < begin || in >= end) continue;
      found.push_back({time(), arrival(), get_big_endian<std::uint32_t>(at_.key().data() + 4), values.size(), at_.value().size()});
      values.append(at_.value().data(), at_.value().size());
    }
    SOUK_CHECK(finish_events(at_));
    std::sort(found.begin(), found.end(),
              [](const Found& a, const Found& b) { return std::pair(a.time, a.arrival) < std::pair(b.time, b.arrival); });
    for (const Found& one : found) {
      const EventKeyParts key{period_, one.shopper, unordered(one.time), one.arrival};
      SOUK_TRY(Event event, restore_event(key, std::string_view(values).substr(one.begin, one.size), timed_, keys_));
      if (!fn(std::move(event))) return false;
    }
    return true;
  }

  rocksdb::Iterator& at_;
  std::uint32_t period_;
  bool timed_;
  std::uint64_t first_ = 0, width_ = 1;
  KeyReader keys_;
};

}  // namespace

tl::unexpected<Error> damaged_event() {
  return fail(ErrorKind::corrupt, "cannot read a stored event", {}, "Run `souk doctor` on the shop");
}

Status finish_events(const rocksdb::Iterator& at) {
  if (!at.status().ok()) return fail(at.status(), "cannot read the events");
  if (at.Valid() && !is_event(at)) return damaged_event();
  return {};
}

Result<Event> restore_event(const EventKeyParts& key, std::string_view value, bool timed, KeyReader& keys) {
  ItemId item = kNoItem;
  SOUK_TRY(Event event, decode_event(value, item));
  if (item != kNoItem) {
    SOUK_TRY(event.item, keys.item(index_of(item)));
  }
  SOUK_TRY(event.shopper, keys.shopper(key.shopper));
  if (event.shopper.starts_with(kVisitorPrefix)) event.shopper.clear();
  if (timed) event.time = key.time;
  return event;
}

Status for_each_stored_event(rocksdb::Iterator& at, std::uint32_t shopper, const StoredEventFn& fn) {
  at.Seek(period_start(0, shopper));
  while (is_event(at)) {
    const EventKeyParts key = event_key_parts(view(at.key()));
    if (key.shopper == shopper) {
      SOUK_TRY(const bool on, fn(key, view(at.key()), view(at.value())));
      if (!on) return {};
      at.Next();
    } else if (key.shopper < shopper) {
      at.Seek(period_start(key.period, shopper));
    } else if (key.period < UINT32_MAX) {
      at.Seek(period_start(key.period + 1, shopper));
    } else {
      return {};
    }
  }
  return finish_events(at);
}

Status Store::for_each_event(const std::function<bool(Event&&)>& fn) const {
  const Counters counters = impl_->counters();
  const ReadView at_once(*impl_->database);
  const auto at = impl_->database->scan(Family::event, at_once.snapshot());
  SOUK_TRY(const std::vector<std::uint32_t> periods, all_periods(*at));
  for (const std::uint32_t period : periods) {
    PeriodExport one(*impl_->database, *at, period, counters.timed != Timed::untimed, counters.arrival);
    SOUK_TRY(const bool on, one.run(fn));
    if (!on) return {};
  }
  return {};
}

Status Store::scan_events(const Snapshot& snapshot, bool training, const std::function<bool(const StoredEventView&)>& fn) const {
  const ReadView at_once(*impl_->database);
  ShopperSet without;
  if (training) {
    SOUK_TRY(without, refusing_training(*impl_->database, at_once));
  }
  const auto at = impl_->database->scan(Family::event, at_once.snapshot());
  SOUK_TRY(const bool on, scan_range(*at, period_start(0), {}, snapshot, without, fn));
  static_cast<void>(on);
  return {};
}

Status Store::scan_events_in_parts(const Snapshot& snapshot, bool training, unsigned threads,
                                   const std::function<void(std::size_t parts)>& begin,
                                   const std::function<void(std::size_t part, const StoredEventView&)>& fn) const {
  const ReadView at_once(*impl_->database);
  ShopperSet without;
  if (training) {
    SOUK_TRY(without, refusing_training(*impl_->database, at_once));
  }
  const auto first = impl_->database->scan(Family::event, at_once.snapshot());
  SOUK_TRY(const std::vector<std::uint32_t> periods, all_periods(*first));
  // Each period in slices of shoppers: more parts than threads, so that they end together.
  const std::uint32_t slices = threads > 1 ? 4 * threads : 1;
  const std::uint32_t shoppers = impl_->counters().shopper_ids;
  struct Part {
    std::string from, to;
  };
  std::vector<Part> parts;
  for (const std::uint32_t period : periods) {
    for (std::uint32_t i = 0; i < slices; ++i) {
      const auto bound = [&](std::uint32_t slice) { return static_cast<std::uint32_t>(std::uint64_t{shoppers} * slice / slices); };
      parts.push_back({period_start(period, bound(i)), i + 1 == slices ? period_start(period + 1) : period_start(period, bound(i + 1))});
    }
  }
  begin(parts.size());
  std::vector<Status> results(parts.size());
  parallel_for(parts.size(), 1, threads, [&](std::size_t from, std::size_t to, unsigned) {
    for (std::size_t i = from; i < to; ++i) {
      const auto at = impl_->database->scan(Family::event, at_once.snapshot());
      const auto keep_on = [&](const StoredEventView& event) {
        fn(i, event);
        return true;
      };
      if (auto scanned = scan_range(*at, parts[i].from, parts[i].to, snapshot, without, keep_on); !scanned) {
        results[i] = fail(std::move(scanned).error());
      }
    }
  });
  for (Status& result : results) SOUK_CHECK(std::move(result));
  return {};
}

Status Store::for_each_event_of(ShopperId shopper, const std::function<bool(Event&&)>& fn) const {
  const bool timed = impl_->counters().timed != Timed::untimed;
  const auto at = impl_->database->iterator(Family::event);
  KeyReader keys(*impl_->database);
  return for_each_stored_event(*at, index_of(shopper),
                               [&](const EventKeyParts& key, std::string_view, std::string_view value) -> Result<bool> {
                                 SOUK_TRY(Event event, restore_event(key, value, timed, keys));
                                 return fn(std::move(event));
                               });
}

Result<std::vector<StoredEventView>> Store::recent_events(ShopperId shopper, std::size_t limit) const {
  std::vector<StoredEventView> events;
  const auto at = impl_->database->iterator(Family::event);
  at->SeekToLast();
  if (!is_event(*at)) {
    SOUK_CHECK(finish_events(*at));
    return events;
  }
  std::uint32_t period = event_key_parts(view(at->key())).period;
  while (events.size() < limit) {
    at->SeekForPrev(slice(event_key(period, index_of(shopper), UINT64_MAX, UINT64_MAX).view()));
    StoredEventView event;
    for (; is_event(*at) && events.size() < limit; at->Prev()) {
      const EventKeyParts key = event_key_parts(view(at->key()));
      if (key.period != period || key.shopper != index_of(shopper)) break;
      if (!decode_view(*at, event)) return damaged_event();
      events.push_back(event);
    }
    if (!is_event(*at)) break;
    // On another shopper's event: of this period, then the next earlier one is tried, or of an earlier one, then that.
    const std::uint32_t found = event_key_parts(view(at->key())).period;
    if (found == period && period == 0) break;
    period = found == period ? period - 1 : found;
  }
  SOUK_CHECK(finish_events(*at));
  return events;
}

}  // namespace souk::store
