// Programs that behave badly in every way a child can: shell scripts.
#include "souk/engine/child.h"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "tests/support/data.h"

namespace souk::testing {
namespace {

using engine::ChildOptions;
using ::testing::AllOf;
using ::testing::HasSubstr;

ChildOptions script(const std::string& text) {
  return {.program = "/bin/sh", .arguments = {"-c", text}, .memory = 0, .budget = {}, .grace = 300};
}

TEST(Child, ThatEndsWellIsNoError) {
  const Status ended = engine::run_child(script("exit 0"), Progress::none());
  EXPECT_TRUE(ended) << ended.error().message();
}

TEST(Child, ShowsItsProgressAndKeepsItsOtherWords) {
  std::string seen;
  Progress progress(Progress::Style::lines, [&](std::string_view text) { seen += text; });
  const Status ended =
      engine::run_child(script(R"(printf '\036s5\titems\tcounting\n\036d5\n\036e\n' >&2; echo 'no room left' >&2; exit 3)"), progress);
  EXPECT_THAT(seen, HasSubstr("counting: 5 items in "));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::internal);
  EXPECT_THAT(ended.error().message(), AllOf(HasSubstr("status 3"), HasSubstr("no room left")));
}

TEST(Child, ThatCannotBeStartedSaysSo) {
  const Status ended = engine::run_child({.program = "/nowhere/souk", .arguments = {}, .memory = 0, .budget = {}}, Progress::none());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::io);
  EXPECT_THAT(ended.error().message(), HasSubstr("/nowhere/souk"));
}

TEST(Child, ThatIsKilledIsReported) {
  const Status ended = engine::run_child(script("echo last words >&2; kill -9 $$"), Progress::none());
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message(), AllOf(HasSubstr("signal 9"), HasSubstr("last words")));
}

TEST(Child, HasABudgetEvenIfItIgnoresRequestsToEnd) {
  ChildOptions stubborn = script("trap '' TERM; while :; do sleep 1; done");
  stubborn.budget = 200;
  const Status ended = engine::run_child(stubborn, Progress::none());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::limit);
  EXPECT_THAT(ended.error().message(), HasSubstr("budget"));
}

TEST(Child, IsStoppedWhenTheWorkIsCancelled) {
  Progress progress(Progress::Style::silent);
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    progress.cancel();
  });
  const Status ended = engine::run_child(script("exec 2>&-; sleep 60"), progress);  // says nothing more
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::cancelled);
}

TEST(Child, IsWaitedForEvenIfItLeavesADescendantWithItsVoice) {
  EXPECT_TRUE(engine::run_child(script("sleep 60 & exit 0"), Progress::none()));
}

TEST(Child, MayHaveNoMoreMemoryThanItsLimit) {
  ChildOptions limited = script("ulimit -d >&2; exit 1");
  limited.memory = 512ULL << 20;
  const Status ended = engine::run_child(limited, Progress::none());
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message(), HasSubstr("524288"));
  limited = script("exit 70");  // as leave_when_out_of_memory() does
  limited.memory = 512ULL << 20;
  const Status starved = engine::run_child(limited, Progress::none());
  ASSERT_FALSE(starved);
  EXPECT_EQ(starved.error().kind, ErrorKind::limit);
  EXPECT_THAT(starved.error().message(), HasSubstr("512 MB"));
}

TEST(Child, StandsBackForEverybodyElse) {
  const Status ended =
      engine::run_child(script("echo $(nice) $(cat /proc/self/oom_score_adj) $(ls /proc/$$/fd) >&2; exit 1"), Progress::none());
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().found, ::testing::StartsWith("19 500 0 1 2"));
}

}  // namespace
}  // namespace souk::testing
