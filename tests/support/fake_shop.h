// A shop in memory for tests of shelves: a fake lexical index, and count tables fitted from a small log.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "souk/shelf/shelf.h"

#include "tests/support/fake_reader.h"
#include "tests/support/logs.h"

namespace souk::testing {

// All tables of a log; row r is item `ids[r]` (default: ItemId{r}).
inline index::Tables fit_tables(const store::Interactions& log, std::vector<ItemId> ids = {}) {
  index::Tables tables;
  for (std::uint32_t row = static_cast<std::uint32_t>(ids.size()); row < log.items(); ++row) ids.push_back(ItemId{row});
  tables.item_ids = std::move(ids);
  tables.popular = index::Popular::fit(log, {});
  tables.recent = index::Popular::fit(log, {.half_life = 7 * kDay});
  tables.trending = index::Trending::fit(log, {});
  tables.repeat = index::Repeat::fit(log, {});
  tables.co_visit = index::CoVisit::fit(log, {}, 1, Progress::none());
  tables.basket = index::Basket::fit(log, {.shrink = 1}, 1, Progress::none());
  tables.item_knn = index::ItemKnn::fit(log, {}, 1, Progress::none());
  return tables;
}

// Items "item 0" ... without category, all shown.
inline std::vector<FakeItem> plain_items(std::size_t count) {
  std::vector<FakeItem> items;
  for (std::size_t i = 0; i < count; ++i)
    items.push_back({.title = "item " + std::to_string(i), .category = {}, .brand = {}, .group = {}, .released = {}});
  return items;
}

struct FakeShop {
  std::shared_ptr<FakeReader> reader;
  shelf::ShopView view;

  explicit FakeShop(std::vector<FakeItem> items) : reader(std::make_shared<FakeReader>(std::move(items))) {
    view.lexical = reader;
    view.schema = reader->schema();
  }
  FakeShop(std::vector<FakeItem> items, index::Tables tables) : FakeShop(std::move(items)) {
    view.tables = std::make_shared<shelf::JoinedTables>(std::move(tables));
  }
};

}  // namespace souk::testing
