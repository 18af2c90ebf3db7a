#include "souk/lab/shop_evaluation.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <utility>

#include "souk/base/build.h"
#include "souk/engine/holdout.h"

namespace souk::lab {
namespace {

// Item rows of the whole log by ItemId: the held-out shop numbers its own rows.
class Rows {
 public:
  explicit Rows(const store::Interactions& log) {
    for (std::uint32_t row = 0; row < log.items(); ++row) {
      const std::uint32_t id = index_of(log.item_id(row));
      if (id >= rows_.size()) rows_.resize(std::size_t{id} + 1, kNone);
      rows_[id] = row;
    }
  }
  // Items nobody ever touched stand for themselves beyond the log's rows: they take a place in the list and are never the truth.
  std::uint32_t of(ItemId id) const { return index_of(id) < rows_.size() ? rows_[index_of(id)] : kNone; }
  static constexpr std::uint32_t kNone = UINT32_MAX;

 private:
  std::vector<std::uint32_t> rows_;
};

// The kind that a shelf names, or where the shop has no event of it (nobody buys where films are rated) the one that says most of what it
// has.
store::EventKind truth_that_is_there(const store::Interactions& log, store::EventKind named) {
  std::array<bool, store::kEventKinds> there{};
  for (std::uint32_t shopper = 0; shopper < log.shoppers(); ++shopper) {
    for (const std::uint8_t kind : log.row(shopper).kinds) there[kind] = true;
  }
  using enum store::EventKind;
  for (const store::EventKind kind : {named, purchase, rating, cart, wishlist, click, view}) {
    if (there[static_cast<std::size_t>(kind)]) return kind;
  }
  return named;
}

// What a shop learned from, and what was held out for one kind of truth.
struct Part {
  HeldOut held_out;
  std::shared_ptr<const engine::Holdout> shop;
};

class Asker {
 public:
  Asker(const engine::Shop& shop, const Part& part, const Rows& rows, std::string name, shelf::Context context)
      : shop_(shop), part_(part), rows_(rows), name_(std::move(name)), context_(context) {}

  Result<std::vector<std::uint32_t>> list(const ShelfCase& which, std::size_t k) const {
    SOUK_TRY(engine::ShelfRequest request, request_of(which, k));
    const auto known = part_.held_out.split.log.row(which.base.shopper).first(which.base.history_events);
    request.past.emplace();
    request.past->reserve(known.size());
    for (std::size_t i = 0; i < known.size(); ++i) {
      request.past->push_back(
          {part_.held_out.split.log.item_id(known.items[i]), static_cast<store::EventKind>(known.kinds[i]), known.times[i]});
    }
    SOUK_TRY(const auto items, part_.shop->rank(std::move(request)));
    std::vector<std::uint32_t> list;
    list.reserve(items.size());
    for (const ItemId id : items) list.push_back(rows_.of(id));
    return list;
  }

  // As a server answers: the past read from the store, the items with their reasons.
  Status answer(const ShelfCase& which, std::size_t k) const {
    SOUK_TRY(engine::ShelfRequest request, request_of(which, k));
    const auto answer = part_.shop->shelf(std::move(request));
    return answer ? Status() : fail(answer.error());
  }

 private:
  Result<engine::ShelfRequest> request_of(const ShelfCase& which, std::size_t k) const {
    const store::Interactions& log = part_.held_out.split.log;
    engine::ShelfRequest request;
    request.shelf = name_;
    request.k = k;
    request.now = which.at;
    SOUK_TRY(request.shopper, shop_.store().shopper_key(log.shopper_id(which.base.shopper)));
    auto& context_keys = context_ == shelf::Context::basket ? request.basket : request.items;
    for (const std::uint32_t item : which.context) context_keys.emplace_back(log.item_keys().key(item));
    return request;
  }

  const engine::Shop& shop_;
  const Part& part_;
  const Rows& rows_;
  std::string name_;
  shelf::Context context_;
};

// Splits the log once for each kind of truth that the shelves have, and learns once from what is equal.
class Parts {
 public:
  Parts(const engine::Shop& shop, const store::Interactions& log, const eval::SplitRule& rule, std::uint64_t seed, Progress& progress)
      : shop_(shop), log_(log), rule_(rule), seed_(seed), progress_(progress) {}

