// A shop over HTTP. Reference of the routes: docs/reference/http.md, and /openapi.json of the running server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/engine/shop.h"
#include "souk/serve/transport.h"

namespace souk::serve {

struct ServeOptions {
  std::string address = "127.0.0.1";    // "localhost" or a numeric address; only loopback, as there are no keys
  std::uint16_t port = 8080;            // 0: any free one
  unsigned threads = 0;                 // 0: a thread per core
  unsigned blocking_threads = 8;        // for what waits for the disk: writes that wait together share one sync
  fs::path console_dir;                 // storefront and console; empty: none
  bool read_only = false;               // refuse every write with 403
  bool stop_on_signals = false;         // SIGINT and SIGTERM end wait(), gracefully
  double requests_per_second = 0;       // of one client address, with bursts of twice as many; else 429. 0: no limit
  std::size_t batch_records = 100'000;  // in one body of records; else 413
  // Recorded runs and evaluations, for /v1/lab; empty: none.
  fs::path results_dir;
  // Where Debian's packages put scripts: the console's plots come from there (static_files.h).
  fs::path script_dir = "/usr/share/javascript";
  TransportLimits limits;
};

class Server {  // thread-safe
 public:
  // Listens when it returns. `shop` must outlive the server. Errors: an address that is not loopback (unsupported), a port in use
  // (io), an address that is none (invalid).
  static Result<std::unique_ptr<Server>> start(engine::Shop& shop, const ServeOptions& options);
  ~Server();  // stops

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080"
  // What whoever starts it must be told: that it asks nobody for a key.
  std::string notice() const;
  // Stops listening and lets requests in progress finish, at most limits.drain.
  void stop();
  void wait();  // until stopped

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::serve
