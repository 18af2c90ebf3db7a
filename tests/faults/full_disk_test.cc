// A disk that is full, or refuses, at each call of a session in turn: a clear message, nothing half done, reads go on, and so do writes as
// soon as the disk lets them.
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <thread>

#include "tests/faults/child.h"
#include "tests/faults/file_layer.h"
#include "tests/faults/mixed_work.h"
#include "tests/support/data.h"
#include "tests/support/fork.h"

namespace souk::faults {
namespace {

using souk::testing::TempDir;

constexpr std::uint64_t kSeed = 174817, kBefore = 8, kSteps = 7;  // of one lane, with one of most kinds of steps
constexpr std::uint64_t kForEver = UINT64_MAX;
constexpr int kAtOnce = 4;  // sessions: RocksDB sleeps for a second after a flush that failed

tl::unexpected<Error> wrong(const std::string& what) {
  return fail(ErrorKind::internal, what);
}

bool says_why(const Error& error, int number) {
  const std::string message = error.message();
  return message.find(number == ENOSPC ? "No space left on device" : "Input/output error") != std::string::npos;
}

class Sessions {
 public:
  Sessions() {
    const auto made = in_child(folder_ / "log", [&]() -> Result<std::string> {
      SOUK_TRY(auto shop, engine::Shop::init(folder_ / "made" / "shop", {.name = "Full", .language = "en", .currency = "EUR"}));
      SOUK_CHECK(work_.run(*shop, {0}, kBefore, false, folder_.path(), [](std::size_t, std::uint64_t) {}));
      shop.reset();
      return std::string();
    });
    EXPECT_TRUE(made) << made.error().message();
  }

  fs::path log() const { return folder_ / ("log" + place_); }

  // The sessions after this work at a place of their own.
  void work_at(int number) { place_ = std::to_string(number); }

  // The session with faults from call `first` on; how many calls there were, or what went wrong.
  Result<std::uint64_t> run(std::uint64_t first, std::uint64_t last, int error) {
    begin_again();
    SOUK_TRY(const std::string calls, in_child(log(), [&] { return session({.first = first, .last = last, .error = error}); }));
    return std::stoull(calls);
  }

  // Opening with faults.
  Result<std::uint64_t> open(std::uint64_t first, std::uint64_t last, int error) {
    begin_again();
    SOUK_TRY(const std::string made, in_child(log(), [&]() -> Result<std::string> {
               arm(state().string(), {.first = first, .last = last, .error = error});
               {
                 const auto opened = engine::Shop::open(shop(), {.bulk_bytes = kSmallBulk});
                 if (!opened && !says_why(opened.error(), error)) return wrong("unclear: " + opened.error().message());
               }
               const std::uint64_t all = calls();
               disarm();
               SOUK_TRY(const auto opened, engine::Shop::open(shop(), {.bulk_bytes = kSmallBulk}));
               SOUK_CHECK(expect(*opened, kBefore));
               return std::to_string(all);
             }));
    return std::stoull(made);
  }

 private:
  fs::path state() const { return folder_ / ("state" + place_); }  // of the disk: the shop and its backups
  fs::path shop() const { return state() / "shop"; }

  void begin_again() const {
    std::error_code ignored;
    fs::remove_all(state(), ignored);
    fs::copy(folder_ / "made", state(), fs::copy_options::recursive, ignored);
  }

  Status expect(const engine::Shop& shop, std::uint64_t done) const {
    SOUK_TRY(const auto held, work_.compare(shop, {done}));
    if (held.front() == done) return {};
    return wrong(fmt::format("{} steps were done, and {} are there", done, held.front()));
  }

  Result<std::string> session(const Faults& faults) {
    SOUK_TRY(auto opened, engine::Shop::open(shop(), {.bulk_bytes = kSmallBulk}));
    arm(state().string(), faults);
    std::uint64_t done = kBefore;
    while (done < kBefore + kSteps) {
      const Status step = work_.run_step(*opened, 0, done, folder_.path());
      if (step) {
        ++done;
        continue;
      }
      if (!says_why(step.error(), faults.error)) return wrong(fmt::format("step {}, unclear: {}", done, step.error().message()));
      SOUK_TRY(const auto held, work_.compare(*opened, {done}));  // while the disk is as it is
      done = held.front();
      break;
    }
    const std::uint64_t all = calls();
    disarm();
    // Writes go on by themselves.
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3); done < kBefore + kSteps;) {
      const Status step = work_.run_step(*opened, 0, done, folder_.path());
      if (step) ++done;
      if (!step && std::chrono::steady_clock::now() > end) return wrong("does not go on: " + step.error().message());
      if (!step) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    SOUK_CHECK(expect(*opened, done));
    opened.reset();
    SOUK_TRY(opened, engine::Shop::open(shop(), {.bulk_bytes = kSmallBulk}));
    SOUK_TRY(const auto held, work_.check(*opened, {done}, folder_.path(), false));
    if (held.front() != done) return wrong("a step is there that was never made");
    return std::to_string(all);
  }

  const TempDir folder_;
  const MixedWork work_{kSeed, 1};
  std::string place_;
};

// Calls `run(sessions, n)` for every call n that the session makes when nothing fails; n = 0: nothing does.
template <class Run>
void every_call(const Run& run) {
  Sessions sessions;
  const Result<std::uint64_t> calls = run(sessions, 0);
  ASSERT_TRUE(calls) << calls.error().message();
  std::printf("%llu calls\n", static_cast<unsigned long long>(*calls));
  EXPECT_GT(*calls, 10u);
  const Status all = in_children(sessions.log(), kAtOnce, [&](int number) -> Status {
    sessions.work_at(number);
    for (std::uint64_t call = 1 + static_cast<std::uint64_t>(number); call <= *calls; call += kAtOnce) {
      const Result<std::uint64_t> made = run(sessions, call);
      if (!made) return wrong(fmt::format("call {}: {}", call, made.error().message()));
    }
    return {};
  });
  ASSERT_TRUE(all) << all.error().message();
}

TEST(FullDisk, AtEachCallOfASession) {
  SOUK_NEEDS_FORK();
  every_call([](Sessions& sessions, std::uint64_t call) { return sessions.run(call, kForEver, ENOSPC); });
}

TEST(FullDisk, AtEachCallOfAnOpening) {
  SOUK_NEEDS_FORK();
  every_call([](Sessions& sessions, std::uint64_t call) { return sessions.open(call, kForEver, ENOSPC); });
}

TEST(FailingDisk, OnceAtEachCallOfASession) {
  SOUK_NEEDS_FORK();
  every_call([](Sessions& sessions, std::uint64_t call) { return sessions.run(call, call, EIO); });
}

TEST(FailingDisk, OnceAtEachCallOfAnOpening) {
  SOUK_NEEDS_FORK();
  every_call([](Sessions& sessions, std::uint64_t call) { return sessions.open(call, call, EIO); });
}

}  // namespace
}  // namespace souk::faults
