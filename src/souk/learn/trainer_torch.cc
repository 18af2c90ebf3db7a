#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <mutex>
#include <queue>
#include <thread>

#include "souk/base/hash.h"
#include "souk/base/time.h"
#include "souk/learn/checkpoint.h"
#include "souk/learn/trainer.h"

namespace souk::learn {
namespace {

constexpr std::size_t kAhead = 2;  // batches that wait

enum class Purpose : std::uint64_t { order, batch, dropout };

Random generator(const TrainerConfig& config, Purpose purpose, std::uint64_t epoch, std::uint64_t batch) {
  const std::uint64_t words[] = {config.seed, static_cast<std::uint64_t>(purpose), epoch, batch};
  return Random(hash64({reinterpret_cast<const char*>(words), sizeof words}));
}

// What must be equal for a checkpoint to go on: all that the numbers depend on, but for how long it may take.
std::uint64_t fingerprint_of(const TrainerConfig& config) {
  const AdamConfig& adam = config.adam;
  return hash64(fmt::format("{} {} {} {} {} {} {} {} {}", adam.beta1, adam.beta2, adam.epsilon, adam.decay, adam.clip, config.rate,
                            config.warmup, config.seed, config.task));
}

// The batches of an epoch, prepared on a thread of their own while the one before is trained on.
class Ahead {
 public:
  Ahead(Trainee& trainee, const TrainerConfig& config, std::uint64_t epoch, std::size_t batches)
      : thread_([this, &trainee, &config, epoch, batches] {
          for (std::size_t b = 0; b < batches; ++b) {
            Random random = generator(config, Purpose::batch, epoch, b);
            auto batch = trainee.prepare(b, random);
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return stopped_ || ready_.size() < kAhead; });
            if (stopped_) return;
            ready_.push(std::move(batch));
            changed_.notify_all();
          }
        }) {}
  ~Ahead() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  std::unique_ptr<Batch> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty(); });
    auto batch = std::move(ready_.front());
    ready_.pop();
    changed_.notify_all();
    return batch;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<std::unique_ptr<Batch>> ready_;
  bool stopped_ = false;
  std::thread thread_;  // last: begun when the rest stands
};

std::vector<at::Tensor> copies_of(const Parameters& parameters) {
  std::vector<at::Tensor> result;
  for (const auto& [name, tensor] : parameters.all()) result.push_back(tensor.detach().clone());
  return result;
}

tl::unexpected<Error> not_finite(std::string what, std::uint32_t epoch, std::size_t batch) {
  return fail(ErrorKind::invalid, std::move(what), fmt::format("epoch {}, batch {}", epoch, batch), "Try a lower learning rate.");
}

// One pass over the data; returns the mean loss.
Result<double> run_epoch(Trainee& trainee, const TrainerConfig& config, TrainingState& state, Adam& adam, bool first, Progress& progress) {
  const std::uint32_t epoch = state.epochs;
  Random order = generator(config, Purpose::order, epoch, 0);
  const std::size_t batches = trainee.begin_epoch(order);
  if (first) progress.stage("training", batches * (config.epochs - epoch), "batches");
  Ahead ahead(trainee, config, epoch, batches);
  double sum = 0;
  for (std::size_t b = 0; b < batches; ++b) {
    if (progress.cancelled()) return fail(ErrorKind::cancelled, "the training was stopped");
    const auto batch = ahead.next();
    Random random = generator(config, Purpose::dropout, epoch, b);
    const at::Tensor loss = trainee.loss(*batch, random);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) return not_finite(fmt::format("the loss is {}", value), epoch + 1, b + 1);
    loss.backward();
    ++state.steps;
    const double share = config.warmup == 0 ? 1 : std::min(1.0, static_cast<double>(state.steps) / config.warmup);
    if (const auto norm = adam.step(static_cast<float>(config.rate * share)); !norm) {
      return not_finite(norm.error().what, epoch + 1, b + 1);
    }
    sum += value;
    progress.add(1);
  }
  return sum / static_cast<double>(batches);
}

