#include "souk/base/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "tests/base/stderr_of.h"

namespace souk {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(Progress, EndsEachStageWithALine) {
  const std::string output = souk::testing::stderr_of([] {
    Progress progress(Progress::Style::lines);
    progress.stage("reading", 0, "bytes");
    progress.add(2'500'000);
    progress.stage("importing", 2000, "events");
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&progress] {
        for (int i = 0; i < 500; ++i) progress.add(1);
      });
    }
    threads.clear();
    progress.note("2 rows were rejected");
  });
  EXPECT_THAT(output, MatchesRegex("reading: 2.5 MB in [0-9.]+ m?s\n2 rows were rejected\nimporting: 2,000 events in [0-9.]+ m?s\n"));
}

TEST(Progress, FinishesOnce) {
  const std::string output = souk::testing::stderr_of([] {
    Progress progress(Progress::Style::lines);
    progress.stage("a", 1, "items");
    progress.finish();
    progress.finish();
  });
  EXPECT_THAT(output, MatchesRegex("a: 0 items in [0-9]+ ms\n"));
}

TEST(Progress, IsNoBarWhereStderrIsNoTerminal) {
  EXPECT_THAT(souk::testing::stderr_of([] { Progress().stage("a", 1, "items"); }), MatchesRegex("a: 0 items in [0-9]+ ms\n"));
}

TEST(Progress, DrawsABarWithShareRateAndTimeLeft) {
  const std::string output = souk::testing::stderr_of([] {
    Progress progress(Progress::Style::bar);
    progress.stage("training", 100, "epochs");
    progress.add(50);
    progress.note("half");  // draws the bar again below the note
  });
  EXPECT_THAT(output, HasSubstr("half\n\r\x1b[Ktraining [============>           ] 50 epochs of 100 epochs, 50 %, "));
  EXPECT_THAT(output, HasSubstr("/s, "));
  EXPECT_THAT(output, HasSubstr(" left"));
}

TEST(Progress, SaysNothingWhenSilent) {
  EXPECT_EQ(souk::testing::stderr_of([] {
              Progress progress(Progress::Style::silent);
              progress.stage("a", 1, "items");
              progress.add(1);
              progress.note("b");
            }),
            "");
}

TEST(Progress, CanBeCancelledButNotTheSharedSilentOne) {
  Progress progress(Progress::Style::silent);
  EXPECT_FALSE(progress.cancelled());
  progress.cancel();
  EXPECT_TRUE(progress.cancelled());
  Progress::none().cancel();
  EXPECT_FALSE(Progress::none().cancelled());
}

TEST(Progress, WritesItsTextsWhereItIsTold) {
  std::string texts;
  const std::string to_stderr = souk::testing::stderr_of([&] {
    Progress progress(Progress::Style::lines, [&](std::string_view text) { texts += text; });
    progress.stage("a", 1, "items");
  });
  EXPECT_THAT(texts, MatchesRegex("a: 0 items in [0-9]+ ms\n"));
  EXPECT_EQ(to_stderr, "");
}

// The lines of a reporter of another process, each given to one that a person watches.
class Relayed : public ::testing::Test {
 protected:
  void relay(std::string_view texts) {
    for (std::size_t end = 0; (end = texts.find('\n')) != std::string_view::npos; texts.remove_prefix(end + 1)) {
      EXPECT_TRUE(shown.take(texts.substr(0, end))) << texts;
    }
    EXPECT_EQ(texts, "");
  }

  std::string seen;
  Progress shown{Progress::Style::lines, [this](std::string_view text) { seen += text; }};
  Progress worker{Progress::Style::records, [this](std::string_view texts) { relay(texts); }};
};

TEST_F(Relayed, ShowsWhatTheOtherProcessDid) {
  worker.stage("reading", 10, "events");
  worker.add(4);
  worker.add(6);
  worker.note("one was\nrefused");
  worker.stage("counting", 0, "bytes");
  worker.finish();
  EXPECT_THAT(seen, MatchesRegex("one was refused\nreading: 10 events in [0-9]+ ms\ncounting: 0.0 kB in [0-9]+ ms\n"));
}

TEST_F(Relayed, TakesAnyNumber) {
  for (const char* line : {"s0\titems\tcounting", "d18446744073709551615", "e"})
    EXPECT_TRUE(shown.take(std::string("\x1e") + line)) << line;
  EXPECT_THAT(seen, MatchesRegex("counting: 18,446,744,073,709,551,615 items in [0-9]+ ms\n"));
}

TEST_F(Relayed, LeavesOtherLinesAlone) {
  for (const char* line : {"", "a warning", "\x1e", "\x1ez", "\x1es12", "s1\titems\tname"}) EXPECT_FALSE(shown.take(line)) << line;
  EXPECT_EQ(seen, "");
}

}  // namespace
}  // namespace souk
