#include "souk/engine/jobs.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>

#include "souk/base/log.h"

namespace souk::engine {
namespace {

constexpr Duration kLongestSleep = kMinute;  // the clock may be set meanwhile

std::string record_name(const std::string& job) {
  return "job." + job;
}

Status write_record(store::Store& store, const std::string& job, std::optional<Timestamp> due, const std::string& outcome) {
  return store.put_meta(record_name(job), due ? fmt::format("{} {}", *due, outcome) : std::string());
}

}  // namespace

JobStatus job_status(const store::Store& store, const std::string& name, Duration every) {
  JobStatus status{.name = name, .every = every, .last = {}, .next = 0, .running = false, .outcome = {}};
  const auto record = store.get_meta(record_name(name));
  if (!record || !*record) return status;
  const std::string& text = **record;
  Timestamp last = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), last);
  if (error != std::errc()) return status;
  status.last = last;
  status.next = last + every;
  status.outcome = text.substr(std::min<std::size_t>(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
  return status;
}

Timestamp due_point(std::optional<Timestamp> last, Duration every, Timestamp time) {
  return last ? *last + (time - *last) / every * every : time;
}

Jobs::Jobs(store::Store& store, std::vector<Job> jobs) : store_(store), jobs_(std::move(jobs)), thread_([this] { run(); }) {}

Jobs::~Jobs() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (progress_ != nullptr) progress_->cancel();
  }
  wake_.notify_all();
  thread_.join();
}

std::string Jobs::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

void Jobs::run() {
  for (bool starting = true;; starting = false) {
    Duration sleep = kLongestSleep;
    for (const Job& job : jobs_) {
      const Timestamp time = now();
      const JobStatus status = not_ahead(job, time);
      if (status.next <= time || (starting && job.at_start)) {
        do_job(job, status, due_point(status.last, job.every, time));
        sleep = kSecond;
      } else {
        sleep = std::min(sleep, status.next - time);
      }
    }
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, std::chrono::milliseconds(sleep), [this] { return stop_; })) return;
  }
}

// The job's status. One that ran in what is the future now, by a clock that was set back since, ran now: it is due a period later.
JobStatus Jobs::not_ahead(const Job& job, Timestamp time) {
  JobStatus status = job_status(store_, job.name, job.every);
  if (!status.last || *status.last <= time) return status;
  log::warn("the job {} ran at {}, which is yet to come: the clock was set back", job.name, format_rfc3339(*status.last));
  if (const Status written = write_record(store_, job.name, time, status.outcome); !written) {
    log::error("cannot write down when the job {} ran: {}", job.name, written.error().message());
  }
  status.last = time;
  status.next = time + job.every;
  return status;
}

void Jobs::do_job(const Job& job, const JobStatus& before, Timestamp due) {
  Progress progress(Progress::Style::silent);
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    running_ = job.name;
    progress_ = &progress;
  }
  // Before it runs: one that takes the process down with it does not run again at once.
  Status recorded = write_record(store_, job.name, due, {});
  if (recorded) {
    const auto done = job.work(progress);
    if (!done && progress.cancelled()) {  // by the end of this process: the next one begins it again
      recorded = write_record(store_, job.name, before.last, before.outcome);
    } else {
      if (!done) log::warn("the job {} failed: {}", job.name, done.error().message());
      recorded = write_record(store_, job.name, due, done ? *done : "failed: " + done.error().message());
    }
  }
  if (!recorded) log::error("cannot write down that the job {} ran: {}", job.name, recorded.error().message());
  const std::lock_guard lock(mutex_);
  running_.clear();
  progress_ = nullptr;
}

}  // namespace souk::engine
