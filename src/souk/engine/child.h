// A child process with limits: work that may fail, eat memory or take too long without harm to the process that serves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/base/time.h"

namespace souk::engine {

// With this status a child says that it may have no more memory (leave_when_out_of_memory).
inline constexpr int kOutOfMemory = 70;

struct ChildOptions {
  fs::path program;
  std::vector<std::string> arguments;
  std::uint64_t memory = 0;        // bytes it may have (RLIMIT_DATA); 0: no limit
  std::optional<Duration> budget;  // time it may take
  Duration grace = 5 * kSecond;    // between asking it to end and killing it
};

// Runs a program to its end, at the lowest priority of processor and disk, as the first that the system ends when memory is short; it dies
// with the thread that called. `progress` shows the records (base/progress.h) among what it writes to stderr, and ends it when cancelled.
// Errors: cancelled; limit (time, memory); io where it cannot be started; internal for every other way of ending badly, with its last
// words.
Status run_child(const ChildOptions& options, Progress& progress);

// For the child: an allocation that fails ends the process with kOutOfMemory.
void leave_when_out_of_memory();

}  // namespace souk::engine
