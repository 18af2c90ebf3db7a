// shop.toml: what a shop owner declares. Read once at open; an error names file, line and column, and the nearest known name.
#pragma once

#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/engine/shop.h"
#include "souk/index/schema.h"
#include "souk/shelf/plan.h"
#include "souk/store/interactions.h"

namespace souk::engine {

struct ShopConfig {
  ShopSettings shop;
  index::Schema schema;                   // fields, with "stats.popularity" always among them
  std::vector<shelf::ShelfSpec> shelves;  // the seven built-in ones, each as declared or by default, then the shop's own
  store::KindWeights weights{};           // of event kinds, for everything that is counted
};

Result<ShopConfig> parse_shop_toml(std::string_view text, const std::string& name);
Result<ShopConfig> load_shop_toml(const fs::path& file);

}  // namespace souk::engine
