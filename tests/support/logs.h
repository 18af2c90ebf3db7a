// Small interaction logs for tests: written out by hand, or drawn from a seed.
#pragma once

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "souk/base/random.h"
#include "souk/store/interactions.h"

namespace souk::testing {

using Added = store::InteractionsBuilder::Added;

// Item and shopper rows 0 .. n - 1, whether or not they have events; item keys "i0", "i1", ...
inline store::Interactions make_log(const std::vector<Added>& events, std::uint32_t shoppers, std::uint32_t items, bool timed = true) {
  store::InteractionsBuilder builder;
  for (const Added& event : events) builder.add(event);
  std::vector<std::string> keys;
  std::vector<ItemId> ids;
  std::vector<ShopperId> people;
  for (std::uint32_t i = 0; i < items; ++i) {
    keys.push_back("i" + std::to_string(i));
    ids.push_back(ItemId{i});
  }
  for (std::uint32_t s = 0; s < shoppers; ++s) people.push_back(ShopperId{s});
  auto log = std::move(builder).build(std::move(keys), std::move(ids), std::move(people), timed);
  EXPECT_TRUE(log) << log.error().message();
  return std::move(log).value();
}

// One sequence of item rows a shopper, untimed.
inline store::Interactions make_sequences(const std::vector<std::vector<std::uint32_t>>& sequences, std::uint32_t items) {
  std::vector<Added> events;
  for (std::uint32_t s = 0; s < sequences.size(); ++s) {
    for (const std::uint32_t item : sequences[s]) events.push_back({.shopper = s, .item = item});
  }
  return make_log(events, static_cast<std::uint32_t>(sequences.size()), items, false);
}

// Shoppers with 0 to 2 * mean events over skewed items, in baskets of 1 to 4 lines, a day apart or less; some events are views.
inline store::Interactions random_log(std::uint64_t seed, std::uint32_t shoppers, std::uint32_t items, std::uint32_t mean) {
  Random random(seed);
  std::vector<Added> events;
  std::uint64_t order = 0;
  for (std::uint32_t s = 0; s < shoppers; ++s) {
    const std::uint64_t count = random.below(2 * std::uint64_t{mean} + 1);
    Timestamp time = 1'600'000'000'000;
    for (std::uint64_t i = 0; i < count;) {
      time += static_cast<Timestamp>(random.below(kDay));
      ++order;
      for (std::uint64_t line = 1 + random.below(4); line > 0 && i < count; --line, ++i) {
        const auto item = static_cast<std::uint32_t>(static_cast<double>(items) * random.uniform() * random.uniform());
        const bool view = random.below(5) == 0;
        events.push_back({.shopper = s,
                          .item = item,
                          .time = time,
                          .kind = view ? store::EventKind::view : store::EventKind::purchase,
                          .weight = view ? 0.25F : 1.0F,
                          .order = view ? 0 : order});
      }
    }
  }
  return make_log(events, shoppers, items);
}

}  // namespace souk::testing
