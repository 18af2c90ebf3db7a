// Making splits. A rule says how much of each shopper's row models are fitted on and which cases ask about the rest; everything else is
// shared.
#include "souk/eval/split.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "souk/base/random.h"

namespace souk::eval {
namespace {

using Kind = SplitRule::Kind;

// A shopper's events in the order of `order`, of which the first `kept` go into the log that is built; empty: the log's own order.
struct Chosen {
  std::span<const std::uint64_t> kept;   // [shoppers]
  std::span<const std::uint32_t> order;  // [events]: row by row, places in the row
};

// The chosen events of each shopper; item and shopper rows stay as they are. Reordered rows have no times.
Result<store::Interactions> choose(const store::Interactions& log, const Chosen& chosen) {
  const bool reordered = !chosen.order.empty();
  store::InteractionsBuilder builder;
  std::uint64_t total = 0;
  for (const std::uint64_t count : chosen.kept) total += count;
  builder.reserve(total);
  std::vector<ShopperId> shoppers;
  shoppers.reserve(log.shoppers());
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    shoppers.push_back(log.shopper_id(shopper));
    const auto row = log.row(shopper);
    for (std::size_t place = 0; place < chosen.kept[shopper]; ++place) {
      const std::size_t i = reordered ? chosen.order[log.offsets()[shopper] + place] : place;
      builder.add({.shopper = shopper,
                   .item = row.items[i],
                   .time = reordered ? 0 : row.times[i],
                   .kind = static_cast<store::EventKind>(row.kinds[i]),
                   .weight = row.weights[i],
                   .order = row.orders[i]});
    }
  }
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  keys.reserve(log.items());
  ids.reserve(log.items());
  for (std::uint32_t item = 0; item < log.items(); ++item) {
    keys.emplace_back(log.item_keys().key(item));
    ids.push_back(log.item_id(item));
  }
  return std::move(builder).build(std::move(keys), std::move(ids), std::move(shoppers), log.timed() && !reordered);
}

// What a rule decides.
struct Plan {
  std::vector<std::uint64_t> kept;   // by shopper: models are fitted on the first so many events
  std::vector<Case> cases;           // truth as it comes; sorted later
  std::vector<Case> validation;      // likewise
  std::vector<std::uint32_t> order;  // random: the rows' new order, as Chosen::order
  std::string rule;
  std::optional<Timestamp> cut;
};

class Planner {
 public:
  Planner(const store::Interactions& log, const SplitRule& rule) : log_(log), rule_(rule) { plan_.kept.resize(log.shoppers()); }

  Plan loo() {
    for_each_row([&](std::uint32_t shopper, const store::Interactions::Row& row) {
      const auto previous_truth = [&](std::size_t end) {
        while (end > 0 && !is_truth(row, end - 1)) --end;
        return end;  // one beyond the place
      };
      const std::size_t test = previous_truth(row.size());
      const std::size_t validation = test == 0 ? 0 : previous_truth(test - 1);
      plan_.kept[shopper] = row.size();
      if (validation < 2) return;  // nothing would be known at the validation event
      plan_.kept[shopper] = fits_validation() ? test - 1 : validation - 1;
      const std::size_t asked = (rule_.part == Part::test ? test : validation) - 1;
      plan_.cases.push_back({shopper, asked, {row.items[asked]}});
      if (leaves_validation_out()) plan_.validation.push_back({shopper, validation - 1, {row.items[validation - 1]}});
    });
    const std::string kinds = rule_.truth_kinds == kEveryKind ? "event" : "event of the kinds asked about";
    plan_.rule = rule_.part == Part::test
                     ? fmt::format("leave-one-out (last {}); the one before it is validation and {}", kinds,
                                   rule_.fit_validation ? "is trained on" : "stays out of training")
                     : fmt::format("leave-one-out (last but one {}: validation); it and the last stay out of training", kinds);
    return std::move(plan_);
  }

