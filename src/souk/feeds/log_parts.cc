// What would make the parts of a set that came split flatter: an event in two of them, and parts that overlap in time.
#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <tuple>

#include "souk/feeds/log_builder.h"

namespace souk::feeds {

std::string_view name_of(SetPart part) {
  switch (part) {
    case SetPart::train:
      return "train";
    case SetPart::known:
      return "test, known";
    case SetPart::validation:
      return "validation";
    case SetPart::test:
      break;
  }
  return "test";
}

// Of whichever kind: at one moment a view of what is then bought tells as much as the purchase.
Status LogBuilder::refuse_shared() const {
  const auto place = [](const Added& event) { return std::tuple(event.shopper, event.item, *event.time); };
  std::vector<Added> held;
  for (const Added& event : events_) {
    if (event.time && event.part >= SetPart::validation) held.push_back(event);
  }
  if (held.empty()) return {};
  std::ranges::stable_sort(held, [&](const Added& a, const Added& b) { return place(a) < place(b); });
  std::uint64_t shared = 0;
  std::optional<Added> first, asked;
  for (const Added& event : events_) {
    if (!event.time) continue;
    const auto same = std::ranges::equal_range(held, place(event), {}, place);
    const auto later = std::ranges::find_if(same, [&](const Added& other) { return other.part > event.part; });
    if (later == same.end()) continue;
    ++shared;
    if (!first) first = event, asked = *later;
  }
  if (shared == 0) return {};
  return fail(
      Error{ErrorKind::invalid, "an event that is asked about stands in an earlier part too",
            fmt::format("shopper '{}', item '{}' at {}", shoppers_[first->shopper], items_[first->item], format_rfc3339(*first->time)),
            "each event in one part", fmt::format("parts {} and {}; {} such events", name_of(first->part), name_of(asked->part), shared),
            "take them out of the earlier part; results on this split would flatter"});
}

// Of events by shopper, part and time.
Status LogBuilder::find_overlap(SetLog& set, bool overlaps) {
  std::vector<std::uint8_t> late(shoppers_.size());
  std::vector<std::uint8_t> tested(shoppers_.size());
  const Added *first = nullptr, *asked = nullptr;
  const Added* latest = nullptr;  // of the shopper's earlier parts
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const Added& event = events_[i];
    const bool begins = i == 0 || events_[i - 1].shopper != event.shopper;
    if (begins) {
      latest = nullptr;
    } else if (events_[i - 1].part != event.part && (latest == nullptr || *latest->time < *events_[i - 1].time)) {
      latest = &events_[i - 1];
    }
    tested[event.shopper] |= event.part == SetPart::test;
    if (latest == nullptr || *event.time >= *latest->time) continue;
    late[event.shopper] |= event.part == SetPart::test ? SetLog::kLateTest : SetLog::kLateValidation;
    if (first == nullptr) first = latest, asked = &event;
  }
  if (first == nullptr) return {};
  const auto shoppers = std::ranges::count_if(late, [](std::uint8_t bits) { return bits != 0; });
  if (!overlaps) {
    return fail(Error{
        ErrorKind::invalid, "an event lies after what its shopper is asked about",
        fmt::format("shopper '{}', item '{}' at {}, part {}", shoppers_[first->shopper], items_[first->item], format_rfc3339(*first->time),
                    name_of(first->part)),
        fmt::format("no event after item '{}' at {}, part {}", items_[asked->item], format_rfc3339(*asked->time), name_of(asked->part)),
        fmt::format("{} shoppers with such events", shoppers),
        "mend the split; where its publishers made it so, say overlap = \"published\" under [protocol] of its descriptor, and "
        "every record says so"});
  }
  timed_ = false;
  set.notes.push_back(
      fmt::format("the parts overlap in time, as published: for {} of {} shoppers asked about in the test part, events of earlier parts "
                  "lie after what is "
                  "asked about; rows stand by part, then by time, and the log is untimed",
                  std::ranges::count_if(late, [](std::uint8_t bits) { return (bits & SetLog::kLateTest) != 0; }),
                  std::ranges::count(tested, std::uint8_t{1})));
  set.late = std::move(late);
  return {};
}

}  // namespace souk::feeds
