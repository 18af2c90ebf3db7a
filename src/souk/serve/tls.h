// Certificates of a server that speaks TLS itself, without a proxy before it.
#pragma once

#include <memory>

#include "souk/base/file.h"
#include "souk/base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace souk::serve {

struct TlsFiles {
  fs::path certificate;  // PEM: the server's certificate first, then those that lead to a known authority; empty: no TLS
  fs::path key;          // PEM, without a passphrase
  bool empty() const { return certificate.empty() && key.empty(); }
};

struct TlsContextDeleter {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextDeleter>;

// TLS 1.2 and 1.3 with OpenSSL's default ciphers; no renegotiation, no compression. Errors name the file.
Result<TlsContext> load_tls(const TlsFiles& files);

}  // namespace souk::serve
