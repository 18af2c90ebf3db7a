#include "souk/serve/control.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <fmt/format.h>
#include <list>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

#include "souk/base/file.h"
#include "souk/base/log.h"
#include "souk/serve/control_wire.h"

namespace souk::serve {
namespace {

using control::Socket;

constexpr int kHandshake = 10;   // seconds a client may take to say what it wants
constexpr int kSlowReader = 30;  // seconds a client may take to read what is sent; then it counts as gone

void set_timeout(const Socket& socket, int option, int seconds) {
  const timeval time{seconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, option, &time, sizeof(time));
}

bool is_owner_or_root(const Socket& socket) {
  ucred who{};
  socklen_t size = sizeof(who);
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == ::geteuid() || who.uid == 0);
}

void refuse(const Socket& socket, const std::string& what, const std::string& hint) {
  static_cast<void>(socket.send('X', control::pack({what, hint})));
}

// A client's standard input, which imports read twice.
Result<NamelessFile> spool() {
  SOUK_TRY(const fs::path folder, temporary_folder());
  return NamelessFile::make(folder);
}

// A client of the server: two threads, one that does its command and one that hears whether it wants to stop.
class Client final : public ControlPeer {
 public:
  explicit Client(Socket socket) : socket_(std::move(socket)) {}

  void send(ControlStream stream, std::string_view text) override {
    const std::lock_guard lock(sending_);
    if (!gone_ && !socket_.send(static_cast<char>(stream), text)) gone_ = true;
    if (gone_) cancel();
  }
  void on_cancel(std::function<void()> wanted) override {
    const std::lock_guard lock(cancelling_);
    on_cancel_ = std::move(wanted);
    if (cancelled_ && on_cancel_) on_cancel_();
  }
  void cancel() {
    const std::lock_guard lock(cancelling_);
    cancelled_ = true;
    answered_.notify_all();
    if (on_cancel_) on_cancel_();
  }
  bool cancelled() const {
    const std::lock_guard lock(cancelling_);
    return cancelled_;
  }
  bool arrived() override {
    {
      const std::lock_guard lock(cancelling_);
      arrived_.reset();
    }
    {
      const std::lock_guard lock(sending_);
      if (gone_ || !socket_.send('A', {})) return false;
    }
    std::unique_lock lock(cancelling_);
    answered_.wait(lock, [this] { return arrived_ || cancelled_; });
    return arrived_.value_or(false);
  }
  void answer(bool arrived) {
    const std::lock_guard lock(cancelling_);
    arrived_ = arrived;
    answered_.notify_all();
  }
  void done(int status) {
    const std::lock_guard lock(sending_);
    const char code = static_cast<char>(status);
    if (!gone_) static_cast<void>(socket_.send('D', std::string_view(&code, 1)));
  }
  const Socket& socket() const { return socket_; }
  // Wakes whoever reads from it.
  void end_reading() { ::shutdown(socket_.get(), SHUT_RD); }
  // What was sent arrives, and then the end.
  void hang_up() { ::shutdown(socket_.get(), SHUT_RDWR); }

 private:
  Socket socket_;
  std::mutex sending_;
  bool gone_ = false;  // guarded by sending_
  mutable std::mutex cancelling_;
  bool cancelled_ = false;  // guarded by cancelling_, as what follows
  std::function<void()> on_cancel_;
  std::condition_variable answered_;
  std::optional<bool> arrived_;
};

// The verb of a command line: its first word that is no flag.
std::string verb_of(const ControlCommand& command) {
  const auto is_flag = [](const std::string& word) { return word.starts_with('-'); };
  const auto verb = std::find_if_not(command.arguments.begin(), command.arguments.end(), is_flag);
  return verb == command.arguments.end() ? std::string() : *verb;
}

}  // namespace

struct ControlServer::Impl {
  fs::path path;
  Handler handler;
  ControlOptions options;
  Socket socket;

  std::mutex mutex;  // guards what follows
  std::condition_variable turn;
  bool stopping = false;
  std::list<const ControlCommand*> queue;  // the first is being done
  struct Visit {
    explicit Visit(Socket socket) : client(std::move(socket)) {}
    Client client;
    std::thread thread;
    std::atomic<bool> over{false};
  };
  std::list<Visit> visits;
  std::thread acceptor;

