#include "souk/recommend/latest_rows.h"

#include <algorithm>

#include "souk/store/interactions.h"

namespace souk::recommend {

std::vector<std::uint32_t> latest_rows(const shelf::Request& request, const shelf::JoinedTables& tables, std::size_t most) {
  std::vector<std::uint32_t> rows;
  const auto add = [&](ItemId item) {
    const std::uint32_t row = tables.row(item);
    if (row != shelf::JoinedTables::kNoRow && rows.size() < most) rows.push_back(row);
  };
  if (!request.items.empty()) {
    for (const ItemId item : request.items) add(item);
    return rows;
  }
  const auto& basket = request.basket;
  for (auto line = basket.rbegin(); line != basket.rend(); ++line) add(*line);
  const store::KindWeights weights = store::default_weights();
  for (auto past = request.past.rbegin(); past != request.past.rend() && rows.size() < most; ++past) {
    const bool speaks = weights[static_cast<std::size_t>(past->kind)] > 0;
    if (speaks && std::find(basket.begin(), basket.end(), past->item) == basket.end()) add(past->item);
  }
  return rows;
}

}  // namespace souk::recommend
