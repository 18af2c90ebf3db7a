// Work in a forked process, so that its death is one more answer. Only for processes with a single thread.
#pragma once

#include <functional>
#include <string>

#include "souk/base/file.h"

namespace souk::faults {

// What `work` returned, or the error: of `work`, or how the process died, or that it was still running after two minutes. What it says on
// stdout and stderr goes to `log`, whose end is part of an error.
Result<std::string> in_child(const fs::path& log, const std::function<Result<std::string>()>& work);

// The same in `count` processes at once, each with its number and ten minutes of time; the first error of any.
Status in_children(const fs::path& log, int count, const std::function<Status(int number)>& work);

// A child that reports as it goes and is killed.
class KilledChild {
 public:
  // `work` gets what sends a text to the parent; it ends with the process.
  KilledChild(const fs::path& log, const std::function<Status(const std::function<void(const std::string&)>& send)>& work);
  ~KilledChild();
  KilledChild(const KilledChild&) = delete;
  KilledChild& operator=(const KilledChild&) = delete;

  // SIGKILL now; then everything that was sent. An error when the child had died or failed before. `ended`: it had done all its work.
  Result<std::string> kill(bool& ended);

 private:
  fs::path log_;
  int process_ = -1, pipe_ = -1;
};

}  // namespace souk::faults
