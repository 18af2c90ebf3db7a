#include "souk/serve/transport.h"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "souk/base/log.h"

// GCC 12 calls the coroutine frame's own operator new and delete mismatched once they are inlined.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace souk::serve {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using boost::system::error_code;

constexpr auto kToken = net::as_tuple(net::use_awaitable);
constexpr std::size_t kReadBytes = 8 * 1024;
constexpr std::size_t kDiscardBytes = 64 * 1024;
constexpr auto kLinger = std::chrono::seconds(1);
constexpr std::size_t kRefusals = 64;  // connections above the limit that are told so at one time; more are just closed

std::chrono::milliseconds ms(Duration duration) {
  return std::chrono::milliseconds(duration);
}

// IMF-fixdate of RFC 9110, section 5.6.7: independent of the process's locale.
std::string http_date() {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::time(nullptr);
  std::tm t{};
  gmtime_r(&seconds, &t);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[t.tm_wday], t.tm_mday, kMonths[t.tm_mon], t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
}

bool has_content(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string render_head(const HttpResponse& response, bool keep_alive) {
  std::string head;
  head.reserve(512);
  auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, status_phrase(response.status), http_date());
  if (has_content(response.status)) {
    fmt::format_to(out, "Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type, response.content().size());
  }
  for (const auto& [name, value] : response.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
  fmt::format_to(out, "Connection: {}\r\n\r\n", keep_alive ? "keep-alive" : "close");
  return head;
}

struct Connection {
  explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  std::string peer;
  bool idle = true;  // waiting for the first byte of a request; only touched on the connection's strand
};

// A number that many threads add to, given back at the end of the scope.
class Share {
 public:
  Share(std::atomic<std::size_t>& total, std::size_t amount) : total_(total), amount_(amount) { before_ = total_.fetch_add(amount_); }
  ~Share() { total_.fetch_sub(amount_); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  std::size_t total() const { return before_ + amount_; }

 private:
  std::atomic<std::size_t>& total_;
  std::size_t amount_, before_;
};

// How a request that could not be read is answered; 0: not at all, the connection is only closed.
int refusal_of(const error_code& ec) {
  if (ec == http::error::header_limit) return 431;
  if (ec == http::error::body_limit) return 413;
  if (ec == http::error::end_of_stream) return 0;
  if (ec.category() == http::make_error_code(http::error::bad_method).category()) return 400;
  return 0;
}

tl::unexpected<Error> listen_error(const TransportOptions& options, const error_code& ec) {
  Error error;
  error.kind = ErrorKind::io;
  error.what = "cannot listen";
  error.where = options.address.find(':') == std::string::npos ? fmt::format("{}:{}", options.address, options.port)
                                                               : fmt::format("[{}]:{}", options.address, options.port);
  error.found = ec.message();
  if (ec == net::error::address_in_use) {
    error.expected = "a free port";
    error.found = "one that another program listens on";
    error.hint = fmt::format("Stop that program, or choose another port, such as --listen {}:{}", options.address, options.port + 1);
  } else if (ec == net::error::access_denied) {
    error.hint = "Ports below 1024 belong to root: choose a higher one";
  } else if (ec == boost::system::errc::address_not_available) {
    error.hint = "This machine has no such address";
  }
  return fail(std::move(error));
}

}  // namespace

struct Transport::Impl {
  Impl(HttpHandler& the_handler, const TransportOptions& the_options)
      : handler(the_handler),
        options(the_options),
        io(static_cast<int>(the_options.threads)),
        work(net::make_work_guard(io)),
        acceptor(net::make_strand(io)),
        signals(io),
        blocking(the_options.blocking_threads) {}

  HttpHandler& handler;
  const TransportOptions options;
  std::uint16_t port = 0;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> body_bytes{0}, waiting{0}, refusals{0};
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<Connection*, std::weak_ptr<Connection>> connections;  // under mutex
  bool stop_begun = false, stopped = false;                                // under mutex
  // Coroutines that the event loop destroys refer to what stands above, so it is destroyed first.
  net::io_context io;
  net::executor_work_guard<net::io_context::executor_type> work;
  tcp::acceptor acceptor;
  net::signal_set signals;
  net::thread_pool blocking;
  std::vector<std::thread> threads;

  Status listen();
  net::awaitable<void> accept_loop();
  void accepted(tcp::socket socket);
  net::awaitable<void> serve(std::shared_ptr<Connection> connection);
  net::awaitable<bool> exchange(Connection& connection);
  net::awaitable<bool> answer_refusal(Connection& connection, HttpResponse response, bool head);
  net::awaitable<bool> send(Connection& connection, const HttpResponse& response, bool keep_alive, bool head);
  net::awaitable<HttpResponse> call(const HttpRequest& request);
  HttpResponse guarded(const HttpRequest& request);
  void forget(Connection* connection);
  void close_idle(bool all);
  void stop();
};

Status Transport::Impl::listen() {
  error_code ec;
  const auto address = net::ip::make_address(options.address, ec);
  if (ec) {
    return fail(
        Error{ErrorKind::invalid, "cannot listen", options.address, "a numeric address such as 127.0.0.1 or ::1", options.address, {}});
  }
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(net::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
  if (ec) return listen_error(options, ec);
  port = acceptor.local_endpoint(ec).port();
  return {};
}

net::awaitable<void> Transport::Impl::accept_loop() {
  net::steady_timer pause(acceptor.get_executor());
  while (!stopping) {
    auto [ec, socket] = co_await acceptor.async_accept(net::make_strand(io), kToken);
    if (stopping || ec == net::error::operation_aborted) co_return;
    if (ec) {
      // Out of file descriptors or memory: the waiting connection stays in the backlog; trying again at once would spin.
      log::warn("cannot accept a connection: {}", ec.message());
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(kToken);
      continue;
    }
    accepted(std::move(socket));
  }
}

void Transport::Impl::accepted(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(std::move(socket));
  const auto executor = connection->stream.get_executor();
  {
    const std::lock_guard lock(mutex);
    if (connections.size() < options.limits.connections) {
      connections.emplace(connection.get(), connection);
      net::co_spawn(executor, serve(std::move(connection)), net::detached);
      return;
    }
  }
  if (refusals.load() >= kRefusals) return;
  net::co_spawn(
      executor,
      [this, connection]() -> net::awaitable<void> {
        const Share share(refusals, 1);
        co_await answer_refusal(*connection, handler.refuse(503, "the server has as many connections as it may"), false);
      },
      net::detached);
}

net::awaitable<void> Transport::Impl::serve(std::shared_ptr<Connection> connection) {
  error_code ec;
  if (const auto endpoint = connection->stream.socket().remote_endpoint(ec); !ec) connection->peer = endpoint.address().to_string();
  while (!stopping && co_await exchange(*connection)) {
  }
  connection->stream.socket().shutdown(tcp::socket::shutdown_both, ec);
  forget(connection.get());
}

// One request and its answer; false when the connection is over.
net::awaitable<bool> Transport::Impl::exchange(Connection& c) {
  const TransportLimits& limits = options.limits;
  if (c.buffer.size() == 0) {
    c.idle = true;
    c.stream.expires_after(ms(limits.idle));
    auto [ec, bytes] = co_await c.stream.async_read_some(c.buffer.prepare(kReadBytes), kToken);
    c.idle = false;
    if (ec) co_return false;
    c.buffer.commit(bytes);
  }

  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser.body_limit(limits.body_bytes);
  c.stream.expires_after(ms(limits.header));
  if (auto [ec, bytes] = co_await http::async_read_header(c.stream, c.buffer, parser, kToken); ec) {
    const int status = refusal_of(ec);
    if (status == 0) co_return false;
    co_return co_await answer_refusal(c, handler.refuse(status, ec.message()), false);
  }

  const auto& message = parser.get();
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  request.peer = c.peer;
  request.headers.reserve(16);
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  const bool head = message.method() == http::verb::head;
  if (auto refused = handler.admit(request)) co_return co_await answer_refusal(c, std::move(*refused), head);

  const std::size_t reserved = parser.chunked() ? limits.body_bytes : parser.content_length().value_or(0);
  const Share share(body_bytes, reserved);
  if (!parser.is_done()) {
    if (share.total() > limits.all_bodies_bytes) {
      co_return co_await answer_refusal(c, handler.refuse(503, "the server is receiving as much as it may"), head);
    }
    c.stream.expires_after(ms(limits.body));
    if (const auto expect = request.header("expect")) {
      if (!beast::iequals(*expect, "100-continue")) co_return co_await answer_refusal(c, handler.refuse(417, "unknown expectation"), head);
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      if (auto [ec, bytes] = co_await net::async_write(c.stream, net::buffer(kContinue), kToken); ec) co_return false;
    }
    if (auto [ec, bytes] = co_await http::async_read(c.stream, c.buffer, parser, kToken); ec) {
      const int status = refusal_of(ec);
      if (status == 0) co_return false;
      co_return co_await answer_refusal(c, handler.refuse(status, ec.message()), head);
    }
  }
  request.body = message.body();
  request.deadline = Clock::now() + ms(limits.request);
  c.stream.expires_never();
  const HttpResponse response = co_await call(request);
  co_return co_await send(c, response, parser.keep_alive() && !response.close && !stopping, head);
}

// Runs the handler here, or on the blocking pool with the coroutine resumed on its own strand.
net::awaitable<HttpResponse> Transport::Impl::call(const HttpRequest& request) {
  if (!handler.may_block(request)) co_return guarded(request);
  const Share share(waiting, 1);
  if (share.total() > options.limits.waiting) co_return handler.refuse(503, "too many writes are waiting");
  co_return co_await net::async_initiate<const net::use_awaitable_t<>&, void(HttpResponse)>(
      [this, &request](auto completion) {
        net::post(blocking, [this, &request, completion = std::move(completion)]() mutable {
          HttpResponse response = Clock::now() > request.deadline ? handler.refuse(503, "the request waited too long") : guarded(request);
          auto executor = net::get_associated_executor(completion);
          net::post(executor, [completion = std::move(completion), response = std::move(response)]() mutable {
            std::move(completion)(std::move(response));
          });
        });
      },
      net::use_awaitable);
}

HttpResponse Transport::Impl::guarded(const HttpRequest& request) {
  try {
    return handler.handle(request);
  } catch (const std::exception& problem) {
    log::error("a request failed: {}", problem.what());
    return handler.refuse(500, "the server failed to answer; its log says more");
  }
}

// Sends an answer to a request that was not read to its end. The client may still be sending: closing at once would reset the
// connection and destroy the answer before it is read, so what arrives is discarded for a moment.
net::awaitable<bool> Transport::Impl::answer_refusal(Connection& c, HttpResponse response, bool head) {
  if (!co_await send(c, response, false, head)) {
    error_code ec;
    c.stream.socket().shutdown(tcp::socket::shutdown_send, ec);
    c.buffer.clear();
    c.stream.expires_after(kLinger);
    while (!ec) {
      auto [failed, bytes] = co_await c.stream.async_read_some(c.buffer.prepare(kDiscardBytes), kToken);
      ec = failed;
    }
  }
  co_return false;
}

net::awaitable<bool> Transport::Impl::send(Connection& c, const HttpResponse& response, bool keep_alive, bool head) {
  const std::string top = render_head(response, keep_alive);
  const std::string_view content = head || !has_content(response.status) ? std::string_view() : response.content();
  const std::array<net::const_buffer, 2> buffers{net::buffer(top), net::buffer(content.data(), content.size())};
  c.stream.expires_after(ms(options.limits.write));
  auto [ec, bytes] = co_await net::async_write(c.stream, buffers, kToken);
  co_return !ec && keep_alive;
}

void Transport::Impl::forget(Connection* connection) {
  const std::lock_guard lock(mutex);
  connections.erase(connection);
  changed.notify_all();
}

// Closes the connections that wait for a request, or all of them. Runs on each connection's strand, so a connection is either idle here
// or sees `stopping` when its request is done.
void Transport::Impl::close_idle(bool all) {
  std::vector<std::shared_ptr<Connection>> open;
  {
    const std::lock_guard lock(mutex);
    for (const auto& entry : connections) {
      if (auto connection = entry.second.lock()) open.push_back(std::move(connection));
    }
  }
  for (auto& connection : open) {
    const auto executor = connection->stream.get_executor();
    net::post(executor, [connection = std::move(connection), all] {
      error_code ec;
      if (all || (connection->idle && connection->stream.socket().available(ec) == 0)) connection->stream.close();
    });
  }
}

void Transport::Impl::stop() {
  {
    std::unique_lock lock(mutex);
    if (stop_begun) {
      changed.wait(lock, [this] { return stopped; });
      return;
    }
    stop_begun = true;
    stopping = true;
    changed.notify_all();
  }
  net::post(acceptor.get_executor(), [this] {
    error_code ignored;
    acceptor.close(ignored);
    signals.cancel(ignored);
  });
  close_idle(false);
  {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, ms(options.limits.drain), [this] { return connections.empty(); })) {
      log::warn("stopping with {} requests unfinished", connections.size());
      lock.unlock();
      close_idle(true);
      lock.lock();
      changed.wait_for(lock, std::chrono::seconds(1), [this] { return connections.empty(); });
    }
  }
  // Work on the blocking pool refers to requests that live in coroutines: it must end before the event loop does.
  blocking.join();
  io.stop();
  for (std::thread& thread : threads) thread.join();
  error_code ignored;
  acceptor.close(ignored);  // the loop may have ended before it came to this
  const std::lock_guard lock(mutex);
  stopped = true;
  changed.notify_all();
}

Transport::Transport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transport::~Transport() {
  impl_->stop();
}

Result<std::unique_ptr<Transport>> Transport::start(HttpHandler& handler, const TransportOptions& options) {
  TransportOptions checked = options;
  checked.threads = std::max(1U, options.threads);
  checked.blocking_threads = std::max(1U, options.blocking_threads);
  auto impl = std::make_unique<Impl>(handler, checked);
  SOUK_CHECK(impl->listen());
  Impl* self = impl.get();
  net::co_spawn(self->acceptor.get_executor(), self->accept_loop(), net::detached);
  if (checked.stop_on_signals) {
    self->signals.add(SIGINT);
    self->signals.add(SIGTERM);
    self->signals.async_wait([self](const error_code& ec, int) {
      if (ec) return;
      const std::lock_guard lock(self->mutex);
      self->stopping = true;
      self->changed.notify_all();
    });
  }
  for (unsigned i = 0; i < checked.threads; ++i) {
    self->threads.emplace_back([self] { self->io.run(); });
  }
  return std::unique_ptr<Transport>(new Transport(std::move(impl)));
}

std::uint16_t Transport::port() const {
  return impl_->port;
}

std::size_t Transport::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections.size();
}

bool Transport::stopping() const {
  return impl_->stopping;
}

void Transport::stop() {
  impl_->stop();
}

void Transport::wait() {
  {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, [this] { return impl_->stopping.load(); });
  }
  impl_->stop();
}

}  // namespace souk::serve
