#include "souk/base/progress.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <limits>
#include <mutex>
#include <string_view>
#include <unistd.h>

#include "souk/base/time.h"

namespace souk {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration kBarEvery = 100, kLineEvery = 10 * kSecond;
constexpr int kBarWidth = 24;

// A record is a line: kRecord, a letter, and what belongs to it. The sign (ASCII: record separator) starts no text that people write.
//   s<total> TAB <unit> TAB <name>   a stage begins      d<units>   so many are done      e   the stage ended      n<text>   a note
constexpr char kRecord = '\x1e';

std::string record(char what, std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return fmt::format("{}{}{}\n", kRecord, what, text);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

// At most the largest there is: a record may say any number.
template <class Whole>
Whole whole(double number) {
  constexpr Whole kMost = std::numeric_limits<Whole>::max();
  return number < static_cast<double>(kMost) ? static_cast<Whole>(number) : kMost;
}

std::string amount(double units, std::string_view unit) {
  if (unit == "bytes") return units < 1e6 ? fmt::format("{:.1f} kB", units / 1e3) : fmt::format("{:.1f} MB", units / 1e6);
  return fmt::format("{} {}", with_commas(whole<std::uint64_t>(units)), unit);
}

// "1,200 of 4,800 events, 25 %, 310 events/s, 12 s left"
std::string describe(std::uint64_t done, std::uint64_t total, std::string_view unit, Duration elapsed) {
  const double seconds = static_cast<double>(std::max<Duration>(elapsed, 1)) / 1000;
  const double rate = static_cast<double>(done) / seconds;
  if (total == 0) return fmt::format("{}, {}/s", amount(static_cast<double>(done), unit), amount(rate, unit));
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  std::string text = fmt::format("{} of {}, {:.0f} %, {}/s", amount(static_cast<double>(done), unit),
                                 amount(static_cast<double>(total), unit), share * 100, amount(rate, unit));
  if (done > 0 && done < total) {
    const double left = static_cast<double>(total - done) / rate * 1000;
    text += fmt::format(", {} left", format_duration(whole<Duration>(left)));
  }
  return text;
}

std::string bar(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return {};
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const int filled = static_cast<int>(share * kBarWidth);
  return fmt::format("[{:=<{}}{:<{}}] ", "", filled, filled < kBarWidth ? ">" : "", kBarWidth - filled);
}

void print_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // nobody to tell
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

struct Progress::State {
  Style style = Style::silent;
  Sink print;
  bool shared = false;  // the silent reporter of none(), which every silent work of the process shares
  std::atomic<bool> cancelled{false};
  std::atomic<std::uint64_t> done{0};
  std::atomic<Clock::rep> next_print{0};

  std::mutex mutex;  // over what follows, and over stderr
  bool running = false;
  std::string name, unit;
  std::uint64_t total = 0;
  Clock::time_point begun;

  Duration every() const { return style == Style::lines ? kLineEvery : kBarEvery; }
  Clock::rep after(Clock::time_point time) const { return (time + std::chrono::milliseconds(every())).time_since_epoch().count(); }
  Duration elapsed() const { return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun).count(); }

  void show() {
    const std::uint64_t units = done.load(std::memory_order_relaxed);
    if (style == Style::records) return print(record('d', std::to_string(units)));
    const std::string text = describe(units, total, unit, elapsed());
    if (style == Style::bar) {
      print(fmt::format("\r\x1b[K{} {}{}", name, bar(units, total), text));  // ESC [ K erases to the end of the line
    } else {
      print(fmt::format("{}: {}\n", name, text));
    }
  }
  void end() {
    if (!running) return;
    running = false;
    const std::uint64_t units = done.load(std::memory_order_relaxed);
    if (style == Style::records) return print(record('d', std::to_string(units)) + record('e', {}));
    print(fmt::format("{}{}: {} in {}\n", style == Style::bar ? "\r\x1b[K" : "", name, amount(static_cast<double>(units), unit),
                      format_duration(elapsed())));
  }
};

Progress& Progress::none() {
  static const std::unique_ptr<Progress> silent = [] {
    auto made = std::make_unique<Progress>(Style::silent);
    made->state_->shared = true;
    return made;
  }();
  return *silent;
}

Progress::Progress(Style style, Sink sink) : state_(std::make_unique<State>()) {
  state_->print = sink ? std::move(sink) : print_stderr;
  if (style == Style::automatic) style = ::isatty(STDERR_FILENO) == 1 ? Style::bar : Style::lines;
  state_->style = style;
}

Progress::~Progress() {
  finish();
}

void Progress::stage(std::string name, std::uint64_t total, std::string unit) {
  if (state_->style == Style::silent) return;
  const std::scoped_lock lock(state_->mutex);
  state_->end();
  state_->name = std::move(name);
  state_->unit = std::move(unit);
  state_->total = total;
  state_->begun = Clock::now();
  state_->done.store(0, std::memory_order_relaxed);
  state_->next_print.store(state_->after(state_->begun), std::memory_order_relaxed);
  state_->running = true;
  if (state_->style == Style::records) state_->print(record('s', fmt::format("{}\t{}\t{}", state_->total, state_->unit, state_->name)));
}

void Progress::add(std::uint64_t units) {
  if (state_->style == Style::silent) return;
  state_->done.fetch_add(units, std::memory_order_relaxed);
  const Clock::time_point time = Clock::now();
  Clock::rep due = state_->next_print.load(std::memory_order_relaxed);
  // Whoever moves the due time prints; the others go on working.
  if (time.time_since_epoch().count() < due || !state_->next_print.compare_exchange_strong(due, state_->after(time))) return;
  const std::scoped_lock lock(state_->mutex);
  if (state_->running) state_->show();
}

void Progress::note(const std::string& text) {
  if (state_->style == Style::silent) return;
  const std::scoped_lock lock(state_->mutex);
  if (state_->style == Style::records) return state_->print(record('n', text));
  state_->print(fmt::format("{}{}\n", state_->style == Style::bar ? "\r\x1b[K" : "", text));
  if (state_->running && state_->style == Style::bar) state_->show();
}

void Progress::finish() {
  if (state_->style == Style::silent) return;
  const std::scoped_lock lock(state_->mutex);
  state_->end();
}

bool Progress::take(std::string_view line) {
  if (line.size() < 2 || line.front() != kRecord) return false;
  const std::string_view text = line.substr(2);
  switch (line[1]) {
    case 's': {
      const std::size_t unit = text.find('\t'), name = unit == std::string_view::npos ? unit : text.find('\t', unit + 1);
      if (name == std::string_view::npos) return false;
      stage(std::string(text.substr(name + 1)), number(text), std::string(text.substr(unit + 1, name - unit - 1)));
      return true;
    }
    case 'd': {
      const std::uint64_t units = number(text), before = state_->done.load(std::memory_order_relaxed);
      if (units > before) add(units - before);
      return true;
    }
    case 'e':
      finish();
      return true;
    case 'n':
      note(std::string(text));
      return true;
    default:
      return false;
  }
}

void Progress::cancel() {
  if (!state_->shared) state_->cancelled.store(true, std::memory_order_relaxed);
}

bool Progress::cancelled() const {
  return state_->cancelled.load(std::memory_order_relaxed);
}

}  // namespace souk