  // The rules by time: [begin, end) is asked about, and models see what lies before it.
  struct Stretch {
    Timestamp begin = 0;
    std::optional<Timestamp> end;  // none: to the end of the log
    bool contains(Timestamp time) const { return time >= begin && (!end || time < *end); }
    std::string text() const {
      return end ? fmt::format("events from {} to {} are held out, later ones are left out", format_rfc3339(begin), format_rfc3339(*end))
                 : fmt::format("events from {} on are held out", format_rfc3339(begin));
    }
  };
  Stretch stretch() const {
    const auto [first, last] = log_.span();
    Timestamp begin = 0;
    Duration length = 0;
    if (rule_.kind == Kind::last_day) {
      begin = last - (last % kDay + kDay) % kDay;
      length = kDay;
    } else {
      length = rule_.holdout > 0 ? rule_.holdout : (last - first) / 10;
      begin = last - length;
    }
    if (rule_.part == Part::test) return {begin, std::ranges::max(log_.event_times()) > last ? std::optional(last + 1) : std::nullopt};
    return {begin - length, begin};
  }

  Plan by_time() {
    const Stretch asked = begin_by_time();
    for_each_row([&](std::uint32_t shopper, const store::Interactions::Row& row) {
      Case one{shopper, plan_.kept[shopper], {}};
      for (std::size_t i = plan_.kept[shopper]; i < row.size() && asked.contains(row.times[i]); ++i) {
        if (is_truth(row, i)) one.truth.push_back(row.items[i]);
      }
      if (!one.truth.empty()) plan_.cases.push_back(std::move(one));
    });
    if (rule_.kind == Kind::cold) keep_cold_truth();
    return std::move(plan_);
  }

