// A shop over HTTP. Reference of the routes: docs/reference/http.md, and /openapi.json of the running server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/engine/shop.h"
#include "souk/serve/transport.h"

namespace souk::serve {

struct ServeOptions {
  std::string address = "127.0.0.1";    // "localhost" or a numeric address; off loopback only for a shop with keys
  std::uint16_t port = 8080;            // 0: any free one
  unsigned threads = 0;                 // 0: a thread per core
  unsigned blocking_threads = 8;        // for what waits for the disk: writes that wait together share one sync
  fs::path console_dir;                 // storefront and console; empty: none
  bool read_only = false;               // refuse every write with 403
  bool stop_on_signals = false;         // SIGINT and SIGTERM end wait(), gracefully
  double requests_per_second = 0;       // of one client address, with bursts of twice as many; else 429. 0: no limit
  std::vector<std::string> hosts;       // names to answer under, besides those of this machine (sites.h)
  std::vector<std::string> origins;     // of other sites' pages that may ask (CORS)
  TlsFiles tls;                         // empty: plain HTTP
  std::string access_log;               // a file, or "-" for stdout; empty: none
  std::size_t batch_records = 100'000;  // in one body of records; else 413
  // Recorded runs and evaluations, for /v1/lab; empty: none.
  fs::path results_dir;
  // Where Debian's packages put scripts: the console's plots come from there (static_files.h).
  fs::path script_dir = "/usr/share/javascript";
  TransportLimits limits;
};

class Server {  // thread-safe
 public:
  // Listens when it returns. `shop` must outlive the server. Errors: an address that is not loopback without a key that holds
  // (unsupported), keys that cannot be read (corrupt), a port in use (io), an address, name, origin or certificate that is none (invalid).
  static Result<std::unique_ptr<Server>> start(engine::Shop& shop, const ServeOptions& options);
  ~Server();  // stops

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080"
  // What whoever starts it must be told: that it asks nobody for a key, or that keys travel in the clear. Empty: nothing.
  std::string notice() const;
  // Reads the certificate again and opens the access log under its name anew; SIGHUP does the same with stop_on_signals.
  Status reload();
  // Stops listening and lets requests in progress finish, at most limits.drain.
  void stop();
  void wait();  // until stopped

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::serve
