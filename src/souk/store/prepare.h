// What a commit can do before it has its turn: check every record and write the events' bytes. Runs on the caller's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/hash.h"
#include "souk/base/result.h"
#include "souk/store/store.h"

namespace souk::store {

enum class Outcome : std::uint8_t { write, duplicate, conflict };

struct PreparedEvent {
  Hash128 id;
  std::uint64_t content = 0;
  std::uint32_t begin = 0, size = 0;  // its bytes in Prepared::bytes
  Outcome outcome = Outcome::write;
  std::uint32_t period = 0, shopper = 0;  // with the two below the event's key, filled by the leader
  std::uint64_t ordered_time = 0, arrival = 0;
};

struct Prepared {
  std::vector<PreparedEvent> events;  // one for each of the changes'
  std::string bytes;
  bool timed = true;  // of the events; they all agree
};

// Refuses the whole of `changes` when a record in it is not usable; the error's `where` names record and field: "events[3].item".
Result<Prepared> prepare(const Changes& changes);

Status check_served(const Served& served);

// The shopper's key of an event: `scratch` holds the visitor's.
std::string_view shopper_key_of(const Event& event, std::string& scratch);

}  // namespace souk::store
