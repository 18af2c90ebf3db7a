// The log that the benchmarks of models run on: "user item" lines, oldest first, of the file that SOUK_BENCH_LOG names; without it, random
// events of the size and skew of the Beauty reviews.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "souk/base/random.h"
#include "souk/store/interactions.h"

namespace souk::bench {

inline store::Interactions bench_log() {
  store::InteractionsBuilder builder;
  if (const char* const path = std::getenv("SOUK_BENCH_LOG"); path != nullptr) {
    std::ifstream file(path);
    std::uint32_t user = 0, item = 0;
    while (file >> user >> item) builder.add({.shopper = user, .item = item});
  } else {
    constexpr std::uint32_t kShoppers = 22363, kItems = 12101, kEvents = 9;
    Random random(1);
    for (std::uint32_t shopper = 0; shopper < kShoppers; ++shopper) {
      for (std::uint32_t event = 0; event < kEvents; ++event) {
        builder.add({.shopper = shopper, .item = static_cast<std::uint32_t>(random.uniform() * random.uniform() * kItems)});
      }
    }
  }
  auto log = std::move(builder).build({}, {}, {}, false);
  return std::move(log).value();
}

}  // namespace souk::bench
