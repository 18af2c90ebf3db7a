#include <algorithm>
#include <utility>

#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

constexpr Duration kIdle = 30 * kMinute;

// Event positions of each basket of a shopper's held-out tail, in the order the baskets began.
std::vector<std::vector<std::size_t>> baskets_of(const store::Interactions::Row& row, std::size_t from, std::uint32_t kinds, bool timed) {
  std::vector<std::vector<std::size_t>> baskets;
  std::vector<std::pair<std::uint32_t, std::size_t>> orders;  // order -> basket
  std::size_t session = 0;                                    // 1 + basket of the running session; 0: none
  Timestamp seen = 0;
  for (std::size_t i = from; i < row.size(); ++i) {
    if ((kinds >> row.kinds[i] & 1U) == 0) continue;
    if (const std::uint32_t order = row.orders[i]; order != 0) {
      const auto known = std::find_if(orders.rbegin(), orders.rend(), [&](const auto& one) { return one.first == order; });
      if (known != orders.rend()) {
        baskets[known->second].push_back(i);
        continue;
      }
      orders.emplace_back(order, baskets.size());
      baskets.push_back({i});
      continue;
    }
    if (session == 0 || !timed || row.times[i] - seen > kIdle) {
      baskets.emplace_back();
      session = baskets.size();
    }
    baskets[session - 1].push_back(i);
    seen = row.times[i];
  }
  return baskets;
}

std::vector<std::uint32_t> distinct_items(const store::Interactions::Row& row, std::span<const std::size_t> events) {
  std::vector<std::uint32_t> items;
  for (const std::size_t event : events) {
    if (std::find(items.begin(), items.end(), row.items[event]) == items.end()) items.push_back(row.items[event]);
  }
  return items;
}

std::vector<std::uint32_t> without(std::span<const std::uint32_t> items, std::uint32_t one) {
  std::vector<std::uint32_t> rest;
  rest.reserve(items.size());
  std::copy_if(items.begin(), items.end(), std::back_inserter(rest), [&](std::uint32_t item) { return item != one; });
  return rest;
}

void add_basket_cases(const store::Interactions::Row& row, std::uint32_t shopper, std::span<const std::size_t> events, bool whole_basket,
                      std::vector<ShelfCase>& cases) {
  const std::vector<std::uint32_t> items = distinct_items(row, events);
  if (items.size() < 2) return;
  const std::size_t first = events.front();
  for (const std::uint32_t item : items) {
    std::vector<std::uint32_t> rest = without(items, item);
    ShelfCase one{{shopper, first, {}}, {}, row.times[first]};
    if (whole_basket) {
      one.context = std::move(rest);
      one.base.truth = {item};
    } else {
      one.context = {item};
      std::sort(rest.begin(), rest.end());
      one.base.truth = std::move(rest);
    }
    cases.push_back(std::move(one));
  }
}

void add_shopper_case(const store::Interactions::Row& row, std::uint32_t shopper, std::size_t from, std::uint32_t kinds,
                      std::vector<ShelfCase>& cases) {
  ShelfCase one{{shopper, from, {}}, {}, row.times[from]};
  auto& truth = one.base.truth;
  for (std::size_t i = from; i < row.size(); ++i) {
    if ((kinds >> row.kinds[i] & 1U) != 0) truth.push_back(row.items[i]);
  }
  std::sort(truth.begin(), truth.end());
  truth.erase(std::unique(truth.begin(), truth.end()), truth.end());
  if (!truth.empty()) cases.push_back(std::move(one));
}

}  // namespace

std::vector<ShelfCase> shelf_cases(const store::Interactions& log, std::span<const std::uint64_t> first_held_out, shelf::Context context,
                                   std::uint32_t truth_kinds) {
  std::vector<ShelfCase> cases;
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const auto row = log.row(shopper);
    const auto from = static_cast<std::size_t>(first_held_out[shopper]);
    if (from >= row.size()) continue;
    if (context == shelf::Context::item || context == shelf::Context::basket) {
      for (const auto& basket : baskets_of(row, from, truth_kinds, log.timed())) {
        add_basket_cases(row, shopper, basket, context == shelf::Context::basket, cases);
      }
    } else {
      add_shopper_case(row, shopper, from, truth_kinds, cases);
    }
  }
  return cases;
}

Result<std::optional<Duration>> held_out_tail(const std::string& split) {
  if (split == "time") return std::nullopt;
  if (split == "last-day") return kDay;
  if (split.starts_with("time:")) {
    if (const Result<Duration> tail = parse_duration(split.substr(5)); tail && *tail > 0) return *tail;
  }
  return fail(Error{ErrorKind::invalid, "a shop cannot be split so", "--split", "time, time:14d or last-day", split, {}});
}

Result<HeldOut> hold_out(const store::Interactions& log, const std::string& split) {
  const auto times = log.event_times();
  if (times.empty()) return fail(ErrorKind::invalid, "the shop has no events to hold out", {}, "import events first");
  SOUK_TRY(const std::optional<Duration> asked, held_out_tail(split));
  if (!log.timed()) {
    return fail(ErrorKind::unsupported, "this shop's shelves cannot be judged: its events carry no times", {},
                "A shop is split by time only: time, time:14d or last-day. Recipes (souk lab run) also leave one event out.");
  }
  const auto [first, last] = std::minmax_element(times.begin(), times.end());
  const Duration tail = asked.value_or((*last - *first) / 10);
  HeldOut result;
  result.cut = *last - tail;
  constexpr std::uint32_t kEveryKind = ~0U;
  SOUK_TRY(eval::Split made, eval::at_time(log, result.cut, kEveryKind));
  if (tail <= 0 || made.train.events() == 0) {
    return fail(ErrorKind::invalid, "the cut leaves no events on one of its sides", "--split " + split,
                "events run from " + format_rfc3339(*first) + " to " + format_rfc3339(*last));
  }
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    const auto row = log.row(s).times;
    result.first_held_out.push_back(static_cast<std::uint64_t>(std::lower_bound(row.begin(), row.end(), result.cut) - row.begin()));
  }
  result.train = std::move(made.train);
  result.rule = std::move(made.rule);
  result.fingerprint = std::move(made.fingerprint);
  return result;
}

}  // namespace souk::lab
