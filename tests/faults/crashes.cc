#include "tests/faults/crashes.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <optional>
#include <thread>

#include "tests/faults/child.h"

namespace souk::faults {
namespace {

constexpr std::uint64_t kWorksOfAShop = 6;  // then a new one: the longer the history, the slower each check
constexpr std::uint64_t kThoroughEvery = 16;
constexpr std::size_t kMostProblems = 5;

using Done = std::vector<std::uint64_t>;  // steps of each lane

std::string text_of(const Done& done) {
  return fmt::format("{}", fmt::join(done, " "));
}

Done done_in(std::string_view text, std::size_t lanes) {
  Done done(lanes);
  for (std::uint64_t& steps : done) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      steps = steps * 10 + static_cast<std::uint64_t>(text.front() - '0');
      text.remove_prefix(1);
    }
  }
  return done;
}

void make_empty(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  fs::create_directories(folder, ignored);
}

// Acknowledgements as sent by the work: "lane step\n" each.
void take_acknowledged(std::string_view text, Done& done) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return;
    const Done pair = done_in(text.substr(0, end), 2);
    done.at(pair[0]) = std::max(done.at(pair[0]), pair[1] + 1);
    text.remove_prefix(end + 1);
  }
}

std::string acknowledgement(std::size_t lane, std::uint64_t step) {
  return fmt::format("{} {}\n", lane, step);
}

class Crashes {
 public:
  explicit Crashes(const CrashOptions& options) : options_(options), random_(options.seed), work_(options.seed, options.lanes) {
    make_empty(options_.folder);
    for (const fs::path& each : {scratch(), state()}) make_empty(each);
  }

  CrashReport cut_power() {
    while (on()) {
      if (!begin()) break;
      const bool faulty = report_.works % 4 == 3;
      const auto recorded = in_child(log(), [&] { return record(faulty); });
      if (!recorded) {
        problem("the work failed: " + recorded.error().message(), state());
        begun_ = 0;
        continue;
      }
      cut_recorded(read_file(scratch() / "recording").value_or(""));
    }
    return std::move(report_);
  }

  CrashReport kill() {
    while (on()) {
      if (!begin()) break;
      kill_once();
    }
    return std::move(report_);
  }

 private:
  fs::path state() const { return options_.folder / "state"; }  // of the disk: the shop and its backups
  fs::path shop() const { return state() / "shop"; }
  fs::path scratch() const { return options_.folder / "scratch"; }
  fs::path log() const { return options_.folder / "scratch" / "child.log"; }
  bool on() const { return report_.crashes < options_.crashes && report_.problems.size() < kMostProblems; }

  void problem(const std::string& what, const fs::path& folder) {
    const fs::path kept = options_.folder / fmt::format("problem-{}", report_.problems.size() + 1);
    std::error_code ignored;
    fs::copy(folder, kept, fs::copy_options::recursive, ignored);
    fs::copy_file(scratch() / "recording", kept / "recording", ignored);  // of a power cut
    report_.problems.push_back(fmt::format("seed {}, crash {}, shop kept in {}: {}", shop_seed_, report_.crashes, kept.string(), what));
  }

  // The shop for the next work: a new one, or what the last crash left.
  bool begin() {
    ++report_.works;
    if (begun_++ % kWorksOfAShop != 0) return true;
    begun_ = 1;
    shop_seed_ = random_();
    work_ = MixedWork(shop_seed_, options_.lanes);
    done_.assign(options_.lanes, 0);
    make_empty(state());
    const auto made = in_child(log(), [&]() -> Result<std::string> {
      SOUK_CHECK(engine::Shop::init(shop(), {.name = "Crashes", .language = "en", .currency = "EUR"}));
      return std::string();
    });
    if (!made) problem("no shop can be made: " + made.error().message(), state());
    return made.has_value();
  }

  // Two shops of three take imports in as files.
  engine::OpenOptions way() const {
    engine::OpenOptions options;
    if (shop_seed_ % 3 != 0) options.bulk_bytes = kSmallBulk;
    return options;
  }

  Result<std::string> record(bool faulty) {
    Random random(shop_seed_ + report_.works);
    start_recording(state().string());
    if (faulty) {
      const std::uint64_t first = 1 + random.below(400);
      arm(state().string(), {.first = first, .last = first + random.below(60), .error = random.below(2) == 0 ? ENOSPC : EIO});
    }
    auto opened = engine::Shop::open(shop(), way());
    for (int tries = 0; faulty && !opened && tries < 100; ++tries) opened = engine::Shop::open(shop(), way());
    if (!opened) return fail(std::move(opened).error());
    SOUK_CHECK(work_.run(**opened, done_, options_.steps, faulty, scratch(),
                         [](std::size_t lane, std::uint64_t step) { note(acknowledgement(lane, step)); }));
    opened->reset();
    SOUK_CHECK(write_file(scratch() / "recording", stop_recording()));
    return std::string();
  }

