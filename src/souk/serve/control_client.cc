#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "souk/serve/control.h"
#include "souk/serve/control_wire.h"

namespace souk::serve {
namespace {

using control::Frame;
using control::Socket;

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kHelloPatience = 10'000;  // milliseconds; a server says hello as soon as it is connected

// SIGINT and SIGTERM as something to read while it lives, instead of an end of the process.
class Interrupts {
 public:
  Interrupts() {
    sigemptyset(&caught_);
    sigaddset(&caught_, SIGINT);
    sigaddset(&caught_, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &caught_, &before_);
    descriptor_ = Socket(::signalfd(-1, &caught_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~Interrupts() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  int descriptor() const { return descriptor_.get(); }
  bool take() const {
    signalfd_siginfo info{};
    return ::read(descriptor_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info));
  }

 private:
  sigset_t caught_{}, before_{};
  Socket descriptor_;
};

tl::unexpected<Error> lost() {
  return fail(ErrorKind::io, "the process that holds the shop went away before the command was done", {},
              "Give the command again: what was committed stays, and an import goes on where it stood.");
}

tl::unexpected<Error> refused(const Frame& frame) {
  const auto words = control::unpack(frame.payload);
  if (!words || words->size() != 2) return lost();
  return fail(ErrorKind::busy, (*words)[0], {}, (*words)[1]);
}

class Conversation {
 public:
  Conversation(Socket socket, const ControlClient& client) : socket_(std::move(socket)), client_(client) {}

  Result<int> run(const ControlCommand& command) {
    SOUK_TRY(const Frame hello, first_word());
    if (hello.kind == 'X') return refused(hello);
    if (hello.kind != 'H') return lost();
    std::vector<std::string> words{client_.version, command.directory, client_.input < 0 ? "" : "input"};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    const std::string request = control::pack(words);
    if (request.size() > control::kMostPayload)
      return fail(ErrorKind::limit, "the command is too long for the process that holds the shop");
    static_cast<void>(socket_.send('R', request));  // a server that refuses has said so, and reads no more
    bool sending = client_.input >= 0;
    while (true) {
      std::array<pollfd, 3> waiting{{{socket_.get(), POLLIN, 0}, {interrupts_.descriptor(), POLLIN, 0}, {client_.input, POLLIN, 0}}};
      if (::poll(waiting.data(), sending ? 3 : 2, -1) < 0 && errno != EINTR) return fail_errno("cannot wait for the server", {}, errno);
      if ((waiting[1].revents & POLLIN) != 0 && interrupts_.take() && !stop()) {
        return fail(ErrorKind::cancelled, "left before the serving process had stopped the command");
      }
      if ((waiting[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        const auto frame = socket_.receive();
        if (!frame && stopping_) return fail(ErrorKind::cancelled, "stopped before it began");
        if (!frame) return lost();
        if (frame->kind == 'X') return refused(*frame);
        if (frame->kind == 'D' && frame->payload.size() == 1) return static_cast<unsigned char>(frame->payload.front());
        if (frame->kind == 'A') {
          static_cast<void>(socket_.send(client_.arrived() ? 'Y' : 'N', {}));
        } else {
          client_.show(static_cast<ControlStream>(frame->kind), frame->payload);
        }
        continue;
      }
      if (sending && waiting[2].revents != 0) {
        SOUK_TRY(sending, send_input());
      }
    }
  }

 private:
  // A process that is stopped, or stuck, takes connections all the same: they wait in the kernel.
  Result<Frame> first_word() const {
    std::array<pollfd, 2> waiting{{{socket_.get(), POLLIN, 0}, {interrupts_.descriptor(), POLLIN, 0}}};
    int ready = 0;
    do {
      ready = ::poll(waiting.data(), waiting.size(), kHelloPatience);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) return fail_errno("cannot wait for the server", {}, errno);
    if (ready == 0) {
      return fail(ErrorKind::busy, "the process that holds the shop does not answer", {},
                  "It is stopped or stuck; when it goes on, or has ended, give the command again.");
    }
    if (waiting[1].revents != 0) return fail(ErrorKind::cancelled, "stopped before it began");
    auto frame = socket_.receive();
    if (!frame) return lost();
    return std::move(*frame);
  }

  // False when it was asked to stop before.
  bool stop() {
    if (stopping_) return false;
    stopping_ = true;
    client_.show(ControlStream::message, "souk: stopping; Ctrl-C again leaves at once\n");
    static_cast<void>(socket_.send('C', {}));
    return true;
  }

  // False at its end.
  Result<bool> send_input() {
    std::string piece(kPiece, '\0');
    const ssize_t got = ::read(client_.input, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) return true;
    if (got < 0) return fail_errno("cannot read", "standard input", errno);  // the server hears no end, and begins nothing
    if (got == 0) {
      static_cast<void>(socket_.send('E', {}));
      return false;
    }
    return socket_.send('I', std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
  }

  Socket socket_;
  const ControlClient& client_;
  Interrupts interrupts_;
  bool stopping_ = false;
};

}  // namespace

Result<int> send_command(const fs::path& socket, const ControlCommand& command, const ControlClient& client) {
  int reason = 0;
  auto connected = control::open_socket(socket, control::Side::connect, reason);
  if (!connected) {
    const bool nobody = reason == ENOENT || reason == ECONNREFUSED || reason == ENOTSOCK || reason == ENOTDIR || reason == EACCES;
    if (nobody) return kNobody;
    return fail(std::move(connected).error());
  }
  return Conversation(std::move(*connected), client).run(command);
}

}  // namespace souk::serve
