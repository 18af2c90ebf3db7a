#include "souk/store/counters.h"

#include "souk/store/records.pb.h"

namespace souk::store {

Counts Counters::counts() const {
  Counts counts;
  counts.items = items;
  counts.stubs = stubs;
  counts.shoppers = shopper_ids - shoppers_gone;
  counts.events = events;
  counts.reviews = reviews;
  counts.seq = seq;
  counts.epoch = epoch;
  counts.forgotten_epoch = forgotten_epoch;
  counts.item_ids = item_ids;
  counts.shopper_ids = shopper_ids;
  counts.timed = timed != Timed::untimed;
  counts.first_event = first_event;
  counts.last_event = last_event;
  return counts;
}

std::string Counters::encode() const {
  pb::StoredCounters stored;
  stored.set_seq(seq);
  stored.set_arrival(arrival);
  stored.set_item_ids(item_ids);
  stored.set_shopper_ids(shopper_ids);
  stored.set_items(items);
  stored.set_stubs(stubs);
  stored.set_events(events);
  stored.set_epoch(epoch);
  stored.set_timed(static_cast<std::uint32_t>(timed));
  stored.set_first_event(first_event);
  stored.set_last_event(last_event);
  stored.set_shoppers_gone(shoppers_gone);
  stored.set_reviews(reviews);
  stored.set_forgotten_epoch(forgotten_epoch);
  return stored.SerializeAsString();
}

Result<Counters> Counters::decode(std::string_view value) {
  pb::StoredCounters stored;
  if (!stored.ParseFromArray(value.data(), static_cast<int>(value.size())) || stored.timed() > 2) {
    return fail(ErrorKind::corrupt, "cannot read the store's counters", {}, "Restore the shop from a backup");
  }
  Counters counters;
  counters.seq = stored.seq();
  counters.arrival = stored.arrival();
  counters.item_ids = stored.item_ids();
  counters.shopper_ids = stored.shopper_ids();
  counters.items = stored.items();
  counters.stubs = stored.stubs();
  counters.events = stored.events();
  counters.epoch = stored.epoch();
  counters.timed = static_cast<Timed>(stored.timed());
  counters.first_event = stored.first_event();
  counters.last_event = stored.last_event();
  counters.shoppers_gone = stored.shoppers_gone();
  counters.reviews = stored.reviews();
  counters.forgotten_epoch = stored.forgotten_epoch();
  return counters;
}

std::string source_name(const Hash128& source) {
  return "source:" + source.hex();
}

std::string joined_prefix(std::string_view shopper) {
  return std::string(kJoinedPrefix).append(shopper).append(1, '\0');
}

}  // namespace souk::store