  void cut_recorded(const std::string& recording) {
    const std::vector<Operation> operations = read_operations(recording);
    const auto before = [](const Operation& each) { return each.kind == Kind::directory || each.kind == Kind::file; };
    const std::size_t first = static_cast<std::size_t>(std::find_if_not(operations.begin(), operations.end(), before) - operations.begin());
    if (first == operations.size()) return;
    report_.calls += operations.size() - first;
    std::vector<std::size_t> moments;
    for (std::uint64_t i = 0; i < options_.cuts_of_a_work; ++i) moments.push_back(first + random_.below(operations.size() - first + 1));
    std::sort(moments.begin(), moments.end());
    const std::size_t goes_on = random_.below(moments.size());

    Disk disk;
    Done acknowledged = done_, next = done_;
    std::size_t at = 0;
    for (std::size_t i = 0; i < moments.size() && on(); ++i) {
      for (; at < moments[i]; ++at) {
        disk.apply(operations[at]);
        if (operations[at].kind == Kind::note) take_acknowledged(operations[at].data, acknowledged);
      }
      const std::uint64_t seed = random_();
      const auto kept = static_cast<Kept>(random_.below(4));
      const auto held = cut_once(disk, kept, seed, acknowledged);
      if (i != goes_on || !held) continue;
      next = *held;
      make_empty(state());
      Random random(seed);
      if (const Status left = disk.write_after_cut(state(), kept, random); !left) problem(left.error().message(), state());
    }
    done_ = next;
  }

  // How many steps of each lane the shop holds after the cut.
  std::optional<Done> cut_once(const Disk& disk, Kept kept, std::uint64_t seed, const Done& acknowledged) {
    const fs::path left = options_.folder / "left";
    make_empty(left);
    Random random(seed);
    if (const Status written = disk.write_after_cut(left, kept, random); !written) {
      problem(written.error().message(), left);
      return std::nullopt;
    }
    ++report_.crashes;
    ++report_.kept[static_cast<std::size_t>(kept)];
    return opens_whole(left, acknowledged, [&] {
      // Checking changed it.
      make_empty(left);
      Random again(seed);
      static_cast<void>(disk.write_after_cut(left, kept, again));
    });
  }

  std::optional<Done> opens_whole(const fs::path& folder, const Done& acknowledged, const std::function<void()>& restore) {
    const bool thorough = report_.crashes % kThoroughEvery == 0;
    const auto checked = in_child(log(), [&]() -> Result<std::string> {
      SOUK_TRY(const auto opened, engine::Shop::open(folder / "shop", way()));
      SOUK_TRY(const Done held, work_.check(*opened, acknowledged, scratch(), thorough));
      return text_of(held);
    });
    if (options_.progress) options_.progress(report_.crashes);
    if (!checked) {
      restore();
      problem(checked.error().message(), folder);
      return std::nullopt;
    }
    const Done held = done_in(*checked, options_.lanes);
    for (std::size_t lane = 0; lane < held.size(); ++lane) {
      report_.acknowledged += acknowledged[lane] - done_[lane];
      report_.unacknowledged += held[lane] - acknowledged[lane];
    }
    return held;
  }

  void kill_once() {
    bool ended = false;
    Result<std::string> sent;
    {
      KilledChild child(log(), [&](const std::function<void(const std::string&)>& send) -> Status {
        SOUK_TRY(auto opened, engine::Shop::open(shop(), way()));
        SOUK_CHECK(work_.run(*opened, done_, options_.steps, false, scratch(),
                             [&](std::size_t lane, std::uint64_t step) { send(acknowledgement(lane, step)); }));
        opened.reset();
        return {};
      });
      std::this_thread::sleep_for(whole_work_ * random_.uniform());
      sent = child.kill(ended);
    }
    whole_work_ *= ended ? 0.8 : 1.02;  // so that kills fall on all of the work, whatever its speed here
    if (!sent) {
      problem("the work failed: " + sent.error().message(), state());
      begun_ = 0;
      return;
    }
    Done acknowledged = done_;
    take_acknowledged(*sent, acknowledged);
    if (!ended) ++report_.crashes;
    if (const auto held = opens_whole(state(), acknowledged, [] {})) {
      done_ = *held;
    } else {
      begun_ = 0;
    }
  }

  const CrashOptions options_;
  Random random_;
  MixedWork work_;
  CrashReport report_;
  std::uint64_t begun_ = 0, shop_seed_ = 0;
  Done done_;  // what the shop holds
  std::chrono::duration<double> whole_work_{0.3};
};

}  // namespace

CrashReport power_cuts(const CrashOptions& options) {
  return Crashes(options).cut_power();
}

CrashReport kills(const CrashOptions& options) {
  return Crashes(options).kill();
}

}  // namespace souk::faults
