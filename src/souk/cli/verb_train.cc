#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <thread>

#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"

namespace souk::cli {
namespace {

// Cancels work that takes longer than it may.
class Deadline {
 public:
  Deadline(Progress& progress, Duration budget)
      : thread_([this, &progress, budget] {
          std::unique_lock lock(mutex_);
          if (!done_signal_.wait_for(lock, std::chrono::milliseconds(budget), [this] { return done_; })) progress.cancel();
        }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    done_signal_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable done_signal_;
  bool done_ = false;
  std::thread thread_;  // last: it uses what stands above
};

Status check_models(const std::vector<std::string>& models) {
  for (const std::string& model : models) {
    if (model != "tables")
      return fail(Error{ErrorKind::invalid, "there is no such model to train", "MODEL", "tables", "'" + model + "'", {}});
  }
  return {};
}

}  // namespace

int train(const Console& console, const TrainFlags& flags) {
  if (const Status known = check_models(flags.models); !known) return report_usage(console, known.error());
  const auto budget = parse_duration(flags.budget.empty() ? "0s" : flags.budget);
  if (!budget) return report_usage(console, budget.error());
  SOUK_OR_REPORT(const auto shop, console, open_shop(console, flags.shop, Access::write));
  Progress progress(console.progress());
  std::optional<Deadline> deadline;
  if (!flags.budget.empty()) deadline.emplace(progress, *budget);
  SOUK_OR_REPORT(const engine::TrainReport report, console, shop->train(progress));
  if (console.json) {
    engine::JsonWriter json;
    json.begin_object().member("version", report.version).member("shoppers", report.shoppers).member("items", report.items);
    json.member("events", report.events).member("seconds", report.seconds).key("words").begin_array();
    for (const std::string& words : report.words) json.value(words);
    print_line(json.end_array().end_object().text());
    return kDone;
  }
  for (const std::string& words : report.words) print_line(words);
  if (!report.version.empty()) print_line(fmt::format("{:.1f} seconds", report.seconds));
  return kDone;
}

}  // namespace souk::cli