  Result<const Part*> of(store::EventKind named) {
    const store::EventKind truth = truth_that_is_there(log_, named);
    auto& part = parts_[truth];
    if (part != nullptr) return part.get();
    eval::SplitRule rule = rule_;
    rule.truth_kinds = eval::kind_bit(truth);
    SOUK_TRY(HeldOut held_out, hold_out(log_, rule, seed_));
    SOUK_TRY(auto learned, learn(held_out));
    part = std::make_unique<Part>(Part{std::move(held_out), std::move(learned)});
    return part.get();
  }

 private:
  Result<std::shared_ptr<const engine::Holdout>> learn(const HeldOut& held_out) {
    auto& learned = learned_[held_out.split.train.fingerprint()];
    if (learned == nullptr) {
      SOUK_TRY(learned, shop_.hold_out(held_out.split.train, moment(held_out.split.train), progress_));
    }
    return learned;
  }

  // When a case is asked that has no time of its own: right after all that was learned from, or all there is where the rule left times
  // out.
  Timestamp moment(const store::Interactions& train) const {
    const auto times = (train.timed() ? train : log_).event_times();
    return log_.timed() && !times.empty() ? *std::max_element(times.begin(), times.end()) + 1 : now();
  }

  const engine::Shop& shop_;
  const store::Interactions& log_;
  const eval::SplitRule& rule_;
  std::uint64_t seed_;
  Progress& progress_;
  std::map<store::EventKind, std::unique_ptr<Part>> parts_;
  std::map<std::string, std::shared_ptr<const engine::Holdout>> learned_;  // by fingerprint of the training events
};

ShelfReport unjudged(const shelf::ShelfSpec& spec, std::string why) {
  ShelfReport report;
  report.name = spec.name;
  report.context = shelf::name_of(spec.context);
  report.truth = store::name_of(spec.truth);
  report.repeats = spec.repeats;
  report.note = std::move(why);
  return report;
}

}  // namespace

Result<ShopReport> evaluate_shop(const engine::Shop& shop, const EvaluateOptions& options, Progress& progress) {
  SOUK_TRY(const store::Interactions log, shop.interactions());
  SOUK_TRY(const eval::SplitRule rule, shop_rule(options.split, log.timed()));
  const Rows rows(log);
  Parts parts(shop, log, rule, options.seed, progress);
  std::vector<ShelfUnderTest> shelves;
  std::vector<ShelfReport> left_out;
  std::optional<Error> refused;  // of the first kind of truth that cannot be held out
  for (const std::string& name : options.shelves.empty() ? shop.shelves() : options.shelves) {
    SOUK_TRY(const auto plan, shop.plan(name));
    const shelf::ShelfSpec& spec = plan->spec();
    if (spec.context == shelf::Context::query) {
      if (!options.shelves.empty()) {
        left_out.push_back(unjudged(spec, "a shelf that answers queries is judged by judgements, not by what was bought"));
      }
      continue;
    }
    const auto part = parts.of(spec.truth);
    if (!part) {
      if (!refused) refused = part.error();
      left_out.push_back(
          unjudged(spec, fmt::format("cannot be judged by its truth, {}: {}", store::name_of(spec.truth), part.error().what)));
      continue;
    }
    const auto asker = std::make_shared<const Asker>(shop, **part, rows, name, spec.context);
    shelves.push_back({name, spec.context, &(*part)->held_out, spec.repeats,
                       [asker](const ShelfCase& which, std::size_t k) { return asker->list(which, k); },
                       [asker](const ShelfCase& which, std::size_t k) { return asker->answer(which, k); }});
  }
  if (shelves.empty() && refused) return fail(*refused);
  SOUK_TRY(ShopReport report, evaluate_shelves(log, shelves, options, progress));
  report.shop = shop.settings().name;
  report.version = engine::kVersion;
  report.commit = build_commit();
  if (report.rule.empty()) report.rule = rule.text();
  report.shelves.insert(report.shelves.end(), left_out.begin(), left_out.end());
  return report;
}

}  // namespace souk::lab