// Wall and processor time since it was made.
class Clock {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count(); }
  double cpu_seconds() const { return cpu_now() - cpu_; }

 private:
  static double cpu_now() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  double cpu_ = cpu_now();
};

struct Epoch {  // that has just ended
  std::optional<double> metric;
  double seconds, cpu_seconds;
};

void log_epoch(const TrainerConfig& config, const TrainingState& state, const Epoch& epoch) {
  if (config.log.empty()) return;
  const bool number = epoch.metric && std::isfinite(*epoch.metric);
  std::ofstream(config.log, std::ios::app) << fmt::format(R"({{"epoch":{},"loss":{},"metric":{},"seconds":{:.3f},"cpu_seconds":{:.3f}}})",
                                                          state.epochs, state.last_loss, number ? fmt::format("{}", *epoch.metric) : "null",
                                                          epoch.seconds, epoch.cpu_seconds)
                                           << "\n";
}

// For people; `left` in seconds, should all epochs be needed.
std::string words_of(const TrainerConfig& config, const TrainingState& state, const Epoch& epoch, double left) {
  std::string text = fmt::format("epoch {} of {}: loss {:.4f}", state.epochs, config.epochs, state.last_loss);
  if (epoch.metric) {
    text += fmt::format(", {} {:.4f} (best {:.4f}, epoch {})", config.metric, *epoch.metric, state.best_metric, state.best_epoch);
  }
  text += fmt::format(", {:.1f} s", epoch.seconds);
  if (state.epochs == config.epochs) return text;
  return text + fmt::format("; {}{} left", config.patience > 0 ? "at most " : "", format_duration(static_cast<Duration>(left * 1000)));
}

void keep_if_best(const Parameters& parameters, std::optional<double> metric, TrainingState& state) {
  if (metric && !state.best.empty() && !(*metric > state.best_metric)) return;
  state.best = copies_of(parameters);
  state.best_metric = metric.value_or(0);
  state.best_epoch = state.epochs;
}

}  // namespace

Result<Trained> train(Trainee& trainee, Parameters& parameters, const TrainerConfig& config, Progress& progress) {
  Adam adam(config.adam, parameters);
  TrainingState state;
  state.fingerprint = fingerprint_of(config);
  std::error_code ignored;
  const bool resumed = !config.checkpoint.empty() && fs::exists(config.checkpoint, ignored);
  if (resumed) SOUK_CHECK(load_checkpoint(config.checkpoint, state, parameters, adam));

  const auto goes_on = [&] {
    return state.epochs < config.epochs && (config.patience == 0 || state.epochs < state.best_epoch + config.patience);
  };
  const Clock since_start;
  for (const std::uint32_t before = state.epochs; goes_on();) {
    const Clock clock;
    SOUK_TRY(state.last_loss, run_epoch(trainee, config, state, adam, state.epochs == before, progress));
    ++state.epochs;
    Epoch epoch{};
    {
      const at::AutoGradMode no_gradients(false);
      epoch.metric = trainee.validate();
    }
    keep_if_best(parameters, epoch.metric, state);
    epoch.seconds = clock.seconds(), epoch.cpu_seconds = clock.cpu_seconds();
    log_epoch(config, state, epoch);
    const double each = since_start.seconds() / (state.epochs - before);
    progress.note(words_of(config, state, epoch, each * (config.epochs - state.epochs)));
    if (!config.checkpoint.empty()) SOUK_CHECK(save_checkpoint(config.checkpoint, state, parameters, adam));
  }
  progress.finish();
  const at::AutoGradMode no_gradients(false);
  for (std::size_t i = 0; i < state.best.size(); ++i) at::Tensor(parameters.all()[i].second).copy_(state.best[i]);
  return Trained{state.epochs, state.best_epoch, state.best_metric, state.last_loss, resumed};
}

}  // namespace souk::learn
