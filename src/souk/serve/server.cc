#include "souk/serve/server.h"

#include <fmt/format.h>

#include "souk/base/log.h"
#include "souk/base/threads.h"
#include "souk/serve/access_log.h"
#include "souk/serve/service.h"

namespace souk::serve {

namespace {

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.");
}

ServiceOptions service_options(const ServeOptions& options, std::string_view address) {
  ServiceOptions out;
  out.loopback = is_loopback(address);
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
  out.tls = options.tls;
  out.limits = options.limits;
  return out;
}

// Whoever can reach the server must have a key, so there must be one that they could have.
Status check_keys(const engine::ApiKeys& keys, const std::string& address) {
  SOUK_TRY(const auto ring, keys.current());
  const auto holds = [](const engine::ApiKey& key) { return !key.expired(now()); };
  if (is_loopback(address) || std::any_of(ring->keys().begin(), ring->keys().end(), holds)) return {};
  return fail(Error{ErrorKind::unsupported, "a server that others can reach needs API keys", address,
                    "a key that has not expired, or a loopback address: 127.0.0.1, ::1 or localhost",
                    ring->empty() ? "a shop without keys" : "keys that have all expired",
                    "`souk key SHOP add --scope write --name backend` makes one"});
}

}  // namespace

struct Server::Impl {
  Impl(engine::Shop& shop, const ServeOptions& options, std::string the_address, Sites sites, std::unique_ptr<AccessLog> the_log)
      : address(std::move(the_address)),
        tls(!options.tls.empty()),
        log(std::move(the_log)),
        service(shop, service_options(options, address), std::move(sites), log.get()) {}

  Status reload() const {
    SOUK_CHECK(transport->reload_certificate());
    return log == nullptr ? Status() : log->reopen();
  }

  std::string address;
  bool tls;
  std::unique_ptr<AccessLog> log;
  Service service;
  std::unique_ptr<Transport> transport;  // ends before the service that it calls
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(engine::Shop& shop, const ServeOptions& options) {
  const std::string address = options.address == "localhost" ? "127.0.0.1" : options.address;
  SOUK_CHECK(check_keys(shop.api_keys(), address));
  SOUK_TRY(Sites sites, Sites::make({address, !options.tls.empty(), options.hosts, options.origins}));
  std::unique_ptr<AccessLog> log;
  if (!options.access_log.empty()) {
    SOUK_TRY(log, AccessLog::open(options.access_log));
  }
  auto impl = std::make_unique<Impl>(shop, options, address, std::move(sites), std::move(log));
  TransportOptions below = transport_options(options, address);
  // Without something to read anew, SIGHUP keeps its meaning: the terminal is gone, and the server with it.
  if (options.stop_on_signals && (impl->tls || impl->log != nullptr)) {
    below.on_hangup = [access = impl->log.get()] {
      if (access == nullptr) return;
      if (const Status opened = access->reopen(); !opened) log::error("{}", opened.error().message());
    };
  }
  SOUK_TRY(impl->transport, Transport::start(impl->service, below));
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  log::info("serving {} on {}{}", shop.settings().name, server->url(), options.read_only ? ", read-only" : "");
  return server;
}

std::uint16_t Server::port() const {
  return impl_->transport->port();
}

std::string Server::url() const {
  const bool v6 = impl_->address.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", impl_->tls ? "https" : "http", v6 ? "[" + impl_->address + "]" : impl_->address, port());
}

std::string Server::notice() const {
  if (impl_->service.auth().open()) {
    return "open for development: every program on this machine may use this shop, as there are no keys";
  }
  if (impl_->tls || is_loopback(impl_->address)) return {};
  return "keys travel unencrypted: give --cert and --key, or listen on 127.0.0.1 behind a proxy that speaks TLS";
}

Status Server::reload() {
  return impl_->reload();
}

void Server::stop() {
  impl_->transport->stop();
}
void Server::wait() {
  impl_->transport->wait();
}

}  // namespace souk::serve
