// Every call of a recorded work after which the power may go, with all that a disk may have kept of it by then.
#pragma once

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "souk/base/random.h"

#include "tests/faults/disk.h"
#include "tests/support/data.h"

namespace souk::faults {

// check(folder, noted): what was left, and the number in the last note before the cut, 0 without one. Ends at the first failure. The number
// of cuts.
template <class Check>
int for_every_cut(const std::vector<Operation>& operations, std::uint64_t seed, const Check& check) {
  Disk disk;
  std::uint64_t noted = 0;
  int cuts = 0;
  for (std::size_t call = 0; call <= operations.size(); ++call) {
    for (const Kept kept : {Kept::nothing, Kept::everything, Kept::beginning, Kept::some}) {
      const souk::testing::TempDir left;
      Random random(seed * 10'000 + call);
      EXPECT_TRUE(disk.write_after_cut(left.path(), kept, random));
      SCOPED_TRACE("seed " + std::to_string(seed) + ", call " + std::to_string(call));
      check(left.path(), noted);
      if (::testing::Test::HasFailure()) return cuts;
      ++cuts;
    }
    if (call == operations.size()) break;
    disk.apply(operations[call]);
    if (operations[call].kind == Kind::note) noted = std::stoull(operations[call].data);
  }
  return cuts;
}

}  // namespace souk::faults
