#include "tests/faults/child.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace souk::faults {
namespace {

constexpr std::chrono::minutes kPatience{2}, kPatienceWithMany{10};
constexpr std::size_t kLogEnd = 2000;

std::string end_of(const fs::path& log) {
  std::string text = read_file(log).value_or("");
  if (text.size() > kLogEnd) text.erase(0, text.size() - kLogEnd);
  return text;
}

void send_all(int pipe, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(pipe, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void talk_to(const fs::path& log) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
}

// Until the other end is closed; false when it took too long.
bool receive_all(int pipe, std::string& text, std::chrono::minutes patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  char buffer[4096];
  while (true) {
    pollfd ready{pipe, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    const int event = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (event < 0 && errno == EINTR) continue;
    if (event <= 0) return false;
    const ssize_t got = ::read(pipe, buffer, sizeof buffer);
    if (got <= 0) return true;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

struct Started {
  pid_t process = -1;
  int pipe = -1;
};

Result<Started> start(const fs::path& log, const std::function<Result<std::string>()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", {}, errno);
  const pid_t process = ::fork();
  if (process == 0) {
    talk_to(log);
    const Result<std::string> done = work();
    send_all(ends[1], done ? *done : done.error().message());
    ::_exit(done ? 0 : 1);
  }
  ::close(ends[1]);
  return Started{process, ends[0]};
}

Result<std::string> finish(const Started& started, const fs::path& log, std::chrono::minutes patience) {
  std::string text;
  const bool in_time = receive_all(started.pipe, text, patience);
  ::close(started.pipe);
  if (!in_time) ::kill(started.process, SIGKILL);
  int status = 0;
  ::waitpid(started.process, &status, 0);
  if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  if (!in_time) text = "it hangs";
  if (WIFSIGNALED(status)) text += fmt::format(" (ended by signal {})", WTERMSIG(status));
  return fail(ErrorKind::internal, text + "\n" + end_of(log));
}

}  // namespace

Result<std::string> in_child(const fs::path& log, const std::function<Result<std::string>()>& work) {
  SOUK_TRY(const Started started, start(log, work));
  return finish(started, log, kPatience);
}

Status in_children(const fs::path& log, int count, const std::function<Status(int number)>& work) {
  std::vector<Started> all;
  Status outcome;
  for (int number = 0; number < count && outcome; ++number) {
    const auto started = start(log, [&]() -> Result<std::string> {
      SOUK_CHECK(work(number));
      return std::string();
    });
    if (started) all.push_back(*started);
    if (!started) outcome = tl::unexpected(started.error());
  }
  for (const Started& started : all) {  // all are waited for, whatever the first says
    const auto finished = finish(started, log, kPatienceWithMany);
    if (!finished && outcome) outcome = tl::unexpected(finished.error());
  }
  return outcome;
}

KilledChild::KilledChild(const fs::path& log, const std::function<Status(const std::function<void(const std::string&)>& send)>& work)
    : log_(log) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  process_ = ::fork();
  if (process_ == 0) {
    talk_to(log);
    const Status done = work([&](const std::string& text) { send_all(ends[1], text); });
    if (!done) send_all(STDERR_FILENO, done.error().message());
    ::_exit(done ? 0 : 1);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

KilledChild::~KilledChild() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  if (pipe_ >= 0) ::close(pipe_);
}

Result<std::string> KilledChild::kill(bool& ended) {
  if (process_ <= 0) return fail(ErrorKind::internal, "no process could be made");
  ::kill(process_, SIGKILL);
  std::string text;
  receive_all(pipe_, text, kPatience);
  int status = 0;
  ::waitpid(std::exchange(process_, -1), &status, 0);
  ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (ended || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) return text;
  return fail(ErrorKind::internal, "it ended by itself\n" + end_of(log_));
}

}  // namespace souk::faults
