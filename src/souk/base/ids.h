// Numbers that stand for things inside one shop. They are dense, given in order of arrival, never reused, and never leave the shop folder.
#pragma once

#include <cstdint>
#include <functional>

namespace souk {

enum class ItemId : std::uint32_t {};
enum class ShopperId : std::uint32_t {};

inline constexpr ItemId kNoItem{UINT32_MAX};
inline constexpr ShopperId kNoShopper{UINT32_MAX};

constexpr std::uint32_t index_of(ItemId id) {
  return static_cast<std::uint32_t>(id);
}
constexpr std::uint32_t index_of(ShopperId id) {
  return static_cast<std::uint32_t>(id);
}

// A shop-wide number given to every commit; 0 is "before everything".
using Seq = std::uint64_t;

}  // namespace souk
