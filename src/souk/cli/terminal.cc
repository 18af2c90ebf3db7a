#include "souk/cli/terminal.h"

#include <cerrno>
#include <cstdio>

namespace souk::cli {

void Terminal::out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Terminal::err(std::string_view text) {
  if (progress_) progress_->finish();  // not on the line of its bar
  std::fwrite(text.data(), 1, text.size(), stderr);
}

bool Terminal::arrived() {
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

Progress& Terminal::progress(bool quiet) {
  if (!progress_) progress_.emplace(quiet ? Progress::Style::silent : Progress::Style::automatic);
  return *progress_;
}

Result<std::shared_ptr<engine::Shop>> Terminal::open(const std::string& directory, Access, const engine::OpenOptions& options) {
  engine::OpenOptions with_program = options;
  with_program.program = program_;
  return engine::Shop::open(directory, with_program);
}

int Terminal::finish(int status) {
  errno = 0;
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  const int reason = errno;
  std::clearerr(stdout);
  if (written || status != kDone) return status;
  // Where an earlier write failed, its reason is no longer known.
  const Error error = reason != 0 ? fail_errno("cannot write the output", "standard output", reason).value()
                                  : Error{ErrorKind::io, "cannot write all of the output", "standard output", {}, {}, {}};
  err("souk: " + error.message() + "\n");
  return kFailed;
}

}  // namespace souk::cli
