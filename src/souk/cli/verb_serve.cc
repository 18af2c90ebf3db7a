#include <charconv>
#include <fmt/format.h>

#include "souk/base/file.h"
#include "souk/cli/forward.h"
#include "souk/cli/places.h"
#include "souk/cli/verbs.h"
#include "souk/engine/json_writer.h"
#include "souk/serve/server.h"

namespace souk::cli {
namespace {

struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080".
Result<Endpoint> parse_endpoint(const std::string& text) {
  Endpoint endpoint;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
    endpoint.address = text.substr(0, colon);
    if (endpoint.address.starts_with('[') && endpoint.address.ends_with(']'))
      endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
    if (error == std::errc() && stop == end && stop != text.data() + colon + 1) return endpoint;
  }
  return fail(Error{ErrorKind::invalid, "cannot read where to listen", "--listen", "ADDRESS:PORT such as 127.0.0.1:8080", text, {}});
}

}  // namespace

int serve(const Console& console, const ServeFlags& flags) {
  const auto endpoint = parse_endpoint(flags.listen);
  if (!endpoint) return report_usage(console, endpoint.error());
  // By its whole name: commands of others come with their own working folder.
  SOUK_OR_REPORT(const std::shared_ptr<engine::Shop> shop, console,
                 console.caller->open(absolute_path(flags.shop).lexically_normal().string(), flags.read_only ? Access::read : Access::write,
                                      {.read_only = flags.read_only, .for_repair = false, .threads = console.threads}));
  serve::ServeOptions options;
  options.address = endpoint->address;
  options.port = endpoint->port;
  options.threads = console.threads;
  options.console_dir = console_dir().value_or(fs::path());
  options.results_dir = flags.results.empty() ? results_dir(flags.shop) : fs::path(flags.results);
  options.read_only = flags.read_only;
  options.tls = {flags.certificate, flags.key};
  options.hosts = flags.hosts;
  options.origins = flags.origins;
  options.requests_per_second = flags.rate;
  options.limits.client_connections = flags.client_connections;
  options.access_log = flags.access_log;
  options.stop_on_signals = true;
  SOUK_OR_REPORT(const auto server, console, serve::Server::start(*shop, options));
  std::unique_ptr<serve::ControlServer> commands;
  if (!flags.read_only) {
    auto started = serve_commands(shop);
    if (started) {
      commands = std::move(*started);
    } else {
      note(console, "souk: commands that write the shop must wait until it is closed: " + started.error().message());
    }
  }
  shop->start_background();
  if (console.json) {
    engine::JsonWriter json;
    print_line(console, json.begin_object().member("shop", shop->settings().name).member("url", server->url()).end_object().text());
  } else {
    print_line(console, fmt::format("{} is open on {} (Ctrl-C closes it)", shop->settings().name, server->url()));
  }
  std::fflush(stdout);
  if (const std::string notice = server->notice(); !notice.empty()) note(console, notice);
  server->wait();
  note(console, "closed");
  return kDone;
}

}  // namespace souk::cli
