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

  // Without `hash`.
  Result<SetLog> build() &&;

 private:
  std::vector<std::uint32_t> number_items();
  void drop_left_out();
  void complete_times(SetLog& set);
  void order_rows(SetLog& set);

  HashMap shopper_rows_, item_numbers_;  // + 1
  std::uint32_t shoppers_ = 0;
  std::vector<std::string> items_;
  std::vector<Added> events_;
  std::vector<std::uint32_t> left_out_;
  bool timed_ = false;
};

}  // namespace souk::feeds
