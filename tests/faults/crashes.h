// Crashes by the thousand. A shop is worked on (mixed_work.h); then the power goes out, or the process is killed; the shop must open and
// hold what was acknowledged. The next work begins on what a crash left.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/random.h"

#include "tests/faults/disk.h"
#include "tests/faults/mixed_work.h"

namespace souk::faults {

struct CrashReport {
  std::uint64_t works = 0;              // pieces of work that were begun
  std::uint64_t crashes = 0;            // power cuts or kills
  std::array<std::uint64_t, 4> kept{};  // power cuts by what the disk kept (Kept)
  std::uint64_t calls = 0;              // recorded calls that change files
  std::uint64_t acknowledged = 0;       // steps that were acknowledged before a crash, and were there
  std::uint64_t unacknowledged = 0;     // steps that were not, and were wholly there
  std::vector<std::string> problems;    // with what repeats them
};

struct CrashOptions {
  std::uint64_t seed = 1, crashes = 100;
  fs::path folder;  // scratch: emptied before, shops that show a problem are kept in it
  std::size_t lanes = 2;
  std::uint64_t steps = 12;  // of a lane, in one work
  std::uint64_t cuts_of_a_work = 40;
  std::function<void(std::uint64_t done)> progress = {};
};

// Records a work, and takes the power away at many of its moments. In some works the disk is full or refuses writes for a while.
CrashReport power_cuts(const CrashOptions& options);
// SIGKILL at any moment of a work.
CrashReport kills(const CrashOptions& options);

}  // namespace souk::faults
