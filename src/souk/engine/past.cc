#include "souk/engine/past.h"

#include <algorithm>
#include <tuple>

namespace souk::engine {
namespace {

// The newest positive events of one shopper. Reads a little more than needed, and more again while too few of what was read count.
Status collect(const store::Store& store, ShopperId shopper, std::optional<Timestamp> before, std::vector<store::StoredEventView>& events) {
  for (std::size_t limit = kPastEvents + kPastEvents / 4;; limit *= 4) {
    SOUK_TRY(const auto newest, store.recent_events(shopper, limit));
    std::vector<store::StoredEventView> kept;
    for (const store::StoredEventView& event : newest) {
      if (kept.size() == kPastEvents) break;
      if (before && event.time >= *before && event.time != 0) continue;  // an untimed shop's events have time 0
      if (event.item != kNoItem && is_positive(event.kind)) kept.push_back(event);
    }
    if (kept.size() == kPastEvents || newest.size() < limit) {
      events.insert(events.end(), kept.begin(), kept.end());
      return {};
    }
  }
}

}  // namespace

bool is_positive(store::EventKind kind) {
  switch (kind) {
    case store::EventKind::purchase:
    case store::EventKind::cart:
    case store::EventKind::wishlist:
    case store::EventKind::rating:
    case store::EventKind::click:
    case store::EventKind::view:
      return true;
    default:
      return false;
  }
}

std::vector<shelf::Past> newest_positive(std::span<const shelf::Past> events) {
  std::vector<shelf::Past> kept;
  for (auto event = events.rbegin(); event != events.rend() && kept.size() < kPastEvents; ++event) {
    if (event->item != kNoItem && is_positive(event->kind)) kept.push_back(*event);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

Result<std::vector<shelf::Past>> past_of(const store::Store& store, std::span<const ShopperId> shoppers, std::optional<Timestamp> before) {
  std::vector<store::StoredEventView> events;
  for (const ShopperId shopper : shoppers) SOUK_CHECK(collect(store, shopper, before, events));
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return std::tie(a.time, a.arrival) < std::tie(b.time, b.arrival); });
  const std::size_t skipped = events.size() > kPastEvents ? events.size() - kPastEvents : 0;
  std::vector<shelf::Past> past;
  past.reserve(events.size() - skipped);
  for (std::size_t i = skipped; i < events.size(); ++i) past.push_back({events[i].item, events[i].kind, events[i].time});
  return past;
}

}  // namespace souk::engine
