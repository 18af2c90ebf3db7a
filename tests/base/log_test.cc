#include "souk/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/base/stderr_of.h"

namespace souk {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class Log : public ::testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(log::set_level("info")); }
};

TEST_F(Log, WritesTimeLevelAndMessageToStderr) {
  const std::string line = souk::testing::stderr_of([] { log::info("opened {} in {} ms", "shop", 12); });
  EXPECT_THAT(line, MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+Z info opened shop in 12 ms\n"));
}

TEST_F(Log, LeavesOutWhatIsBelowItsLevel) {
  ASSERT_TRUE(log::set_level("warn"));
  EXPECT_FALSE(log::enabled(log::Level::info));
  EXPECT_TRUE(log::enabled(log::Level::error));
  EXPECT_EQ(souk::testing::stderr_of([] { log::info("quiet"); }), "");
  EXPECT_THAT(souk::testing::stderr_of([] { log::error("loud"); }), HasSubstr("error loud"));
  ASSERT_TRUE(log::set_level("off"));
  EXPECT_EQ(souk::testing::stderr_of([] { log::error("quiet"); }), "");
}

TEST_F(Log, KeepsAMessageOnOneLine) {
  EXPECT_THAT(souk::testing::stderr_of([] { log::warn("a\nb\rc"); }), HasSubstr("a\\nb\\rc\n"));
}

TEST_F(Log, RefusesUnknownLevels) {
  const Status status = log::set_level("loud");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "unknown log level: expected trace, debug, info, warn, error or off, found \"loud\"");
  EXPECT_TRUE(log::enabled(log::Level::info));
}

}  // namespace
}  // namespace souk
