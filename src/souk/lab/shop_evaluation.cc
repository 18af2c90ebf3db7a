#include "souk/lab/shop_evaluation.h"

#include <memory>
#include <utility>

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

Result<std::vector<std::uint32_t>> ask(const engine::Shop& shop, const engine::Holdout& held, const store::Interactions& log,
                                       const Rows& rows, const std::string& name, shelf::Context context, const ShelfCase& which,
                                       std::size_t k) {
  engine::ShelfRequest request;
  request.shelf = name;
  request.k = k;
  request.now = which.at;
  SOUK_TRY(request.shopper, shop.store().shopper_key(log.shopper_id(which.base.shopper)));
  auto& context_keys = context == shelf::Context::basket ? request.basket : request.items;
  for (const std::uint32_t item : which.context) context_keys.emplace_back(log.item_keys().key(item));
  SOUK_TRY(const auto items, held.rank(std::move(request)));
  std::vector<std::uint32_t> list;
  list.reserve(items.size());
  for (const ItemId id : items) list.push_back(rows.of(id));
  return list;
}

}  // namespace

Result<ShopReport> evaluate_shop(const engine::Shop& shop, const EvaluateOptions& options, Progress& progress) {
  SOUK_TRY(const store::Interactions log, shop.interactions());
  SOUK_TRY(const HeldOut held_out, hold_out(log, options.split));
  SOUK_TRY(const std::unique_ptr<engine::Holdout> held, shop.hold_out(held_out.cut, progress));
  const Rows rows(log);
  std::vector<ShelfUnderTest> shelves;
  std::vector<ShelfReport> left_out;
  for (const std::string& name : options.shelves.empty() ? shop.shelves() : options.shelves) {
    SOUK_TRY(const auto plan, held->plan(name));
    const shelf::ShelfSpec& spec = plan->spec();
    if (spec.context == shelf::Context::query) {
      if (options.shelves.empty()) continue;
      ShelfReport& report = left_out.emplace_back();
      report.name = name;
      report.context = shelf::name_of(spec.context);
      report.note = "a shelf that answers queries is judged by judgements, not by what was bought";
      continue;
    }
    const auto ask_it = [&shop, &log, &rows, held = held.get(), name, context = spec.context](const ShelfCase& which, std::size_t k) {
      return ask(shop, *held, log, rows, name, context, which, k);
    };
    shelves.push_back({name, spec.context, eval::kind_bit(spec.truth), spec.repeats, ask_it});
  }
  SOUK_TRY(ShopReport report, evaluate_shelves(log, held_out, shelves, options, progress));
  report.shop = shop.settings().name;
  report.version = engine::kVersion;
  report.shelves.insert(report.shelves.end(), left_out.begin(), left_out.end());
  return report;
}

}  // namespace souk::lab
