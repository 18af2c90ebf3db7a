#include "souk/serve/server.h"

#include <fmt/format.h>

#include "souk/base/log.h"
#include "souk/base/threads.h"
#include "souk/serve/service.h"

namespace souk::serve {

namespace {

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.");
}

ServiceOptions service_options(const ServeOptions& options, std::string address) {
  ServiceOptions out;
  out.address = std::move(address);
  out.console_dir = options.console_dir;
  out.script_dir = options.script_dir;
  out.results_dir = options.results_dir;
  out.read_only = options.read_only;
  out.requests_per_second = options.requests_per_second;
  out.batch_records = options.batch_records;
  out.body_bytes = options.limits.body_bytes;
  return out;
}

TransportOptions transport_options(const ServeOptions& options, std::string address) {
  TransportOptions out;
  out.address = std::move(address);
  out.port = options.port;
  out.threads = options.threads == 0 ? default_threads() : options.threads;
  out.blocking_threads = options.blocking_threads;
  out.stop_on_signals = options.stop_on_signals;
  out.limits = options.limits;
  return out;
}

}  // namespace

struct Server::Impl {
  Impl(engine::Shop& shop, ServiceOptions options) : address(options.address), service(shop, std::move(options)) {}
  std::string address;
  Service service;
  std::unique_ptr<Transport> transport;  // ends before the service that it calls
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(engine::Shop& shop, const ServeOptions& options) {
  const std::string address = options.address == "localhost" ? "127.0.0.1" : options.address;
  if (!is_loopback(address)) {
    return fail(Error{ErrorKind::unsupported, "a server that others can reach needs API keys, which this version does not have yet",
                      options.address, "a loopback address: 127.0.0.1, ::1 or localhost", options.address,
                      "Listen on 127.0.0.1 behind a reverse proxy that checks who asks and sends Host: localhost"});
  }
  auto impl = std::make_unique<Impl>(shop, service_options(options, address));
  SOUK_TRY(impl->transport, Transport::start(impl->service, transport_options(options, address)));
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  log::info("serving {} on {}{}", shop.settings().name, server->url(), options.read_only ? ", read-only" : "");
  return server;
}

std::uint16_t Server::port() const {
  return impl_->transport->port();
}

std::string Server::url() const {
  const bool v6 = impl_->address.find(':') != std::string::npos;
  return fmt::format("http://{}:{}", v6 ? "[" + impl_->address + "]" : impl_->address, port());
}

std::string Server::notice() const {
  return "open for development: every program on this machine may use this shop, as there are no keys";
}

void Server::stop() {
  impl_->transport->stop();
}
void Server::wait() {
  impl_->transport->wait();
}

}  // namespace souk::serve
