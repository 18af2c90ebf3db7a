// Collects the events of a research set, by names, and makes one log of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/time.h"
#include "souk/feeds/hash_map.h"
#include "souk/feeds/research.h"

namespace souk::feeds {

enum class SetPart : std::uint8_t { train, known, validation, test };  // known: of a case, before what is to be guessed
std::string_view name_of(SetPart part);                                // as a descriptor says it

class LogBuilder {
 public:
  std::uint32_t shopper(std::string_view key);  // the row of a key
  std::uint32_t new_shopper();                  // a row of its own
  std::uint32_t item(std::string_view key);     // a number that build() turns into a row

  struct Added {
    std::uint32_t shopper = 0, item = 0;
    SetPart part = SetPart::train;
    store::EventKind kind = store::EventKind::purchase;
    std::optional<Timestamp> time;
    std::uint64_t order = 0;
  };
  void add(const Added& event) { events_.push_back(event); }
  void leave_out(std::string_view shopper);  // whose consent is missing, before or after their events are added

  // Without `hash`. Refused by name: an event of a held-out part that stands in an earlier part too (shopper, item and time), and parts
  // that overlap in time unless `overlaps` says that they were published so.
  Result<SetLog> build(bool overlaps) &&;

 private:
  std::vector<std::uint32_t> number_items();
  void drop_left_out();
  Status refuse_shared() const;
  void complete_times(SetLog& set);
  Status order_rows(SetLog& set, bool overlaps);
  Status find_overlap(SetLog& set, bool overlaps);

  HashMap shopper_rows_, item_numbers_;  // + 1
  std::vector<std::string> shoppers_;    // keys by row; empty where a row has none
  std::vector<std::string> items_;
  std::vector<Added> events_;
  std::vector<std::uint32_t> left_out_;
  bool timed_ = false;
};

}  // namespace souk::feeds
