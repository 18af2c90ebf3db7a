// The asynchronous HTTP/1.1 server under the routes: sockets, limits, timeouts, draining. Knows nothing of shops.
//
// One acceptor and a fixed number of threads over one event loop; a connection is a coroutine on a strand of its own, so a slow client
// holds memory and never a thread. Requests of one connection are answered in order (pipelining). Requests that may wait for the disk
// run on a second, small pool, so that readers are not held up. Plain and TLS connections differ in how bytes are read and written, and
// in nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "souk/base/result.h"
#include "souk/base/time.h"
#include "souk/serve/http.h"
#include "souk/serve/tls.h"

namespace souk::serve {

struct TransportLimits {
  std::size_t connections = 1024;                    // for more, one that only waits makes way; else they are answered with 503 and closed
  Duration patience = kSecond;                       // a connection that waits longer for its client may have to make way: see admission.h
  std::size_t client_connections = 0;                // of one address (IPv6: of one /64), 0: any; more likewise
  std::size_t header_bytes = 16 * 1024;              // request line and headers; else 431
  std::size_t body_bytes = 10 * 1024 * 1024;         // else 413, the rest of the body unread
  std::size_t all_bodies_bytes = 256 * 1024 * 1024;  // bodies held at one time; else 503
  std::size_t waiting = 256;                         // requests waiting for a blocking thread; else 503
  Duration idle = 60 * kSecond;                      // between requests of a connection
  Duration header = 10 * kSecond;                    // from a request's first byte to the end of its header
  Duration body = 60 * kSecond;                      // to receive a body
  Duration write = 30 * kSecond;                     // to send an answer
  Duration request = 10 * kSecond;                   // from the end of a request until its work must have begun
  Duration drain = 10 * kSecond;                     // that stop() waits for requests in progress
};

struct TransportOptions {
  std::string address = "127.0.0.1";  // a numeric address
  std::uint16_t port = 0;             // 0: any free one
  unsigned threads = 1;
  unsigned blocking_threads = 4;
  bool stop_on_signals = false;  // SIGINT and SIGTERM stop it, gracefully
  TlsFiles tls;                  // empty: plain HTTP
  // With it, SIGHUP does not end the process: the certificate is read anew for connections to come, then this is called.
  std::function<void()> on_hangup;
  TransportLimits limits;
};

class Transport {  // thread-safe
 public:
  // Listens when it returns. A certificate that cannot be used is an invalid error. A port in use is an io error whose hint names another.
  // `handler` must outlive the transport.
  static Result<std::unique_ptr<Transport>> start(HttpHandler& handler, const TransportOptions& options);
  ~Transport();  // stops

  std::uint16_t port() const;
  std::size_t connections() const;
  bool stopping() const;
  // Stops listening, closes idle connections, lets requests in progress finish (at most limits.drain), then ends the threads.
  // Returns when all is done; may be called more than once and from any thread but a handler's.
  void stop();
  void wait();  // until stopped, by stop() or a signal
  // Reads the certificate and its key again. Connections to come use them; after an error, those that were in use.
  Status reload_certificate();

 private:
  struct Impl;
  explicit Transport(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::serve
