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
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <mutex>

#include "souk/base/log.h"
#include "souk/serve/admission.h"
#include "souk/serve/url.h"
#include "souk/serve/wire.h"

// GCC 12 calls the coroutine frame's own operator new and delete mismatched once they are inlined.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace souk::serve {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = net::ssl;
using tcp = net::ip::tcp;
using boost::system::error_code;

constexpr auto kToken = net::as_tuple(net::use_awaitable);
using Parser = http::request_parser<http::string_body>;

constexpr std::size_t kReadBytes = 8 * 1024;
constexpr std::size_t kBodyReadBytes = 64 * 1024;  // also the most of a body that is held unparsed: a chunk's size with its extension
constexpr std::size_t kDiscardBytes = 64 * 1024;
constexpr auto kLinger = std::chrono::seconds(1);
constexpr int kOnTheWay = 10;          // what is being sent is waited for so many times longer than what was not begun
constexpr std::size_t kRefusals = 64;  // connections above the limit that are told so at one time; more are just closed

std::chrono::milliseconds ms(Duration duration) {
  return std::chrono::milliseconds(duration);
}

struct Connection : Guest {
  Connection(tcp::socket socket, ssl::context* context) : stream(std::move(socket)) {
    if (context != nullptr) tls.emplace(stream, *context);
  }
  beast::tcp_stream stream;                            // its time limits hold for what TLS reads and writes as well
  std::optional<ssl::stream<beast::tcp_stream&>> tls;  // empty: plain
  beast::flat_buffer buffer;
  bool idle = true;  // waiting for the first byte of a request; only touched on the connection's strand

  std::string_view unread() const {
    const auto bytes = buffer.cdata();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
  }
  // Reads something, at most `most` bytes, behind what is unread.
  net::awaitable<error_code> read(std::size_t most) {
    const auto room = buffer.prepare(most);
    std::tuple<error_code, std::size_t> got;
    if (tls) {
      got = co_await tls->async_read_some(room, kToken);
    } else {
      got = co_await stream.async_read_some(room, kToken);
    }
    buffer.commit(std::get<1>(got));
    co_return std::get<0>(got);
  }
  net::awaitable<error_code> write(const std::array<net::const_buffer, 2>& buffers) {
    std::tuple<error_code, std::size_t> put;
    if (tls) {
      put = co_await net::async_write(*tls, buffers, kToken);
    } else {
      put = co_await net::async_write(stream, buffers, kToken);
    }
    co_return std::get<0>(put);
  }
  // From now on it does nothing but wait for its client, and others may have its place after a while.
  void waits(std::chrono::milliseconds patience) { may_go = Clock::now() + patience; }
  void works() { may_go = Clock::time_point::max(); }
  // Says that nothing more will be sent, so that a client can tell a whole answer from one that was cut off.
  net::awaitable<void> finish() {
    if (!tls) co_return;
    stream.expires_after(kLinger);
    co_await tls->async_shutdown(kToken);
  }
};

// What came of reading a part of a request: with status 0 and not whole, the client is gone.
struct Reading {
  bool whole = false;
  int status = 0;  // to refuse it with
  std::string detail;
};

