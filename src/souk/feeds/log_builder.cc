#include "souk/feeds/log_builder.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace souk::feeds {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view without_zeros(std::string_view number) {
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

// Numbers ascending, of any length, before all other texts.
bool comes_before(std::string_view a, std::string_view b) {
  const bool numeric = all_digits(a);
  if (numeric != all_digits(b)) return numeric;
  if (!numeric) return a < b;
  const std::string_view digits_a = without_zeros(a), digits_b = without_zeros(b);
  if (digits_a.size() != digits_b.size()) return digits_a.size() < digits_b.size();
  return digits_a != digits_b ? digits_a < digits_b : a < b;
}

template <class Events, class Before>
void sort_unless_sorted(Events& events, const Before& before) {
  if (!std::ranges::is_sorted(events, before)) std::ranges::stable_sort(events, before);
}

}  // namespace

std::uint32_t LogBuilder::shopper(std::string_view key) {
  std::uint64_t& row = shopper_rows_[hash128(key)];
  if (row == 0) {
    shoppers_.emplace_back(key);
    row = shoppers_.size();
  }
  return static_cast<std::uint32_t>(row - 1);
}

std::uint32_t LogBuilder::new_shopper() {
  shoppers_.emplace_back();
  return static_cast<std::uint32_t>(shoppers_.size() - 1);
}

std::uint32_t LogBuilder::item(std::string_view key) {
  std::uint64_t& number = item_numbers_[hash128(key)];
  if (number == 0) {
    items_.emplace_back(key);
    number = items_.size();
  }
  return static_cast<std::uint32_t>(number - 1);
}

void LogBuilder::leave_out(std::string_view key) {
  left_out_.push_back(shopper(key));
}

// Shoppers without consent or without events get no row, as in a shop's log.
void LogBuilder::drop_left_out() {
  std::vector<std::uint8_t> out(shoppers_.size(), 0);
  for (const std::uint32_t row : left_out_) out[row] = 1;
  std::erase_if(events_, [&](const Added& event) { return out[event.shopper] != 0; });
  left_out_.clear();
  std::vector<std::uint32_t> row_of(shoppers_.size(), 0);
  for (const Added& event : events_) row_of[event.shopper] = 1;
  std::size_t kept = 0;
  for (std::size_t row = 0; row < shoppers_.size(); ++row) {
    if (row_of[row] != 0 && kept++ != row) shoppers_[kept - 1] = std::move(shoppers_[row]);
  }
  shoppers_.resize(kept);
  std::exclusive_scan(row_of.begin(), row_of.end(), row_of.begin(), 0U);
  for (Added& event : events_) event.shopper = row_of[event.shopper];
}

// The rows of items with an event, by number; `items_` becomes the keys by row.
std::vector<std::uint32_t> LogBuilder::number_items() {
  std::vector<std::uint8_t> used(items_.size(), 0);
  for (const Added& event : events_) used[event.item] = 1;
  std::vector<std::uint32_t> order;
  for (std::uint32_t number = 0; number < items_.size(); ++number) {
    if (used[number] != 0) order.push_back(number);
  }
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return comes_before(items_[a], items_[b]); });
  std::vector<std::uint32_t> row_of(items_.size(), 0);
  std::vector<std::string> keys;
  keys.reserve(order.size());
  for (const std::uint32_t number : order) {
    row_of[number] = static_cast<std::uint32_t>(keys.size());
    keys.push_back(std::move(items_[number]));
  }
  items_ = std::move(keys);
  return row_of;
}

// Events without a time in a timed set get the shopper's last one before them, by part; of a shopper without any, the set's first.
void LogBuilder::complete_times(SetLog& set) {
  timed_ = std::ranges::any_of(events_, [](const Added& event) { return event.time.has_value(); });
  if (!timed_) return;
  Timestamp first = std::numeric_limits<Timestamp>::max();
  std::vector<std::optional<Timestamp>> last(shoppers_.size());
  std::uint64_t given = 0;
  for (const Added& event : events_) {
    if (event.time) first = std::min(first, *event.time);
  }
  // By part, because a later part's untimed events follow everything before it.
  for (const SetPart part : {SetPart::train, SetPart::known, SetPart::validation, SetPart::test}) {
    for (const Added& event : events_) {
      if (event.part == part && event.time) last[event.shopper] = std::max(last[event.shopper].value_or(*event.time), *event.time);
    }
    for (Added& event : events_) {
      if (event.part != part || event.time) continue;
      event.time = last[event.shopper].value_or(first);
      ++given;
    }
  }
  if (given != 0) set.notes.push_back(std::to_string(given) + " events without a time got the shopper's last time before them");
}

// Sorts events by shopper, part and time, keeps the files' order among equals, and says where parts begin.
Status LogBuilder::order_rows(SetLog& set, bool overlaps) {
  if (timed_) {
    sort_unless_sorted(events_, [](const Added& a, const Added& b) {
      if (a.shopper != b.shopper) return a.shopper < b.shopper;
      return a.part != b.part ? a.part < b.part : *a.time < *b.time;
    });
    SOUK_CHECK(find_overlap(set, overlaps));
  } else {
    sort_unless_sorted(events_,
                       [](const Added& a, const Added& b) { return a.shopper != b.shopper ? a.shopper < b.shopper : a.part < b.part; });
  }
  if (std::ranges::all_of(events_, [](const Added& event) { return event.part == SetPart::train; })) return {};
  set.first_validation.assign(shoppers_.size(), 0);
  set.first_test.assign(shoppers_.size(), 0);
  for (const Added& event : events_) {
    set.first_validation[event.shopper] += event.part == SetPart::train;
    set.first_test[event.shopper] += event.part != SetPart::test;
  }
  return {};
}

Result<SetLog> LogBuilder::build(bool overlaps) && {
  drop_left_out();
  std::array<std::uint64_t, store::kEventKinds> kinds{};
  for (const Added& event : events_) ++kinds[static_cast<std::size_t>(event.kind)];
  store::KindWeights weights = store::default_weights();
  std::size_t kept = 0, last_kept = 0;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    if (kinds[kind] == 0 || weights[kind] == 0) continue;
    ++kept;
    last_kept = kind;
  }
  if (kept == 1) weights[last_kept] = 1;
  std::erase_if(events_, [&](const Added& event) { return weights[static_cast<std::size_t>(event.kind)] == 0; });
  drop_left_out();
  SOUK_CHECK(refuse_shared());
  SetLog set;
  complete_times(set);
  SOUK_CHECK(order_rows(set, overlaps));
  const std::vector<std::uint32_t> item_row = number_items();
  store::InteractionsBuilder builder;
  builder.reserve(events_.size());
  for (const Added& event : events_) {
    builder.add({event.shopper, item_row[event.item], timed_ ? *event.time : 0, event.kind, weights[static_cast<std::size_t>(event.kind)],
                 event.order});
  }
  SOUK_TRY(set.log, std::move(builder).build(std::move(items_), {}, {}, timed_));
  return set;
}

}  // namespace souk::feeds
