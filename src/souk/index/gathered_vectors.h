// Vectors of items on their way into segments: checked, sorted by space, in the form in which they are compared.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/ids.h"
#include "souk/base/matrix.h"
#include "souk/base/result.h"
#include "souk/index/vectors/index_spec.h"
#include "souk/index/vectors/vector_segment.h"
#include "souk/store/records.h"

namespace souk::index {

// A space as shop.toml declares it.
struct SpaceSettings {
  std::string name;
  std::uint32_t dimension = 0;
  Metric metric = Metric::cosine;
  std::string encoder = {};             // whatever made the vectors, by any name; empty: nobody says
  std::optional<IndexSpec> index = {};  // nothing: by size (choose_index_spec)
  VectorSpace space() const;
};

struct RefusedVectors {
  std::uint64_t count = 0;
  std::string first;  // why, and of which item
};

inline constexpr std::size_t kMostSpaces = 64;

class GatheredVectors {
 public:
  struct Space {
    VectorSpace is;
    std::vector<std::uint32_t> numbers;  // items, ascending
    std::vector<float> floats;           // [numbers, dimension], as they are compared
    RefusedVectors refused;
    MatrixView rows() const { return {floats.data(), numbers.size(), is.dimension, is.dimension}; }
  };
  using Spaces = std::map<std::string, Space, std::less<>>;

  explicit GatheredVectors(const std::vector<VectorSpace>& known);
  // Each item once, in the order of their ids.
  void put(ItemId id, const store::Item& item);
  Spaces& spaces() { return spaces_; }
  const Spaces& spaces() const { return spaces_; }
  const RefusedVectors& homeless() const { return homeless_; }  // of spaces that there cannot be

 private:
  Result<Space*> space_of(std::string_view name, std::span<const float> first);
  Spaces spaces_;
  RefusedVectors homeless_;
};

}  // namespace souk::index
