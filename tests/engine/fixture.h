// Shops of every format version, as the programs of their time wrote them (tests/fixtures/make_shop.py).
#pragma once

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "souk/base/file.h"

namespace souk::testing {

inline std::vector<fs::path> fixtures() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(SOUK_SOURCE_DIR) / "tests" / "fixtures")) {
    if (entry.path().string().ends_with(".tar.gz")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The shop of a fixture, unpacked into a folder that is there.
inline fs::path unpacked(const fs::path& archive, const fs::path& folder) {
  const std::string command = "tar -xzf '" + archive.string() + "' --no-same-owner -C '" + folder.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return folder / "shop";
}

}  // namespace souk::testing