  ~Impl();
  void accept_all();
  void welcome(Socket socket);
  void attend(Client& client);
  std::optional<ControlCommand> hear(Client& client, std::optional<NamelessFile>& input) const;
  bool wait_for_turn(Client& client, const ControlCommand& command);
  void wake();
  void work(Client& client, const ControlCommand& command);
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::~ControlServer() = default;

Result<std::unique_ptr<ControlServer>> ControlServer::start(const fs::path& socket, Handler handler, const ControlOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = absolute_path(socket);
  impl->handler = std::move(handler);
  impl->options = options;
  // Under another name first: the rename replaces a socket that a killed process left, and nobody meets one that does not listen yet.
  const fs::path fresh = impl->path.string() + ".new";
  std::error_code error;
  fs::remove(fresh, error);
  int ignored = 0;
  SOUK_TRY(impl->socket, control::open_socket(fresh, control::Side::listen, ignored));
  fs::rename(fresh, impl->path, error);
  if (error) return fail_errno("cannot name the socket", impl->path.string(), error.value());
  impl->acceptor = std::thread([in = impl.get()] { in->accept_all(); });
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::Impl::~Impl() {
  if (!acceptor.joinable()) return;
  std::error_code ignored;
  fs::remove(path, ignored);
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  ::shutdown(socket.get(), SHUT_RDWR);  // ends accept
  acceptor.join();
  turn.notify_all();
  for (Visit& visit : visits) {
    visit.client.cancel();
    visit.client.end_reading();
  }
  for (Visit& visit : visits) visit.thread.join();
}

void ControlServer::Impl::accept_all() {
  while (true) {
    Socket client(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const int reason = errno;
    {
      const std::lock_guard lock(mutex);
      if (stopping) return;
    }
    if (client.get() >= 0) {
      welcome(std::move(client));
    } else if (reason == EMFILE || reason == ENFILE || reason == ENOMEM || reason == ENOBUFS) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // until something is closed
    } else if (reason != EINTR && reason != ECONNABORTED) {
      log::error("no more commands are taken on {}: {}", path.string(), std::system_category().message(reason));
      return;
    }
  }
}

void ControlServer::Impl::welcome(Socket socket_of_client) {
  for (auto visit = visits.begin(); visit != visits.end();) {
    if (!visit->over) {
      ++visit;
      continue;
    }
    visit->thread.join();
    visit = visits.erase(visit);
  }
  set_timeout(socket_of_client, SO_RCVTIMEO, kHandshake);
  set_timeout(socket_of_client, SO_SNDTIMEO, kSlowReader);
  if (!is_owner_or_root(socket_of_client)) {
    log::warn("a command of another user was refused on {}", path.string());
    return;
  }
  if (!socket_of_client.send('H', options.version)) return;
  if (visits.size() >= options.most_clients) {
    refuse(socket_of_client, fmt::format("{} commands wait for the process that holds the shop", visits.size()),
           "Try again when they are done.");
    return;
  }
  Visit& visit = visits.emplace_back(std::move(socket_of_client));
  visit.thread = std::thread([this, &visit] {
    attend(visit.client);
    visit.client.hang_up();  // its descriptor is closed when the next client comes
    visit.over = true;
  });
}

// What the client wants, with its standard input; nothing when it does not say.
std::optional<ControlCommand> ControlServer::Impl::hear(Client& client, std::optional<NamelessFile>& input) const {
  const auto request = client.socket().receive();
  if (!request || request->kind != 'R') return {};
  const auto words = control::unpack(request->payload);
  if (!words || words->size() < 3) return {};
  if (words->front() != options.version) {
    refuse(client.socket(), fmt::format("the shop is held by Souk {}, and this is Souk {}", options.version, words->front()),
           "Use the Souk that serves the shop, or stop that process and try again.");
    return {};
  }
  ControlCommand command{(*words)[1], {words->begin() + 3, words->end()}, {}};
  set_timeout(client.socket(), SO_RCVTIMEO, 0);  // a pipe may be slow
  if ((*words)[2].empty()) return command;
  auto file = spool();
  Status spooled = file ? Status() : Status(fail(file.error()));
  while (spooled) {
    const auto piece = client.socket().receive();
    if (!piece || (piece->kind != 'I' && piece->kind != 'E')) return {};
    if (piece->kind == 'E') {
      input.emplace(std::move(*file));
      command.input = input->path();
      return command;
    }
    spooled = file->append(piece->payload);
  }
  refuse(client.socket(), spooled.error().message(), "Import from a file instead.");
  return {};
}

void ControlServer::Impl::attend(Client& client) {
  std::optional<NamelessFile> input;
  const auto command = hear(client, input);
  if (!command) return;
  std::thread worker([&] {
    work(client, *command);
    client.end_reading();
  });
  while (const auto frame = client.socket().receive()) {
    if (frame->kind == 'Y' || frame->kind == 'N') client.answer(frame->kind == 'Y');
    if (frame->kind != 'C') continue;
    client.cancel();
    wake();
  }
  client.cancel();  // gone, or done
  wake();
  worker.join();
}

void ControlServer::Impl::wake() {
  { const std::lock_guard lock(mutex); }  // whoever is about to wait does so before this
  turn.notify_all();
}

// False when the client gave up before its turn came, or the server ends.
bool ControlServer::Impl::wait_for_turn(Client& client, const ControlCommand& command) {
  std::unique_lock lock(mutex);
  queue.push_back(&command);
  if (queue.front() != &command) {
    const std::string before = verb_of(*queue.front());
    lock.unlock();
    client.send(ControlStream::message, fmt::format("souk: waiting for `souk {}`, which the serving process is doing\n", before));
    lock.lock();
  }
  turn.wait(lock, [&] { return queue.front() == &command || stopping || client.cancelled(); });
  return !stopping && !client.cancelled();
}

void ControlServer::Impl::work(Client& client, const ControlCommand& command) {
  const bool waits = std::find(options.at_once.begin(), options.at_once.end(), verb_of(command)) == options.at_once.end();
  int status = 1;
  if (!waits || wait_for_turn(client, command)) {
    status = handler(command, client);
    client.on_cancel({});
  } else {
    client.send(ControlStream::message, "souk: stopped before it began\n");
  }
  client.done(status);
  if (!waits) return;
  {
    const std::lock_guard lock(mutex);
    queue.remove(&command);
  }
  turn.notify_all();
}

}  // namespace souk::serve
