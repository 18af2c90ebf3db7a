// Drawing from any discrete distribution in constant time: Walker's alias method, built in linear time (Vose 1991).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "souk/base/random.h"
#include "souk/base/result.h"

namespace souk::learn {

class AliasTable {  // immutable, thread-safe; 8 bytes an outcome
 public:
  AliasTable() = default;
  // Outcome i with probability weights[i] / sum. ErrorKind::invalid for no weights, more than 2^32 - 1, one that is negative or not finite,
  // or a sum that is not above 0.
  static Result<AliasTable> of(std::span<const double> weights);
  std::uint32_t draw(Random& random) const;  // not of an empty table
  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    std::uint32_t own;    // the slot is its own outcome with probability own / 2^32, else
    std::uint32_t alias;  // this one
  };
  std::vector<Slot> slots_;
};

}  // namespace souk::learn