Reading refused_by(const error_code& ec) {
  const int status = ec == http::error::header_limit ? 431 : ec == http::error::body_limit ? 413 : 400;
  return {false, status, ec.message()};
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
        admission(the_options.limits.connections, the_options.limits.client_connections),
        io(static_cast<int>(the_options.threads)),
        work(net::make_work_guard(io)),
        acceptor(net::make_strand(io)),
        signals(io),
        hangups(io),
        blocking(the_options.blocking_threads) {}

  HttpHandler& handler;
  const TransportOptions options;
  std::uint16_t port = 0;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> body_bytes{0}, waiting{0}, refusals{0};
  mutable std::mutex mutex;
  std::condition_variable changed;
  Admission admission;                       // under mutex; every guest is a Connection
  std::shared_ptr<ssl::context> tls;         // null: plain; under mutex
  bool stop_begun = false, stopped = false;  // under mutex
  // Coroutines that the event loop destroys refer to what stands above, so it is destroyed first.
  net::io_context io;
  net::executor_work_guard<net::io_context::executor_type> work;
  tcp::acceptor acceptor;
  net::signal_set signals, hangups;
  net::thread_pool blocking;
  std::vector<std::thread> threads;

  Status listen();
  Status load_certificate();
  net::awaitable<void> accept_loop();
  net::awaitable<void> hangup_loop();
  void accepted(tcp::socket socket);
  bool admitted(const std::shared_ptr<Connection>& connection);
  net::awaitable<void> serve(std::shared_ptr<Connection> connection);
  net::awaitable<bool> handshake(Connection& connection);
  net::awaitable<bool> exchange(Connection& connection);
  net::awaitable<Reading> read_head(Connection& connection, Parser& parser);
  net::awaitable<Reading> read_body(Connection& connection, Parser& parser, Share& held);
  net::awaitable<Reading> receive_body(Connection& connection, Parser& parser, const HttpRequest& request, Share& held);
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

// Reads the certificate again whenever the process is told to (SIGHUP).
net::awaitable<void> Transport::Impl::hangup_loop() {
  while (!stopping) {
    auto [ec, signal] = co_await hangups.async_wait(kToken);
    if (ec) co_return;
    if (const Status loaded = load_certificate(); !loaded) log::error("the old certificate stays in use: {}", loaded.error().message());
    options.on_hangup();
  }
}

Status Transport::Impl::load_certificate() {
  if (options.tls.empty()) return {};
  SOUK_TRY(TlsContext context, load_tls(options.tls));
  auto loaded = std::make_shared<ssl::context>(context.release());  // which frees it
  const std::lock_guard lock(mutex);
  tls = std::move(loaded);
  return {};
}

bool Transport::Impl::admitted(const std::shared_ptr<Connection>& connection) {
  std::shared_ptr<Guest> leaver;
  {
    const std::lock_guard lock(mutex);
    if (!admission.enter(connection, Clock::now(), leaver)) return false;
  }
  if (leaver == nullptr) return true;
  const auto leaving = std::static_pointer_cast<Connection>(leaver);
  net::post(leaving->stream.get_executor(), [this, leaving] {
    if (leaving->may_go.load() <= Clock::now()) return leaving->stream.close();
    const std::lock_guard lock(mutex);
    admission.stays(leaving.get());
  });
  return true;
}

void Transport::Impl::accepted(tcp::socket socket) {
  error_code ec;
  socket.set_option(tcp::no_delay(true), ec);
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return;  // gone already
  std::shared_ptr<ssl::context> context;
  {
    const std::lock_guard lock(mutex);
    context = tls;
  }
  auto connection = std::make_shared<Connection>(std::move(socket), context.get());
  connection->client = client_of(endpoint.address().to_string());
  const auto executor = connection->stream.get_executor();
  if (admitted(connection)) {
    net::co_spawn(executor, serve(std::move(connection)), net::detached);
    return;
  }
  if (connection->tls || refusals.load() >= kRefusals) return;  // a handshake is more than a refusal is worth
  net::co_spawn(
      executor,
      [this, connection]() -> net::awaitable<void> {
        const Share share(refusals, 1);
        co_await answer_refusal(*connection, handler.refuse(503, "the server has as many connections as it may"), false);
      },
      net::detached);
}

net::awaitable<void> Transport::Impl::serve(std::shared_ptr<Connection> connection) {
  bool more = co_await handshake(*connection);
  const bool up = more;
  while (more && !stopping) more = co_await exchange(*connection);
  if (up) co_await connection->finish();
  error_code ec;
  connection->stream.socket().shutdown(tcp::socket::shutdown_both, ec);
  forget(connection.get());
}

net::awaitable<bool> Transport::Impl::handshake(Connection& c) {
  if (!c.tls) co_return true;
  c.waits(ms(options.limits.patience));
  c.stream.expires_after(ms(options.limits.header));
  auto [ec] = co_await c.tls->async_handshake(ssl::stream_base::server, kToken);
  co_return !ec;
}

// Whole, when the parser knows the request's header; its bytes are what wire.h lets through.
net::awaitable<Reading> Transport::Impl::read_head(Connection& c, Parser& parser) {
  const std::size_t most = options.limits.header_bytes;
  parser.header_limit(static_cast<std::uint32_t>(most));
  parser.body_limit(options.limits.body_bytes);
  c.stream.expires_after(ms(options.limits.header));
  HeadScan scan;
  for (;;) {
    const std::size_t end = scan.end(c.unread()), held = c.unread().size();
    if (!scan.fault().empty()) co_return Reading{false, 400, std::string(scan.fault())};
    if (end > most || (end == 0 && held >= most)) co_return Reading{false, 431, {}};
    if (end > 0) break;
    if (co_await c.read(std::min(kReadBytes, most - held))) co_return Reading{};
  }
  error_code ec;
  parser.eager(false);
  c.buffer.consume(parser.put(c.buffer.cdata(), ec));
  if (ec) co_return refused_by(ec);
  co_return Reading{true, 0, {}};
}

// `held`: its part of what all bodies take. What came counts, not what was announced, or who announces much and sends nothing would keep
// others out.
net::awaitable<Reading> Transport::Impl::read_body(Connection& c, Parser& parser, Share& held) {
  auto check_extension = [](std::uint64_t, beast::string_view extension, error_code& ec) {
    if (!chunk_extension_fault({extension.data(), extension.size()}).empty()) ec = http::error::bad_chunk_extension;
  };
  parser.on_chunk_header(check_extension);
  parser.eager(true);
  for (std::size_t looked_at = 0;;) {
    if (c.buffer.size() > 0) {
      error_code ec;
      const std::size_t parsed = parser.put(c.buffer.cdata(), ec);
      c.buffer.consume(parsed);
      if (ec && ec != http::error::need_more) co_return refused_by(ec);
      held.grow_to(parser.get().body().size());
      if (held.total() > options.limits.all_bodies_bytes) co_return Reading{false, 503, "the server is receiving as much as it may"};
      if (parser.is_done()) co_return Reading{true, 0, {}};
      if (parsed > 0) looked_at = 0;
    }
    // What is unread now is a line of a chunk's size, or a trailer, that is not whole.
    if (const auto fault = line_fault(c.unread(), looked_at); !fault.empty()) co_return Reading{false, 400, std::string(fault)};
    looked_at = c.buffer.size();
    if (c.buffer.size() >= kBodyReadBytes) co_return Reading{false, 400, "a chunk's size or the trailer is too long"};
    if (co_await c.read(kBodyReadBytes - c.buffer.size())) co_return Reading{};
  }
}

// The body, if there is room for it, and after the client was told to send it when it waits for that.
net::awaitable<Reading> Transport::Impl::receive_body(Connection& c, Parser& parser, const HttpRequest& request, Share& held) {
  c.stream.expires_after(ms(options.limits.body));
  c.waits(kOnTheWay * ms(options.limits.patience));
  if (const auto expect = request.header("expect")) {
    if (!same_ignoring_case(*expect, "100-continue")) co_return Reading{false, 417, "unknown expectation"};
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::array<net::const_buffer, 2> buffers{net::buffer(kContinue)};
    if (co_await c.write(buffers)) co_return Reading{};
  }
  co_return co_await read_body(c, parser, held);
}

// One request and its answer; false when the connection is over.
net::awaitable<bool> Transport::Impl::exchange(Connection& c) {
  const TransportLimits& limits = options.limits;
  c.waits(ms(limits.patience));
  if (c.buffer.size() == 0) {
    c.idle = true;
    c.stream.expires_after(ms(limits.idle));
    const error_code ec = co_await c.read(kReadBytes);
    c.idle = false;
    if (ec) co_return false;
    c.waits(ms(limits.patience));
  }

  Parser parser;
  const Reading top = co_await read_head(c, parser);
  c.works();
  if (!top.whole) {
    if (top.status == 0) co_return false;
    co_return co_await answer_refusal(c, handler.refuse(top.status, top.detail), false);
  }
  const auto& message = parser.get();
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  request.client = c.client;
  request.headers.reserve(16);
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  if (const std::string_view fault = framing_fault(request, message.version()); !fault.empty()) {
    co_return co_await answer_refusal(c, handler.refuse(400, fault), false);
  }
  const bool head = message.method() == http::verb::head;
  if (auto refused = handler.admit(request)) {
    if (!parser.is_done() || refused->close) co_return co_await answer_refusal(c, std::move(*refused), head);
    co_return co_await send(c, *refused, parser.keep_alive() && !stopping, head);
  }

  Share held(body_bytes, 0);
  if (!parser.is_done()) {
    const Reading got = co_await receive_body(c, parser, request, held);
    c.works();
    if (!got.whole) {
      if (got.status == 0) co_return false;
      co_return co_await answer_refusal(c, handler.refuse(got.status, got.detail), head);
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
  co_await send(c, response, false, head);
  co_await c.finish();
  error_code ec;
  c.stream.socket().shutdown(tcp::socket::shutdown_send, ec);
  c.buffer.clear();
  c.stream.expires_after(kLinger);
  while (!ec) {
    auto [failed, bytes] = co_await c.stream.async_read_some(c.buffer.prepare(kDiscardBytes), kToken);
    ec = failed;
  }
  co_return false;
}

net::awaitable<bool> Transport::Impl::send(Connection& c, const HttpResponse& response, bool keep_alive, bool head) {
  const std::string top = render_head(response, keep_alive);
  const std::string_view content = head || !has_content(response.status) ? std::string_view() : response.content();
  const std::array<net::const_buffer, 2> buffers{net::buffer(top), net::buffer(content.data(), content.size())};
  c.stream.expires_after(ms(options.limits.write));
  c.waits(kOnTheWay * ms(options.limits.patience));
  const error_code ec = co_await c.write(buffers);
  c.works();
  co_return !ec && keep_alive;
}

void Transport::Impl::forget(Connection* connection) {
  const std::lock_guard lock(mutex);
  admission.leave(connection);
  changed.notify_all();
}

// Closes the connections that wait for a request, or all of them. Runs on each connection's strand, so a connection is either idle here
// or sees `stopping` when its request is done.
void Transport::Impl::close_idle(bool all) {
  std::vector<std::shared_ptr<Guest>> open;
  {
    const std::lock_guard lock(mutex);
    open = admission.guests();
  }
  for (const auto& guest : open) {
    auto connection = std::static_pointer_cast<Connection>(guest);
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
    hangups.cancel(ignored);
  });
  close_idle(false);
  {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, ms(options.limits.drain), [this] { return admission.size() == 0; })) {
      log::warn("stopping with {} requests unfinished", admission.size());
      lock.unlock();
      close_idle(true);
      lock.lock();
      changed.wait_for(lock, std::chrono::seconds(1), [this] { return admission.size() == 0; });
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
  SOUK_CHECK(impl->load_certificate());
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
  if (checked.on_hangup) {
    self->hangups.add(SIGHUP);
    net::co_spawn(self->acceptor.get_executor(), self->hangup_loop(), net::detached);
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
  return impl_->admission.size();
}

Status Transport::reload_certificate() {
  return impl_->load_certificate();
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