  Plan by_session() {
    const Stretch asked = begin_by_time();
    for_each_row([&](std::uint32_t shopper, const store::Interactions::Row& row) {
      std::size_t session = 0;  // where the session of event i begins
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0 && !same_session(row, i - 1, i)) session = i;
        if (i == session || !asked.contains(row.times[session]) || !asked.contains(row.times[i]) || !is_truth(row, i)) continue;
        plan_.cases.push_back({shopper, i, {row.items[i]}});
      }
    });
    plan_.rule += "; next item of each session begun then (ended by 30 idle minutes or another order)";
    return std::move(plan_);
  }

  Plan random(std::uint64_t seed) {
    Random random(seed);
    plan_.order.reserve(log_.events());
    for_each_row([&](std::uint32_t shopper, const store::Interactions::Row& row) {
      constexpr std::size_t kFewest = 3;
      const std::size_t size = row.size();
      const auto share = static_cast<std::size_t>(std::llround(rule_.share * static_cast<double>(size)));
      const std::size_t held = size < kFewest ? 0 : std::clamp<std::size_t>(share, 1, (size - 1) / 2);
      // The first `held` of a shuffled row are test, as many after them validation.
      std::vector<std::uint32_t> places(size);
      for (std::uint32_t i = 0; i < size; ++i) places[i] = i;
      for (std::size_t i = 0; i < 2 * held; ++i) std::swap(places[i], places[i + random.below(size - i)]);
      std::ranges::rotate(places, places.begin() + static_cast<std::ptrdiff_t>(2 * held));
      std::ranges::rotate(std::span(places).last(2 * held), std::span(places).last(held).begin());
      const auto begin = places.begin(), end = places.end();
      const auto test = end - static_cast<std::ptrdiff_t>(held), validation = test - static_cast<std::ptrdiff_t>(held);
      std::sort(begin, validation), std::sort(validation, test), std::sort(test, end);
      const auto at = [&](std::size_t place) { return places[place]; };
      add_parts(
          shopper, size, {size - 2 * held, size - held}, [&](std::size_t i) { return is_truth(row, at(i)); },
          [&](std::size_t i) { return row.items[at(i)]; });
      plan_.order.insert(plan_.order.end(), places.begin(), places.end());
    });
    plan_.rule = fmt::format("random: {} of each shopper's events (seed {}), as many validation; {}; times left out", rule_.share, seed,
                             part_text());
    return std::move(plan_);
  }

  Plan fixed(const FixedParts& parts) {
    for_each_row([&](std::uint32_t shopper, const store::Interactions::Row& row) {
      const Bounds bounds{parts.first_validation[shopper], parts.first_test[shopper]};
      const bool asked_alone = bounds.validation == 0 && bounds.test > 0;
      if (asked_alone && rule_.part == Part::validation) return;
      add_parts(
          shopper, row.size(), bounds, [&](std::size_t i) { return is_truth(row, i); }, [&](std::size_t i) { return row.items[i]; });
      if (asked_alone) plan_.kept[shopper] = 0;
    });
    plan_.rule = "fixed, as the data came; " + part_text();
    return std::move(plan_);
  }

 private:
  struct Bounds {
    std::size_t validation = 0, test = 0;
  };

  template <class Work>
  void for_each_row(const Work& work) const {
    for (std::uint32_t shopper = 0; shopper < log_.shoppers(); ++shopper) work(shopper, log_.row(shopper));
  }
  bool is_truth(const store::Interactions::Row& row, std::size_t event) const { return (rule_.truth_kinds >> row.kinds[event] & 1U) != 0; }
  bool fits_validation() const { return rule_.part == Part::test && rule_.fit_validation; }
  bool leaves_validation_out() const { return rule_.part == Part::test && !rule_.fit_validation; }
  std::string part_text() const {
    if (rule_.part == Part::validation) return "validation is asked about, test left out";
    return rule_.fit_validation ? "test is asked about, validation is trained on" : "test is asked about, validation stays out of training";
  }
  static bool same_session(const store::Interactions::Row& row, std::size_t before, std::size_t event) {
    constexpr Duration kIdle = 30 * kMinute;
    if (row.orders[before] != 0 && row.orders[event] != 0) return row.orders[before] == row.orders[event];
    return row.times[event] - row.times[before] <= kIdle;
  }

  Stretch begin_by_time() {
    const Stretch asked = stretch();
    for_each_row([&](std::uint32_t shopper, const store::Interactions::Row& row) {
      plan_.kept[shopper] = static_cast<std::uint64_t>(std::ranges::lower_bound(row.times, asked.begin) - row.times.begin());
    });
    plan_.cut = asked.begin;
    plan_.rule = asked.text();
    return asked;
  }

  void keep_cold_truth() {
    std::vector<std::uint32_t> trained(log_.items());
    for_each_row([&](std::uint32_t shopper, const store::Interactions::Row& row) {
      for (const std::uint32_t item : row.items.first(plan_.kept[shopper])) ++trained[item];
    });
    for (Case& one : plan_.cases) std::erase_if(one.truth, [&](std::uint32_t item) { return trained[item] > rule_.cold_events; });
    std::erase_if(plan_.cases, [](const Case& one) { return one.truth.empty(); });
    plan_.rule += fmt::format("; only items with at most {} training events are asked about", rule_.cold_events);
  }

  template <class IsTruth, class Item>
  void add_parts(std::uint32_t shopper, std::size_t size, Bounds bounds, const IsTruth& truth, const Item& item) {
    plan_.kept[shopper] = fits_validation() ? bounds.test : bounds.validation;
    const auto ask = [&](std::size_t begin, std::size_t end, std::vector<Case>& cases) {
      Case one{shopper, begin, {}};
      for (std::size_t i = begin; i < end; ++i) {
        if (truth(i)) one.truth.push_back(item(i));
      }
      if (!one.truth.empty()) cases.push_back(std::move(one));
    };
    const bool test = rule_.part == Part::test;
    ask(test ? bounds.test : bounds.validation, test ? size : bounds.test, plan_.cases);
    // What is known of a question alone stands before its test part, and is no validation.
    if (leaves_validation_out() && bounds.validation > 0) ask(bounds.validation, bounds.test, plan_.validation);
  }

  const store::Interactions& log_;
  const SplitRule& rule_;
  Plan plan_;
};

bool by_time(Kind kind) {
  return kind == Kind::time || kind == Kind::last_day || kind == Kind::session || kind == Kind::cold;
}

Status check_parts(const store::Interactions& log, const FixedParts* parts) {
  if (parts == nullptr) {
    return fail(ErrorKind::invalid, "the data did not come split: it has no fixed parts", "split", "use another rule, such as loo");
  }
  if (parts->first_validation.size() != log.shoppers() || parts->first_test.size() != log.shoppers()) {
    return fail(Error{ErrorKind::invalid,
                      "the fixed parts are not those of this log",
                      "split",
                      fmt::format("{} shoppers", log.shoppers()),
                      fmt::format("{} and {}", parts->first_validation.size(), parts->first_test.size()),
                      {}});
  }
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    const std::uint64_t validation = parts->first_validation[shopper], test = parts->first_test[shopper];
    if (validation <= test && test <= log.row(shopper).size()) continue;
    return fail(Error{ErrorKind::invalid,
                      "the fixed parts are out of order",
                      fmt::format("shopper row {}", shopper),
                      fmt::format("validation, then test, within {} events", log.row(shopper).size()),
                      fmt::format("validation from {}, test from {}", validation, test),
                      {}});
  }
  return {};
}

