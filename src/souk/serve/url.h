// The text forms of a request line and its headers: targets, queries, media types.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace souk::serve {

bool same_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// Percent-decoding (RFC 3986); `plus_is_space` as in queries. Nothing when an escape is broken or the result is not UTF-8 or holds NUL.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

struct Target {
  std::string_view authority;  // of an absolute-form target ("http://host/path"), else empty
  std::string_view path;       // begins with '/', still encoded; "*" for OPTIONS
  std::string_view query;      // without '?'
};
std::optional<Target> parse_target(std::string_view target);

using Parameters = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=x%20y", in order; nothing when a name or value cannot be decoded.
std::optional<Parameters> parse_query(std::string_view query);

// "application/json; charset=utf-8" -> "application/json" in lower case, and the charset in lower case (empty: not said).
struct MediaType {
  std::string type, charset;
};
MediaType parse_media_type(std::string_view header);

// "localhost:8080" -> "localhost"; "[::1]:80" -> "[::1]". Nothing when it is no authority.
std::optional<std::string_view> host_of(std::string_view authority);

}  // namespace souk::serve
