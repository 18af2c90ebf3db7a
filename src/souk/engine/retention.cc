// What [retention] of shop.toml no longer keeps is deleted, unless the clock cannot be believed: one that is years ahead, once, would take
// everything along.
//
// When it ran last is a durable record of the store ("retention.clock": "<ms of the last run>", and while the clock is doubted
// "<ms of the last run> <ms it showed when it was doubted last> <ms that it went on since it is doubted>").
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "souk/engine/shop_state.h"

namespace souk::engine {
namespace {

constexpr std::string_view kClock = "retention.clock";
constexpr Duration kLeap = 365 * kDay;  // of the clock since the last run: too long to be believed at once
constexpr Duration kWait = 7 * kDay;    // a clock that went on for so long is right

// Milliseconds at the beginning of the text, which are taken off; 0 without any.
Timestamp take_time(std::string_view& text) {
  Timestamp time = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
  if (error != std::errc()) return 0;
  text.remove_prefix(std::min<std::size_t>(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
  return time;
}

// Why nothing may be deleted now; empty: it may.
Result<std::string> doubt(store::Store& store, Timestamp now) {
  SOUK_TRY(const auto record, store.get_meta(kClock));
  std::string_view text = record ? std::string_view(*record) : std::string_view();
  Timestamp last = take_time(text);        // 0: it never ran
  const Timestamp seen = take_time(text);  // 0: the clock is not doubted yet
  Duration waited = take_time(text);
  const store::Counts counts = store.counts();
  if (last == 0 && counts.events > 0 && counts.timed) last = counts.last_event;  // the newest that is known
  // A clock that leaps again, or back, is another one. However long the shop was closed, it counts as a day.
  waited = seen == 0 || seen > now || now - seen > kLeap ? 0 : waited + std::min(now - seen, kDay);
  if (last == 0 || now - last <= kLeap || waited >= kWait) {
    SOUK_CHECK(store.put_meta(kClock, fmt::format("{}", now)));
    return std::string();
  }
  SOUK_CHECK(store.put_meta(kClock, fmt::format("{} {} {}", last, now, waited)));
  return fmt::format("the clock says {}, and the newest that is known is of {}: nothing is deleted before {}, when the clock is believed",
                     format_rfc3339(now), format_rfc3339(last), format_rfc3339(now + kWait - waited));
}

}  // namespace

Result<RetentionReport> Shop::apply_retention(Timestamp now) {
  Impl& in = *impl_;
  SOUK_CHECK(in.writable("delete old events"));
  RetentionReport report;
  if (!in.config.retains()) return report;
  SOUK_TRY(report.held_back, doubt(*in.store, now));
  if (!report.held_back.empty()) return report;
  if (in.served != nullptr) in.served->drain();
  SOUK_TRY(report.deleted, in.store->retain(in.config.retention, now, in.config.keep_served));
  if (report.deleted.events == 0) return report;
  store::delete_older_caches(in.directory / "cache", in.store->counts().epoch);
  SOUK_CHECK(in.catch_up(Progress::none()));
  return report;
}

}  // namespace souk::engine
