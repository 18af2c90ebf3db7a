// Training: in a child process on a checkpoint where there is a program for it, else in this process. What comes of it is verified and
// becomes active by one durable record, whatever happened to the training before that.
#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <thread>
#include <unistd.h>

#include "souk/engine/child.h"
#include "souk/engine/shop_state.h"
#include "souk/engine/words.h"
#include "souk/engine/work_folder.h"

namespace souk::engine {
namespace {

// Cancels work that takes longer than it may.
class Deadline {
 public:
  Deadline(Progress& progress, Duration budget)
      : thread_([this, &progress, budget] {
          std::unique_lock lock(mutex_);
          if (wake_.wait_for(lock, std::chrono::milliseconds(budget), [this] { return done_; })) return;
          passed_ = true;
          progress.cancel();
        }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const {
    const std::lock_guard lock(mutex_);
    return passed_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false, passed_ = false;
  std::thread thread_;  // last: it uses what stands above
};

// What a child may have where shop.toml does not say: three quarters of the machine's memory.
std::uint64_t usual_memory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0;  // no limit: the shadow memory, terabytes of it, would count
#else
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 4 * 3 : 0;
#endif
}

tl::unexpected<Error> did_not_end(Error error) {
  if (error.kind == ErrorKind::cancelled) {
    return fail(ErrorKind::cancelled, "training was stopped; what answered before still does");
  }
  error.what = "training did not end well: " + error.what;
  if (error.hint.empty()) {
    error.hint = error.kind == ErrorKind::limit ? "What answered before still does. --budget and [jobs.train] of shop.toml set the limits."
                                                : "What answered before still does.";
  }
  return fail(std::move(error));
}

// Waits for its turn, unless it is cancelled.
Result<std::unique_lock<std::mutex>> turn_of(std::mutex& mutex, const Progress& progress) {
  std::unique_lock lock(mutex, std::try_to_lock);
  while (!lock.owns_lock()) {
    if (progress.cancelled()) return fail(ErrorKind::cancelled, "training was stopped; what answered before still does");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    lock.try_lock();
  }
  return lock;
}

}  // namespace

Result<Lesson> Shop::Impl::learn_in_child(const fs::path& work, Progress& progress, std::optional<Duration> budget) {
  SOUK_CHECK(store->checkpoint(work / "store"));
  SOUK_CHECK(write_file(work / "shop.toml", settings_text));
  const ChildOptions child{.program = options.program,
                           .arguments = {"train-child", work.string(), "--threads", std::to_string(options.threads)},
                           .memory = config.training.memory > 0 ? config.training.memory : usual_memory(),
                           .budget = budget};
  SOUK_CHECK(run_child(child, progress));
  return read_lesson(work);
}

Result<Lesson> Shop::Impl::learn(const fs::path& work, Progress& progress, std::optional<Duration> budget) {
  if (!options.program.empty()) return learn_in_child(work, progress, budget);
  std::optional<Deadline> deadline;
  if (budget) deadline.emplace(progress, *budget);
  auto lesson = learn_tables(*store, config.weights, directory / "cache", work / "tables", options.threads, progress);
  if (!lesson && deadline && deadline->passed()) {
    return fail(Error{ErrorKind::limit, "it took longer than its budget", {}, format_duration(*budget), {}, {}});
  }
  return lesson;
}

Status Shop::Impl::activate(const fs::path& folder, Timestamp trained) {
  const std::lock_guard together(activating);
  SOUK_TRY(ActiveTables adopted, adopt_tables(tables(), *store, folder, trained));
  {
    const std::lock_guard lock(publishing);
    active = std::move(adopted);
  }
  if (keeper != nullptr) publish();
  damaged_tables.reset();
  return {};
}

Result<TrainReport> Shop::train(Progress& progress, std::optional<Duration> budget) {
  SOUK_CHECK(impl_->writable("train"));
  SOUK_TRY(const auto one_at_a_time, turn_of(impl_->training, progress));
  const auto start = std::chrono::steady_clock::now();
  SOUK_TRY(const WorkFolder work, WorkFolder::make(impl_->directory, "train"));
  const auto lesson = impl_->learn(work.path(), progress, budget);
  if (!lesson) return did_not_end(lesson.error());
  TrainReport report;
  report.shoppers = lesson->shoppers;
  report.items = lesson->items;
  report.events = lesson->events;
  if (lesson->events == 0) {
    report.words.emplace_back("There is nothing to learn from yet: the shop has no events that count. Import events, then train again.");
    return report;
  }
  if (const Status active = impl_->activate(work.path() / "tables", lesson->trained); !active) return did_not_end(active.error());
  {
    const std::lock_guard lock(impl_->publishing);
    report.version = impl_->active.version;
  }
  progress.finish();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.words.push_back(fmt::format(
      "Learned from {} of {} with {}: what is popular, what is trending, what is bought together and what is chosen one after another.",
      counted(report.events, "event"), counted(report.shoppers, "shopper"), counted(report.items, "item")));
  report.words.push_back(fmt::format("{} answers from now on.", report.version));
  return report;
}

}  // namespace souk::engine
