#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "souk/lab/shelves.h"

namespace souk::lab {
namespace {

using Kind = eval::SplitRule::Kind;
using Row = store::Interactions::Row;

constexpr Duration kIdle = 30 * kMinute;

bool needs_times(Kind kind) {
  return kind != Kind::loo && kind != Kind::random && kind != Kind::fixed;
}

// Events of a row from `from` on, gathered to baskets; positions ascending, baskets in the order they began. `kinds`: of the events that
// belong to baskets.
std::vector<std::vector<std::size_t>> baskets_of(const Row& row, std::size_t from, std::uint32_t kinds, bool timed) {
  std::vector<std::size_t> events;
  for (std::size_t i = from; i < row.size(); ++i) {
    if ((kinds >> row.kinds[i] & 1U) != 0) events.push_back(i);
  }
  // A random split reorders rows, and sessions are told by time.
  if (timed) std::stable_sort(events.begin(), events.end(), [&](std::size_t a, std::size_t b) { return row.times[a] < row.times[b]; });
  std::vector<std::vector<std::size_t>> baskets;
  std::vector<std::pair<std::uint32_t, std::size_t>> orders;  // order -> basket
  std::size_t session = 0;                                    // 1 + basket of the running session; 0: none
  Timestamp seen = 0;
  for (const std::size_t i : events) {
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
  for (auto& basket : baskets) std::sort(basket.begin(), basket.end());
  return baskets;
}

bool contains(std::span<const std::uint32_t> items, std::uint32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

std::vector<std::uint32_t> distinct_items(const Row& row, std::span<const std::size_t> events) {
  std::vector<std::uint32_t> items;
  for (const std::size_t event : events) {
    if (!contains(items, row.items[event])) items.push_back(row.items[event]);
  }
  return items;
}

std::vector<std::uint32_t> without(std::span<const std::uint32_t> items, std::uint32_t one) {
  std::vector<std::uint32_t> rest;
  rest.reserve(items.size());
  std::copy_if(items.begin(), items.end(), std::back_inserter(rest), [&](std::uint32_t item) { return item != one; });
  return rest;
}

class Maker {
 public:
  Maker(const HeldOut& held_out, shelf::Context context)
      : rule_(held_out.rule), split_(held_out.split), log_(split_.log), whole_basket_(context == shelf::Context::basket) {}

  std::vector<ShelfCase> own() && {
    for (const eval::Case& one : split_.cases) cases_.push_back({one, {}, time_of(one.shopper, one.history_events)});
    return std::move(cases_);
  }

  std::vector<ShelfCase> of_baskets() && {
    if (rule_.kind == Kind::session) {
      for (const eval::Case& one : split_.cases) add_step(one);
    } else if (rule_.kind == Kind::loo || rule_.kind == Kind::random) {
      for (const eval::Case& one : split_.cases) add_partly_known(one);
    } else {
      find_cold();
      for (std::uint32_t shopper = 0; shopper < log_.shoppers(); ++shopper) {
        const auto from = static_cast<std::size_t>(split_.train.row(shopper).size());
        const auto row = log_.row(shopper);
        for (const auto& basket : baskets_of(row, from, rule_.truth_kinds, log_.timed())) add_held_out(row, shopper, basket);
      }
    }
    return std::move(cases_);
  }

 private:
  std::optional<Timestamp> time_of(std::uint32_t shopper, std::uint64_t event) const {
    const auto row = log_.row(shopper);
    if (!log_.timed() || rule_.kind == Kind::random || event >= row.size()) return {};
    return row.times[event];
  }

  // Which items may be the truth of a cold split.
  void find_cold() {
    if (rule_.kind != Kind::cold) return;
    std::vector<std::uint32_t> counts(log_.items());
    for (const std::uint32_t item : split_.train.event_items()) ++counts[item];
    cold_.resize(counts.size());
    std::transform(counts.begin(), counts.end(), cold_.begin(), [&](std::uint32_t count) { return count <= rule_.cold_events; });
  }
  bool may_be_truth(std::uint32_t item) const { return cold_.empty() || cold_[item]; }

  // The whole basket was held out.
  void add_held_out(const Row& row, std::uint32_t shopper, std::span<const std::size_t> events) {
    const std::vector<std::uint32_t> items = distinct_items(row, events);
    if (items.size() < 2) return;
    const std::size_t first = events.front();
    for (const std::uint32_t item : items) {
      std::vector<std::uint32_t> rest = without(items, item);
      ShelfCase one{{shopper, first, {}}, {}, time_of(shopper, first)};
      if (whole_basket_) {
        if (!may_be_truth(item)) continue;
        one.context = std::move(rest);
        one.base.truth = {item};
      } else {
        std::erase_if(rest, [&](std::uint32_t other) { return !may_be_truth(other); });
        if (rest.empty()) continue;
        std::sort(rest.begin(), rest.end());
        one.context = {item};
        one.base.truth = std::move(rest);
      }
      cases_.push_back(std::move(one));
    }
  }

  // Some lines of a basket are known and some are held out: the known ones are asked with.
  void add_partly_known(const eval::Case& asked) {
    const auto row = log_.row(asked.shopper);
    const auto begin = static_cast<std::size_t>(asked.history_events);
    if (begin >= row.size()) return;
    const bool has_sessions =
        log_.timed() || std::any_of(row.orders.begin(), row.orders.end(), [](std::uint32_t order) { return order != 0; });
    if (rule_.kind == Kind::loo && !has_sessions) {
      if (begin > 0 && row.items[begin - 1] != row.items[begin]) add_lines(asked, std::span(&row.items[begin - 1], 1), asked.truth);
      return;
    }
    // Under loo only the event right after what is known is held out: what follows it is neither known nor asked for.
    const Row seen = rule_.kind == Kind::loo ? row.first(begin + 1) : row;
    for (const auto& basket : baskets_of(seen, 0, rule_.truth_kinds, log_.timed())) {
      const auto held = std::lower_bound(basket.begin(), basket.end(), begin);
      const auto known_events = static_cast<std::size_t>(held - basket.begin());
      if (known_events == 0 || known_events == basket.size()) continue;
      const std::vector<std::uint32_t> known = distinct_items(seen, std::span(basket).first(known_events));
      std::vector<std::uint32_t> truth = distinct_items(seen, std::span(basket).subspan(known_events));
      std::erase_if(truth, [&](std::uint32_t item) { return contains(known, item); });
      std::sort(truth.begin(), truth.end());
      if (!truth.empty()) add_lines(asked, known, truth);
    }
  }

  void add_lines(const eval::Case& asked, std::span<const std::uint32_t> known, std::span<const std::uint32_t> truth) {
    ShelfCase one{{asked.shopper, asked.history_events, {truth.begin(), truth.end()}}, {}, time_of(asked.shopper, asked.history_events)};
    if (whole_basket_) {
      one.context.assign(known.begin(), known.end());
      cases_.push_back(std::move(one));
      return;
    }
    for (const std::uint32_t item : known) {
      one.context = {item};
      cases_.push_back(one);
    }
  }

  // The next item of a session that is under way. One that was there before in the session asks nothing: a shelf never shows what it is
  // asked with.
  void add_step(const eval::Case& asked) {
    const auto row = log_.row(asked.shopper);
    const auto next = static_cast<std::size_t>(asked.history_events);
    std::vector<std::uint32_t> before;
    for (std::size_t i = next; i-- > 0;) {
      const bool ordered = row.orders[i] != 0 && row.orders[i + 1] != 0;
      if (ordered ? row.orders[i] != row.orders[i + 1] : row.times[i + 1] - row.times[i] > kIdle) break;
      if (!contains(before, row.items[i])) before.push_back(row.items[i]);
      if (!whole_basket_) break;
    }
    std::reverse(before.begin(), before.end());
    const bool asks = std::none_of(asked.truth.begin(), asked.truth.end(), [&](std::uint32_t item) { return contains(before, item); });
    if (before.empty() || !asks) return;
    cases_.push_back({asked, std::move(before), time_of(asked.shopper, asked.history_events)});
  }

  const eval::SplitRule& rule_;
  const eval::Split& split_;
  const store::Interactions& log_;
  bool whole_basket_;
  std::vector<bool> cold_;  // by item; empty: every item may be the truth
  std::vector<ShelfCase> cases_;
};

}  // namespace

std::vector<ShelfCase> shelf_cases(const HeldOut& held_out, shelf::Context context) {
  Maker maker(held_out, context);
  const bool of_baskets = context == shelf::Context::item || context == shelf::Context::basket;
  return of_baskets ? std::move(maker).of_baskets() : std::move(maker).own();
}

std::string judged_on(const eval::SplitRule& rule, shelf::Context context) {
  const bool item = context == shelf::Context::item, basket = context == shelf::Context::basket;
  switch (rule.kind) {
    case Kind::session:
      if (item) return "the next item after each item of a later session";
      if (basket) return "the next item of each later session, asked with the items of the session so far";
      return "the next item of each later session, asked with all that the shopper did so far";
    case Kind::loo:
    case Kind::random: {
      const std::string_view held = rule.kind == Kind::loo ? "line that was left out" : "lines that were held out";
      if (item) return fmt::format("each known item of a basket, for the {}", held);
      if (basket) return fmt::format("the known lines of a basket, for the {}", held);
      return rule.kind == Kind::loo ? "each shopper's last item" : "all that was held out of a shopper's items";
    }
    default: {
      const std::string_view which = rule.kind == Kind::cold ? "new item" : "item";
      if (item) return fmt::format("each item of a later basket, for the other {}s of it", which);
      if (basket) return fmt::format("later baskets with one {} left out", rule.kind == Kind::cold ? "new item" : "line");
      return fmt::format("all {}s that a shopper chose later", which);
    }
  }
}

Result<eval::SplitRule> shop_rule(std::string_view text, bool timed) {
  auto rule = eval::SplitRule::parse(text.empty() ? (timed ? "time" : "loo") : text);
  if (!rule) {
    Error error = std::move(rule).error();
    error.where = "--split";
    return fail(std::move(error));
  }
  if (rule->kind == Kind::fixed) {
    return fail(Error{ErrorKind::invalid,
                      "a shop has no fixed split: that is for data sets that came divided",
                      "--split",
                      "loo, time, time:14d, last-day, session, cold or random",
                      "fixed",
                      {}});
  }
  rule->fit_validation = true;
  return rule;
}

Result<HeldOut> hold_out(const store::Interactions& log, const eval::SplitRule& rule, std::uint64_t seed) {
  const auto times = log.event_times();
  if (times.empty()) return fail(ErrorKind::invalid, "the shop has no events to hold out", {}, "import events first");
  if (!log.timed() && needs_times(rule.kind)) {
    return fail(ErrorKind::unsupported, "this shop's events carry no times: nothing can be told to come later", "--split " + rule.text(),
                "loo (each shopper's last event) and random (a share of each shopper's events) need no times.");
  }
  auto split = eval::make_split(log, rule, seed);
  if (!split) {
    Error error = std::move(split).error();
    if (error.where.empty()) error.where = "--split " + rule.text();
    if (log.timed()) {
      const auto [first, last] = std::minmax_element(times.begin(), times.end());
      error.hint +=
          fmt::format("{}the events run from {} to {}", error.hint.empty() ? "" : "; ", format_rfc3339(*first), format_rfc3339(*last));
    }
    return fail(std::move(error));
  }
  SOUK_CHECK(eval::check_split(*split));
  return HeldOut{rule, std::move(*split)};
}

}  // namespace souk::lab
