#include "souk/engine/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace souk::engine {

namespace {

tl::unexpected<Error> openssl_refused(std::string what) {
  return fail(ErrorKind::internal, std::move(what), "OpenSSL");
}

}  // namespace

Result<Digest> sha256(std::string_view bytes) {
  Digest out{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, EVP_sha256(), nullptr) != 1 || length != out.size()) {
    return openssl_refused("cannot compute a SHA-256");
  }
  return out;
}

Result<Digest> hmac_sha256(std::string_view secret, std::string_view bytes) {
  Digest out{};
  unsigned length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), data, bytes.size(), out.data(), &length) == nullptr ||
      length != out.size()) {
    return openssl_refused("cannot compute an HMAC");
  }
  return out;
}

Result<std::string> random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
    return openssl_refused("cannot get random bytes");
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool equal_in_constant_time(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64url(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve(bytes.size() * 4 / 3 + 3);
  unsigned held = 0, bits = 0;  // bits that are not written yet
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out.push_back(kDigits[(held >> (bits - 6)) & 63U]);
    held &= 255U;
  }
  if (bits > 0) out.push_back(kDigits[(held << (6 - bits)) & 63U]);
  return out;
}

std::string base64url(const Digest& digest) {
  return base64url(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace souk::engine
