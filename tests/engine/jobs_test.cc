// What a served shop does by itself, and when.
#include "souk/engine/jobs.h"

#include <condition_variable>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using engine::Job;
using engine::Jobs;
using engine::JobStatus;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Counts what ran, and lets tests wait for it.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rung_;
    rang_.notify_all();
  }
  bool wait_for(int times) {
    std::unique_lock lock(mutex_);
    return rang_.wait_for(lock, std::chrono::seconds(20), [&] { return rung_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable rang_;
  int rung_ = 0;
};

void put_record(store::Store& store, Timestamp due) {
  ASSERT_TRUE(store.put_meta("job.sweep", fmt::format("{} swept", due)));
}

TEST(Jobs, StandOnAGrid) {
  EXPECT_EQ(engine::due_point(std::nullopt, kDay, 1000), 1000);
  EXPECT_EQ(engine::due_point(1000, kDay, 1000 + kDay), 1000 + kDay);
  EXPECT_EQ(engine::due_point(1000, kDay, 1000 + kDay + kHour), 1000 + kDay) << "a run that comes late moves nothing";
  EXPECT_EQ(engine::due_point(1000, kDay, 1000 + 5 * kDay + kHour), 1000 + 5 * kDay) << "missed runs are made up for by one";
}

TEST(Jobs, RunAtOnceWhenTheyNeverRanAndSayWhatTheyDid) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  Bell bell;
  const Timestamp before = now();
  {
    const Jobs jobs(shop->store(), {Job{.name = "sweep", .every = kDay, .at_start = false, .work = [&](Progress&) -> Result<std::string> {
                                          bell.ring();
                                          return "swept the floor";
                                        }}});
    ASSERT_TRUE(bell.wait_for(1));
  }
  const JobStatus status = engine::job_status(shop->store(), "sweep", kDay);
  ASSERT_TRUE(status.last);
  EXPECT_GE(*status.last, before);
  EXPECT_EQ(status.next, *status.last + kDay);
  EXPECT_EQ(status.outcome, "swept the floor");
}

TEST(Jobs, RunWhenDueAndNotBefore) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  put_record(shop->store(), now() - kHour);
  Bell bell;
  const auto ring = [&](Progress&) -> Result<std::string> {
    bell.ring();
    return "swept";
  };
  { const Jobs jobs(shop->store(), {Job{.name = "sweep", .every = kDay, .at_start = false, .work = ring}}); }
  EXPECT_LT(*engine::job_status(shop->store(), "sweep", kDay).last, now() - kMinute) << "it is due tomorrow";
  {
    const Jobs jobs(shop->store(), {Job{.name = "sweep", .every = kDay, .at_start = true, .work = ring}});
    EXPECT_TRUE(bell.wait_for(1));
  }
}

TEST(Jobs, AreDueWithinAPeriodAfterTheClockWasAhead) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  put_record(shop->store(), now() + 1000 * kDay);
  const Timestamp before = now();
  Bell bell;
  {
    const Jobs jobs(
        shop->store(),
        {Job{.name = "sweep", .every = kHour, .at_start = false, .work = [&](Progress&) -> Result<std::string> { return "swept"; }},
         Job{.name = "bell", .every = kHour, .at_start = false, .work = [&](Progress&) -> Result<std::string> {
               bell.ring();
               return "rang";
             }}});
    ASSERT_TRUE(bell.wait_for(1));
  }
  const JobStatus status = engine::job_status(shop->store(), "sweep", kHour);
  ASSERT_TRUE(status.last);
  EXPECT_GE(*status.last, before);
  EXPECT_LE(*status.last, now());
  EXPECT_EQ(status.outcome, "swept") << "as it was: it did not run again at once";
}

TEST(Jobs, ReportFailuresAndGoOn) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  Bell bell;
  {
    const Jobs jobs(shop->store(), {Job{.name = "fails",
                                        .every = kDay,
                                        .at_start = false,
                                        .work = [](Progress&) -> Result<std::string> { return fail(ErrorKind::io, "the broom is gone"); }},
                                    Job{.name = "sweep", .every = kDay, .at_start = false, .work = [&](Progress&) -> Result<std::string> {
                                          bell.ring();
                                          return "";
                                        }}});
    ASSERT_TRUE(bell.wait_for(1));
  }
  EXPECT_THAT(engine::job_status(shop->store(), "fails", kDay).outcome, AllOf(StartsWith("failed: "), HasSubstr("the broom is gone")));
}

TEST(Jobs, AreCancelledWhenTheShopClosesAndBegunAgain) {
  const TempDir dir;
  const auto shop = empty_shop(dir / "shop");
  const Timestamp due = now() - 2 * kDay;
  put_record(shop->store(), due);
  Bell bell;
  {
    const Jobs jobs(shop->store(),
                    {Job{.name = "sweep", .every = kDay, .at_start = false, .work = [&](Progress& progress) -> Result<std::string> {
                           bell.ring();
                           while (!progress.cancelled()) std::this_thread::yield();
                           return fail(ErrorKind::cancelled, "stopped");
                         }}});
    ASSERT_TRUE(bell.wait_for(1));
    EXPECT_EQ(jobs.running(), "sweep");
  }
  EXPECT_EQ(engine::job_status(shop->store(), "sweep", kDay).last, due) << "the next opening begins it again";
}

TEST(Jobs, OfAShopAreThoseOfShopToml) {
  const TempDir dir;
  {
    const auto shop = grocery(dir / "shop");
    EXPECT_THAT(shop->jobs(), ::testing::IsEmpty());
  }
  std::ofstream(dir / "shop" / "shop.toml", std::ios::app) << "\n[jobs.train]\nevery = \"12h\"\n[retention]\nview = \"30d\"\n";
  const auto shop = reopened(dir / "shop");
  ASSERT_EQ(shop->jobs().size(), 2U);
  EXPECT_EQ(shop->jobs()[0].name, "train");
  EXPECT_EQ(shop->jobs()[0].every, 12 * kHour);
  EXPECT_EQ(shop->jobs()[0].last, std::nullopt);
  EXPECT_EQ(shop->jobs()[1].name, "retention");
  shop->start_background();
  for (int i = 0; i < 2000 && (shop->jobs()[1].outcome.empty() || shop->jobs()[0].outcome.empty()); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THAT(shop->jobs()[0].outcome, HasSubstr("tables-2 answers from now on"));
  EXPECT_THAT(shop->jobs()[1].outcome, HasSubstr("deleted"));
  EXPECT_THAT(shop->status_json(), HasSubstr(R"("jobs":[{"name":"train","every":"12 h)"));
}

}  // namespace
}  // namespace souk::testing
