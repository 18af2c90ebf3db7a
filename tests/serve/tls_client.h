// Certificates made for a test, and a blocking HTTPS client.
#pragma once

#include <cstdint>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

#include "souk/base/file.h"

#include "tests/serve/client.h"

namespace souk::testing {

// Writes a key, and a certificate for `name` signed with it.
inline void make_certificate(const fs::path& certificate, const fs::path& key, const std::string& name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  ASSERT_TRUE(pair && made);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86400);
  X509_set_pubkey(made.get(), pair.get());
  X509_NAME* const subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), subject);
  ASSERT_GT(X509_sign(made.get(), pair.get(), EVP_sha256()), 0);
  const std::unique_ptr<FILE, decltype(&std::fclose)> certificate_file(std::fopen(certificate.c_str(), "w"), std::fclose);
  const std::unique_ptr<FILE, decltype(&std::fclose)> key_file(std::fopen(key.c_str(), "w"), std::fclose);
  ASSERT_TRUE(certificate_file && key_file);
  ASSERT_EQ(PEM_write_X509(certificate_file.get(), made.get()), 1);
  ASSERT_EQ(PEM_write_PrivateKey(key_file.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
}

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int newest = TLS1_3_VERSION)
      : plain_(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), tls_(nullptr, SSL_free) {
    SSL_CTX_set_security_level(context_.get(), 0);  // so that only the server can be what refuses old versions
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), newest);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), plain_.descriptor());
    connected_ = SSL_connect(tls_.get()) == 1;
  }
  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(tls_.get()); }
  std::string server_name() const {  // of the certificate
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(tls_.get()), X509_free);
    char name[256] = "";
    if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    return name;
  }
  bool send(std::string_view bytes) {
    return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  }
  // Everything until the server says that it has finished; `whole` tells whether it said so.
  std::string receive_all(bool& whole) {
    std::string out;
    char bytes[16384];
    int got = 0;
    while ((got = SSL_read(tls_.get(), bytes, sizeof bytes)) > 0) out.append(bytes, static_cast<std::size_t>(got));
    whole = SSL_get_error(tls_.get(), got) == SSL_ERROR_ZERO_RETURN;
    return out;
  }
  std::string receive_some() {
    char bytes[16384];
    const int got = SSL_read(tls_.get(), bytes, sizeof bytes);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
  }

 private:
  Client plain_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
  bool connected_ = false;
};

}  // namespace souk::testing
