#include "souk/serve/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace souk::serve {

namespace {

tl::unexpected<Error> tls_error(std::string what, const fs::path& file, std::string expected) {
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return fail(Error{ErrorKind::invalid, std::move(what), file.string(), std::move(expected), reason == nullptr ? "" : reason, {}});
}

int no_passphrase(char*, int, int, void*) {
  return 0;  // instead of asking on the terminal of a server
}

Status readable(const fs::path& file, std::string_view flag) {
  if (file.empty()) {
    return fail(Error{ErrorKind::invalid, "TLS needs a certificate and its key", std::string(flag), "a file in PEM", "nothing", {}});
  }
  SOUK_CHECK(read_file(file));
  return {};
}

}  // namespace

void TlsContextDeleter::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<TlsContext> load_tls(const TlsFiles& files) {
  SOUK_CHECK(readable(files.certificate, "--cert"));
  SOUK_CHECK(readable(files.key, "--key"));
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return tls_error("cannot prepare TLS", {}, {});
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // clients keep tickets; the server's memory stays flat
  SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return tls_error("cannot use this certificate", files.certificate, "certificates in PEM, the server's own first");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return tls_error("cannot use this key", files.key, "the certificate's private key in PEM, without a passphrase");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return tls_error("the key does not belong to the certificate", files.key, "the private key of " + files.certificate.string());
  }
  return context;
}

}  // namespace souk::serve