Result<Plan> plan_split(const store::Interactions& log, const SplitRule& rule, std::uint64_t seed, const FixedParts* fixed) {
  if (log.events() == 0) return fail(ErrorKind::invalid, "there are no events to split");
  if (by_time(rule.kind) && !log.timed()) {
    return fail(ErrorKind::unsupported, "cannot split by time: the events carry no times", {}, "use the split loo, leave one out");
  }
  Planner planner(log, rule);
  switch (rule.kind) {
    case Kind::loo:
      return planner.loo();
    case Kind::time:
    case Kind::last_day:
    case Kind::cold:
      return planner.by_time();
    case Kind::session:
      return planner.by_session();
    case Kind::random:
      if (!(rule.share > 0 && rule.share < 0.5)) {
        return fail(Error{ErrorKind::invalid, "cannot split so", "share", "above 0 and below 0.5", std::to_string(rule.share), {}});
      }
      return planner.random(seed);
    case Kind::fixed:
      SOUK_CHECK(check_parts(log, fixed));
      return planner.fixed(*fixed);
  }
  return fail(ErrorKind::internal, "no such split rule");
}

// Cases whose first event asked about has the time of the last one known.
std::uint64_t count_tied(const store::Interactions& log, const SplitRule& rule, const std::vector<Case>& cases) {
  if (!log.timed()) return 0;
  std::uint64_t tied = 0;
  for (const Case& one : cases) {
    const auto row = log.row(one.shopper);
    std::size_t next = one.history_events;
    while (next < row.size() && (rule.truth_kinds >> row.kinds[next] & 1U) == 0) ++next;
    if (next < row.size() && next > 0 && one.history_events > 0 && row.times[next] == row.times[one.history_events - 1]) ++tied;
  }
  return tied;
}

std::string ties_text(const store::Interactions& log, std::uint64_t tied, std::size_t cases) {
  if (!log.timed()) return "; events in the order they came";
  return fmt::format("; equal times in the order they came ({} of {} cases)", tied, cases);
}

}  // namespace

Result<Split> make_split(const store::Interactions& log, const SplitRule& rule, std::uint64_t seed, const FixedParts* fixed) {
  SOUK_TRY(Plan plan, plan_split(log, rule, seed, fixed));
  if (plan.cases.empty()) {
    return fail(ErrorKind::invalid, "nothing is held out: no shopper has events to ask about", rule.text(),
                rule.part == Part::validation ? "the data may have no validation part" : "use another split, or a longer stretch");
  }
  Split split;
  SOUK_TRY(split.train, choose(log, {plan.kept, plan.order}));
  if (split.train.events() == 0) {
    return fail(ErrorKind::invalid, "nothing is left to train on", rule.text(), "use another split, or a shorter stretch");
  }
  if (plan.order.empty()) {
    split.log = log;
  } else {
    std::vector<std::uint64_t> whole(log.shoppers());
    for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) whole[shopper] = log.row(shopper).size();
    SOUK_TRY(split.log, choose(log, {whole, plan.order}));
  }
  for (std::vector<Case>* const cases : {&plan.cases, &plan.validation}) {
    for (Case& one : *cases) {
      std::ranges::sort(one.truth);
      one.truth.erase(std::ranges::unique(one.truth).begin(), one.truth.end());
    }
  }
  split.cases = std::move(plan.cases);
  split.validation = std::move(plan.validation);
  split.cut = plan.cut;
  split.tied = count_tied(split.log, rule, split.cases);
  split.rule = plan.rule + (plan.order.empty() ? ties_text(log, split.tied, split.cases.size()) : "");
  split.fingerprint = split_fingerprint(split);
  return split;
}

}  // namespace souk::eval
