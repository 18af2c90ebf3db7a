// Progress of long work on stderr: a bar with rate and ETA on a terminal, one line every 10 s otherwise, nothing when quiet. Work that runs
// in another process writes records, one a line, which the Progress of the process that a person watches takes and shows.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace souk {

class Progress {  // add() and cancelled() are thread-safe; the rest is for the thread that owns the work
 public:
  // A reporter that shows nothing (tests, servers). Shared by all, so it cannot be cancelled.
  static Progress& none();
  enum class Style { automatic, bar, lines, silent, records };
  using Sink = std::function<void(std::string_view)>;                 // of whole texts, never two at a time; must not call back
  explicit Progress(Style style = Style::automatic, Sink sink = {});  // an empty sink is stderr
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Begins a named stage of `total` units (0: unknown) and ends the one before it. Unit: "events", "items", "bytes" ...
  void stage(std::string name, std::uint64_t total, std::string unit);
  void add(std::uint64_t units);
  void note(const std::string& text);  // a line of its own, above the bar
  void finish();                       // ends the stage, printing its time
  // Shows what a Progress of style `records` wrote; without the line's end. False: the line is none of its records.
  bool take(std::string_view record);

  void cancel();
  bool cancelled() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk
