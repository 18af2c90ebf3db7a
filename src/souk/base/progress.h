// Progress of long work on stderr: a bar with rate and ETA on a terminal, one line every 10 s otherwise, nothing when quiet.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace souk {

class Progress {  // add() and cancelled() are thread-safe; the rest is for the thread that owns the work
 public:
  // A reporter that shows nothing (tests, servers). Shared by all, so it cannot be cancelled.
  static Progress& none();
  enum class Style { automatic, bar, lines, silent };
  explicit Progress(Style style = Style::automatic);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Begins a named stage of `total` units (0: unknown) and ends the one before it. Unit: "events", "items", "bytes" ...
  void stage(std::string name, std::uint64_t total, std::string unit);
  void add(std::uint64_t units);
  void note(const std::string& text);  // a line of its own, above the bar
  void finish();                       // ends the stage, printing its time

  void cancel();
  bool cancelled() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk
