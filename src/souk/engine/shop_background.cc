// What a shop does by itself while it is served: its jobs, or following the process that writes.
#include <chrono>
#include <fmt/format.h>

#include "souk/base/log.h"
#include "souk/engine/shop_state.h"
#include "souk/engine/words.h"

namespace souk::engine {
namespace {

constexpr Duration kFollowEvery = kSecond;

std::string joined(const std::vector<std::string>& sentences) {
  return fmt::format("{}", fmt::join(sentences, " "));
}

}  // namespace

void Shop::start_background() {
  Impl& in = *impl_;
  if (in.options.read_only) {
    in.followed_tables = in.active.version;
    if (!in.follower.joinable()) in.follower = std::thread([&in] { in.follow_loop(); });
    return;
  }
  std::vector<Job> jobs;
  if (in.config.training.every > 0) {
    jobs.push_back(
        {.name = "train", .every = in.config.training.every, .at_start = false, .work = [this](Progress& progress) {
           return train(progress, impl_->config.training.budget).map([](const TrainReport& report) { return joined(report.words); });
         }});
  }
  if (in.config.retains()) {
    jobs.push_back({.name = "retention", .every = kDay, .at_start = true, .work = [this](Progress&) {
                      return apply_retention(now()).map([](const RetentionReport& report) {
                        if (!report.held_back.empty()) {
                          log::warn("{}", report.held_back);
                          return report.held_back;
                        }
                        const store::RetainReport& deleted = report.deleted;
                        return fmt::format("deleted {} and {} of answers", counted(deleted.events, "event"),
                                           counted(deleted.served, "record"));
                      });
                    }});
  }
  if (!jobs.empty() && in.jobs == nullptr) in.jobs = std::make_unique<Jobs>(*in.store, std::move(jobs));
}

std::vector<JobStatus> Shop::jobs() const {
  const Impl& in = *impl_;
  std::vector<JobStatus> jobs;
  if (in.store == nullptr) return jobs;
  if (in.config.training.every > 0) jobs.push_back(job_status(*in.store, "train", in.config.training.every));
  if (in.config.retains()) jobs.push_back(job_status(*in.store, "retention", kDay));
  const std::string running = in.jobs == nullptr ? std::string() : in.jobs->running();
  for (JobStatus& job : jobs) job.running = job.name == running;
  return jobs;
}

std::optional<Duration> Shop::staleness() const {
  if (!impl_->options.read_only) return {};
  return std::max<Duration>(steady_milliseconds() - impl_->in_step.load(), 0);
}

void Shop::Impl::follow_loop() {
  std::string reported;  // a trouble that lasts is told once
  std::unique_lock lock(flushing);
  while (!flush_wake.wait_for(lock, std::chrono::milliseconds(kFollowEvery), [this] { return stop; })) {
    lock.unlock();
    const Status followed = follow();
    const std::string trouble = followed ? std::string() : followed.error().message();
    if (!trouble.empty() && trouble != reported) log::warn("cannot follow the process that writes the shop: {}", trouble);
    reported = trouble;
    lock.lock();
  }
}

Status Shop::Impl::follow() {
  const std::int64_t begun = steady_milliseconds();
  keys->reload();  // whatever else cannot be followed: a key that is revoked opens nothing
  SOUK_CHECK(store->catch_up());
  SOUK_TRY(std::string version, active_tables_version(*store));
  const bool other_tables = version != followed_tables;
  if (other_tables) {
    SOUK_TRY(ActiveTables loaded, load_active_tables(tables(), *store));
    const std::lock_guard lock(publishing);
    active = std::move(loaded);
    followed_tables = std::move(version);
  }
  bool other_index = false;
  if (keeper->index().wants_flush()) {  // the writer has written, or soon will, what is only in memory here
    SOUK_TRY(auto index, open_words());
    const Seq through = index->reader()->through_seq();
    other_index = through > followed_segments;
    if (other_index) {
      SOUK_TRY(auto opened, open_vectors());
      auto fresh = std::make_unique<IndexKeeper>(std::move(index), std::move(opened), *store, config.shop.language, true);
      const std::lock_guard lock(publishing);
      keeper = std::move(fresh);
      followed_segments = through;
    }
  }
  SOUK_TRY(const bool changed, keeper->catch_up(options.threads, Progress::none()));
  if (changed || other_tables || other_index) publish();
  in_step.store(begun);
  return {};
}

}  // namespace souk::engine
