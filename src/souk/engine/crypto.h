// The cryptography of the house, all of it OpenSSL's: TLS needs that library anyway, and digests, MACs, random bytes and comparisons in
// constant time are nothing to write anew. (feeds/sha256.h only names files.)
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "souk/base/result.h"

namespace souk::engine {

using Digest = std::array<unsigned char, 32>;

Result<Digest> sha256(std::string_view bytes);
Result<Digest> hmac_sha256(std::string_view secret, std::string_view bytes);
// From the operating system's generator, or an error when it has none to give; never anything guessable.
Result<std::string> random_bytes(std::size_t count);
// Takes the same time wherever the texts differ; texts of different length are told apart at once.
bool equal_in_constant_time(std::string_view a, std::string_view b);
bool equal_in_constant_time(const Digest& a, const Digest& b);

// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes);
std::string base64url(const Digest& digest);

}  // namespace souk::engine
