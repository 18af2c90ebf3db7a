// A form of `./run bench crash` that fits into the tests: some power cuts and kills at moments drawn from a seed.
#include <gmock/gmock.h>

#include "tests/faults/crashes.h"
#include "tests/support/data.h"
#include "tests/support/fork.h"

namespace souk::faults {
namespace {

using souk::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// $SOUK_CRASH_SEED repeats a run; without it each day draws others.
std::uint64_t seed_of_the_day() {
  if (const char* seed = std::getenv("SOUK_CRASH_SEED")) return std::strtoull(seed, nullptr, 10);
  return static_cast<std::uint64_t>(now() / kDay);
}

CrashOptions options_in(const TempDir& folder, std::uint64_t crashes) {
  CrashOptions options;
  options.seed = seed_of_the_day();
  options.crashes = crashes;
  options.folder = folder.path();
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  return options;
}

TEST(PowerCut, LosesNothingThatWasAcknowledgedAndLeavesNothingHalfDone) {
  SOUK_NEEDS_FORK();
  const TempDir folder;
  const CrashReport report = power_cuts(options_in(folder, 120));
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.crashes, 120u);
  EXPECT_GT(report.acknowledged, 100u);
  EXPECT_THAT(report.kept, ::testing::Each(::testing::Gt(10u)));
}

TEST(Kill, LosesNothingThatWasAcknowledgedAndLeavesNothingHalfDone) {
  SOUK_NEEDS_FORK();
  const TempDir folder;
  const CrashReport report = kills(options_in(folder, 20));
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.crashes, 20u);
}

}  // namespace
}  // namespace souk::faults
