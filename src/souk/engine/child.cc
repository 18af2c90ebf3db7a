#include "souk/engine/child.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <new>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "souk/base/log.h"
#include "souk/base/threads.h"

namespace souk::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLastWords = 5;      // lines
constexpr std::size_t kLongestLine = 512;  // bytes of one that are kept
constexpr int kLookEvery = 100;            // ms: at cancellation, the clock and the child
constexpr int kNotStarted = 127;

// Between fork and exec only system calls may be made: another thread may hold any lock, that of malloc included.
[[noreturn]] void become(const ChildOptions& options, const char* program, char* const* arguments, int words, pid_t parent) {
  ::setpgid(0, 0);  // what it starts is ended with it; a terminal's Ctrl-C is for the parent alone
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kNotStarted);  // died before the line above
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  make_way();
  const sched_param none_needed{};
  ::sched_setscheduler(0, SCHED_IDLE, &none_needed);  // makes way at once, not only in the long run
  if (const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); score >= 0) {
    [[maybe_unused]] const ssize_t written = ::write(score, "500", 3);
    ::close(score);
  }
  if (options.memory > 0) {
    const rlimit limit{options.memory, options.memory};
    ::setrlimit(RLIMIT_DATA, &limit);
  }
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(words, STDERR_FILENO);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);  // sockets and files of the parent that exec would hand on
  ::execv(program, arguments);
  ::_exit(kNotStarted);
}

class Child {
 public:
  Child(const ChildOptions& options, Progress& progress) : options_(options), progress_(progress) {}
  ~Child() {
    if (pid_ > 0 && !ended_) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, &status_, 0);
    }
    if (words_ >= 0) ::close(words_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Status start() {
    std::vector<std::string> words{options_.program.string()};
    words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int pipe[2] = {-1, -1};
    if (::pipe2(pipe, O_CLOEXEC) != 0) return fail_errno("cannot start a child process", words.front(), errno);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(options_, words.front().c_str(), arguments.data(), pipe[1], parent);
    const int reason = errno;
    ::close(pipe[1]);
    words_ = pipe[0];
    ::fcntl(words_, F_SETFL, O_NONBLOCK);
    if (pid_ < 0) return fail_errno("cannot start a child process", words.front(), reason);
    ::setpgid(pid_, pid_);  // whichever of the two comes first
    return {};
  }

  Status watch() {
    const Clock::time_point begun = Clock::now();
    while (!ended_) {
      listen();
      if (::waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
      if (asked_at_) {
        if (!ended_ && Clock::now() - *asked_at_ > std::chrono::milliseconds(options_.grace)) ::kill(-pid_, SIGKILL);
        continue;
      }
      over_budget_ = options_.budget && Clock::now() - begun > std::chrono::milliseconds(*options_.budget);
      if (ended_ || (!over_budget_ && !progress_.cancelled())) continue;
      asked_at_ = Clock::now();
      ::kill(-pid_, SIGTERM);
    }
    listen();
    take_line();
    return verdict();
  }

 private:
  // Takes what the child says; waits for it at most kLookEvery.
  void listen() {
    pollfd waiting{words_, POLLIN, 0};
    if (!silent_ && !ended_) {
      ::poll(&waiting, 1, kLookEvery);
    } else if (!ended_) {  // closed its stderr, and goes on
      std::this_thread::sleep_for(std::chrono::milliseconds(kLookEvery));
    }
    std::array<char, 4096> buffer;
    while (!silent_) {
      const ssize_t got = ::read(words_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return;  // nothing more for now
      silent_ = got == 0;
      for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(got))) {
        if (c == '\n') {
          take_line();
        } else if (line_.size() < kLongestLine) {
          line_ += c;
        }
      }
    }
  }

  void take_line() {
    if (line_.empty()) return;
    if (!progress_.take(line_)) {
      log::warn("{} {}: {}", options_.program.filename().string(), pid_, line_);
      last_words_.push_back(line_);
      if (last_words_.size() > kLastWords) last_words_.pop_front();
    }
    line_.clear();
  }

  Status verdict() const {
    if (over_budget_) {
      return fail(Error{ErrorKind::limit, "it took longer than its budget", {}, format_duration(*options_.budget), {}, {}});
    }
    if (asked_at_) return fail(ErrorKind::cancelled, "it was stopped");
    if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {};
    if (WIFEXITED(status_) && WEXITSTATUS(status_) == kOutOfMemory) {
      return fail(Error{ErrorKind::limit,
                        "it needs more memory than it may have",
                        {},
                        options_.memory > 0 ? fmt::format("at most {} MB", options_.memory >> 20) : std::string(),
                        {},
                        {}});
    }
    if (WIFEXITED(status_) && WEXITSTATUS(status_) == kNotStarted) {
      return fail(ErrorKind::io, "the child process could not be started", options_.program.string());
    }
    std::string ending = WIFSIGNALED(status_)
                             ? fmt::format("it was ended by signal {} ({})", WTERMSIG(status_), ::strsignal(WTERMSIG(status_)))
                             : fmt::format("it ended with status {}", WEXITSTATUS(status_));
    if (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL) ending += ", perhaps by the system for want of memory";
    return fail(Error{ErrorKind::internal, std::move(ending), {}, {}, fmt::format("{}", fmt::join(last_words_, " | ")), {}});
  }

  const ChildOptions& options_;
  Progress& progress_;
  pid_t pid_ = -1;
  int words_ = -1;  // what it writes to stderr
  bool silent_ = false, ended_ = false, over_budget_ = false;
  std::optional<Clock::time_point> asked_at_;  // to end
  int status_ = 0;
  std::string line_;
  std::deque<std::string> last_words_;
};

}  // namespace

Status run_child(const ChildOptions& options, Progress& progress) {
  Child child(options, progress);
  SOUK_CHECK(child.start());
  return child.watch();
}

void leave_when_out_of_memory() {
  std::set_new_handler([] { ::_exit(kOutOfMemory); });
}

}  // namespace souk::engine
