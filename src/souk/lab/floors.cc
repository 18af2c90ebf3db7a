#include "souk/lab/floors.h"

#include <array>

namespace souk::lab {
namespace {

constexpr std::array<std::string_view, 4> kFloors = {"popularity", "inverse popularity", "co-visitation", "buy-again"};

}  // namespace

std::span<const std::string_view> floor_names(bool mask_history) {
  return std::span(kFloors).first(mask_history ? 3 : 4);
}

}  // namespace souk::lab
