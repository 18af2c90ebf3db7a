// shop.toml: what a shop owner declares. Read once at open; an error names file, line and column, and the nearest known name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/engine/shop.h"
#include "souk/index/schema.h"
#include "souk/index/vector_store.h"
#include "souk/search/synonyms.h"
#include "souk/shelf/plan.h"
#include "souk/store/interactions.h"

namespace souk::engine {

struct TrainingSettings {  // [jobs.train]
  Duration every = 0;      // of training without being asked, while the shop is served; 0: never
  Duration budget = 10 * kMinute;
  std::uint64_t memory = 0;  // bytes a training process may have; 0: three quarters of the machine's
};

struct ShopConfig {
  ShopSettings shop;
  index::Schema schema;                      // fields, with "stats.popularity" always among them
  std::vector<shelf::ShelfSpec> shelves;     // the seven built-in ones, each as declared or by default, then the shop's own
  std::vector<index::SpaceSettings> spaces;  // of vectors, that are declared
  store::KindWeights weights{};              // of event kinds, for everything that is counted
  store::KindLimits retention{};             // how long events are kept
  std::optional<Duration> keep_served;       // how long records of answers are; none: for ever
  TrainingSettings training;
  search::Synonyms synonyms;
  bool retains() const;  // whether anything is kept for a limited time
};

// Settings as `souk export --as config` prints them, as a shop.toml. What is no JSON gives text that parse_shop_toml refuses.
std::string toml_of_json(std::string_view json);

Result<ShopConfig> parse_shop_toml(std::string_view text, const std::string& name);
Result<ShopConfig> load_shop_toml(const fs::path& file);

}  // namespace souk::engine
